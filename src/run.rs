//! `goshawk run` and `goshawk demo`.

use crate::config::{Config, Flags, Millis, Windows};
use crate::place::{self, Told};
use crate::{cli, recording, roles, search, topology};
use anyhow::{Context, Result, bail};
use engine::{Engine, Finish};
use flow::Log;
use indicatif::{ProgressBar, ProgressStyle};
use journal::Access;
use serve::Server;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often a run looks whether it is over.
const TICK: Duration = Duration::from_millis(5);

/// Runs as configured.
pub fn run(arguments: &cli::Run) -> Result<()> {
    let config = place::configuration(&arguments.flags())?;
    run_as(&config, arguments.drain, None)
}

/// Runs on a made-up network, in a folder of its own, with windows short enough to see them close.
pub fn demo(arguments: &cli::Demo) -> Result<()> {
    let folder = place::demo_folder()?;
    let played = recording::make(&folder.join("recording"))?;
    let flags = Flags {
        log: Some(format!("disk:{}", folder.join("log").display())),
        sources: vec!["synthetic:?rate=300&seed=7&disorder=3s".into(), played],
        listen: Some(arguments.listen.clone()),
        ..Flags::default()
    };
    let mut config = place::configuration(&flags)?;
    config.windows = Windows { size: Millis(60_000), hop: Millis(5000) };
    config.time.lateness = Millis(5000);
    config.collect.windows = vec![Millis(20_000), Millis(60_000)];
    (config.collect.silence, config.collect.least) = (Millis(60_000), 5);
    // The largest end, too, while somebody looks.
    (config.collect.longest, config.learn.mini_batch) = (Millis(180_000), 64);
    (config.predict.delay, config.learn.every) = (Millis(30_000), Millis(60_000));
    tell(&format!(
        "Goshawk watches a made-up network of 300 posts a second, and plays a recording ({}/recording), on the log {}.",
        folder.display(),
        config.log
    ));
    tell(
        "The first window closes after ten seconds; search and charts of what is said are at /explore; the first cascade is predicted after half a minute, and shown at /cascades.",
    );
    run_as(&config, false, arguments.seconds.map(Duration::from_secs))
}

/// Tells whoever started this something. The work goes on whether or not they listen.
fn tell(line: &str) {
    let _heard = crate::print(&format!("{line}\n"));
}

fn run_as(config: &Config, drain: bool, limit: Option<Duration>) -> Result<()> {
    let signals = Signals::listen()?;
    let log = journal::open(&config.log, Access::Write)?;
    log.declare(&topology::topics(config))?;
    let context = roles::context(config, log.clone());
    let index = search::open(config, &*log)?;
    let roles = roles::build(config, &context, index.as_ref(), drain)?;
    let breath = Duration::from_millis(config.engine.breath.0.unsigned_abs());
    let engine = Engine::start(roles, context.wall.clone(), breath).context("cannot start the engine")?;
    let server = start_server(config, &log, &engine, index)?;
    let _told = Told::tell(&config.log, server.as_ref().map(Server::address))?;
    if let Some(server) = &server {
        tell(&format!("The page is at http://{}/ (stop with Ctrl-C).", server.address()));
    }
    drop(context);
    let ended = wait(&engine, &signals, drain, limit);
    stop(engine, server, config, &*log)?;
    match ended {
        Ended::Failed(reason) => bail!("{reason}"),
        Ended::Drained | Ended::Asked => Ok(()),
    }
}

fn start_server(config: &Config, log: &Arc<dyn Log>, engine: &Engine, index: Option<search::Index>) -> Result<Option<Server>> {
    // Whoever does other work shows how it is where it is told to: several such processes share a machine.
    let wanted = topology::roles(config)?.iter().any(|role| role.name == "serve") || config.listen != Config::default().listen;
    if !wanted || config.listen == "off" {
        return Ok(None);
    }
    let finder = index.map(|index| Arc::new(index) as Arc<dyn domain::Finder>);
    let options = serve::Options { listen: config.listen.clone(), finder, ..serve::Options::default() };
    Ok(Some(Server::start(options, log.clone(), engine.vitals())?))
}

enum Ended {
    Drained,
    Asked,
    Failed(String),
}

fn wait(engine: &Engine, signals: &Signals, drain: bool, limit: Option<Duration>) -> Ended {
    let begun = Instant::now();
    let progress = Progress::new(drain);
    loop {
        match engine.finished() {
            Some(Finish::Failed(reason)) => return Ended::Failed(reason),
            Some(Finish::Drained) if drain => return Ended::Drained,
            _ => {}
        }
        if signals.count() > 0 || limit.is_some_and(|limit| begun.elapsed() > limit) {
            return Ended::Asked;
        }
        progress.show(engine);
        std::thread::sleep(TICK);
    }
}

/// Stops everything in order, and says what did not stop in time.
fn stop(engine: Engine, server: Option<Server>, config: &Config, log: &dyn Log) -> Result<()> {
    let deadline = Duration::from_millis(config.engine.stop.0.unsigned_abs());
    let stopped = engine.stop(deadline);
    if let Some(server) = server {
        server.stop(Duration::from_secs(2));
    }
    if let Err(pending) = stopped {
        bail!(
            "gave up after {}: still pending are {}; nothing that was committed is lost",
            config.engine.stop,
            pending.join(", ")
        );
    }
    log.sync().context("the log could not be brought to disk")
}

/// Counts the requests to stop. A second one ends the process at once.
struct Signals(Arc<AtomicUsize>);

impl Signals {
    fn listen() -> Result<Signals> {
        let count = Arc::new(AtomicUsize::new(0));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let asked = Arc::new(std::sync::atomic::AtomicBool::new(false));
            signal_hook::flag::register_conditional_shutdown(signal, 130, asked.clone()).context("cannot listen to signals")?;
            signal_hook::flag::register(signal, asked).context("cannot listen to signals")?;
            signal_hook::flag::register_usize(signal, count.clone(), 1).context("cannot listen to signals")?;
        }
        Ok(Signals(count))
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A bar for a replay that has an end and somebody who looks.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn new(drain: bool) -> Self {
        let watched = drain && std::io::stderr().is_terminal();
        let bar = watched.then(|| {
            let style = ProgressStyle::with_template("{wide_bar} {percent} %  {msg}  {eta} left");
            ProgressBar::new(1000).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Progress(bar)
    }

    fn show(&self, engine: &Engine) {
        let Some(bar) = &self.0 else { return };
        let sources = engine.progress();
        let slowest = sources.iter().map(|(_, progress, _)| *progress).fold(1.0, f64::min);
        let posts: u64 = sources.iter().map(|(_, _, posts)| posts).sum();
        bar.set_position((slowest * 1000.0) as u64);
        bar.set_message(format!("{posts} posts"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
