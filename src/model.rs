//! `goshawk model`: text models in their folders, and models that are learned from cascades.

mod backfill;
mod compare;
mod data;
mod eval;
mod learned;
mod quality;
mod score;
mod train;
mod versions;

use crate::cli::{Common, ModelCommand, Named};
use crate::config::Config;
use crate::place::{self, Reach};
use crate::tap::each;
use anyhow::{Context as _, Result, anyhow, bail};
use domain::Score;
use flow::Value;
use models::{Book, Shelf, Standings};
use serde::Deserialize;
use std::path::Path;

pub fn model(command: &ModelCommand) -> Result<()> {
    let of = |common: &Common| place::configuration(&common.flags());
    match command {
        ModelCommand::Ls { common, window: Some(window), json } => learned::list(&of(common)?, Some(window), *json),
        ModelCommand::Ls { common, window: None, json } => {
            let config = of(common)?;
            versions::list(&config, *json)?;
            // Whoever has not run yet has text models all the same.
            learned::list(&config, None, *json).or_else(|error| {
                eprintln!("no models of windows: {error:#}");
                Ok(())
            })
        }
        ModelCommand::Show { common, which, version } if is_window(which) => {
            let version = version.as_deref().map(numbered).transpose()?;
            learned::show(&of(common)?, which, version)
        }
        ModelCommand::Show { common, which, version } => versions::show(&of(common)?, which, version.as_deref()),
        ModelCommand::Rollback { common, which, version: Some(version), reason } if is_window(which) => {
            learned::rollback(&of(common)?, which, numbered(version)?, reason.clone())
        }
        ModelCommand::Rollback { which, .. } if is_window(which) => {
            bail!("say which version of window {which} to go back to; `goshawk model ls --window {which}` lists them")
        }
        ModelCommand::Rollback { which, version: Some(_), .. } => {
            bail!("{which} goes back to the version before it, and to no other")
        }
        ModelCommand::Rollback { common, which, version: None, .. } => versions::roll_back(&of(common)?, which),
        ModelCommand::Shadow { common, folder } => versions::shadow(&of(common)?, folder),
        ModelCommand::Promote(Named { common, name }) => versions::promote(&of(common)?, name),
        ModelCommand::Compare(Named { common, name }) => compare::compare(&of(common)?, name),
        ModelCommand::Backfill(Named { common, name }) => backfill::backfill(&of(common)?, name),
        ModelCommand::Score(arguments) => score::score(&of(&arguments.common)?, arguments),
        ModelCommand::Eval(arguments) => eval::eval(&of(&arguments.common)?, arguments),
        ModelCommand::Train(arguments) => train::train(arguments),
    }
}

/// Takes each score of a model that is on the log.
fn scores(reach: &Reach, model: &str, take: &mut dyn FnMut(Score<'_>)) -> Result<()> {
    #[derive(Deserialize)]
    struct Entry<'a> {
        #[serde(borrow)]
        value: Score<'a>,
    }
    let mut take = |line: &[u8]| {
        let score = serde_json::from_slice::<Entry<'_>>(line).context("a score cannot be read")?.value;
        if *score.model == *model {
            take(score);
        }
        Ok(())
    };
    each(reach, Score::TOPIC, None, &mut take)
}

/// A model that is learned has the name of its window; a text model's starts with a letter.
fn is_window(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_digit())
}

fn numbered(version: &str) -> Result<u64> {
    version.parse().map_err(|_| anyhow!("`{version}` is no version: they are numbered"))
}

/// Where the folders of text models are.
fn folder(config: &Config) -> &Path {
    Path::new(&config.enrich.folder)
}

/// The version of a text model that is in force, or the one in this folder.
fn found(config: &Config, name: &str) -> Result<Book> {
    if name.contains('/') {
        return Ok(Book::open(Path::new(name))?);
    }
    let shelf = Shelf::open(folder(config))?;
    let standings = Standings::read(folder(config))?;
    let book = shelf.in_force(name, &standings.of(name)).cloned();
    book.with_context(|| {
        format!("there is no model `{name}`; there are {} (a folder is named with a /)", shelf.names().join(", "))
    })
}
