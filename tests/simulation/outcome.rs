//! What a run leaves, and how two runs differ.

use std::collections::BTreeMap;

/// Why someone asks for an older model.
pub const WHY: &str = "the simulation says so";

/// What is left of a run: what readers see, and what is remembered.
#[derive(PartialEq)]
pub struct Outcome {
    /// Topics, each partition in its order.
    pub ordered: BTreeMap<String, Vec<Vec<String>>>,
    /// The other topics, in no order.
    pub others: BTreeMap<String, Vec<String>>,
    /// The names of the entries that are left of each group's state.
    pub state: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Outcome {
    /// How many records a topic has.
    pub fn records(&self, topic: &str) -> usize {
        let ordered = self.ordered.get(topic).map(|partitions| partitions.iter().map(Vec::len).sum());
        ordered.or_else(|| self.others.get(topic).map(Vec::len)).unwrap_or(0)
    }

    /// How many models are older ones that were put back.
    pub fn put_back(&self) -> usize {
        self.others["models"].iter().filter(|line| line.contains(WHY)).count()
    }

    pub fn difference(&self, other: &Outcome) -> Option<String> {
        for (topic, partitions) in &self.ordered {
            for (partition, (mine, theirs)) in partitions.iter().zip(&other.ordered[topic]).enumerate() {
                if mine != theirs {
                    return Some(format!("{topic}/{partition} differs: {}", only(mine, theirs)));
                }
            }
        }
        for (topic, records) in &self.others {
            let theirs = other.others.get(topic).map(Vec::as_slice).unwrap_or_default();
            if records != theirs {
                return Some(format!("{topic} differs: {}", only(records, theirs)));
            }
        }
        (self.state != other.state).then(|| format!("state differs: {:?} {:?}", self.state, other.state))
    }
}

/// What stands in one list and not in the other.
fn only(straight: &[String], attacked: &[String]) -> String {
    let missing: Vec<&String> = straight.iter().filter(|line| !attacked.contains(line)).collect();
    let extra: Vec<&String> = attacked.iter().filter(|line| !straight.contains(line)).collect();
    format!("{} and {} records; missing {missing:#?}, not expected {extra:#?}", straight.len(), attacked.len())
}
