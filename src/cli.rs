//! The command line, as it is typed.

mod model;

pub use model::{Eval, ModelCommand, Named, Score, Table, Train};

use crate::config::Flags;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Real-time analytics for microblogs: posts in; live counts per city, and how large each cascade will be, out.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = FIRST_STEPS, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// How much the log on standard error says: error, warn, info, debug, trace, or a filter such as engine=debug
    #[arg(long, global = true, env = "GOSHAWK_LOG_LEVEL", default_value = "warn", value_name = "LEVEL")]
    pub verbosity: String,
    /// Write the log on standard error as JSON lines
    #[arg(long, global = true)]
    pub json_logs: bool,
}

const FIRST_STEPS: &str = "\
First steps:
  goshawk demo                                        a made-up network, and a web page with its numbers
  goshawk run --source 'replay:posts.jsonl?speed=60'  play a recording, sixty times as fast as it was
  goshawk tap counts --from start -n 5                look at what is on the log

Data goes to standard output, the log to standard error.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run: read sources, work, serve the web page
    #[command(after_help = SOURCES)]
    Run(Run),
    /// Run on a made-up recording in a folder of its own, and print the web page's address
    Demo(Demo),
    /// Check the configuration and explain what is in force, secrets masked
    Check(Check),
    /// Print a topic's records as JSON lines
    #[command(after_help = TOPICS)]
    Tap(Tap),
    /// Watch a running goshawk: rates, lag and errors of each role
    Top(At),
    /// Look at records that were rejected, and give them another chance
    #[command(subcommand)]
    Rejected(Rejected),
    /// Write the posts that a query finds to a file, with all that is known of them
    #[command(after_help = EXPORTS)]
    Export(Export),
    /// Text models, and the models that were learned from cascades: try, train, compare, go back to an older one
    #[command(subcommand, after_help = model::MODELS)]
    Model(ModelCommand),
}

const SOURCES: &str = "\
Sources:
  synthetic:?rate=1000&seed=7              made-up posts, always the same ones for a seed
  replay:posts.jsonl?speed=60              a recording: X API v2 or v1.1 objects, one a line; .gz and .zst too
  replay:tweets.csv?speed=max&restamp=true a CSV file; recorded times become now, and gaps are kept
  synthetic:hawkes?n_star=0.6&speed=60     made-up cascades; each tells the parameters it was drawn with
  cascades:FOLDER?speed=max                cascades of the literature, many at a time: data.csv and index.csv
  cascades:params.config                   the same, as told by the params.config of Tweetoscope's generator
  stdin:                                   JSON lines on standard input
  tweetoscope://HOST:PORT?read=tweets      a topic of a Tweetoscope, on its Kafka

Many processes on Apache Kafka, each with the roles it is given, any number of each:
  goshawk run --log 'kafka://a:9092,b:9092' --roles source --source 'replay:posts.jsonl?speed=60' --listen off
  goshawk run --log 'kafka://a:9092,b:9092' --roles locate,count --listen off
  goshawk run --log 'kafka://a:9092,b:9092' --roles serve

With no flags: all roles, the log disk:./goshawk-data, the synthetic source, the web page on 127.0.0.1:7878.
A run resumes exactly where the last one on the same log stopped, however it stopped.";

const TOPICS: &str = "\
Topics: posts, sightings, counts, series, sizes, estimates, predictions, errors, samples, models, rollbacks, accuracies, alerts,
scores, documents, gauges, rules, late, rejected;
on Kafka any topic there is.
Speaks to the process that runs on the log when there is one; else opens the log itself, and only reads.

  goshawk tap counts -f                    windows as they close
  goshawk tap posts --from start -n 3      the three oldest posts
  goshawk tap counts --from start --key toronto --meta
  goshawk tap predictions -f               how large each cascade will be, as it is looked at
  goshawk tap alerts -f                    what passes the threshold of a rule";

const EXPORTS: &str = "\
The query is in the language of Elasticsearch's query_string; words alone are looked for in what posts say. No query: all posts.
Beside FILE stands FILE.manifest.json: the query, the time, what the file covers, which versions of which models spoke.

  goshawk export 'vaccine AND sentiment:<-0.3' --out found.csv
  goshawk export --from now-1d --out day.parquet
  goshawk export 'lang:fr AND (neige OR pluie)' --format ids
  goshawk export --out everything.ndjson";

#[derive(Debug, Args)]
pub struct Export {
    /// Which posts
    pub query: Option<String>,
    #[command(flatten)]
    pub common: Common,
    /// Where to; else to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// csv, ndjson, parquet, ids or manifest [default: what FILE's name says, else ndjson]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Not before this: a date, or date math as in now-1d
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
}

/// What most commands take.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Configuration file [default: goshawk.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The log: disk:PATH, kafka://HOST:PORT or memory: [default: disk:./goshawk-data]
    #[arg(long, value_name = "URL")]
    pub log: Option<String>,
}

#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub common: Common,
    /// Where posts come from; may be given more than once
    #[arg(long = "source", value_name = "URL")]
    pub sources: Vec<String>,
    /// What this process does [default: all]
    #[arg(long, value_name = "A,B")]
    pub roles: Option<String>,
    /// Address of the web page and API, or `off` [default: 127.0.0.1:7878]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Stop, with status 0, once the sources have ended and every window is closed
    #[arg(long)]
    pub drain: bool,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Address of the web page
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
    pub listen: String,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub common: Common,
    /// Also try what the configuration names: reach the log and what it needs there, find the sources, bind the address
    #[arg(long)]
    pub connect: bool,
    /// Print the reference of all keys instead
    #[arg(long)]
    pub reference: bool,
}

/// Which goshawk is meant.
#[derive(Debug, Args)]
pub struct At {
    #[command(flatten)]
    pub common: Common,
    /// Print once, as plain text, and end
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, Args)]
pub struct Tap {
    #[command(flatten)]
    pub common: Common,
    /// The topic
    pub topic: String,
    /// Where to begin: start, end, or an offset
    #[arg(long, default_value = "end", value_name = "PLACE")]
    pub from: String,
    /// End after so many records
    #[arg(short, long, value_name = "N")]
    pub number: Option<u64>,
    /// Only records with this key
    #[arg(long)]
    pub key: Option<String>,
    /// With key, partition, offset and time
    #[arg(long)]
    pub meta: bool,
    /// Go on as records come [default when beginning at the end]
    #[arg(short, long)]
    pub follow: bool,
}

#[derive(Debug, Subcommand)]
pub enum Rejected {
    /// One line for each: number, time, who rejected it, and why
    Ls {
        #[command(flatten)]
        common: Common,
        /// The newest so many
        #[arg(short, long, default_value_t = 20, value_name = "N")]
        number: usize,
    },
    /// One in full, with its bytes
    Show {
        #[command(flatten)]
        common: Common,
        /// Its number, as `ls` prints it
        number: String,
    },
    /// Read it again, and put it among the posts if that works now; `all` for every one
    Replay {
        #[command(flatten)]
        common: Common,
        /// Its number, as `ls` prints it, or `all`
        number: String,
    },
}

impl Common {
    pub fn flags(&self) -> Flags {
        Flags { config: self.config.clone(), log: self.log.clone(), ..Flags::default() }
    }
}

impl Run {
    pub fn flags(&self) -> Flags {
        Flags { sources: self.sources.clone(), roles: self.roles.clone(), listen: self.listen.clone(), ..self.common.flags() }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        super::Cli::command().debug_assert();
    }
}
