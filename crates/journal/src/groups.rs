//! Groups: who owns which partition, how far it has read, and what its state is.

use flow::{Change, Commit, Error, Group, Progress, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of a group over a restart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    progress: BTreeMap<(String, u32), u64>,
    state: BTreeMap<u32, BTreeMap<Vec<u8>, Vec<u8>>>,
}

/// Who is in a group now.
#[derive(Debug, Default)]
struct Crew {
    members: Vec<u64>,
    /// Who owns each partition, and since which sharing-out.
    owners: Vec<Option<Owner>>,
    generation: u64,
    exclusive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Owner {
    member: u64,
    since: u64,
}

/// All groups.
#[derive(Debug, Default)]
pub struct Groups {
    kept: BTreeMap<String, Kept>,
    crews: BTreeMap<String, Crew>,
    next_member: u64,
}

impl Groups {
    pub fn recovered(kept: BTreeMap<String, Kept>) -> Self {
        Groups { kept, ..Groups::default() }
    }

    pub fn kept(&self) -> &BTreeMap<String, Kept> {
        &self.kept
    }

    /// Takes a member in and shares the partitions out anew. A group without inputs has one partition, and its
    /// newest member takes it: so a source that is started twice runs once.
    pub fn join(&mut self, group: &Group, partitions: u32) -> u64 {
        self.next_member += 1;
        let crew = self.crews.entry(group.name.clone()).or_default();
        crew.exclusive = group.inputs.is_empty();
        crew.owners.resize(partitions as usize, None);
        crew.members.push(self.next_member);
        crew.share();
        self.next_member
    }

    pub fn leave(&mut self, group: &str, member: u64) {
        if let Some(crew) = self.crews.get_mut(group) {
            crew.members.retain(|other| *other != member);
            crew.share();
        }
    }

    /// The number of the group's present sharing-out; it grows with every join and leave.
    pub fn generation(&self, group: &str) -> u64 {
        self.crews.get(group).map_or(0, |crew| crew.generation)
    }

    /// The partitions that a member owns.
    pub fn owned(&self, group: &str, member: u64) -> BTreeSet<u32> {
        let owners = self.crews.get(group).map(|crew| crew.owners.as_slice()).unwrap_or_default();
        (0..)
            .zip(owners)
            .filter(|(_, owner)| owner.is_some_and(|owner| owner.member == member))
            .map(|(partition, _)| partition)
            .collect()
    }

    /// Whether a partition has not changed hands since the sharing-out `known`.
    pub fn kept_since(&self, group: &str, partition: u32, known: u64) -> bool {
        let owner = self.crews.get(group).and_then(|crew| crew.owners.get(partition as usize));
        owner.copied().flatten().is_some_and(|owner| owner.since <= known)
    }

    pub fn progress(&self, group: &str, topic: &str, partition: u32) -> u64 {
        let kept = self.kept.get(group);
        kept.and_then(|kept| kept.progress.get(&(topic.to_owned(), partition))).copied().unwrap_or(0)
    }

    pub fn state(&self, group: &str, partition: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
        let state = self.kept.get(group).and_then(|kept| kept.state.get(&partition));
        state.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Refuses a commit that touches a partition which the member does not own, or which it owns again without knowing
    /// that it was another's meanwhile, or that runs backwards. `known` is the sharing-out that the member knows of.
    pub fn check(&self, group: &str, (member, known): (u64, u64), commit: &Commit) -> Result<()> {
        let owners = self.crews.get(group).map(|crew| crew.owners.as_slice()).unwrap_or_default();
        let mine = |owner: &Option<Owner>| owner.is_some_and(|owner| owner.member == member && owner.since <= known);
        let read = commit.inputs.iter().map(|progress| progress.partition);
        let mut touched = read.chain(commit.state.iter().map(|change| change.partition));
        if let Some(partition) = touched.find(|partition| !owners.get(*partition as usize).is_some_and(mine)) {
            return Err(Error::Fenced(format!("{group}, partition {partition}")));
        }
        if !owners.iter().any(mine) {
            return Err(Error::Fenced(group.to_owned()));
        }
        for Progress { topic, partition, next } in &commit.inputs {
            let done = self.progress(group, topic, *partition);
            if *next < done {
                return Err(Error::Refused(format!("{group} has read {topic}/{partition} to {done}, not to {next}")));
            }
        }
        Ok(())
    }

    /// Takes a commit's progress and state in.
    pub fn apply(&mut self, group: &str, inputs: Vec<Progress>, changes: Vec<Change>) {
        let kept = self.kept.entry(group.to_owned()).or_default();
        for Progress { topic, partition, next } in inputs {
            kept.progress.insert((topic, partition), next);
        }
        for Change { partition, key, value } in changes {
            let state = kept.state.entry(partition).or_default();
            match value {
                Some(value) => state.insert(key, value),
                None => state.remove(&key),
            };
        }
    }

    /// About how many bytes the states take.
    pub fn state_bytes(&self) -> u64 {
        let entries = self.kept.values().flat_map(|kept| kept.state.values()).flatten();
        entries.map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }
}

impl Crew {
    fn share(&mut self) {
        self.generation += 1;
        let members = self.members.len();
        for (partition, owner) in self.owners.iter_mut().enumerate() {
            let member = match members {
                0 => None,
                _ if self.exclusive => self.members.last().copied(),
                _ => self.members.get(partition % members).copied(),
            };
            if owner.map(|owner| owner.member) != member {
                *owner = member.map(|member| Owner { member, since: self.generation });
            }
        }
    }
}
