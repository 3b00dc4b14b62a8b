//! Topics on the brokers: made where they are missing, checked where they exist, never changed and never deleted.

use brokers::{Context, MAX_MESSAGE, Settings, meaning};
use flow::{Cleanup, Error, Result, TopicSpec};
use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::metadata::Metadata;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long brokers may take to hear of a topic that was just made.
const SETTLING: Duration = Duration::from_secs(15);

/// A topic to be made.
struct Wanted {
    name: String,
    partitions: u32,
    configs: Vec<(&'static str, String)>,
}

/// What is needed to ask about topics.
pub struct Desk<'a> {
    /// How the log is kept.
    pub settings: &'a Settings,
    /// A client to ask with.
    pub asks: &'a BaseConsumer<Context>,
}

impl Desk<'_> {
    fn error(&self, doing: &str, error: &KafkaError) -> Error {
        meaning(doing, error, &self.asks.context().complaints)
    }

    /// All that the brokers tell of their topics.
    pub fn metadata(&self) -> Result<Metadata> {
        let metadata = self.asks.fetch_metadata(None, self.settings.timeout);
        metadata.map_err(|error| self.error(&format!("asking {}", self.settings.brokers), &error))
    }

    /// The topics of the log, and how many partitions each has.
    pub fn topics(&self) -> Result<BTreeMap<String, u32>> {
        let metadata = self.metadata()?;
        let topics = metadata.topics().iter().filter(|topic| topic.error().is_none());
        let ours = topics.filter(|topic| !topic.name().starts_with("__") && !self.settings.is_state_topic(topic.name()));
        let named = ours.filter_map(|topic| {
            let name = topic.name().strip_prefix(&self.settings.prefix)?;
            Some((name.to_owned(), u32::try_from(topic.partitions().len()).unwrap_or(0)))
        });
        Ok(named.collect())
    }

    /// Makes the topics that are missing, or with `dry` only asks whether they could be made; refuses one that exists and
    /// cannot serve. How many are missing.
    pub fn declare(&self, specs: &[TopicSpec], dry: bool) -> Result<usize> {
        let known = self.topics()?;
        let (existing, missing): (Vec<_>, Vec<_>) = specs.iter().partition(|spec| known.contains_key(&spec.name));
        for spec in &existing {
            let partitions = known.get(&spec.name).copied().unwrap_or(0);
            if partitions != spec.partitions {
                return Err(Error::Refused(format!(
                    "topic '{}' exists with {partitions} partitions, and {} are asked for; ask for {partitions}, or use another prefix",
                    self.settings.named(&spec.name),
                    spec.partitions
                )));
            }
        }
        self.check_cleanups(&existing)?;
        if let Some(spec) = missing.iter().find(|spec| spec.partitions == 0) {
            return Err(Error::Refused(format!("topic '{}' needs at least one partition", spec.name)));
        }
        let wanted = missing.iter().map(|spec| Wanted {
            name: self.settings.named(&spec.name),
            partitions: spec.partitions,
            configs: configs(&spec.cleanup),
        });
        let wanted: Vec<Wanted> = wanted.collect();
        self.make(&wanted, dry)?;
        Ok(wanted.len())
    }

    /// Makes the topic that keeps the states of a group, if it is missing.
    pub fn declare_state(&self, name: &str, partitions: u32) -> Result<()> {
        let metadata = self.metadata()?;
        let found = metadata.topics().iter().find(|topic| topic.name() == name && topic.error().is_none());
        if let Some(topic) = found {
            let there = topic.partitions().len();
            if there == partitions as usize {
                return self.check_compaction(name);
            }
            return Err(Error::Refused(format!(
                "topic '{name}' keeps the state of {there} partitions, and {partitions} are worked on; use another prefix"
            )));
        }
        let mut configs = configs(&Cleanup::Compact);
        configs.push(("segment.bytes", (64 << 20).to_string()));
        self.make(&[Wanted { name: name.to_owned(), partitions, configs }], false)
    }

    /// A topic that forgets all but the newest record of a key would lose posts; a table that does not, grows for ever.
    fn check_cleanups(&self, specs: &[&TopicSpec]) -> Result<()> {
        if specs.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = specs.iter().map(|spec| self.settings.named(&spec.name)).collect();
        for (spec, config) in specs.iter().zip(self.describe(&names)?) {
            let policy = config.get("cleanup.policy").and_then(|entry| entry.value.clone()).unwrap_or_default();
            let compacts = policy.contains("compact");
            if compacts != (spec.cleanup == Cleanup::Compact) {
                let needed = if compacts { "delete" } else { "compact" };
                return Err(Error::Refused(format!(
                    "topic '{}' exists with cleanup.policy={policy}, and {needed} is needed; change it, or use another prefix",
                    self.settings.named(&spec.name)
                )));
            }
        }
        Ok(())
    }

    fn check_compaction(&self, name: &str) -> Result<()> {
        let configs = self.describe(&[name.to_owned()])?;
        let policy = configs.first().and_then(|config| config.get("cleanup.policy")).and_then(|entry| entry.value.clone());
        match policy.as_deref() {
            Some("compact") | None => Ok(()),
            Some(policy) => Err(Error::Refused(format!(
                "topic '{name}' exists with cleanup.policy={policy}: it would lose states; it must be compact"
            ))),
        }
    }

    /// The configurations of topics, in the order of their names here.
    pub fn describe(&self, names: &[String]) -> Result<Vec<ConfigResource>> {
        let resources: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let described = pollster::block_on(self.admin()?.describe_configs(&resources, &self.options()));
        let described = described.map_err(|error| self.error("asking how topics are configured", &error))?;
        let each = described
            .into_iter()
            .map(|config| config.map_err(|code| self.error("asking how topics are configured", &KafkaError::AdminOp(code))));
        each.collect()
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>> {
        let made = brokers::config(self.settings).set("statistics.interval.ms", "0").create();
        made.map_err(|error| self.error("making an admin client", &error))
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.settings.timeout)).operation_timeout(Some(self.settings.timeout))
    }

    fn make(&self, wanted: &[Wanted], dry: bool) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let brokers = i32::try_from(self.metadata()?.brokers().len()).unwrap_or(1);
        let replication = self.settings.replication.unwrap_or_else(|| brokers.clamp(1, 3));
        let topics: Vec<NewTopic<'_>> = wanted.iter().map(|wanted| wanted.topic(replication)).collect();
        let made = pollster::block_on(self.admin()?.create_topics(&topics, &self.options().validate_only(dry)));
        for result in made.map_err(|error| self.error("making topics", &error))? {
            match result {
                Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
                Err((name, Code::InvalidReplicationFactor)) => {
                    return Err(Error::Refused(format!(
                        "topic '{name}' cannot be kept by {replication} brokers: there are {brokers}; set ?replication="
                    )));
                }
                Err((name, code)) => return Err(self.error(&format!("making topic '{name}'"), &KafkaError::AdminOp(code))),
            }
        }
        if dry { Ok(()) } else { self.await_topics(wanted) }
    }

    /// Waits until every broker that is asked knows the topics, with a leader for each partition.
    fn await_topics(&self, wanted: &[Wanted]) -> Result<()> {
        let until = Instant::now() + SETTLING;
        loop {
            let metadata = self.metadata()?;
            let settled = |wanted: &Wanted| {
                let found = metadata.topics().iter().find(|topic| topic.name() == wanted.name && topic.error().is_none());
                found.is_some_and(|topic| {
                    topic.partitions().len() == wanted.partitions as usize
                        && topic.partitions().iter().all(|partition| partition.leader() >= 0)
                })
            };
            match wanted.iter().find(|wanted| !settled(wanted)) {
                None => return Ok(()),
                Some(late) if Instant::now() > until => {
                    return Err(Error::Io(format!("kafka: topic '{}' was made, and no broker leads it yet", late.name)));
                }
                Some(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Wanted {
    fn topic(&self, replication: i32) -> NewTopic<'_> {
        let partitions = i32::try_from(self.partitions).unwrap_or(i32::MAX);
        let mut topic = NewTopic::new(&self.name, partitions, TopicReplication::Fixed(replication));
        for (name, value) in &self.configs {
            topic = topic.set(name, value);
        }
        if replication >= 3 { topic.set("min.insync.replicas", "2") } else { topic }
    }
}

/// How the brokers are told what to do with old records.
fn configs(cleanup: &Cleanup) -> Vec<(&'static str, String)> {
    let common = [("max.message.bytes", MAX_MESSAGE.to_owned())];
    let own = match cleanup {
        Cleanup::Compact => vec![("cleanup.policy", "compact".to_owned())],
        Cleanup::Delete { age_ms, size } => {
            let bound = |bound: &Option<u64>| bound.map_or("-1".to_owned(), |bound| bound.to_string());
            let mut own =
                vec![("cleanup.policy", "delete".to_owned()), ("retention.ms", bound(age_ms)), ("retention.bytes", bound(size))];
            // A partition loses whole segments: they must be small beside what is to be kept.
            if let Some(size) = size {
                own.push(("segment.bytes", (size / 4).clamp(1 << 20, 1 << 30).to_string()));
            }
            own
        }
    };
    common.into_iter().chain(own).collect()
}
