//! A world: a log, a source, and instances of the stages, turned by a seed.

use crate::simulation::faults::{Breakage, Fate, Faulty};
use crate::simulation::outcome::{Outcome, WHY};
use crate::simulation::player::{Player, Random, Seed};
use crate::simulation::texts::{Ruler, newest};
use crate::support::eventually;
use domain::Rollback;
use engine::{Context, Permits, SourcePlan, SourceWorker, StagePlan, StageWorker, Turn, Turned};
use flow::window::Hopping;
use flow::{Event, Format, Group, Log, Mark, Member, Out, Producer, Stage, Timestamp, TopicSpec};
use journal::{Access, Options, RealMedia};
use ml::popularity::Schedule;
use stages::collect::Rules;
use stages::estimate::{Model, Usual};
use stages::watch::{Measure, Rule};
use stages::{Collect, Count, Enrich, Estimate, Gauging, Join, Learn, Locate, Monitor, Predict, Watch};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const PARTITIONS: u32 = 3;
const MINUTE: i64 = 60_000;

/// The role of a text model that says how long a text is.
const LENGTH: &str = "enrich:length";

/// The stages: what each reads and writes.
const STAGES: [(&str, &[&str], &[&str]); 12] = [
    ("locate", &["posts"], &["sightings"]),
    ("count", &["sightings"], &["counts"]),
    ("collect", &["posts"], &["series", "sizes"]),
    ("estimate", &["series"], &["estimates"]),
    ("predict", &["estimates", "sizes", "models"], &["predictions", "errors", "samples"]),
    ("learn", &["samples", "rollbacks"], &["models"]),
    ("monitor", &["samples"], &["accuracies"]),
    (LENGTH, &["posts"], &["scores"]),
    ("gauge", &["posts", "scores"], &["gauges"]),
    ("watch", &["predictions", "sizes", "accuracies", "counts"], &["alerts"]),
    ("watch-gauges", &["gauges"], &["alerts"]),
    ("join", &["posts", "scores", "predictions"], &["documents"]),
];
/// Topics whose order is the same in every run; of the others, what is in them.
const ORDERED: [&str; 6] = ["counts", "series", "sizes", "estimates", "predictions", "errors"];
const OTHERS: [&str; 11] =
    ["scores", "gauges", "documents", "sightings", "samples", "models", "rollbacks", "accuracies", "alerts", "late", "rejected"];

/// Which log.
pub enum Kind {
    Memory,
    Disk(tempfile::TempDir),
}

impl Kind {
    pub fn disk() -> Kind {
        // In memory if there is such a place: what is tested are the bytes, not the disk under them.
        let shm = std::path::Path::new("/dev/shm");
        Kind::Disk(if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap())
    }

    fn open(&self) -> Arc<dyn Log> {
        match self {
            Kind::Memory => journal::open("memory:", Access::Write).unwrap(),
            Kind::Disk(folder) => {
                let options = Options { segment: 16 << 10, cache: 4 << 10, ..Options::default() };
                let open = || journal::open_disk(&folder.path().join("log"), &options, Access::Write, Arc::new(RealMedia));
                // A process that another test starts just now may hold the lock for as long as it takes to become another program.
                eventually("the log is free", Duration::from_secs(10), || open().ok())
            }
        }
    }
}

pub struct World<'k> {
    kind: &'k Kind,
    records: Vec<Seed>,
    random: Random,
    faulty: Faulty,
    /// Whether people ask for older models when all is done: what was in force before then does not depend on chance.
    asks: bool,
    clock: Arc<AtomicI64>,
    workers: Vec<(String, Box<dyn Turn>)>,
    instances: usize,
}

impl<'k> World<'k> {
    pub fn new(kind: &'k Kind, seed: u64, records: &[Seed], breakage: Breakage) -> Self {
        let faulty = Faulty { log: kind.open(), fate: Arc::default(), breakage, commits: Arc::default() };
        let clock = Arc::new(AtomicI64::new(0));
        let (records, random, asks) = (records.to_vec(), Random::new(!seed), seed.is_multiple_of(8));
        let mut world = World { kind, records, random, faulty, asks, clock, workers: vec![], instances: 1 };
        world.start();
        world
    }

    fn context(&self) -> Context {
        let clock = self.clock.clone();
        let wall = Arc::new(move || Timestamp::from_millis(clock.fetch_add(1, Ordering::Relaxed)));
        Context { log: Arc::new(self.faulty.clone()), wall, permits: Permits::new(1) }
    }

    /// Starts everything, as a process does.
    fn start(&mut self) {
        *self.faulty.fate.lock().unwrap() = Fate::Works;
        let names = ["posts"].iter().chain(&ORDERED).chain(&OTHERS);
        let specs: Vec<TopicSpec> = names.map(|name| TopicSpec::new(name, PARTITIONS)).collect();
        self.faulty.declare(&specs).unwrap();
        self.add("source");
        for _ in 0..self.instances {
            for (stage, ..) in STAGES {
                self.add(stage);
            }
        }
    }

    fn add(&mut self, role: &str) {
        let context = self.context();
        let worker: Box<dyn Turn> = match role {
            "source" => Box::new(self.source(context)),
            "locate" => joined(Locate::default(), context),
            "count" => joined(Count { windower: Hopping::new(5 * MINUTE, MINUTE).unwrap() }, context),
            "collect" => {
                let mut rules = Rules::default().with_windows(vec![120, 300]);
                (rules.silence_ms, rules.least) = (6 * MINUTE, 2);
                joined(Collect { rules }, context)
            }
            "estimate" => {
                let (model, usual, silence_s) = (Model::Exponential, Usual::Learned, 360.0);
                joined(Estimate { model, usual, max_branching: 0.9, silence_s }, context)
            }
            "predict" => joined(Predict { delay_ms: MINUTE }, context),
            "monitor" => joined(Monitor { over: 4, every_ms: MINUTE }, context),
            "watch" => joined(Watch { role: "watch", rules: rules() }, context),
            "watch-gauges" => joined(Watch { role: "watch-gauges", rules: rules() }, context),
            LENGTH => joined(Enrich::new("length", "length", false, Box::new(Ruler)), context),
            "gauge" => joined(Gauging, context),
            "join" => {
                joined(Join { models: vec!["length".into()], patience_ms: MINUTE, keep_ms: 20 * MINUTE, most: 1000 }, context)
            }
            _ => {
                let schedule = Schedule { mini_batch: 2, batch: 4, most: 32, seed: 1 };
                joined(Learn { schedule, every_ms: MINUTE }, context)
            }
        };
        self.workers.push((role.to_owned(), worker));
    }

    fn source(&mut self, context: Context) -> SourceWorker {
        let random = Random::new(self.random.below(u64::MAX));
        let player = Player::new(self.records.clone(), random);
        let outputs = ["posts", "rejected"].map(|name| TopicSpec::new(name, PARTITIONS)).into();
        let plan = SourcePlan {
            name: "player".into(),
            outputs,
            awaited: vec!["posts".into()],
            lateness_ms: MINUTE,
            idle_ms: i64::MAX,
            remembered: 1000,
            heartbeat_ms: 1,
            readers: ["locate", "collect"].map(|name| Group { name: name.into(), inputs: vec!["posts".into()] }).into(),
            max_lag: 30,
        };
        SourceWorker::register(Box::new(player), plan, context).unwrap()
    }

    pub fn run_straight(mut self) -> Result<Outcome, String> {
        self.finish().and_then(|()| self.end_with_rollbacks(0))
    }

    pub fn run_attacked(mut self) -> Result<Outcome, String> {
        for step in 0..60 + self.random.below(120) {
            self.instances = [1, 3, 2][(step / 40).min(2) as usize];
            self.step();
        }
        self.finish()?;
        self.end_with_rollbacks(30)
    }

    fn step(&mut self) {
        self.attack();
        let chosen = self.random.below(self.workers.len() as u64) as usize;
        self.turn(chosen);
        self.clock.fetch_add(self.random.below(1000) as i64, Ordering::Relaxed);
    }

    /// People ask for older models, in some worlds. A machine that crashes may lose that: then they ask again.
    fn end_with_rollbacks(mut self, mut attacks: u32) -> Result<Outcome, String> {
        while self.asks && (0..PARTITIONS).all(|partition| self.contents("rollbacks", partition).is_empty()) {
            self.ask();
            (0..std::mem::take(&mut attacks)).for_each(|_| self.step());
            self.finish()?;
        }
        Ok(self.outcome())
    }

    /// Asks for many versions, whether they are there or not, at a time that has nothing to do with that of the posts.
    fn ask(&self) {
        let (time, specs) = (Timestamp::default(), [TopicSpec::new("rollbacks", PARTITIONS)]);
        let mut out = Out::new(self.faulty.format(), &specs);
        for (window, version) in (0..48).map(|n| (["120", "300"][n as usize % 2], n / 2)) {
            out.send(time, &Rollback { window: window.into(), version, reason: Some(WHY.into()), time });
        }
        let mark = Mark { watermark: Timestamp::MIN, at: time, done: true };
        self.faulty.append(out.take(&Producer::from(""), mark, false)).unwrap();
    }

    /// Something that may go wrong before the next turn.
    fn attack(&mut self) {
        let fate = match self.random.below(12) {
            0 => Fate::DiesBefore,
            1 => Fate::DiesAfter,
            2 => Fate::Pauses,
            _ => Fate::Works,
        };
        *self.faulty.fate.lock().unwrap() = fate;
        if self.random.once_in(60) {
            self.machine_crashes();
        }
        if self.random.once_in(25) {
            // A second copy of the source: the first is fenced from here on.
            *self.faulty.fate.lock().unwrap() = Fate::Works;
            self.add("source");
        }
        self.rescale();
    }

    fn rescale(&mut self) {
        let of = |role: &str, workers: &[(String, Box<dyn Turn>)]| workers.iter().filter(|(name, _)| name == role).count();
        for (role, ..) in STAGES {
            while of(role, &self.workers) < self.instances {
                self.add(role);
            }
            if of(role, &self.workers) > self.instances
                && let Some(position) = self.workers.iter().position(|(name, _)| name == role)
            {
                self.workers.remove(position);
            }
        }
    }

    /// Everything stops at once. On disk, the end of the newest segment may be missing, cut anywhere.
    fn machine_crashes(&mut self) {
        self.workers.clear();
        if let Kind::Disk(folder) = self.kind {
            // The old log must be gone before its folder is opened again.
            self.faulty.log = journal::open("memory:", Access::Write).unwrap();
            self.cut(&folder.path().join("log"));
            self.faulty.log = self.kind.open();
        }
        self.start();
    }

    fn cut(&mut self, folder: &std::path::Path) {
        let mut segments: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        segments.retain(|path| path.extension().is_some_and(|extension| extension == "segment"));
        let Some(newest) = segments.into_iter().max() else { return };
        let length = fs::metadata(&newest).unwrap().len();
        let lost = self.random.below(length.clamp(1, 2000));
        fs::OpenOptions::new().write(true).open(newest).unwrap().set_len(length - lost).unwrap();
    }

    /// Gives one worker a turn; one that dies is replaced.
    fn turn(&mut self, chosen: usize) -> bool {
        let Some((role, worker)) = self.workers.get_mut(chosen) else { return false };
        match worker.turn(Duration::ZERO) {
            Ok(Turned::Worked { .. }) => true,
            Ok(_) => false,
            Err(_) => {
                let role = role.clone();
                self.workers.remove(chosen);
                *self.faulty.fate.lock().unwrap() = Fate::Works;
                if !self.workers.iter().any(|(name, _)| *name == role) {
                    self.add(&role);
                }
                true
            }
        }
    }

    /// Turns everybody until nobody has anything left to do.
    fn finish(&mut self) -> Result<(), String> {
        *self.faulty.fate.lock().unwrap() = Fate::Works;
        for _ in 0..400 {
            let mut busy = false;
            for chosen in (0..self.workers.len()).rev() {
                busy |= self.turn(chosen);
            }
            if !busy && self.workers.iter_mut().all(|(_, worker)| worker.report().done) {
                return Ok(());
            }
        }
        let stuck: Vec<String> = self.workers.iter_mut().map(|(role, worker)| format!("{role}: {:?}", worker.report())).collect();
        Err(format!("it does not come to an end: {stuck:#?}"))
    }

    fn outcome(mut self) -> Outcome {
        self.workers.clear();
        let partitions = |topic: &str| (0..PARTITIONS).map(|partition| self.contents(topic, partition)).collect();
        let ordered = ORDERED.map(|topic| (topic.to_owned(), partitions(topic))).into();
        let mut others = BTreeMap::new();
        for topic in OTHERS {
            let mut all: Vec<String> = (0..PARTITIONS).flat_map(|partition| self.contents(topic, partition)).collect();
            if topic == "documents" {
                all = newest(&all);
            }
            all.sort();
            others.insert(topic.to_owned(), all);
        }
        let state = STAGES.map(|(name, inputs, _)| (name.to_owned(), self.state(name, inputs))).into();
        Outcome { ordered, others, state }
    }

    fn contents(&self, topic: &str, partition: u32) -> Vec<String> {
        let range = self.faulty.log.bounds(topic, partition).unwrap();
        let (mut next, mut lines) = (range.start, vec![]);
        while next < range.end {
            for batch in self.faulty.log.read(topic, partition, next, 1 << 20).unwrap() {
                next = batch.next();
                lines.extend(batch.block.records(batch.base, batch.from).map(|record| shown(topic, &record)));
            }
        }
        lines
    }

    fn state(&self, group: &str, inputs: &[&str]) -> Vec<Vec<u8>> {
        let mut member = self
            .faulty
            .log
            .join(&Group { name: group.into(), inputs: inputs.iter().map(|topic| (*topic).to_owned()).collect() })
            .unwrap();
        let events = Member::poll(&mut *member, Duration::ZERO, 1).unwrap();
        let entries = events.into_iter().flat_map(|event| match event {
            Event::Assigned { state, .. } => state.into_iter().map(|(key, _)| key).collect::<Vec<_>>(),
            _ => vec![],
        });
        // Samples since a window's last model stand beside it or in it, as commits fell: the models are compared themselves.
        let is_told = |key: &Vec<u8>| group != "learn" || key.get(8) != Some(&b's');
        // What rests after an alert is forgotten when its time has come, and when all has ended that may be at any time.
        // So it is with posts of which there may be more.
        let is_forgotten = |key: &Vec<u8>| ["watch", "watch-gauges", "join"].contains(&group) && key.first() == Some(&1);
        entries.filter(|key| is_told(key) && !is_forgotten(key)).collect()
    }
}

fn rules() -> Vec<Rule> {
    let rule = |of: Measure, threshold: f64| {
        let (name, is_above, window_s) = (of.name().to_owned(), true, None);
        Rule { name, of, threshold, is_above, clear: threshold, only: None, window_s, silence_ms: MINUTE, expire_ms: 10 * MINUTE }
    };
    let busy = Rule { window_s: Some(60), ..rule(Measure::Number, 5.0) };
    vec![rule(Measure::Predicted, 4.0), rule(Measure::Posts, 2.0), busy]
}

fn joined<S: Stage + 'static>(stage: S, context: Context) -> Box<dyn Turn> {
    let (_, inputs, outputs) = STAGES.into_iter().find(|(name, ..)| *name == stage.name()).unwrap();
    let before = STAGES.iter().flat_map(|(name, _, outputs)| outputs.iter().map(move |topic| (*topic, *name)));
    let producers = before.filter(|(topic, _)| inputs.contains(topic) && stage.awaits(topic)).flat_map(|(topic, name)| {
        (0..PARTITIONS).map(move |partition| (topic.to_owned(), Producer::from(format!("{name}/{partition}"))))
    });
    let plan = StagePlan {
        inputs: inputs.iter().map(|topic| (*topic).to_owned()).collect(),
        outputs: outputs.iter().chain(&["late", "rejected"]).map(|name| TopicSpec::new(name, PARTITIONS)).collect(),
        awaited: outputs.iter().map(|name| (*name).to_owned()).collect(),
        producers: producers.collect(),
        is_fed: true,
        idle_ms: i64::MAX,
        batch_bytes: 400,
    };
    Box::new(StageWorker::join(Arc::new(stage), plan, context).unwrap())
}

/// A record, without what may rightly differ from run to run: offsets, and the watermark that a late one met.
fn shown(topic: &str, record: &flow::Record<'_>) -> String {
    let value = record.value.unwrap_or_default();
    match topic {
        "late" | "rejected" => {
            let refused: flow::Refused = Format::Compact.decode(value).unwrap();
            format!("{} {} {:?}", refused.by, refused.from, refused.raw.0)
        }
        _ => {
            let json = String::from_utf8(domain::topics::to_json(topic, Format::Compact, value).unwrap()).unwrap();
            // An older model is told at the watermark at which it was asked for, and when all has ended that may be any.
            let time = Some(record.time).filter(|_| topic != "models" || !json.contains(WHY));
            format!("{time:?} {json}")
        }
    }
}
