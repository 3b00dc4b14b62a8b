//! `goshawk model backfill`: scores that are missing are made up for, once the model is well again, or was not there when posts came.

use super::{found, scores};
use crate::append::append;
use crate::config::Config;
use crate::place::{self, Reach};
use crate::print;
use crate::tap::each;
use anyhow::{Context, Result, bail};
use domain::{Desk, Health, LANGUAGE, Post, RoleHealth, Score, Text};
use flow::Value;
use journal::Access;
use models::Counter;
use serde::Deserialize;
use stages::enrich::{is_asked, question, role};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// Made-up scores are nobody's: they promise nothing of time.
const NOBODY: &str = "";

/// So many posts are asked about, and so many scores appended, at a time.
const AT_A_TIME: usize = 256;

/// How long the role may take to catch up, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(200);

/// A post, by network and identifier.
type Name = (String, String);

pub fn backfill(config: &Config, name: &str) -> Result<()> {
    let book = found(config, name)?;
    let mut counter = Counter::open(Path::new(&config.enrich.folder), name)?;
    counter.be_patient();
    let reach = place::reach(&config.log, Access::Write)?;
    let ends = ends(&reach)?;
    if let Reach::Process(url) = &reach {
        let_it_pass(url, &role(name))?;
    }
    let scored = scored(&reach, name, &book.manifest.version)?;
    let mut work = Work { reach: &reach, model: name, counter, posts: vec![], made: 0, still: 0 };
    let mut take = |line: &[u8]| {
        let Ok(PostEntry { partition, offset, value: post }) = serde_json::from_slice(line) else { return Ok(()) };
        let is_old = ends.get(&partition).is_some_and(|end| offset <= *end);
        let is_missing = is_old && is_asked(&post) && !scored.contains(&(post.network.to_string(), post.id.to_string()));
        if is_missing { work.take(owned(post)) } else { Ok(()) }
    };
    each(&reach, Post::TOPIC, None, &mut take)?;
    work.ask()?;
    let Work { made, still, .. } = work;
    print(&format!("{made} scores of {name} made up for; {still} posts still have none\n"))
}

#[derive(Deserialize)]
struct PostEntry<'a> {
    partition: u32,
    offset: u64,
    #[serde(borrow)]
    value: Post<'a>,
}

/// The last post of each partition.
fn ends(reach: &Reach) -> Result<BTreeMap<u32, u64>> {
    #[derive(Deserialize)]
    struct Place {
        partition: u32,
        offset: u64,
    }
    let mut ends = BTreeMap::new();
    let mut take = |line: &[u8]| {
        let Place { partition, offset } = serde_json::from_slice(line).context("a post cannot be read")?;
        ends.insert(partition, offset);
        Ok(())
    };
    each(reach, Post::TOPIC, None, &mut take)?;
    Ok(ends)
}

/// Waits until the role of a running process has passed what waits for it now: those posts are its own to score.
fn let_it_pass(url: &str, role: &str) -> Result<()> {
    let now = || -> Result<Option<RoleHealth>> {
        let told = place::agent().get(format!("{url}/health")).call()?.body_mut().read_to_string()?;
        let health: Health = serde_json::from_str(&told)?;
        Ok(health.roles.into_iter().find(|of| of.role == role))
    };
    let Some(begun) = now()? else { return Ok(()) };
    let until = Instant::now() + PATIENCE;
    while now()?.is_some_and(|of| of.records < begun.records + begun.lag) {
        if Instant::now() > until {
            bail!("{role} is {} posts behind; wait until it has caught up (`goshawk top`)", begun.lag);
        }
        std::thread::sleep(LOOK);
    }
    // What was read then is committed by now.
    std::thread::sleep(LOOK * 5);
    Ok(())
}

/// The posts that this version has dealt with: it gave a score, or does not know their language.
fn scored(reach: &Reach, name: &str, version: &str) -> Result<HashSet<Name>> {
    let mut scored = HashSet::new();
    scores(reach, name, &mut |score| {
        let is_done = score.value.is_some() || score.why.as_deref() == Some(LANGUAGE);
        if *score.version == *version && !score.shadow && is_done {
            scored.insert((score.network.to_string(), score.post.to_string()));
        }
    })?;
    Ok(scored)
}

/// What is needed of a post, on its own.
fn owned(post: Post<'_>) -> Post<'static> {
    let Post { network, id, root, kind, text, lang, time, .. } = post;
    let lang = lang.map(Text::into_owned);
    Post {
        root: root.into_owned(),
        kind,
        text: text.into_owned(),
        lang,
        ..Post::deletion(network.into_owned(), id.into_owned(), time)
    }
}

struct Work<'a> {
    reach: &'a Reach,
    model: &'a str,
    counter: Counter,
    posts: Vec<Post<'static>>,
    made: usize,
    still: usize,
}

impl Work<'_> {
    fn take(&mut self, post: Post<'static>) -> Result<()> {
        self.posts.push(post);
        if self.posts.len() < AT_A_TIME { Ok(()) } else { self.ask() }
    }

    fn ask(&mut self) -> Result<()> {
        let posts = std::mem::take(&mut self.posts);
        let said = self.counter.ask(&posts.iter().map(question).collect::<Vec<_>>());
        let mut scores = vec![];
        for (post, said) in posts.iter().zip(said) {
            let Some(said) = said.into_iter().find(|said| !said.shadow) else { continue };
            if let Err(why) = said.answer.as_ref()
                && why != LANGUAGE
            {
                self.still += 1;
                tracing::info!(post = %post.id, %why, "there is still no score");
                continue;
            }
            scores.push(Score::of(post, self.counter.output(), self.model, said));
        }
        if !scores.is_empty() {
            append(self.reach, NOBODY, &scores, |score| score.time)?;
        }
        self.made += scores.len();
        Ok(())
    }
}
