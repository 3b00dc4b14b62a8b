//! Roles, put together from the topology and the configuration.

use crate::config::Config;
use crate::search::{Feeding, Index};
use crate::topology::{self, Kind, Role};
use crate::{push, store};
use anyhow::{Context as _, Result, bail};
use domain::Post;
use engine::{
    Context, Permits, Report, SinkPlan, SinkWorker, SourcePlan, SourceWorker, StagePlan, StageWorker, Turn, Turned, wall_clock,
};
use flow::{Error, Group, Log, Rejected, Stage, Value as _};
use models::Counter;
use stages::{Enrich, Gauging};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How many processors a run uses.
fn workers(config: &Config) -> usize {
    match config.engine.workers {
        0 => available_parallelism().map_or(2, usize::from),
        workers => workers,
    }
}

/// What all roles of a process share.
pub fn context(config: &Config, log: Arc<dyn Log>) -> Context {
    Context { log, wall: wall_clock(), permits: Permits::new(workers(config)) }
}

/// The picked roles with their workers. Every source is registered before any of them runs.
pub fn build(config: &Config, context: &Context, index: Option<&Index>, drain: bool) -> Result<Vec<engine::Role>> {
    let mut roles = vec![];
    for role in topology::roles(config)? {
        let workers = match role.name {
            "source" => {
                roles.extend(sources(config, role, context)?);
                continue;
            }
            "locate" => stage(config, role, Arc::new(topology::locate(config)?), context)?,
            "count" => stage(config, role, Arc::new(topology::count(config)?), context)?,
            "collect" => stage(config, role, Arc::new(topology::collect(config)?), context)?,
            "estimate" => stage(config, role, Arc::new(topology::estimate(config)?), context)?,
            // What cannot be erased goes with its time; `check` says so.
            "erase" if !context.log.erases() => continue,
            "erase" => vec![erase(config, role, context, drain)?],
            "predict" => stage(config, role, Arc::new(topology::predict(config)?), context)?,
            "learn" if !config.learn.run => continue,
            "learn" => stage(config, role, Arc::new(topology::learn(config)), context)?,
            "monitor" => stage(config, role, Arc::new(topology::monitor(config)), context)?,
            "watch-gauges" if !config.gauge.run => continue,
            "watch-gauges" => stage(config, role, Arc::new(topology::watch_gauges(config)?), context)?,
            "gauge" if !config.gauge.run => continue,
            "gauge" => stage(config, role, Arc::new(Gauging), context)?,
            "watch" if topology::watch(config)?.rules.is_empty() => continue,
            "watch" => stage(config, role, Arc::new(topology::watch(config)?), context)?,
            "join" => stage(config, role, Arc::new(topology::join(config)?), context)?,
            "enrich" => {
                roles.extend(enrich(config, role, context)?);
                continue;
            }
            "tweetoscope" if config.tweetoscope.brokers.is_empty() => {
                if config.roles.iter().any(|name| name == "tweetoscope") {
                    bail!("the role tweetoscope needs tweetoscope.brokers, as in kafka://127.0.0.1:9092");
                }
                continue;
            }
            "tweetoscope" => tweetoscope(config, role, context)?,
            "search" => match index {
                None => continue,
                Some(index) => {
                    let outputs = topology::outputs(config, role);
                    vec![Box::new(Feeding::start(index.clone(), config, outputs, context)?) as Box<dyn Turn>]
                }
            },
            "opensearch" if !push::is_wanted(config, role)? => continue,
            "opensearch" => opensearch(config, role, context)?,
            "pushgateway" | "alertmanager" if !push::is_wanted(config, role)? => continue,
            "pushgateway" => vec![push::pushgateway(config, role, context)?],
            "alertmanager" => vec![push::alertmanager(config, role, context)?],
            "upkeep" => vec![Box::new(Upkeep::new(config, context)) as Box<dyn Turn>],
            // The server follows the log by itself.
            _ => continue,
        };
        roles.push(engine::Role { name: role.name.to_owned(), workers });
    }
    Ok(roles)
}

fn sources(config: &Config, role: &Role, context: &Context) -> Result<Vec<engine::Role>> {
    let settings = sources::Settings {
        max_record: usize::try_from(config.ingest.max_record.0).unwrap_or(usize::MAX),
        ..sources::Settings::default()
    };
    let opened = config.sources.iter().map(|url| Ok(sources::open(url, &settings)?)).collect::<Result<Vec<_>>>()?;
    refuse_namesakes(opened.iter().map(|opened| opened.name.as_str()))?;
    let mut roles = vec![];
    for opened in opened {
        let written = |topic: &&str| opened.topics.contains(topic) || *topic == Rejected::TOPIC;
        let plan = SourcePlan {
            name: opened.name.clone(),
            outputs: topology::outputs(config, role).into_iter().filter(|spec| written(&spec.name.as_str())).collect(),
            awaited: topology::awaited(config, role).into_iter().filter(|name| written(&name.as_str())).collect(),
            lateness_ms: config.time.lateness.0,
            idle_ms: config.time.idle.0,
            remembered: config.ingest.remembered,
            heartbeat_ms: config.ingest.heartbeat.0,
            readers: readers(config, opened.topics, opened.waits)?,
            max_lag: config.ingest.max_lag,
        };
        let worker = SourceWorker::register(opened.source, plan, context.clone())?;
        roles.push(engine::Role { name: opened.name, workers: vec![Box::new(worker)] });
    }
    Ok(roles)
}

/// Of two sources with one name, the second would take the seat of the first.
fn refuse_namesakes<'a>(names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            bail!(
                "two sources are called {name}: rename the folder, file or topic of one of them, or give each a log of its own"
            );
        }
    }
    Ok(())
}

/// The stages of this process that read one of these topics.
fn readers(config: &Config, topics: &[&str], waits: bool) -> Result<Vec<Group>> {
    // Text models hold nobody up, however slow they are, but a source that loses nothing by it.
    let waited_for = |role: &&Role| role.kind == Kind::Stage && role.name != "enrich";
    let reads = |role: &&Role| waited_for(role) && role.reads.iter().any(|topic| topics.contains(topic));
    let group = |role: &Role| Group { name: role.name.to_owned(), inputs: names(role.reads) };
    let mut readers: Vec<Group> = topology::roles(config)?.into_iter().filter(reads).map(group).collect();
    if waits && topics.contains(&Post::TOPIC) {
        let model = |name: &String| Group { name: stages::enrich::role(name), inputs: names(&[Post::TOPIC]) };
        readers.extend(topology::models(config)?.iter().map(model));
    }
    Ok(readers)
}

fn names(topics: &[&str]) -> Vec<String> {
    topics.iter().map(|topic| (*topic).to_owned()).collect()
}

fn batch_bytes(config: &Config) -> usize {
    usize::try_from(config.engine.batch.0).unwrap_or(usize::MAX)
}

fn plan(config: &Config, role: &Role) -> StagePlan {
    StagePlan {
        inputs: names(role.reads),
        outputs: topology::outputs(config, role),
        awaited: topology::awaited(config, role),
        producers: topology::producers(config, role),
        is_fed: topology::is_fed(config, role),
        idle_ms: config.time.idle.0,
        batch_bytes: batch_bytes(config),
    }
}

fn stage<S: Stage + 'static>(config: &Config, role: &Role, stage: Arc<S>, context: &Context) -> Result<Vec<Box<dyn Turn>>> {
    let plan = plan(config, role);
    let count = workers(config).min(config.topics.partitions as usize);
    let join = |_| {
        let worker = StageWorker::join(stage.clone(), plan.clone(), context.clone());
        Ok(Box::new(worker.with_context(|| format!("cannot start {}", role.name))?) as Box<dyn Turn>)
    };
    (0..count).map(join).collect()
}

/// A model may be slow: about so much it takes on at a time, some hundred posts.
const ASKED_BYTES: usize = 64 << 10;

/// A role for each model, so that none of them waits for another.
fn enrich(config: &Config, role: &Role, context: &Context) -> Result<Vec<engine::Role>> {
    let rejects = topology::rejects(config)?;
    let mut roles = vec![];
    for model in topology::models(config)? {
        let mut workers: Vec<Box<dyn Turn>> = vec![];
        let mut wanted = 1;
        while workers.len() < wanted.min(config.topics.partitions as usize) {
            let counter = Counter::open(Path::new(&config.enrich.folder), &model)?;
            wanted = counter.replicas().unwrap_or(config.enrich.workers);
            let output = counter.output().to_owned();
            let stage = Arc::new(Enrich::new(&model, &output, rejects, Box::new(counter)));
            let plan = StagePlan { batch_bytes: batch_bytes(config).min(ASKED_BYTES), ..plan(config, role) };
            workers.push(Box::new(StageWorker::join(stage, plan, context.clone())?));
        }
        roles.push(engine::Role { name: stages::enrich::role(&model), workers });
    }
    Ok(roles)
}

fn sink_plan(config: &Config, role: &Role) -> SinkPlan {
    SinkPlan {
        name: role.name.to_owned(),
        inputs: names(role.reads),
        outputs: topology::outputs(config, role),
        batch_bytes: batch_bytes(config),
        rest: Duration::ZERO,
    }
}

fn erase(config: &Config, role: &Role, context: &Context, drain: bool) -> Result<Box<dyn Turn>> {
    let rest = if drain { Duration::ZERO } else { Duration::from_millis(config.engine.erase.0.unsigned_abs()) };
    let plan = SinkPlan { rest, ..sink_plan(config, role) };
    let sink = sinks::Erase::new(context.log.clone());
    Ok(Box::new(SinkWorker::join(Box::new(sink), plan, context.clone())?))
}

/// One worker for each partition, so that each writes in its own order and none waits for another.
fn tweetoscope(config: &Config, role: &Role, context: &Context) -> Result<Vec<Box<dyn Turn>>> {
    let settings = topology::strangers(config)?;
    let writing = topology::messages(config)?;
    let plan = sink_plan(config, role);
    let log = context.log.identity().context("cannot tell which log this is")?;
    let join = |_| {
        let sink = sinks::tweetoscope::Tweetoscope::new(&log, settings.clone(), writing.clone());
        Ok(Box::new(SinkWorker::join(Box::new(sink), plan.clone(), context.clone())?) as Box<dyn Turn>)
    };
    (0..workers(config).min(config.topics.partitions as usize)).map(join).collect()
}

/// One worker: a store takes larger requests better than more of them.
fn opensearch(config: &Config, role: &Role, context: &Context) -> Result<Vec<Box<dyn Turn>>> {
    let log = context.log.identity().context("cannot tell which log this is")?;
    let sink = store::opensearch(config, &log)?;
    Ok(vec![Box::new(SinkWorker::join(Box::new(sink), sink_plan(config, role), context.clone())?)])
}

/// Removes what has expired, every so often.
struct Upkeep {
    context: Context,
    every: Duration,
    last: Instant,
}

impl Upkeep {
    fn new(config: &Config, context: &Context) -> Self {
        let every = Duration::from_millis(config.engine.upkeep.0.unsigned_abs());
        Upkeep { context: context.clone(), every, last: Instant::now() }
    }
}

impl Turn for Upkeep {
    fn turn(&mut self, wait: Duration) -> Result<Turned, Error> {
        if self.last.elapsed() < self.every {
            std::thread::sleep(wait);
            return Ok(Turned::Idle);
        }
        self.last = Instant::now();
        match self.context.log.maintain((self.context.wall)()) {
            Err(error) if error.retry().is_some() => Ok(Turned::Waiting(self.every, error.to_string())),
            other => other.map(|()| Turned::Worked { bytes: 0 }),
        }
    }

    fn report(&mut self) -> Report {
        Report { done: true, ..Report::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::refuse_namesakes;

    #[test]
    fn two_sources_with_one_name_are_refused() {
        assert!(refuse_namesakes(["cascades:a", "cascades:b"].into_iter()).is_ok());
        let error = refuse_namesakes(["cascades:a", "cascades:b", "cascades:a"].into_iter()).unwrap_err().to_string();
        assert!(error.contains("two sources are called cascades:a"), "{error}");
    }
}
