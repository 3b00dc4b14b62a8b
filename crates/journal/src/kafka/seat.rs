//! A member of a group on the brokers.

use super::Kept;
use super::cache::{Copy, Landmark};
use super::crew::{Crew, Membership, Shared};
use super::restore::{self, Restored};
use super::standby::Mine;
use super::wire::Inbox;
use super::writer::{Failure, Work, Writer};
use brokers::{Context, at, made, meaning, offset_in};
use flow::{Change, Commit, Error, Event, Group, Member, Progress, Result};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Message};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a commit waits to hear of a sharing-out that the brokers know of already.
const HEARING: Duration = Duration::from_secs(5);

/// A partition that is worked on.
struct Held {
    /// What was read of each input and not handed out.
    inboxes: Vec<Inbox>,
    /// How far each input was committed.
    committed: Vec<u64>,
    copy: Option<Copy>,
    _mine: Mine,
}

/// A member's seat.
pub struct Seat {
    kept: Arc<Kept>,
    name: String,
    /// Its number among the members of its group in this process.
    number: u32,
    group: Group,
    /// The topic whose partitions the brokers share out: the first input, or that of the state.
    lead: String,
    state_topic: String,
    consumer: BaseConsumer<Crew>,
    /// Asks what the group has committed, without waiting for transactions that are open.
    probe: Arc<BaseConsumer<Context>>,
    writer: Option<Writer>,
    held: BTreeMap<u32, Held>,
    /// Given, but not handed out with its state yet.
    unsettled: BTreeSet<u32>,
    /// What is held must be handed out anew, as it stands on the brokers.
    anew: bool,
}

impl Seat {
    /// Joins the group.
    pub fn join(kept: Arc<Kept>, group: &Group) -> Result<Seat> {
        let number = kept.enter(&group.name);
        let name = format!("{} {number}", group.name);
        let inputs: Vec<String> = group.inputs.iter().map(|topic| kept.settings.named(topic)).collect();
        let state_topic = kept.settings.state_topic(&group.name);
        let lead = inputs.first().unwrap_or(&state_topic).clone();
        let mut config = brokers::consumer(&kept.settings, &kept.settings.group(&group.name));
        config
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", kept.settings.session.as_millis().to_string())
            .set("heartbeat.interval.ms", (kept.settings.session.as_millis() / 4).clamp(100, 1000).to_string())
            .set("max.poll.interval.ms", "600000")
            .set("enable.partition.eof", "false");
        let crew = Crew::new(name.clone(), &kept.numbers, Membership::new(inputs));
        let consumer: BaseConsumer<Crew> = made(&config, "making a consumer", crew)?;
        let subscribed = consumer.subscribe(&[&lead]);
        subscribed.map_err(|error| meaning("joining a group", &error, &consumer.context().complaints))?;
        let probe = kept.probe(&group.name)?;
        let (held, unsettled, group) = (BTreeMap::new(), BTreeSet::new(), group.clone());
        Ok(Seat { kept, name, number, group, lead, state_topic, consumer, probe, writer: None, held, unsettled, anew: false })
    }

    fn crew(&self) -> &Membership {
        &self.consumer.context().own
    }

    fn error(&self, doing: &str, error: &KafkaError) -> Error {
        meaning(&format!("{}: {doing}", self.group.name), error, &self.consumer.context().complaints)
    }

    /// Follows what the brokers have shared out.
    fn settle(&mut self) -> Result<Vec<Event>> {
        let mut taken = vec![];
        for news in self.crew().take_news() {
            match news {
                Shared::Given(partitions) => self.unsettled.extend(partitions),
                Shared::Taken(partitions) => {
                    self.unsettled.retain(|partition| !partitions.contains(partition));
                    taken.extend(partitions.into_iter().filter(|partition| self.held.remove(partition).is_some()));
                }
            }
        }
        if self.anew {
            self.take_back()?;
        }
        let mut events = if taken.is_empty() { vec![] } else { vec![Event::Revoked(taken)] };
        while let Some(partition) = self.unsettled.first().copied() {
            match self.give(partition) {
                Ok(event) => events.push(event),
                Err(error) if events.is_empty() => return Err(error),
                Err(_) => break,
            }
            self.unsettled.remove(&partition);
        }
        Ok(events)
    }

    /// Reads everything that is held again from where it was committed.
    fn take_back(&mut self) -> Result<()> {
        let partitions: BTreeSet<u32> = self.held.keys().copied().collect();
        self.crew().leave(&self.consumer, &partitions).map_err(|error| self.error("reading again", &error))?;
        self.held.clear();
        self.unsettled.extend(partitions);
        self.anew = false;
        Ok(())
    }

    /// A partition with its state, as last committed.
    fn give(&mut self, partition: u32) -> Result<Event> {
        // Whatever an earlier self has left open stands in the way of reading: it is undone first.
        self.open_writer()?;
        let mine = Mine::take(&self.kept, &self.state_topic, partition);
        let Restored { state, progress, copy } = self.kept.restore(&self.state_topic, partition)?;
        let committed = self.committed(partition, &progress)?;
        if !committed.is_empty() {
            let read = self.crew().read(&self.consumer, partition, &committed);
            read.map_err(|error| self.error("reading", &error))?;
        }
        let inbox = |(topic, next): (&String, &u64)| Inbox::new(topic, partition, *next);
        let inboxes = self.group.inputs.iter().zip(&committed).map(inbox).collect();
        self.held.insert(partition, Held { inboxes, committed, copy, _mine: mine });
        Ok(Event::Assigned { partition, state: state.into_iter().collect() })
    }

    /// How far the group has read each input: as the state says, which is all there by now, or as the brokers say of a
    /// group that keeps none.
    fn committed(&self, partition: u32, progress: &BTreeMap<String, u64>) -> Result<Vec<u64>> {
        let list = self.crew().list(&BTreeSet::from([partition]));
        if list.count() == 0 {
            return Ok(vec![]);
        }
        let told = self.probe.committed_offsets(list, self.kept.settings.timeout);
        let told = told.map_err(|error| self.error("asking for the progress", &error))?;
        let next = |(topic, name): (&String, &String)| {
            let found = told.find_partition(name, partition.cast_signed());
            match found.and_then(|found| offset_in(&found)).max(progress.get(topic).copied()) {
                None => self.kept.start(name, partition),
                Some(next) => self.kept.still_there(name, partition, next),
            }
        };
        self.group.inputs.iter().zip(&self.crew().inputs).map(next).collect()
    }

    fn open_writer(&mut self) -> Result<()> {
        if self.writer.is_none() {
            let id = format!("{}-{}-{}", self.kept.settings.group(&self.group.name), self.kept.instance(), self.number);
            self.writer = Some(Writer::open(&self.kept.settings, &self.kept.numbers, &format!("{} writer", self.name), &id)?);
        }
        Ok(())
    }

    /// Takes in what has arrived: about `bytes`, or what there is by `until`.
    fn pull(&mut self, until: Instant, bytes: usize) -> Result<()> {
        let mut waiting: usize = self.held.values().flat_map(|held| &held.inboxes).map(Inbox::bytes).sum();
        // Who wants no records, as a source, must still hear of its seat.
        while waiting < bytes.max(1) && !self.crew().has_news() {
            let patience = if waiting > 0 { Duration::ZERO } else { until.saturating_duration_since(Instant::now()) };
            match self.consumer.poll(patience) {
                Some(Ok(message)) => waiting += take(&mut self.held, &self.consumer.context().own.inputs, &message),
                Some(Err(error)) => return Err(self.error("reading", &error)),
                None => break,
            }
        }
        Ok(())
    }

    /// What stands between records and is no record counts as read.
    fn pass_gaps(&mut self) -> Result<()> {
        let positions = self.consumer.position().map_err(|error| self.error("asking for the position", &error))?;
        for element in positions.elements() {
            let inputs = &self.consumer.context().own.inputs;
            let inbox = inbox_of(&mut self.held, inputs, element.topic(), element.partition());
            if let Some((inbox, offset)) = inbox.zip(offset_in(&element)) {
                inbox.pad_to(offset);
            }
        }
        Ok(())
    }

    /// Hands out what was taken in, under the names that the stages know.
    fn hand_out(&mut self) -> Vec<Event> {
        let mut events = vec![];
        for held in self.held.values_mut() {
            for (inbox, topic) in held.inboxes.iter_mut().zip(&self.group.inputs) {
                let named = |batch| flow::Batch { topic: topic.clone(), ..batch };
                events.extend(inbox.take().into_iter().map(named).map(Event::Batch));
            }
        }
        events
    }

    /// Refuses what could not be applied whole, before anything is written.
    fn check(&self, commit: &Commit) -> Result<BTreeSet<u32>> {
        for output in &commit.outputs {
            self.kept.exists(&output.topic, output.partition)?;
        }
        let read = commit.inputs.iter().map(|progress| progress.partition);
        let touched: BTreeSet<u32> = read.chain(commit.state.iter().map(|change| change.partition)).collect();
        let lost = touched.iter().find(|partition| !self.held.contains_key(partition));
        if lost.is_some() || self.held.is_empty() || self.anew || self.crew().takes(&touched) || self.consumer.assignment_lost() {
            return Err(Error::Fenced(self.group.name.clone()));
        }
        for Progress { topic, partition, next } in &commit.inputs {
            let done = self.input(topic).and_then(|input| self.held.get(partition)?.committed.get(input)).copied().unwrap_or(0);
            if *next < done {
                let group = &self.group.name;
                return Err(Error::Refused(format!("{group} has read {topic}/{partition} to {done}, not to {next}")));
            }
        }
        Ok(touched)
    }

    fn input(&self, topic: &str) -> Option<usize> {
        self.group.inputs.iter().position(|input| input == topic)
    }

    /// The offsets to commit. A commit without any names the partitions that it is about, so that the brokers can tell
    /// whether they are still this member's.
    fn offsets(&self, commit: &Commit) -> std::result::Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::new();
        for Progress { topic, partition, next } in &commit.inputs {
            list.add_partition_offset(&self.kept.settings.named(topic), partition.cast_signed(), at(*next))?;
        }
        if list.count() == 0 {
            for (partition, held) in &self.held {
                let next = held.committed.first().copied().unwrap_or(0);
                list.add_partition_offset(&self.lead, partition.cast_signed(), at(next))?;
            }
        }
        Ok(list)
    }

    fn transact(&mut self, commit: &Commit, identity: Arc<ConsumerGroupMetadata>) -> std::result::Result<(), Failure> {
        let offsets = self.offsets(commit).map_err(|error| Failure::Unknown(error.to_string()))?;
        if commit.outputs.is_empty() && commit.state.is_empty() {
            return self.consumer.commit(&offsets, CommitMode::Sync).map_err(|error| match error.rdkafka_error_code() {
                Some(Code::IllegalGeneration | Code::UnknownMemberId | Code::RebalanceInProgress) => Failure::Stale,
                _ => Failure::Again(self.error("committing", &error)),
            });
        }
        self.open_writer().map_err(Failure::Again)?;
        let Some(writer) = &self.writer else { return Err(Failure::Unknown("there is no producer".into())) };
        let read = commit.inputs.iter().map(|read| restore::progress(read.partition, &read.topic, read.next));
        let changes: Vec<Change> = read.chain(commit.state.iter().cloned()).collect();
        let work = Work { outputs: &commit.outputs, state: (&self.state_topic, &changes), progress: Some((offsets, identity)) };
        let ends = writer.commit(&work)?;
        self.keep_copies(&changes, &ends);
        Ok(())
    }

    /// Brings the copies on this machine's disk up to date. A copy that cannot be written is left: the brokers have it all.
    fn keep_copies(&mut self, changes: &[Change], ends: &BTreeMap<u32, u64>) {
        for (partition, offset) in ends {
            let Some(held) = self.held.get_mut(partition) else { continue };
            let Some(copy) = &mut held.copy else { continue };
            let mine = || changes.iter().filter(|change| change.partition == *partition);
            let Some(last) = mine().next_back() else { continue };
            let landmark = Landmark::of(*offset, &last.key, last.value.as_deref());
            if let Err(error) = copy.append(landmark, mine().map(|change| (change.key.clone(), change.value.clone())).collect()) {
                tracing::warn!(group = self.group.name, partition, %error, "the copy of the state cannot be kept; going on without");
                held.copy = None;
            }
        }
    }

    /// The brokers know of a sharing-out that this member has yet to hear of; whether it still has these partitions then.
    fn hear_of_sharing(&mut self, known: u64, touched: &BTreeSet<u32>) -> bool {
        let until = Instant::now() + HEARING;
        while self.crew().sharings() == known && Instant::now() < until {
            if let Some(Ok(message)) = self.consumer.poll(Duration::from_millis(50)) {
                take(&mut self.held, &self.consumer.context().own.inputs, &message);
            }
        }
        self.crew().sharings() > known && !self.crew().takes(touched) && !self.consumer.assignment_lost()
    }

    /// What was computed stands on a state that is not the committed one: begin again from there.
    fn fence(&mut self, why: &str) -> Error {
        self.anew = true;
        Error::Fenced(format!("{}: {why}", self.group.name))
    }
}

/// What takes in the records of a topic's partition, if it is held.
fn inbox_of<'a>(held: &'a mut BTreeMap<u32, Held>, inputs: &[String], topic: &str, partition: i32) -> Option<&'a mut Inbox> {
    let input = inputs.iter().position(|input| input == topic)?;
    held.get_mut(&partition.cast_unsigned())?.inboxes.get_mut(input)
}

/// Takes a message in; about how many bytes it is.
fn take(held: &mut BTreeMap<u32, Held>, inputs: &[String], message: &BorrowedMessage<'_>) -> usize {
    let Some(inbox) = inbox_of(held, inputs, message.topic(), message.partition()) else { return 0 };
    if u64::try_from(message.offset()).is_ok_and(|offset| offset >= inbox.next()) {
        inbox.push(message);
    }
    message.payload_len() + message.key_len() + 64
}

impl Member for Seat {
    fn poll(&mut self, wait: Duration, bytes: usize) -> Result<Vec<Event>> {
        let until = Instant::now() + wait;
        // Whoever cannot be given its partitions for now must still hear what becomes of them.
        self.pull(Instant::now(), 1)?;
        loop {
            let events = self.settle()?;
            if !events.is_empty() {
                return Ok(events);
            }
            self.pull(until, bytes)?;
            if self.crew().has_news() {
                continue;
            }
            self.pass_gaps()?;
            let events = self.hand_out();
            if !events.is_empty() || Instant::now() >= until {
                return Ok(events);
            }
        }
    }

    fn commit(&mut self, commit: &Commit) -> Result<()> {
        let touched = match self.check(commit) {
            Err(Error::Fenced(_)) => return Err(self.fence("its partitions are another's now")),
            other => other?,
        };
        let known = self.crew().sharings();
        let Some(identity) = self.crew().identity() else { return Err(self.fence("it was taken for dead")) };
        match self.transact(commit, identity) {
            Ok(()) => {
                for Progress { topic, partition, next } in &commit.inputs {
                    let input = self.input(topic);
                    let held = self.held.get_mut(partition).zip(input);
                    if let Some(committed) = held.and_then(|(held, input)| held.committed.get_mut(input)) {
                        *committed = *next;
                    }
                }
                Ok(())
            }
            Err(Failure::Again(error)) => Err(error),
            Err(Failure::Stale) if self.hear_of_sharing(known, &touched) => {
                Err(Error::Io(format!("{}: its partitions are being shared out anew", self.group.name)))
            }
            Err(Failure::Stale) => Err(self.fence("its partitions are another's now")),
            Err(Failure::Unknown(why)) => {
                self.writer = None;
                Err(self.fence(&why))
            }
        }
    }

    fn lag(&self) -> Vec<(u32, u64)> {
        let waiting = |partition: u32, held: &Held| {
            let behind = held.inboxes.iter().zip(&self.crew().inputs).map(|(inbox, topic)| {
                let end = self.kept.numbers.end(&self.name, topic, partition);
                end.map_or(1, |end| end.saturating_sub(inbox.next()))
            });
            behind.sum()
        };
        self.held.iter().map(|(partition, held)| (*partition, waiting(*partition, held))).collect()
    }

    fn may_return(&self) -> bool {
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.kept.leave(&self.group.name, self.number);
        self.kept.numbers.forget(&self.name);
    }
}
