//! What a `kafka:` URL says: brokers, our own options, and librdkafka's properties, which are passed through.

use flow::{Error, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The options that are ours, for the message that refuses another.
const OPTIONS: &str = "prefix, replication, cache, standby, session, transaction, timeout, and librdkafka's properties such as \
                       security.protocol, sasl.username, ssl.ca.location, compression.type, client.id and client.rack";
/// Properties that the log needs to be as they are.
const RESERVED: &[&str] = &[
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "transactional.id",
];

/// How a log on Kafka is kept and reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `a:9092,b:9092`.
    pub brokers: String,
    /// What the names of topics and groups start with.
    pub prefix: String,
    /// How many brokers keep a topic that we make; none: three, or as many as there are.
    pub replication: Option<i32>,
    /// Where copies of states are kept for a fast start; none: nowhere.
    pub cache: Option<PathBuf>,
    /// Whether copies of the states of others are kept up to date, too.
    pub standby: bool,
    /// A member that is silent for so long is taken for dead.
    pub session: Duration,
    /// A transaction that is open for so long is given up by the brokers.
    pub transaction: Duration,
    /// How long one call to the brokers may take.
    pub timeout: Duration,
    /// What goes to librdkafka as it is.
    pub properties: BTreeMap<String, String>,
}

impl Settings {
    /// Reads what stands behind `kafka:`.
    pub fn parse(rest: &str) -> Result<Settings> {
        let (brokers, query) = rest.split_once('?').unwrap_or((rest, ""));
        let brokers = brokers.strip_prefix("//").unwrap_or(brokers).trim_end_matches('/');
        if brokers.is_empty() || brokers.contains('/') {
            return refused("kafka: needs brokers, as in kafka://127.0.0.1:9092 or kafka://a:9092,b:9092".into());
        }
        if brokers.contains('@') {
            return refused("kafka: takes no user in the address; write ?sasl.username=...&sasl.password=env:NAME".into());
        }
        let mut settings = Settings::of(brokers);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            settings.set(name, &decoded(value))?;
        }
        Ok(settings)
    }

    fn of(brokers: &str) -> Settings {
        Settings {
            brokers: brokers.to_owned(),
            prefix: String::new(),
            replication: None,
            cache: Some("goshawk-cache".into()),
            standby: false,
            session: Duration::from_secs(10),
            transaction: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            properties: BTreeMap::new(),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "prefix" => self.prefix = legal(value)?,
            "replication" => self.replication = Some(number(name, value)?),
            "cache" => self.cache = (value != "off").then(|| value.into()),
            "standby" => self.standby = truth(name, value)?,
            "session" => self.session = time(name, value)?,
            "transaction" => self.transaction = time(name, value)?,
            "timeout" => self.timeout = time(name, value)?,
            _ if RESERVED.contains(&name) => {
                return refused(format!("kafka: sets {name} itself: exactness depends on it"));
            }
            // librdkafka itself refuses what it does not know, when a client is made; all its names but a few have a dot.
            _ if name.contains('.') || ["debug", "acks", "retries"].contains(&name) => {
                self.properties.insert(name.to_owned(), secret(name, value)?);
            }
            _ => return refused(format!("kafka: does not know the option '{name}'; it knows {OPTIONS}")),
        }
        Ok(())
    }

    /// A name as it stands on the brokers.
    pub fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The name of the group of a role, and of what belongs to it.
    pub fn group(&self, role: &str) -> String {
        let legal = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        format!("{}goshawk-{}", self.prefix, role.chars().map(legal).collect::<String>())
    }

    /// The topic that keeps the state of a role.
    pub fn state_topic(&self, role: &str) -> String {
        format!("{}-state", self.group(role))
    }

    /// Whether a topic keeps states, and is nobody else's business.
    pub fn is_state_topic(&self, topic: &str) -> bool {
        topic.starts_with(&format!("{}goshawk-", self.prefix)) && topic.ends_with("-state")
    }
}

fn refused<T>(text: String) -> Result<T> {
    Err(Error::Refused(text))
}

fn legal(prefix: &str) -> Result<String> {
    let legal = prefix.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && prefix.len() <= 100;
    if legal {
        Ok(prefix.to_owned())
    } else {
        refused(format!("prefix={prefix}: a topic's name has letters, digits, '.', '_' and '-'"))
    }
}

fn number(name: &str, value: &str) -> Result<i32> {
    match value.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => refused(format!("{name}={value} is no number from 1 on")),
    }
}

fn truth(name: &str, value: &str) -> Result<bool> {
    value.parse().or_else(|_| refused(format!("{name}={value} is neither true nor false")))
}

/// `10s`, `500ms`.
fn time(name: &str, value: &str) -> Result<Duration> {
    let scaled = |unit: &str, by: u64| value.strip_suffix(unit).and_then(|n| n.parse::<u64>().ok()).map(|n| n * by);
    match scaled("ms", 1).or_else(|| scaled("s", 1000)) {
        Some(ms) if (1..=3_600_000).contains(&ms) => Ok(Duration::from_millis(ms)),
        _ => refused(format!("{name}={value} is no time such as 10s or 500ms")),
    }
}

/// A value that stands in an environment variable, so that it need not stand on a command line.
pub fn secret(name: &str, value: &str) -> Result<String> {
    match value.strip_prefix("env:") {
        Some(variable) => std::env::var(variable)
            .or_else(|_| refused(format!("{name}=env:{variable}: there is no environment variable {variable}"))),
        None => Ok(value.to_owned()),
    }
}

/// Text with `%41` for `A`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let coded = pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(coded.unwrap_or(*first));
        rest = tail.get(if coded.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_brokers_options_and_properties() {
        let s = Settings::parse("//a:9092,b:9092?prefix=lab.&replication=3&session=6s&sasl.password=p%26q%3D%C3%A9").unwrap();
        assert_eq!((s.brokers.as_str(), s.prefix.as_str(), s.replication), ("a:9092,b:9092", "lab.", Some(3)));
        assert_eq!((s.session, s.properties["sasl.password"].as_str()), (Duration::from_secs(6), "p&q=é"));
        assert_eq!((s.named("posts"), s.group("source my file")), ("lab.posts".into(), "lab.goshawk-source-my-file".into()));
        assert!(s.is_state_topic(&s.state_topic("count")) && !s.is_state_topic("lab.posts"));
        assert_eq!(Settings::parse("//a:1?cache=off").unwrap().cache, None);
        let from_environment = Settings::parse("//a:1?sasl.username=env:PATH").unwrap();
        assert_eq!(from_environment.properties["sasl.username"], std::env::var("PATH").unwrap());
    }

    #[test]
    fn says_what_is_wrong() {
        for (url, part) in [
            ("", "needs brokers"),
            ("//", "needs brokers"),
            ("//me:pw@a:9092", "takes no user"),
            ("//a:1?isolation.level=read_uncommitted", "itself"),
            ("//a:1?replicas=3", "it knows prefix"),
            ("//a:1?replication=none", "no number"),
            ("//a:1?session=soon", "no time"),
            ("//a:1?standby=perhaps", "neither true nor false"),
            ("//a:1?prefix=a b", "letters, digits"),
            ("//a:1?sasl.password=env:GOSHAWK_NO_SUCH", "no environment variable"),
        ] {
            let error = Settings::parse(url).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains("pw@"), "{error}");
        }
    }
}
