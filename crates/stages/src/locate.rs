//! `locate`: posts -> sightings. Where was it?

use domain::{Kind, Outline, Sighting, Text};
use flow::{Broken, Input, Out, Stage};
use std::borrow::Cow;

/// The city of a post that names none.
pub const UNKNOWN: &str = "unknown";

/// A city's name is cut here; nobody's city is longer.
const LONGEST: usize = 64;

/// What can tell where a post was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The tag of the first of the stream's rules that it matched.
    Rule,
    /// The place that it was tagged with.
    Place,
}

/// Reduces each post to where it was and who wrote it.
#[derive(Clone, Debug)]
pub struct Locate {
    /// Who is asked, in this order; the first who knows decides.
    pub origins: Vec<Origin>,
}

impl Default for Locate {
    fn default() -> Self {
        Locate { origins: vec![Origin::Rule, Origin::Place] }
    }
}

impl Locate {
    fn city<'p>(&self, post: &'p Outline<'_>) -> Cow<'p, str> {
        let names = self.origins.iter().filter_map(|origin| match origin {
            Origin::Rule => post.rules.first().map(|rule| &**rule),
            Origin::Place => post.place.as_ref().map(|place| place.name.split(',').next().unwrap_or_default()),
        });
        names.map(city_name).find(|name| !name.is_empty()).unwrap_or(Cow::Borrowed(UNKNOWN))
    }
}

/// One spelling for a city, whoever names it: `New York` and `new-york` are the same.
fn city_name(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() <= LONGEST && name.chars().all(plain) {
        return Cow::Borrowed(name);
    }
    let words = name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    Cow::Owned(joined.chars().flat_map(char::to_lowercase).take(LONGEST).collect())
}

impl Stage for Locate {
    type State = ();

    fn name(&self) -> &str {
        "locate"
    }

    fn on_record(&self, input: &Input<'_>, _state: &mut (), out: &mut Out) -> Result<(), Broken> {
        let post: Outline<'_> = input.decode()?;
        // An edit is no post more.
        if matches!(post.kind, Kind::Deletion | Kind::Edit) {
            return Ok(());
        }
        let city = Text(self.city(&post));
        let repost = post.kind == Kind::Repost;
        let sighting =
            Sighting { city, network: Text(Cow::Borrowed(&post.network)), person: Text(Cow::Borrowed(&post.author.id)), repost };
        out.send(input.record.time, &sighting);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Author, Place, Post};
    use expect_test::{Expect, expect};
    use flow::Timestamp;
    use flow::driver::{Driver, lines};

    /// `id kind author rules | place`, a post a line.
    fn check(posts: &str, expected: Expect) {
        let mut driver = Driver::new(Locate::default(), &["posts/test"], &["sightings", "late", "rejected"]);
        let posts: Vec<_> = posts.lines().map(|line| (Timestamp::from_seconds(1), post(line.trim()))).collect();
        let outputs = driver.feed("test", &posts, Timestamp::from_seconds(2));
        expected.assert_eq(&lines(&outputs).join("\n"));
    }

    fn post(line: &str) -> Post<'static> {
        let (head, place) = line.split_once('|').unwrap();
        let mut words = head.split_whitespace().map(str::to_owned);
        let id = words.next().unwrap();
        let kind = match words.next().unwrap().as_str() {
            "repost" => Kind::Repost,
            "deletion" => Kind::Deletion,
            _ => Kind::Original,
        };
        let author = Author { id: words.next().unwrap().into(), ..Author::default() };
        let rules = words.map(Text::from).collect();
        let place = Some(place.trim()).filter(|place| !place.is_empty());
        let place = place.map(|name| Place { name: Text::from(name.to_owned()), country: None });
        Post { kind, author, rules, place, ..Post::deletion("x".into(), id.into(), Timestamp::from_seconds(1)) }
    }

    #[test]
    fn the_first_who_knows_decides() {
        check(
            "1 post  ann paris  | Toronto, Ontario
             2 post  bob        | Toronto, Ontario
             3 repost cyd       | New York
             4 post  dan new-york extra |
             5 post  eve        |
             6 post  fay        | , Ontario
             7 deletion x paris |",
            expect![[r#"
                sightings paris {"city":"paris","network":"x","person":"ann","repost":false}
                sightings toronto {"city":"toronto","network":"x","person":"bob","repost":false}
                sightings new-york {"city":"new-york","network":"x","person":"cyd","repost":true}
                sightings new-york {"city":"new-york","network":"x","person":"dan","repost":false}
                sightings unknown {"city":"unknown","network":"x","person":"eve","repost":false}
                sightings unknown {"city":"unknown","network":"x","person":"fay","repost":false}"#]],
        );
    }

    #[test]
    fn names_come_to_one_spelling_and_end_somewhere() {
        for (name, city) in [("São  Paulo", "são-paulo"), (" ROMA ", "roma"), ("\u{7}x\ny", "x-y"), ("東京", "東京")] {
            assert_eq!(city_name(name), city);
        }
        assert_eq!(city_name(&"long ".repeat(50)).chars().count(), LONGEST);
        assert_eq!(city_name(&"a".repeat(500)).len(), LONGEST);
    }
}
