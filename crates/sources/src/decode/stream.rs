//! The lines of X's filtered stream, scanned: the plain case of what [`super::tweet`] decodes in general.

use super::scan::Scan;
use super::time;
use domain::{Author, Kind, Place, Post, Text};

/// What a line says, as far as a post needs it.
#[derive(Default)]
struct Line<'a> {
    id: Option<Text<'a>>,
    /// Whether it told its history, and the version that this begins with.
    edited: bool,
    first: Option<Text<'a>>,
    text: Option<Text<'a>>,
    author_id: Option<Text<'a>>,
    created_at: Option<Text<'a>>,
    lang: Option<Text<'a>>,
    place_id: Option<Text<'a>>,
    referenced: bool,
    relation: Option<(Kind, Text<'a>)>,
    author: Option<Author<'a>>,
    place: Option<Place<'a>>,
    rules: Vec<Text<'a>>,
}

/// The post in a line; `None` where the line is anything but plain.
pub(crate) fn post(line: &str) -> Option<Post<'_>> {
    let mut scan = Scan::new(line);
    let mut parts = Line::default();
    let (mut data, mut includes, mut rules) = (false, None, false);
    scan.object(|scan, name| match name {
        "data" if !data => {
            data = true;
            parts.data(scan)
        }
        "includes" if includes.is_none() => {
            includes = Some(*scan);
            if data { parts.includes(scan) } else { scan.skip() }
        }
        "matching_rules" if !rules => {
            rules = true;
            parts.rules(scan)
        }
        "data" | "includes" | "matching_rules" => None,
        _ => scan.skip(),
    })?;
    if !scan.at_end() {
        return None;
    }
    // Names can only be looked up once it is known whose: a second look where they came first.
    if let Some(mut again) = includes.filter(|_| parts.author.is_none() && parts.place.is_none()) {
        parts.includes(&mut again)?;
    }
    parts.post()
}

impl<'a> Line<'a> {
    fn data(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        scan.object(|scan, name| match name {
            "id" => scan.into(&mut self.id),
            "text" => scan.into(&mut self.text),
            "author_id" => scan.into(&mut self.author_id),
            "created_at" => scan.into(&mut self.created_at),
            "lang" => scan.into(&mut self.lang),
            "geo" => self.geo(scan),
            "referenced_tweets" | "referenced_posts" => self.references(scan),
            "edit_history_tweet_ids" | "edit_history_post_ids" => self.history(scan),
            "note_tweet" | "note_post" | "author" | "matching_rules" => None,
            _ => scan.skip(),
        })
    }

    /// A post that was edited has a history that begins with another: that is not the plain case.
    fn history(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        if self.edited {
            return None;
        }
        self.edited = true;
        let mut versions = 0;
        scan.list(|scan| {
            versions += 1;
            let mut id = None;
            scan.into(&mut id)?;
            self.first = self.first.take().or(id);
            Some(())
        })?;
        (versions < 2).then_some(())
    }

    fn geo(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        scan.object(|scan, name| match name {
            "place_id" => scan.into(&mut self.place_id),
            "full_name" | "country_code" => None,
            _ => scan.skip(),
        })
    }

    fn references(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        if std::mem::replace(&mut self.referenced, true) {
            return None;
        }
        scan.list(|scan| {
            let (mut kind, mut id) = (None, None);
            scan.object(|scan, name| match name {
                "type" => scan.into(&mut kind),
                "id" => scan.into(&mut id),
                _ => scan.skip(),
            })?;
            self.refer(&kind?, id?);
            Some(())
        })
    }

    /// Keeps the reference that says most: see [`super::tweet`].
    fn refer(&mut self, kind: &str, id: Text<'a>) {
        let rank = |kind: Kind| match kind {
            Kind::Repost => 3,
            Kind::Quote => 2,
            Kind::Reply => 1,
            Kind::Original | Kind::Deletion | Kind::Edit => 0,
        };
        let kind = match kind {
            "retweeted" => Kind::Repost,
            "quoted" => Kind::Quote,
            "replied_to" => Kind::Reply,
            _ => return,
        };
        if self.relation.as_ref().is_none_or(|(known, _)| rank(*known) < rank(kind)) {
            self.relation = Some((kind, id));
        }
    }

    fn includes(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let (mut users, mut places) = (false, false);
        scan.object(|scan, name| match name {
            "users" if !std::mem::replace(&mut users, true) => scan.list(|scan| self.user(scan)),
            "places" if !std::mem::replace(&mut places, true) => scan.list(|scan| self.location(scan)),
            "users" | "places" => None,
            _ => scan.skip(),
        })
    }

    fn user(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let (mut id, mut handle, mut location, mut metrics) = (None, None, None, None);
        let mut followers = None;
        scan.object(|scan, name| match name {
            "id" => scan.into(&mut id),
            "username" => scan.into(&mut handle),
            "location" => scan.into(&mut location),
            "public_metrics" if metrics.is_none() => {
                metrics = Some(());
                scan.object(|scan, name| match name {
                    "followers_count" if followers.is_none() => {
                        followers = Some(scan.number()?.parse().ok()?);
                        Some(())
                    }
                    "followers_count" => None,
                    _ => scan.skip(),
                })
            }
            "public_metrics" => None,
            _ => scan.skip(),
        })?;
        if self.author.is_none() && id.is_some() && id == self.author_id {
            let location = location.filter(|location| !location.is_empty());
            self.author = Some(Author { id: id?, handle, followers, location });
        }
        Some(())
    }

    fn location(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let (mut id, mut full_name, mut name, mut country) = (None, None, None, None);
        scan.object(|scan, field| match field {
            "id" => scan.into(&mut id),
            "full_name" => scan.into(&mut full_name),
            "name" => scan.into(&mut name),
            "country_code" => scan.into(&mut country),
            _ => scan.skip(),
        })?;
        if self.place.is_none() && id.is_some() && id == self.place_id {
            let country = country.filter(|code: &Text<'a>| !code.is_empty());
            self.place = full_name.or(name).map(|name| Place { name, country });
        }
        Some(())
    }

    fn rules(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        scan.list(|scan| {
            let (mut tag, mut id) = (None, None);
            scan.object(|scan, name| match name {
                "tag" => scan.into(&mut tag),
                "id" => scan.into(&mut id),
                _ => scan.skip(),
            })?;
            self.rules.extend(tag.filter(|tag| !tag.is_empty()).or(id));
            Some(())
        })
    }

    fn post(self) -> Option<Post<'a>> {
        let (id, text, author_id) = (self.id?, self.text?, self.author_id?);
        if self.first.is_some_and(|first| first != id) {
            return None;
        }
        let time = time::network(&self.created_at?).ok()?;
        let (kind, target) = self.relation.map_or((Kind::Original, None), |(kind, id)| (kind, Some(id)));
        let root = if kind == Kind::Repost { target.clone() } else { None };
        Some(Post {
            network: "x".into(),
            root: root.unwrap_or_else(|| id.clone()),
            id,
            kind,
            target,
            time,
            author: self.author.unwrap_or_else(|| Author { id: author_id, ..Author::default() }),
            text,
            lang: self.lang,
            place: self.place,
            rules: self.rules,
        })
    }
}
