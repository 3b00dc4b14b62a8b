//! What tells this log from another under the same prefix, on the same brokers: a record made once, in a topic of its own.

use super::Kept;
use super::restore::{READ_BYTES, changes};
use super::writer::{Failure, Work, Writer};
use crate::store::random_name;
use flow::{Change, Error, Result};

/// The key of the record.
const KEY: &[u8] = b"identity";

impl Kept {
    /// The log's identity, made if there is none.
    pub fn identity(&self) -> Result<String> {
        let topic = self.settings.state_topic("identity");
        self.desk().declare_state(&topic, 1)?;
        if let Some(found) = self.find_identity(&topic)? {
            return Ok(found);
        }
        // Of several that want to make it, each shuts out those before it, and then looks again: so there is one.
        let writer = Writer::open(&self.settings, &self.numbers, "identity", &self.settings.group("identity"))?;
        if let Some(found) = self.find_identity(&topic)? {
            return Ok(found);
        }
        let made = random_name();
        let change = Change { partition: 0, key: KEY.to_vec(), value: Some(made.clone().into_bytes()) };
        match writer.commit(&Work { outputs: &[], state: (&topic, &[change]), progress: None }) {
            Ok(_) => Ok(made),
            Err(Failure::Again(error)) => Err(error),
            Err(Failure::Stale) => Err(Error::Io("kafka: another process makes the log's identity".into())),
            Err(Failure::Unknown(why)) => {
                Err(Error::Io(format!("kafka: whether the log's identity was made is not known: {why}")))
            }
        }
    }

    fn find_identity(&self, topic: &str) -> Result<Option<String>> {
        let bounds = self.settled(topic, 0)?;
        let (mut next, mut found) = (bounds.start, None);
        while next < bounds.end {
            let batches = self.read_topic(topic, 0, next, READ_BYTES)?;
            let Some(last) = batches.last() else {
                return Err(Error::Io(format!("kafka: {topic}/0 ends before {}", bounds.end)));
            };
            next = last.next();
            let values = changes(&batches).1.into_iter().filter(|(key, _)| key == KEY).filter_map(|(_, value)| value);
            found = values.filter_map(|value| String::from_utf8(value).ok()).next_back().or(found);
        }
        Ok(found)
    }
}
