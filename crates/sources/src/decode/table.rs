//! Rows of tables: recordings as CSV, with a heading or in the six columns of sentiment140.

use super::time::{self, shortened};
use domain::{Author, Kind, Place, Post, Text};
use std::borrow::Cow;

/// What a column can hold, with the names that tables give it.
const MEANINGS: [(&str, &[&str]); 12] = [
    ("id", &["id", "id_str", "tweet_id", "tweetid", "post_id", "status_id", "msgid"]),
    (
        "time",
        &[
            "time",
            "created_at",
            "date",
            "timestamp",
            "datetime",
            "created",
            "posted_at",
            "published_at",
            "tweet_date",
            "tweet_created_at",
        ],
    ),
    ("text", &["text", "message", "content", "tweet", "body", "full_text", "post", "status", "tweet_text"]),
    ("user", &["user", "author", "username", "pseudo", "handle", "screen_name", "user_name", "name", "user_screen_name"]),
    ("user_id", &["user_id", "author_id", "userid", "user_id_str", "from_user_id"]),
    ("lang", &["lang", "language"]),
    ("city", &["city", "place", "place_name"]),
    ("country", &["country", "country_code"]),
    ("location", &["location", "user_location", "author_location"]),
    ("followers", &["followers", "followers_count", "user_followers", "user_followers_count", "author_followers"]),
    ("root", &["root", "retweeted_id", "retweeted_status_id", "repost_of", "retweet_of", "retweeted_tweet_id"]),
    ("reply", &["in_reply_to", "in_reply_to_status_id", "reply_to", "in_reply_to_tweet_id"]),
];

/// Which column holds what, counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns {
    at: [Option<usize>; MEANINGS.len()],
    /// How many columns a row must have.
    least: usize,
    pub(crate) delimiter: u8,
    /// What its posts give as their network.
    pub(crate) network: String,
    /// What rows without an identifier are called after.
    pub(crate) file: String,
}

impl Columns {
    /// The six columns without a heading: polarity, id, date, query, user, text.
    pub(crate) fn sentiment140() -> Self {
        let mut columns = Columns::none(b',', "sentiment140");
        for (meaning, at) in [("id", 1), ("time", 2), ("user", 4), ("text", 5)] {
            columns.set(meaning, at);
        }
        columns
    }

    fn none(delimiter: u8, network: &str) -> Self {
        Columns { at: [None; MEANINGS.len()], least: 0, delimiter, network: network.to_owned(), file: String::new() }
    }

    fn set(&mut self, meaning: &str, column: usize) {
        if let Some((_, at)) = MEANINGS.iter().zip(&mut self.at).find(|((name, _), _)| *name == meaning) {
            *at = Some(column);
            self.least = self.least.max(column + 1);
        }
    }

    /// Columns by the names in a heading. `wanted` says which column is meant where its name does not tell:
    /// pairs such as `text:tweet` or `text:3`, counted from 1.
    pub(crate) fn named(heading: &[String], wanted: &[(String, String)], delimiter: u8) -> Result<Self, String> {
        let mut columns = Columns::none(delimiter, "csv");
        let plain = |name: &str| name.trim().trim_start_matches('\u{feff}').to_lowercase().replace([' ', '-', '.'], "_");
        let heading: Vec<String> = heading.iter().map(|name| plain(name)).collect();
        for (meaning, names) in MEANINGS {
            let found = names.iter().find_map(|name| heading.iter().position(|column| column == name));
            if let Some(column) = found {
                columns.set(meaning, column);
            }
        }
        for (meaning, column) in wanted {
            let at = heading.iter().position(|name| *name == plain(column));
            let counted = || column.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let at = at.or_else(counted).ok_or_else(|| format!("there is no column `{column}` among {}", heading.join(", ")))?;
            columns.set(meaning, at);
        }
        let missing = ["text", "time"].into_iter().find(|meaning| columns.column(meaning).is_none());
        match missing {
            None => Ok(columns),
            Some(meaning) => Err(format!(
                "no column for the {meaning} among {}; say which one it is with columns={meaning}:NAME",
                shortened(&heading.join(", "))
            )),
        }
    }

    /// Whether a first row looks like a heading that can be used.
    pub(crate) fn is_heading(row: &[String]) -> bool {
        Columns::named(row, &[], b',').is_ok()
    }

    /// Whether a first row looks like one of sentiment140.
    pub(crate) fn is_sentiment140(row: &[String]) -> bool {
        let polarity = row.first().is_some_and(|label| matches!(label.as_str(), "0" | "2" | "4"));
        row.len() == 6 && polarity && row.get(2).is_some_and(|date| time::network(date).is_ok())
    }

    /// The same columns as the pairs that [`Columns::named`] takes, in numbers.
    pub(crate) fn spelled_out(&self) -> String {
        let pair = |((name, _), at): (&(&str, &[&str]), &Option<usize>)| at.map(|at| format!("{name}:{}", at + 1));
        MEANINGS.iter().zip(&self.at).filter_map(pair).collect::<Vec<_>>().join(",")
    }

    /// What a column of this name holds, as tables usually call it.
    pub(crate) fn meaning(name: &str) -> Option<&'static str> {
        let name = name.to_lowercase();
        MEANINGS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(meaning, _)| *meaning)
    }

    pub(crate) fn meanings() -> Vec<&'static str> {
        MEANINGS.iter().map(|(name, _)| *name).collect()
    }

    fn column(&self, meaning: &str) -> Option<usize> {
        MEANINGS.iter().zip(self.at).find_map(|((name, _), at)| at.filter(|_| *name == meaning))
    }

    /// Whether there is a time in this row where one should be.
    pub(crate) fn tells_time(&self, row: &[String]) -> bool {
        self.column("time").and_then(|at| row.get(at)).is_some_and(|field| time::table(field).is_ok())
    }

    /// The post in a row that starts at `offset`.
    pub(crate) fn post<'a>(&self, record: &'a str, offset: u64) -> Result<Post<'a>, String> {
        let row = fields(record, self.delimiter);
        if row.len() < self.least {
            return Err(format!("too few columns: {} where at least {} are needed", row.len(), self.least));
        }
        let [id, at, text, user, user_id, lang, city, country, location, followers, root, reply] =
            self.at.map(|column| column.and_then(|column| row.get(column)).filter(|field| !field.trim().is_empty()));
        let owned = |field: Option<&Cow<'a, str>>| field.map(|field| Text(field.clone()));
        let id = owned(id).unwrap_or_else(|| Text::from(format!("{}@{offset}", self.file)));
        let time = time::table(at.ok_or("the time is empty")?)?;
        let target = owned(root).or(owned(reply));
        let kind = match (root.is_some(), reply.is_some()) {
            (true, _) => Kind::Repost,
            (false, true) => Kind::Reply,
            (false, false) => Kind::Original,
        };
        let count = |field: &Cow<'_, str>| field.trim().parse::<f64>().map_err(|_| format!("`{}` is no count", shortened(field)));
        let followers = followers.map(count).transpose()?.map(|count| count.max(0.0) as u64);
        let name = |handle: Text<'a>| Text::from(handle.strip_prefix('@').unwrap_or(&handle).to_owned());
        let handle = owned(user).map(|handle| if handle.starts_with('@') { name(handle) } else { handle });
        Ok(Post {
            network: Text::from(self.network.clone()),
            root: owned(root).unwrap_or_else(|| id.clone()),
            id,
            kind,
            target,
            time,
            author: Author {
                id: owned(user_id).or(handle.clone()).unwrap_or_default(),
                handle,
                followers,
                location: owned(location),
            },
            text: owned(text).unwrap_or_default(),
            lang: owned(lang),
            place: owned(city).map(|name| Place { name, country: owned(country) }),
            rules: vec![],
        })
    }
}

/// The fields of one row, borrowed where they are not quoted, or quoted without a quote in them.
pub(crate) fn fields(record: &str, delimiter: u8) -> Vec<Cow<'_, str>> {
    let delimiter = char::from(delimiter);
    let mut fields = vec![];
    let mut rest = record;
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted, delimiter),
            None => {
                let (field, behind) = rest.split_once(delimiter).map_or((rest, None), |(field, behind)| (field, Some(behind)));
                (Cow::Borrowed(field), behind)
            }
        };
        fields.push(field);
        match behind {
            Some(behind) => rest = behind,
            None => return fields,
        }
    }
}

/// A quoted field whose content starts here, and what follows its delimiter. What stands between the closing quote and
/// the delimiter belongs to the field, as in most readers.
fn unquoted(quoted: &str, delimiter: char) -> (Cow<'_, str>, Option<&str>) {
    let mut from = 0;
    let end = loop {
        let tail = quoted.get(from..).unwrap_or_default();
        match tail.find('"') {
            None => break quoted.len(),
            Some(at) if tail.get(at + 1..).is_some_and(|next| next.starts_with('"')) => from += at + 2,
            Some(at) => break from + at,
        }
    };
    let content = quoted.get(..end).unwrap_or_default();
    let behind = quoted.get(end + 1..).unwrap_or_default();
    let (stray, next) = behind.split_once(delimiter).map_or((behind, None), |(stray, next)| (stray, Some(next)));
    if stray.is_empty() && !content.contains('"') {
        return (Cow::Borrowed(content), next);
    }
    (Cow::Owned(content.replace("\"\"", "\"") + stray), next)
}
