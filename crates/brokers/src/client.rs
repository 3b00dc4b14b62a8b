//! Clients of the brokers: how they are made, what they report, and what their errors mean.

use crate::{Numbers, Settings};
use flow::{Error, Result};
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{NoCustomPartitioner, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The largest message that is sent, and that topics are made for, in bytes.
pub const MAX_MESSAGE: &str = "10485760";

/// What a client last complained about: a call that only says "timed out" is explained with it.
#[derive(Clone, Default)]
pub struct Complaints(Arc<Mutex<Option<(Code, String, Instant)>>>);

/// What was said longer ago explains nothing.
const STALE: Duration = Duration::from_secs(15);

impl Complaints {
    fn note(&self, code: Code, text: &str) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Why a connection fails says more than that all of them are down.
        if code != Code::AllBrokersDown || last.is_none() {
            *last = Some((code, text.to_owned(), Instant::now()));
        }
    }

    /// Whether trying again soon is of no use.
    pub fn is_final(&self) -> bool {
        matches!(self.last(), Some((Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL | Code::Resolve, _)))
    }

    fn last(&self) -> Option<(Code, String)> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.filter(|(_, _, at)| at.elapsed() < STALE).map(|(code, text, _)| (code, text))
    }
}

/// What every client of a log has in common, and what this kind of client has of its own.
#[derive(Clone)]
pub struct Context<T = ()> {
    /// Which client it is, in metrics.
    pub name: String,
    /// What it last complained about.
    pub complaints: Complaints,
    /// Where its statistics go.
    pub numbers: Arc<Numbers>,
    /// Its own.
    pub own: T,
}

impl<T> Context<T> {
    /// Of a client of this name.
    pub fn new(name: String, numbers: &Arc<Numbers>, own: T) -> Self {
        Context { name, complaints: Complaints::default(), numbers: numbers.clone(), own }
    }
}

/// What a kind of client does about what it is told, beyond what all do.
pub trait Own: Send + Sync + Sized {
    /// A group's partitions are shared out anew.
    fn rebalance(
        _context: &Context<Self>,
        _consumer: &BaseConsumer<Context<Self>>,
        _event: RDKafkaRespErr,
        _partitions: &mut TopicPartitionList,
    ) {
    }

    /// A message was delivered, or was not; `note` is what it was sent with.
    fn delivery(&self, _result: &DeliveryResult<'_>, _note: usize) {}
}

impl Own for () {}

impl<T: Own> ConsumerContext for Context<T> {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        T::rebalance(self, consumer, event, partitions);
    }
}

impl<T: Own> ProducerContext<NoCustomPartitioner> for Context<T> {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, note: usize) {
        self.own.delivery(result, note);
    }
}

/// Makes a client; `doing` says what for, should it fail.
pub fn made<T, C>(config: &ClientConfig, doing: &str, context: Context<T>) -> Result<C>
where
    Context<T>: ClientContext,
    C: FromClientConfigAndContext<Context<T>>,
{
    let complaints = context.complaints.clone();
    config.create_with_context(context).map_err(|error| meaning(doing, &error, &complaints))
}

/// An offset as Kafka takes it.
pub fn at(offset: u64) -> Offset {
    Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX))
}

/// The offset in an element of a list; none where Kafka has none.
pub fn offset_in(element: &TopicPartitionListElem<'_>) -> Option<u64> {
    element.offset().to_raw().and_then(|offset| u64::try_from(offset).ok())
}

impl<T: Send + Sync> ClientContext for Context<T> {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Debug => tracing::trace!(client = self.name, facility, message),
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => tracing::debug!(client = self.name, facility, message),
            // The brokers coming and going is told by whoever has to wait for them.
            _ => tracing::info!(client = self.name, facility, message),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(client = self.name, %error, reason, "the client complains");
        if let Some(code) = error.rdkafka_error_code() {
            self.complaints.note(code, reason);
        }
    }

    fn stats_raw(&self, statistics: &[u8]) {
        self.numbers.take(&self.name, statistics);
    }
}

/// The common ground of a client's configuration.
pub fn config(settings: &Settings) -> ClientConfig {
    let mut config = ClientConfig::new();
    let millis = |time: Duration| time.as_millis().to_string();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", "goshawk")
        .set("statistics.interval.ms", "1000")
        .set("topic.metadata.refresh.interval.ms", "30000")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.timeout.ms", millis(settings.timeout))
        // Starting over from the first addresses when all brokers are away has kept a client from them for half a minute
        // after they were back.
        .set("metadata.recovery.strategy", "none")
        .set("log.connection.close", "false");
    for (name, value) in &settings.properties {
        config.set(name, value);
    }
    config
}

/// Properties that only producers have; a consumer would warn of them.
const OF_PRODUCERS: &[&str] =
    &["compression.type", "compression.codec", "compression.level", "linger.ms", "batch.size", "batch.num.messages", "acks"];

/// A consumer that reads only what is committed, for this group.
pub fn consumer(settings: &Settings, group: &str) -> ClientConfig {
    let mut config = config(settings);
    for name in OF_PRODUCERS {
        config.remove(name);
    }
    config
        .set("group.id", group)
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "200")
        .set("fetch.error.backoff.ms", "50")
        // Who has fetched enough for now looks again soon, and not after a second.
        .set("fetch.queue.backoff.ms", "5")
        .set("queued.max.messages.kbytes", "16384")
        .set("check.crcs", "true");
    config
}

/// A producer whose transactions carry this name.
pub fn producer(settings: &Settings, transactional_id: &str) -> ClientConfig {
    let mut config = config(settings);
    let defaults = [
        ("compression.type", "lz4"),
        ("linger.ms", "1"),
        // Right behind a transaction, the brokers are still busy with its end and say so: asked again soon.
        ("retry.backoff.ms", "5"),
        ("queue.buffering.max.messages", "0"),
        ("message.max.bytes", MAX_MESSAGE),
    ];
    for (name, value) in defaults {
        if !settings.properties.contains_key(name) {
            config.set(name, value);
        }
    }
    let transaction = settings.transaction.as_millis().to_string();
    config
        .set("transactional.id", transactional_id)
        .set("transaction.timeout.ms", &transaction)
        .set("socket.timeout.ms", settings.timeout.min(settings.transaction).as_millis().to_string())
        .set("message.timeout.ms", &transaction)
        .set("enable.idempotence", "true");
    config
}

/// Asks the brokers who they are: whether they let this client in, and what to do if not.
pub fn reach(settings: &Settings) -> Result<String> {
    let context = Context::new("check".into(), &Arc::default(), ());
    let client: BaseConsumer<Context> = made(&consumer(settings, &settings.group("check")), "making a client", context)?;
    let metadata = client.fetch_metadata(None, settings.timeout);
    let metadata = metadata.map_err(|error| meaning("asking the brokers", &error, &client.context().complaints))?;
    Ok(format!("{} brokers with {} topics", metadata.brokers().len(), metadata.topics().len()))
}

/// What an error means for whoever meets it.
pub fn meaning(doing: &str, error: &KafkaError, complaints: &Complaints) -> Error {
    if let KafkaError::ClientConfig(_, why, name, _) = error {
        return Error::Refused(format!("kafka: {name}: {}", why.trim_end_matches('.')));
    }
    if let KafkaError::ClientCreation(why) = error {
        return Error::Refused(format!("kafka: {doing}: {}", why.trim_end_matches('.')));
    }
    let code = match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    };
    let vague = matches!(
        code,
        None | Some(Code::OperationTimedOut | Code::BrokerTransportFailure | Code::AllBrokersDown | Code::RequestTimedOut)
    );
    let behind = if vague { complaints.last() } else { None };
    let code = behind.as_ref().map(|(code, _)| *code).or(code);
    let text = match (&behind, error) {
        (Some((_, reason)), _) => reason.clone(),
        (None, KafkaError::Transaction(inner)) => inner.string(),
        (None, _) => code.map_or_else(|| error.to_string(), |code| code.to_string()),
    };
    explained(doing, code, &text)
}

fn explained(doing: &str, code: Option<Code>, text: &str) -> Error {
    let text = text.split(" (after ").next().unwrap_or(text);
    let told = |hint: &str| format!("kafka: {doing}: {text}; {hint}");
    match code {
        // A host may be found again, and a password put right: these may pass.
        Some(Code::Authentication | Code::SaslAuthenticationFailed) => {
            Error::Io(told("check sasl.mechanism, sasl.username and sasl.password"))
        }
        Some(Code::SSL) => Error::Io(told("check security.protocol and the ssl.* properties")),
        Some(Code::Resolve) => Error::Io(told("check the brokers' names")),
        Some(code) => match lacks(code) {
            Some(hint) => Error::Refused(told(hint)),
            None => Error::Io(format!("kafka: {doing}: {text}")),
        },
        None => Error::Io(format!("kafka: {doing}: {text}")),
    }
}

/// What is missing for good, until somebody changes it on the brokers.
fn lacks(code: Code) -> Option<&'static str> {
    match code {
        Code::TopicAuthorizationFailed => {
            Some("this user lacks an ACL on the topic: READ, WRITE and DESCRIBE, and CREATE where it must be made")
        }
        Code::GroupAuthorizationFailed => Some("this user lacks an ACL on the group: READ"),
        Code::ClusterAuthorizationFailed => Some("this user lacks an ACL on the cluster: CREATE, or IDEMPOTENT_WRITE"),
        Code::TransactionalIdAuthorizationFailed => Some("this user lacks an ACL on the transactional id: WRITE and DESCRIBE"),
        Code::UnsupportedFeature | Code::UnsupportedVersion => {
            Some("the brokers are too old, or do without transactions; Apache Kafka 2.5 or newer is needed")
        }
        Code::PolicyViolation => Some("the cluster's policy does not allow it"),
        _ => None,
    }
}
