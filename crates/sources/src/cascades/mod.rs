//! Cascades, many at a time: those of the literature out of their files, or made up out of a model.
//!
//! The play is that of Tweetoscope's generator: the deck is shuffled and dealt to sources, each source keeps some
//! cascades alive, and where one ends another starts soon after.

mod deck;
mod files;
mod hawkes;
mod locate;
mod params;
mod plan;
mod player;
mod rows;

#[cfg(test)]
mod tests;

use crate::address::Address;
use crate::batch::Batch;
use crate::pace::Pace;
use crate::{Error, Opened, Settings};
use files::Files;
use flow::{Broken, Format, Out, Polled, Pulled, Source, Timestamp};
use hawkes::Hawkes;
use params::Params;
use plan::Plan;
use player::Player;
use std::path::{Path, PathBuf};
use std::time::Duration;

const VERSION: u8 = 2;
/// What one step of play takes of [`Settings::chunk`]: so many steps one poll brings at most.
const STEP: usize = 256;
/// What comes within this is brought together: a commit for each record would be a waste.
const TOGETHER: Duration = Duration::from_millis(20);
/// How much faster than the wall clock files are played where nobody says, as Tweetoscope has it.
const USUAL_SPEED: f64 = 500.0;
/// What the two files are called.
const NAMES: [(&str, &str); 2] = [("data.csv", "index.csv"), ("news-data.csv", "news-index.csv")];

/// A deck, played as a source.
struct Cascades {
    player: Player,
    outs: Option<Box<dyn Fn() -> Out + Send + Sync>>,
    speed: Option<f64>,
    pace: Option<Pace>,
    /// The part of the cursor that stands while nothing is played, for there may be very many seats; empty where it is to be written.
    standing: Vec<u8>,
    /// Steps that one poll brings at most.
    most: u64,
    /// How many posts and cascades there will be, where that is known.
    posts: Option<u64>,
    cards: Option<u64>,
}

/// Opens `cascades:DIR?...` or `cascades:FILE.config?...`.
pub(crate) fn open(address: &Address, settings: &Settings) -> Result<Opened, Error> {
    address.only(&[&["data", "index", "params", "count"][..], &plan::OPTIONS].concat())?;
    let places = Places::find(address)?;
    let mut plan = Plan::read(address, &places.params, USUAL_SPEED)?;
    let count = address.value("count", None, "write how many posts there are in all", |text| text.parse().ok().map(Some))?;
    plan.limit = plan.limit.or(count);
    let name = format!("cascades:{}", places.name.file_name().unwrap_or_default().to_string_lossy());
    let files = Files::open(&places.data, &places.index, &name, plan.unit, settings)?;
    let all = Some(files.played).filter(|_| !plan.looped);
    let posts = all.map(|all| plan.limit.map_or(all, |limit| limit.min(all))).or(plan.limit);
    Ok(opened(name, Cascades::new(Box::new(files), plan, posts, settings)))
}

/// Opens `synthetic:hawkes?...`.
pub(crate) fn open_hawkes(address: &Address, settings: &Settings) -> Result<Opened, Error> {
    address.only(&[&hawkes::OPTIONS[..], &plan::OPTIONS].concat())?;
    let plan = Plan { shuffle: false, ..Plan::read(address, &Params::default(), 1.0)? };
    let deck = Hawkes::read(address, plan.seed, plan.unit)?;
    let posts = plan.limit;
    Ok(opened(hawkes::NAME.to_owned(), Cascades::new(Box::new(deck), plan, posts, settings)))
}

fn opened(name: String, cascades: Cascades) -> Opened {
    let posts = cascades.posts;
    let waits = cascades.speed.is_none();
    Opened { name, source: Box::new(cascades), topics: crate::POSTS, bytes: None, posts, waits }
}

/// Which files an address means.
struct Places {
    data: PathBuf,
    index: PathBuf,
    params: Params,
    /// What the source is called after.
    name: PathBuf,
}

impl Places {
    fn find(address: &Address) -> Result<Self, Error> {
        let path = PathBuf::from(address.path(|path| Path::new(path).exists()));
        let folder = Some(&path).filter(|path| path.is_dir());
        let file = Some(&path).filter(|path| folder.is_none() && !path.as_os_str().is_empty());
        if file.is_some_and(|file| file.extension().is_some_and(|end| end == "csv")) {
            return Err(layout(&path, "is one of two files; name the folder that they are in, or data= and index="));
        }
        let file = address.option("params").map(PathBuf::from).or(file.cloned());
        let params = file.as_deref().map(Params::open).transpose()?.unwrap_or_default();
        let place = |name: &str| address.option(name).map(|file| folder.map_or(PathBuf::from(file), |folder| folder.join(file)));
        let unless_folder = |path: &Option<PathBuf>| path.clone().filter(|_| folder.is_none());
        let data = place("data").or_else(|| unless_folder(&params.data));
        let index = place("index").or_else(|| unless_folder(&params.index));
        let beside = || file.as_ref().and_then(|file| file.parent()).map(Path::to_owned);
        let searched = folder.cloned().or_else(beside);
        let name = folder.cloned().or(file.clone()).or(data.clone()).unwrap_or_default();
        let (data, index) = match (data, index) {
            (Some(data), Some(index)) => (data, index),
            (data, index) => pair(data, index, searched)?,
        };
        Ok(Places { data, index, params, name })
    }
}

/// The two files, of which one is not named at least.
fn pair(data: Option<PathBuf>, index: Option<PathBuf>, folder: Option<PathBuf>) -> Result<(PathBuf, PathBuf), Error> {
    let folder = folder.or_else(|| data.as_ref().or(index.as_ref())?.parent().map(Path::to_owned));
    let Some(folder) = folder else {
        let wanted = "name a folder that holds data.csv and index.csv, or a params.config: cascades:FOLDER";
        return Err(layout(Path::new("cascades:"), wanted));
    };
    let there = NAMES.iter().find_map(|(of_data, of_index)| {
        let one = |given: &Option<PathBuf>, name: &str| given.clone().or(Some(folder.join(name)).filter(|path| path.is_file()));
        one(&data, of_data).zip(one(&index, of_index))
    });
    let wanted = "does not hold data.csv and index.csv, nor news-data.csv and news-index.csv; put both there, or name them \
                  with data= and index=";
    there.ok_or_else(|| layout(&folder, wanted))
}

fn layout(path: &Path, reason: &str) -> Error {
    Error::Layout { path: path.to_owned(), reason: reason.to_owned() }
}

impl Cascades {
    fn new(deck: Box<dyn deck::Deck>, plan: Plan, posts: Option<u64>, settings: &Settings) -> Self {
        let (speed, cards) = (plan.speed, deck.cards().filter(|_| !plan.looped));
        let (player, most) = (Player::new(deck, plan, settings.clock()), (settings.chunk / STEP).max(1) as u64);
        Cascades { player, outs: None, speed, pace: None, standing: vec![], most, posts, cards }
    }

    fn cursor(&mut self) -> Result<Vec<u8>, Broken> {
        if self.standing.is_empty() {
            Format::Compact.encode(&self.player.standing(), &mut self.standing)?;
        }
        let mut bytes = vec![VERSION];
        Format::Compact.encode(&self.player.going(), &mut bytes)?;
        bytes.extend_from_slice(&self.standing);
        Ok(bytes)
    }

    fn resume(&mut self, cursor: &[u8]) -> Result<(), Broken> {
        let Some((&VERSION, rest)) = cursor.split_first() else {
            return Err(Broken(format!("this is no cursor of version {VERSION} of cascades; begin on a new log")));
        };
        self.player.resume(Format::Compact.decode(rest)?)
    }

    /// Whether something is due.
    fn is_due(&self, now: Option<Timestamp>) -> bool {
        self.player.due().is_some_and(|due| now.is_none_or(|now| due <= now))
    }

    /// Brings what is due, at most so much as one poll brings.
    fn bring(&mut self) -> Result<(bool, Pulled), Broken> {
        let outs = self.outs.as_ref().ok_or_else(|| Broken("the source was not opened".to_owned()))?;
        let mut batch = Batch::new(outs());
        let now = self.pace.map(|pace| pace.now());
        while batch.records < self.most && self.is_due(now) {
            self.standing.clear();
            self.player.play(&mut batch)?;
        }
        // Time goes on, but never past what is still to come.
        let now = now.map(|now| now.min(self.player.due().unwrap_or(now)));
        if let Some(now) = now {
            self.player.show(now);
        }
        let brought = !batch.is_empty();
        let Batch { out, staged, refused, .. } = batch;
        Ok((brought, Pulled { out, staged, refused, cursor: self.cursor()?, now: now.map(|_| self.player.clock()) }))
    }
}

impl Source for Cascades {
    fn open(&mut self, cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken> {
        self.outs = Some(out);
        self.standing.clear();
        match cursor {
            Some(cursor) => self.resume(cursor)?,
            None => self.player.begin(),
        }
        // Whatever passed while nobody played, the clock goes on where it stopped.
        self.pace = self.speed.map(|speed| Pace::starting(self.player.clock(), speed));
        Ok(())
    }

    fn poll(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        let Some(due) = self.player.due() else { return Ok((Polled::End, None)) };
        if let Some(pace) = self.pace.filter(|pace| pace.now() < due) {
            std::thread::sleep(pace.until(due).max(TOGETHER).min(wait));
        }
        let (brought, pulled) = self.bring()?;
        Ok((if brought { Polled::Some } else { Polled::Idle }, Some(pulled)))
    }

    fn done(&self) -> Option<f64> {
        let share = |part: u64, all: u64| (part as f64 / all.max(1) as f64).min(1.0);
        let by_posts = self.posts.map(|posts| share(self.player.posts(), posts));
        by_posts.or_else(|| self.cards.map(|cards| share(self.player.started(), cards)))
    }
}
