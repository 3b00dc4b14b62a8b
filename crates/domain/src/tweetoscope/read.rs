//! Reads messages: JSON as it is, everything else as it was meant.

use super::value::{Fields, Value};
use super::{Alert, Lesson, Log, Message, Parameters, Serie, Stat, Total, Tweet, loose};
use crate::Text;
use flow::Broken;

/// Reads a message of any topic but `models`.
///
/// `Err` says what it lacks. Its time is at most proportional to its length, its depth is bounded, and all of its numbers are finite.
pub fn read<'a>(key: Option<&'a [u8]>, value: &'a [u8]) -> Result<Message<'a>, Broken> {
    let text =
        std::str::from_utf8(value).map_err(|error| Broken(format!("not UTF-8: byte {} does not belong", error.valid_up_to())))?;
    let mut fields = match serde_json::from_str(text) {
        Ok(Value::Fields(fields)) => fields,
        _ => loose::fields(text)?,
    };
    let key = key.and_then(name_in);
    match fields.take("type").and_then(Value::text).as_deref() {
        Some("tweet") => tweet(false, key, fields).map(Message::Tweet),
        Some("retweet") => tweet(true, key, fields).map(Message::Tweet),
        Some("serie" | "series") => serie(fields).map(Message::Serie),
        Some("size") => total(key, fields).map(Message::Size),
        Some("parameters") => parameters(key, fields).map(Message::Parameters),
        Some("alert") => alert(fields).map(Message::Alert),
        Some("stat") => stat(fields).map(Message::Stat),
        Some("sample") => lesson(key, fields).map(Message::Sample),
        Some(other) => Err(Broken(format!("type {} is not read", Value::Text(other.into()).excerpt()))),
        None => log(fields).map(Message::Log),
    }
}

/// The text of a key. Some write `None` or `null` when they mean none.
fn name_in(key: &[u8]) -> Option<Text<'_>> {
    name(std::str::from_utf8(key).ok()?.into())
}

/// A name on its own: what was quoted once too often loses its quotes.
fn name(text: Text<'_>) -> Option<Text<'_>> {
    let is_around = |char: char| char.is_whitespace() || matches!(char, '"' | '\'');
    let bare = text.trim_matches(is_around);
    match bare {
        "" | "None" | "null" => None,
        _ if bare.len() == text.len() => Some(text),
        _ => Some(bare.to_owned().into()),
    }
}

impl<'a> Fields<'a> {
    fn name(&mut self, field: &str) -> Option<Text<'a>> {
        self.take(field).and_then(Value::text).and_then(name)
    }

    fn cid(&mut self) -> Result<Text<'a>, Broken> {
        self.name("cid").ok_or_else(|| Broken("no `cid`".to_owned()))
    }

    /// What a tweet says.
    fn msg(&mut self) -> Text<'a> {
        let text = self.text("msg");
        if &*text == "None" { Text::default() } else { text }
    }

    /// How long was observed. It is the key of some messages and a field of others.
    fn window(&mut self, key: Option<Text<'a>>) -> Option<u32> {
        let value = self.take("T_obs").or_else(|| key.map(Value::Text));
        value.and_then(|value| value.whole()).and_then(|seconds| seconds.try_into().ok())
    }

    /// The same of a message whose key means nothing: it may be the cascade's number.
    fn own_window(&mut self) -> Result<u32, Broken> {
        self.window(None).ok_or_else(|| Broken("no `T_obs` that is a number of seconds".to_owned()))
    }

    /// The same of a message whose key it is.
    fn keyed_window(&mut self, key: Option<Text<'a>>) -> Result<u32, Broken> {
        let none = "the key is not a number of seconds, and there is no `T_obs`";
        self.window(key).ok_or_else(|| Broken(none.to_owned()))
    }
}

/// In the 2020 form the key is the cascade, and the source a field; in that of 2021 the key is the source.
fn tweet<'a>(is_retweet: bool, key: Option<Text<'a>>, mut fields: Fields<'a>) -> Result<Tweet<'a>, Broken> {
    let (id, source, info) = (fields.name("tweet_id"), fields.name("source"), fields.text("info"));
    let is_2021 = id.is_some();
    let row = || info_of(&info).map(|row| Text::from(row.to_owned()));
    let cascade = id.or_else(|| key.clone()).or_else(row).ok_or_else(|| Broken("neither `tweet_id` nor a key".to_owned()))?;
    let source = source.or(key.filter(|_| is_2021));
    let (t, mark) = (fields.number("t")?, fields.number("m")?);
    Ok(Tweet { cascade, source, is_retweet, msg: fields.msg(), t, mark, info })
}

/// The K of `cascade=K`.
pub(super) fn info_of(info: &str) -> Option<&str> {
    let (_, row) = info.split_once("cascade=")?;
    row.split([' ', ',', ';', '&']).next().filter(|row| !row.is_empty())
}

fn serie(mut fields: Fields<'_>) -> Result<Serie<'_>, Broken> {
    let cid = fields.cid()?;
    let t_obs = fields.own_window()?;
    let tweets = match fields.take("times") {
        Some(Value::List(times)) => zip(&times, &fields.list("magnitudes")?)?,
        _ => fields.list("tweets")?.iter().map(pair).collect::<Result<_, _>>()?,
    };
    if tweets.is_empty() {
        return Err(Broken("a serie without tweets".to_owned()));
    }
    Ok(Serie { cid, msg: fields.msg(), t_obs, tweets })
}

fn pair(tweet: &Value<'_>) -> Result<(f64, f64), Broken> {
    let both = match tweet {
        Value::List(parts) => match parts.as_slice() {
            [t, m] => t.number().zip(m.number()),
            _ => None,
        },
        _ => None,
    };
    both.ok_or_else(|| Broken(format!("not a time and a number of followers: {}", tweet.excerpt())))
}

fn zip(times: &[Value<'_>], marks: &[Value<'_>]) -> Result<Vec<(f64, f64)>, Broken> {
    if times.len() != marks.len() {
        return Err(Broken(format!("{} `times`, but {} `magnitudes`", times.len(), marks.len())));
    }
    let both = times.iter().zip(marks).map(|(t, m)| t.number().zip(m.number()));
    both.collect::<Option<_>>().ok_or_else(|| Broken("`times` and `magnitudes` are not all finite numbers".to_owned()))
}

fn total<'a>(key: Option<Text<'a>>, mut fields: Fields<'a>) -> Result<Total<'a>, Broken> {
    let (cid, n_tot, t_end) = (fields.cid()?, fields.whole("n_tot")?, fields.number("t_end")?);
    Ok(Total { cid, n_tot, t_end, t_obs: fields.window(key) })
}

fn parameters<'a>(key: Option<Text<'a>>, mut fields: Fields<'a>) -> Result<Parameters<'a>, Broken> {
    let (cid, n_obs, n_supp) = (fields.cid()?, fields.whole("n_obs")?, fields.number("n_supp")?);
    let params = fields.list("params")?;
    let numbers: Option<Vec<f64>> = params.iter().map(Value::number).collect();
    let (p, beta, more) = match numbers.as_deref() {
        Some([p, beta]) => (*p, *beta, (None, None)),
        Some([p, beta, g1]) => (*p, *beta, (None, Some(*g1))),
        Some([p, beta, n_star, g1]) => (*p, *beta, (Some(*n_star), Some(*g1))),
        _ => return Err(Broken(format!("`params` is not two to four numbers, but {}", Value::List(params).excerpt()))),
    };
    let (n_star, g1) = (fields.optional("n_star")?.or(more.0), fields.optional("G1")?.or(more.1));
    let t_obs = fields.keyed_window(key)?;
    Ok(Parameters { cid, msg: fields.msg(), n_obs, n_supp, p, beta, n_star, g1, t_obs })
}

fn alert(mut fields: Fields<'_>) -> Result<Alert<'_>, Broken> {
    let (cid, t_obs, n_tot) = (fields.cid()?, fields.own_window()?, fields.number("n_tot")?);
    Ok(Alert { cid, msg: fields.msg(), t_obs, n_tot })
}

fn stat(mut fields: Fields<'_>) -> Result<Stat<'_>, Broken> {
    Ok(Stat { cid: fields.cid()?, t_obs: fields.own_window()?, are: fields.number("ARE")? })
}

fn lesson<'a>(key: Option<Text<'a>>, mut fields: Fields<'a>) -> Result<Lesson<'a>, Broken> {
    let (cid, t_obs, w) = (fields.cid()?, fields.keyed_window(key)?, fields.number("W")?);
    let x: Option<Vec<f64>> = fields.list("X")?.iter().map(Value::number).collect();
    Ok(Lesson { cid, t_obs, x: x.ok_or_else(|| Broken("`X` is not all finite numbers".to_owned()))?, w })
}

/// A log message has no type.
fn log(mut fields: Fields<'_>) -> Result<Log<'_>, Broken> {
    let level = fields.take("level").and_then(Value::text).ok_or_else(|| Broken("neither `type` nor `level`".to_owned()))?;
    Ok(Log { t: fields.number("t")?, source: fields.text("source"), level, message: fields.text("message") })
}
