//! The topics of a log, by name and by number.

use flow::{Error, Result, TopicSpec};
use serde::{Deserialize, Serialize};

/// A partition of a topic, by the topic's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    pub topic: u32,
    pub partition: u32,
}

/// All topics, in the order in which they were declared: that order is their number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Topics(Vec<TopicSpec>);

impl Topics {
    pub fn specs(&self) -> &[TopicSpec] {
        &self.0
    }

    pub fn spec(&self, part: Part) -> Option<&TopicSpec> {
        self.0.get(part.topic as usize)
    }

    pub fn partitions(&self, topic: &str) -> Option<u32> {
        self.0.iter().find(|spec| spec.name == topic).map(|spec| spec.partitions)
    }

    /// The partition of this name, if it exists.
    pub fn part(&self, topic: &str, partition: u32) -> Result<Part> {
        let known = self.0.iter().zip(0..).find(|(spec, _)| spec.name == topic);
        let Some((spec, number)) = known else {
            let names: Vec<&str> = self.0.iter().map(|spec| spec.name.as_str()).collect();
            return Err(Error::Refused(format!("there is no topic '{topic}'; there are: {}", names.join(", "))));
        };
        if partition >= spec.partitions {
            return Err(Error::Refused(format!("topic '{topic}' has partitions 0 to {}, not {partition}", spec.partitions - 1)));
        }
        Ok(Part { topic: number, partition })
    }

    /// The topics among `wanted` that do not exist yet; an error if one exists with other partitions.
    pub fn missing(&self, wanted: &[TopicSpec]) -> Result<Vec<TopicSpec>> {
        let mut missing: Vec<TopicSpec> = vec![];
        for spec in wanted {
            match self.partitions(&spec.name) {
                None if spec.partitions == 0 => {
                    return Err(Error::Refused(format!("topic '{}' needs at least one partition", spec.name)));
                }
                None => missing.push(spec.clone()),
                Some(partitions) if partitions == spec.partitions => {}
                Some(partitions) => {
                    return Err(Error::Refused(format!(
                        "topic '{}' exists with {partitions} partitions, and {} are asked for; ask for {partitions}, or use a new log",
                        spec.name, spec.partitions
                    )));
                }
            }
        }
        Ok(missing)
    }

    /// Adds topics, or gives ones that exist another cleanup.
    pub fn add(&mut self, specs: impl IntoIterator<Item = TopicSpec>) {
        for spec in specs {
            match self.0.iter_mut().find(|known| known.name == spec.name) {
                Some(known) => *known = spec,
                None => self.0.push(spec),
            }
        }
    }

    /// The topics among `wanted` whose cleanup differs from what is kept.
    pub fn changed(&self, wanted: &[TopicSpec]) -> Vec<TopicSpec> {
        wanted.iter().filter(|spec| !self.0.contains(spec)).cloned().collect()
    }

    /// Every partition there is.
    pub fn parts(&self) -> impl Iterator<Item = (Part, &TopicSpec)> {
        let numbered = self.0.iter().zip(0..);
        numbered.flat_map(|(spec, topic)| (0..spec.partitions).map(move |partition| (Part { topic, partition }, spec)))
    }
}
