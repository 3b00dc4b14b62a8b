//! Where the versions of one model are asked that are in force or tried, by those who know nothing of folders.

use crate::{Book, Error, Result, Scorer, Shelf, Standings};
use domain::{Desk, LANGUAGE, Question, Said};
use flow::Asked;
use ml::text::language::language;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The language of a text that nobody knows.
pub(crate) const UNKNOWN: &str = "und";

/// How often it is looked whether another version is in force.
const LOOK: Duration = Duration::from_secs(1);

/// A model, as posts are put to it.
pub struct Counter {
    folder: PathBuf,
    name: String,
    standings: Standings,
    looked: Instant,
    versions: Vec<Version>,
    /// Why another version could not be taken.
    refused: Option<String>,
    unanswered: u64,
}

struct Version {
    book: Book,
    shadow: bool,
    scorer: Box<dyn Scorer>,
}

impl Counter {
    /// The model of this name, whose folder may be in `folder`.
    pub fn open(folder: &Path, name: &str) -> Result<Counter> {
        let standings = Standings::read(folder)?;
        let versions = versions(folder, name, &standings)?;
        Ok(Counter {
            folder: folder.to_owned(),
            name: name.to_owned(),
            standings,
            looked: Instant::now(),
            versions,
            refused: None,
            unanswered: 0,
        })
    }

    /// What it scores.
    pub fn output(&self) -> &str {
        self.versions.first().map_or("", |version| version.book.manifest.output.as_str())
    }

    /// How many of it are to run, where that is its own affair.
    pub fn replicas(&self) -> Option<usize> {
        self.versions.first()?.book.manifest.process.as_ref().map(|program| program.replicas)
    }

    /// Takes other versions where it is said that they are in force. What cannot be taken changes nothing.
    fn look(&mut self) {
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        if !self.standings.has_changed() {
            return;
        }
        let changed = Standings::read(&self.folder).and_then(|standings| {
            let is_as_before = standings.of(&self.name) == self.standings.of(&self.name);
            self.standings = standings;
            if is_as_before { Ok(()) } else { self.change() }
        });
        self.refused = changed.err().map(|error| error.to_string());
    }

    /// Takes the versions that are in force or tried now; one that is asked already goes on as it is.
    fn change(&mut self) -> Result<()> {
        let mut fresh = vec![];
        for (book, shadow) in books(&self.folder, &self.name, &self.standings)? {
            let asked = self.versions.iter().position(|version| version.book.manifest.version == book.manifest.version);
            let output = &book.manifest.output;
            if output != self.output() {
                return Err(book.error(format!("it scores `{output}`, and not `{}` as before", self.output())));
            }
            fresh.push((asked, if asked.is_some() { None } else { Some(book.scorer()?) }, book, shadow));
        }
        let mut old: Vec<Option<Version>> = std::mem::take(&mut self.versions).into_iter().map(Some).collect();
        for (asked, scorer, book, shadow) in fresh {
            let known = asked.and_then(|at| old.get_mut(at)?.take()).map(|version| version.scorer);
            self.versions.extend(scorer.or(known).map(|scorer| Version { book, shadow, scorer }));
        }
        let now: Vec<&str> = self.versions.iter().map(|version| version.book.manifest.version.as_str()).collect();
        tracing::info!(model = self.name, versions = now.join(", "), "other versions are asked");
        Ok(())
    }

    /// From now on it may take its time: nobody waits behind who asks.
    pub fn be_patient(&mut self) {
        self.versions.iter_mut().for_each(|version| version.scorer.be_patient());
    }
}

/// The versions that are in force or tried.
fn books(folder: &Path, name: &str, standings: &Standings) -> Result<Vec<(Book, bool)>> {
    let shelf = Shelf::open(folder)?;
    let standing = standings.of(name);
    let none = || Error(format!("there is no model `{name}`; there are {}", shelf.names().join(", ")));
    let in_force = shelf.in_force(name, &standing).ok_or_else(none)?;
    let books = [(in_force, false)].into_iter().chain(shelf.shadow(name, &standing).map(|book| (book, true)));
    Ok(books.map(|(book, shadow)| (book.clone(), shadow)).collect())
}

fn versions(folder: &Path, name: &str, standings: &Standings) -> Result<Vec<Version>> {
    let books = books(folder, name, standings)?.into_iter();
    books.map(|(book, shadow)| Ok(Version { scorer: book.scorer()?, book, shadow })).collect()
}

/// The language of a text, found out; links and names of people are in none.
pub(crate) fn language_of(text: &str) -> &'static str {
    let is_word = |word: &&str| !word.starts_with('@') && !word.contains("://");
    let words: Vec<&str> = text.split_whitespace().filter(is_word).collect();
    language(&words.join(" ")).map_or(UNKNOWN, |(name, _)| name)
}

/// A post's language as ISO 639-1, as its network gives it or as it is found out.
fn language_in(post: &Question<'_>) -> Cow<'static, str> {
    let given = post.lang.and_then(|lang| lang.split(['-', '_']).next()).map(str::to_ascii_lowercase);
    match given {
        // What Indonesian was called until 1989, and some networks still call it.
        Some(lang) if lang == "in" => Cow::Borrowed("id"),
        Some(lang) if lang.len() == 2 => Cow::Owned(lang),
        _ => Cow::Borrowed(language_of(post.text)),
    }
}

impl Desk for Counter {
    fn ask(&mut self, posts: &[Question<'_>]) -> Vec<Vec<Said>> {
        self.look();
        let languages: Vec<Cow<'static, str>> = posts.iter().map(language_in).collect();
        let mut said: Vec<Vec<Said>> = posts.iter().map(|_| vec![]).collect();
        for Version { book, shadow, scorer } in &mut self.versions {
            let known = |lang: &Cow<'static, str>| book.manifest.knows(lang);
            let texts: Vec<&str> =
                posts.iter().zip(&languages).filter(|(_, lang)| known(lang)).map(|(post, _)| post.text).collect();
            let answers = if texts.is_empty() { vec![] } else { scorer.score(&texts) };
            if !*shadow {
                self.unanswered += answers.iter().filter(|answer| answer.is_err()).count() as u64;
            }
            let mut answers = answers.into_iter();
            for (said, lang) in said.iter_mut().zip(&languages) {
                let asked = if known(lang) { answers.next() } else { None };
                let answer = asked.unwrap_or(Err(Cow::Borrowed(LANGUAGE)));
                let version = Cow::Owned(book.manifest.version.clone());
                said.push(Said { version, shadow: *shadow, lang: lang.clone(), answer });
            }
        }
        said
    }

    fn is_outside(&self) -> bool {
        self.versions.iter().any(|version| version.scorer.is_outside())
    }

    fn done(&mut self) -> Asked {
        let troubles = self.versions.iter().filter_map(|version| version.scorer.trouble());
        let trouble = self.refused.clone().into_iter().chain(troubles).next();
        Asked { trouble, unanswered: std::mem::take(&mut self.unanswered) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Standing;
    use crate::testing::{folder_of, lexicon};

    #[test]
    fn a_model_is_asked_only_about_languages_that_it_knows() {
        let place = tempfile::tempdir().unwrap();
        folder_of(&place.path().join("a"), &format!("{}languages = ['en']\n", lexicon("mood", "1")));
        let mut counter = Counter::open(place.path(), "mood").unwrap();
        let question = |text, lang| Question { text, lang };
        let posts = [
            question("this is great", Some("en-GB")),
            question("this is great", Some("in")),
            question("this is such a great and wonderful day", None),
            question("", None),
        ];
        let said = counter.ask(&posts);
        let told: Vec<_> = said.iter().map(|said| (said[0].lang.as_ref(), said[0].answer.is_ok())).collect();
        assert_eq!(told, [("en", true), ("id", false), ("en", true), ("und", false)]);
        assert_eq!(counter.done(), Asked::default(), "a language that it does not know is no failure");
    }

    #[test]
    fn another_version_is_taken_while_posts_come_in_and_one_that_is_broken_is_not() {
        let place = tempfile::tempdir().unwrap();
        folder_of(&place.path().join("a"), &lexicon("mood", "1"));
        let mut counter = Counter::open(place.path(), "mood").unwrap();
        let ask = |counter: &mut Counter| {
            counter.looked = Instant::now().checked_sub(LOOK * 2).unwrap();
            let said = counter.ask(&[Question { text: "good", lang: None }]).remove(0);
            said.into_iter().map(|said| (said.version.into_owned(), said.shadow)).collect::<Vec<_>>()
        };
        assert_eq!(ask(&mut counter), [("1".to_owned(), false)]);
        folder_of(&place.path().join("b"), &lexicon("mood", "2"));
        let mut standings = Standings::read(place.path()).unwrap();
        standings.set("mood", Standing::default().try_out("1", "2").unwrap()).unwrap();
        assert_eq!(ask(&mut counter), [("1".to_owned(), false), ("2".to_owned(), true)]);
        std::fs::write(place.path().join("b/model.toml"), "name = ").unwrap();
        standings.set("mood", standings.of("mood").promote().unwrap()).unwrap();
        assert_eq!(ask(&mut counter).len(), 2);
        assert!(counter.done().trouble.unwrap().contains("b/model.toml"));
    }
}
