//! Snapshots: what all frames before a segment come to, so that a start need not read them.

use super::segment::{sealed, unsealed, write_whole};
use crate::groups::Kept;
use crate::topics::{Part, Topics};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Everything but the records.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    pub topics: Topics,
    pub groups: BTreeMap<String, Kept>,
    /// Where partitions start, if not at their first record.
    pub starts: BTreeMap<Part, u64>,
    /// Where partitions end.
    pub ends: BTreeMap<Part, u64>,
}

fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:016}.snapshot"))
}

/// Writes the snapshot of what stands before a segment, and removes the older ones.
pub fn write(folder: &Path, segment: u64, snapshot: &Snapshot) -> std::io::Result<()> {
    write_whole(&path(folder, segment), &sealed(snapshot)?)?;
    for old in ids(folder, "snapshot")?.into_iter().filter(|id| *id < segment) {
        fs::remove_file(path(folder, old))?;
    }
    Ok(())
}

/// The newest snapshot that is whole, and the segment before which it stands.
pub fn newest(folder: &Path) -> std::io::Result<Option<(u64, Snapshot)>> {
    let read = |id: u64| Some((id, unsealed(BufReader::new(File::open(path(folder, id)).ok()?))?));
    Ok(ids(folder, "snapshot")?.into_iter().rev().find_map(read))
}

/// The numbers of the files with this extension, in order.
pub fn ids(folder: &Path, extension: &str) -> std::io::Result<Vec<u64>> {
    let mut ids = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            ids.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()));
        }
    }
    ids.sort_unstable();
    Ok(ids)
}
