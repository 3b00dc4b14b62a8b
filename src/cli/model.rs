//! `goshawk model`, as it is typed.

use super::Common;
use clap::{Args, Subcommand};
use std::path::PathBuf;

pub const MODELS: &str = "\
Text models score posts: sentiment, offence, topic and what else there is a folder for. Each is a role of its own, `enrich:NAME`.

  goshawk model ls                         which there are; * marks those in force
  goshawk model score sentiment-en 'what a day!'
  goshawk model train --data posts.csv --text text --label label --out models/mood --folds 5
  goshawk model eval mood --data test.csv --text text --label label
  goshawk model shadow ../new/mood         try a new version beside the old one, on live posts
  goshawk model compare mood               how the two agree
  goshawk model promote mood               take it; `goshawk model rollback mood` goes back
  goshawk model backfill mood              scores for posts that have none

For each observation window `learn` trains a forest on the cascades that have ended. A gate takes it only if, on recent cascades that
it has not seen, it does no worse than the model before and than the best constant. Every one of them is told in topic `models`.

  goshawk model ls --window 600 --json     those of one window, as JSON lines
  goshawk model show 600 96                version 96 of it; without a number the one in force
  goshawk model rollback 600 80 --reason 'it learned from spam'

Going back makes version 80 the newest once more, under a new number, and predictions follow after predict.delay. It stays until the
gate finds a newly trained one that does no worse. The last four before the one in force can be gone back to.";

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// One line for each text model, and for each version of each window's model, the newest first
    Ls {
        #[command(flatten)]
        common: Common,
        /// Only of this observation window, in seconds
        #[arg(long, value_name = "SECONDS")]
        window: Option<String>,
        /// As JSON lines
        #[arg(long)]
        json: bool,
    },
    /// All that is known of one: how good it is, what it learned from
    Show {
        #[command(flatten)]
        common: Common,
        /// A text model, or an observation window in seconds
        #[arg(value_name = "MODEL")]
        which: String,
        /// The version, as `ls` prints it [default: the one in force]
        #[arg(id = "number", value_name = "VERSION")]
        version: Option<String>,
    },
    /// What a text model says of a text, or of each line of a file: one JSON line a text
    Score(Score),
    /// How good a text model is on labelled texts
    Eval(Eval),
    /// Learn a text model from labelled texts
    Train(Box<Train>),
    /// Run a new version of a text model beside the one in force, on live posts
    Shadow {
        #[command(flatten)]
        common: Common,
        /// Its folder
        folder: PathBuf,
    },
    /// How the version that is tried agrees with the one in force
    Compare(Named),
    /// Put the version that is tried in force
    Promote(Named),
    /// Put an older version back in force, or try a new one no longer
    Rollback {
        #[command(flatten)]
        common: Common,
        /// A text model, or an observation window in seconds
        #[arg(value_name = "MODEL")]
        which: String,
        /// Of a window: the version, as `ls` prints it
        #[arg(id = "number", value_name = "VERSION")]
        version: Option<String>,
        /// Of a window: why, for those who come later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Score the posts on the log that have no score of the version in force
    Backfill(Named),
}

/// A text model, by its name.
#[derive(Debug, Args)]
pub struct Named {
    #[command(flatten)]
    pub common: Common,
    /// The model
    pub name: String,
}

#[derive(Debug, Args)]
pub struct Score {
    #[command(flatten)]
    pub common: Common,
    /// The model, or its folder, with a /
    pub name: String,
    /// The text [default: each line of standard input]
    pub text: Option<String>,
    /// Each line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub file: Option<PathBuf>,
}

/// Labelled texts.
#[derive(Debug, Args)]
pub struct Table {
    /// A CSV file; may be given more than once
    #[arg(long, value_name = "FILE", required = true)]
    pub data: Vec<PathBuf>,
    /// Its column of texts: a name, or a number from 1 in a file without a head
    #[arg(long, value_name = "COLUMN", default_value = "text")]
    pub text: String,
    /// Its column of labels; several of one text stand with | between them
    #[arg(long, value_name = "COLUMN", default_value = "label")]
    pub label: String,
    /// Its column of groups: in a cross-validation one after the other is left out
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
}

#[derive(Debug, Args)]
pub struct Eval {
    #[command(flatten)]
    pub common: Common,
    /// The model, or its folder, with a /
    pub name: String,
    #[command(flatten)]
    pub table: Table,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Train {
    #[command(flatten)]
    pub table: Table,
    /// The folder of the model
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// How it learns: a TOML file, or a section of one, see docs/models.md
    #[arg(long, value_name = "FILE[:SECTION]")]
    pub recipe: Option<String>,
    /// Cross-validate it in so many parts first
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub folds: u32,
    /// Labelled texts that it does not learn from: it is measured on them
    #[arg(long, value_name = "FILE", requires = "out")]
    pub test: Option<PathBuf>,
    /// Its name [default: that of its folder]
    #[arg(long)]
    pub name: Option<String>,
    /// Its version
    #[arg(id = "number", long = "model-version", value_name = "VERSION", default_value = "1")]
    pub version: String,
    /// What it scores [default: its name]
    #[arg(long)]
    pub output: Option<String>,
    /// What a score is: text (the class), integer (what the class counts for) or float (that, weighed by how likely each is)
    #[arg(long = "type", value_name = "TYPE", default_value = "text")]
    pub of: String,
    /// What each class counts for, as negative=-1,neutral=0,positive=1
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "CLASS=NUMBER,...")]
    pub classes: Vec<String>,
    /// The languages that it knows, as ISO 639-1 codes [default: all]
    #[arg(long, value_delimiter = ',', value_name = "en,id")]
    pub languages: Vec<String>,
    /// What it is, in a line
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub about: String,
    /// Under which licence it may be used
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub licence: String,
    /// What it learned from; may be given more than once
    #[arg(long, value_name = "TEXT")]
    pub learned_from: Vec<String>,
    /// The command that makes it
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub made_by: String,
}
