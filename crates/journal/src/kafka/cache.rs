//! Copies of states on this machine's disk: a start reads from the brokers only what is newer.
//!
//! One file for each group and partition: frames, each with a checksum, each saying how far in the state's topic it goes.
//! It is a copy: what is torn, of another cluster, or cannot be vouched for is thrown away, and the topic read instead.

use crate::store::random_name;
use flow::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Removed entries are told for a day by the state's topic; an older copy might keep what is gone.
const TOO_OLD: Duration = Duration::from_secs(12 * 3600);
/// A file that has grown this much over what it held when it was last written anew is written anew.
const GROWTH: u64 = 64 << 20;
/// A folder may be shared by so many processes.
const SLOTS: u32 = 64;

/// A state, by its entries.
pub type State = BTreeMap<Vec<u8>, Vec<u8>>;
/// A change of it.
pub type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// The last record of the state's topic that a copy knows: by it the topic is known to be the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landmark {
    /// Where it stands.
    pub offset: u64,
    /// A checksum of its key and value.
    pub checksum: u32,
}

impl Landmark {
    /// Of a record.
    pub fn of(offset: u64, key: &[u8], value: Option<&[u8]>) -> Landmark {
        let checksum = crc32c::crc32c_append(crc32c::crc32c(key), value.unwrap_or(b"\0none"));
        Landmark { offset, checksum }
    }
}

#[derive(Serialize, Deserialize)]
struct Frame {
    /// None but in the last of the frames that only together are a whole.
    landmark: Option<Landmark>,
    changes: Vec<(serde_bytes::ByteBuf, Option<serde_bytes::ByteBuf>)>,
}

/// A folder of copies, for one process; its name on the brokers stays the same from one start to the next.
pub struct Slot {
    folder: PathBuf,
    /// What tells this process from others.
    pub instance: String,
    _lock: Option<File>,
}

impl Slot {
    /// The first free slot of a folder.
    pub fn take(folder: &Path) -> Result<Slot> {
        for number in 1..=SLOTS {
            let folder = folder.join(number.to_string());
            fs::create_dir_all(&folder).map_err(told("cannot make", &folder))?;
            let name = folder.join("LOCK");
            let lock =
                OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(told("cannot open", &name))?;
            match lock.try_lock() {
                Ok(()) => {
                    let instance = instance(&folder)?;
                    return Ok(Slot { folder, instance, _lock: Some(lock) });
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(told("cannot lock", &name)(error)),
            }
        }
        Err(Error::Refused(format!("{SLOTS} processes use {}; give this one another ?cache=FOLDER", folder.display())))
    }

    /// The file of a group's partition.
    pub fn file(&self, cluster: &str, topic: &str, partition: u32) -> PathBuf {
        self.folder.join(format!("{cluster}-{topic}-{partition}.state"))
    }
}

/// The name of a slot, made once.
fn instance(folder: &Path) -> Result<String> {
    let name = folder.join("INSTANCE");
    if let Ok(text) = fs::read_to_string(&name)
        && text.len() == 16
    {
        return Ok(text);
    }
    let text = random_name();
    fs::write(&name, &text).map_err(told("cannot write", &name))?;
    Ok(text)
}

fn told(what: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |error| {
        Error::Refused(format!("{what} {}: {error}; the cache of states is there, ?cache=off does without", path.display()))
    }
}

/// The copy of one partition's state, being kept.
pub struct Copy {
    path: PathBuf,
    file: File,
    length: u64,
    /// Its length when it was last written anew.
    whole: u64,
    /// The last record that it knows.
    pub landmark: Option<Landmark>,
}

impl Copy {
    /// Opens a copy, with what it holds.
    pub fn open(path: &Path) -> std::io::Result<(Copy, State)> {
        let (state, landmark, good) = load(path).unwrap_or_default();
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(good)?;
        Ok((Copy { path: path.to_owned(), file, length: good, whole: good, landmark }, state))
    }

    /// Where the topic of a state that starts at `start` goes on behind what it knows.
    pub fn next(&self, start: u64) -> u64 {
        self.landmark.map_or(start, |landmark| landmark.offset + 1)
    }

    /// Throws everything away.
    pub fn clear(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        (self.length, self.whole, self.landmark) = (0, 0, None);
        Ok(())
    }

    /// Takes changes in, up to and with the record at the landmark.
    pub fn append(&mut self, landmark: Landmark, changes: Changes) -> std::io::Result<()> {
        let bytes = encoded(Some(landmark), changes)?;
        self.file.write_all(&bytes)?;
        self.length += bytes.len() as u64;
        self.landmark = Some(landmark);
        if self.length > 2 * self.whole + GROWTH {
            self.write_anew()?;
        }
        Ok(())
    }

    fn write_anew(&mut self) -> std::io::Result<()> {
        let Some((state, Some(landmark), _)) = load(&self.path) else { return Ok(()) };
        let fresh = self.path.with_extension("new");
        let mut file = File::create(&fresh)?;
        for piece in pieces(state) {
            file.write_all(&encoded(None, piece)?)?;
        }
        file.write_all(&encoded(Some(landmark), vec![])?)?;
        fs::rename(&fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.length = self.file.metadata()?.len();
        self.whole = self.length;
        Ok(())
    }
}

/// A state as changes, a few thousand in a frame.
fn pieces(state: State) -> impl Iterator<Item = Changes> {
    let mut entries = state.into_iter().peekable();
    std::iter::from_fn(move || {
        entries.peek()?;
        Some(entries.by_ref().take(4096).map(|(key, value)| (key, Some(value))).collect())
    })
}

fn encoded(landmark: Option<Landmark>, changes: Changes) -> std::io::Result<Vec<u8>> {
    use serde_bytes::ByteBuf;
    let changes = changes.into_iter().map(|(key, value)| (ByteBuf::from(key), value.map(ByteBuf::from))).collect();
    let body = postcard::to_stdvec(&Frame { landmark, changes }).map_err(std::io::Error::other)?;
    let length = u32::try_from(body.len()).map_err(std::io::Error::other)?;
    Ok([&length.to_le_bytes()[..], &crc32c::crc32c(&body).to_le_bytes(), &body].concat())
}

/// What a file holds up to its first damage: the state, the last record that it knows, and how many bytes of it are good.
fn load(path: &Path) -> Option<(State, Option<Landmark>, u64)> {
    let mut file = File::open(path).ok()?;
    let age = file.metadata().ok()?.modified().ok()?.elapsed().unwrap_or_default();
    if age > TOO_OLD {
        return None;
    }
    let (mut state, mut landmark, mut good) = (State::new(), None, 0);
    let mut head = [0; 8];
    let mut body = vec![];
    while file.read_exact(&mut head).is_ok() {
        let (length, sum) = head.split_at(4);
        let (Ok(length), Ok(sum)) = (length.try_into().map(u32::from_le_bytes), sum.try_into().map(u32::from_le_bytes)) else {
            break;
        };
        body.clear();
        let read = Read::by_ref(&mut file).take(u64::from(length)).read_to_end(&mut body);
        if read.is_err() || body.len() != length as usize || crc32c::crc32c(&body) != sum {
            break;
        }
        let Ok(frame) = postcard::from_bytes::<Frame>(&body) else { break };
        apply(
            &mut state,
            frame.changes.into_iter().map(|(key, value)| (key.into_vec(), value.map(serde_bytes::ByteBuf::into_vec))),
        );
        landmark = frame.landmark;
        good += 8 + u64::from(length);
    }
    landmark.map(|landmark| (state, Some(landmark), good))
}

/// Changes a state.
pub fn apply(state: &mut State, changes: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>) {
    for (key, value) in changes {
        match value {
            Some(value) => state.insert(key, value),
            None => state.remove(&key),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(n: u64) -> Changes {
        vec![(vec![n as u8], Some(n.to_le_bytes().to_vec())), (b"last".to_vec(), Some(vec![n as u8])), (vec![n as u8 - 1], None)]
    }

    fn at(n: u64) -> Landmark {
        Landmark::of(n, &[n as u8], Some(b"v"))
    }

    #[test]
    fn keeps_what_was_taken_in_and_drops_a_torn_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let (mut copy, state) = Copy::open(&path).unwrap();
        assert!(state.is_empty() && copy.landmark.is_none());
        for n in 1..=20 {
            copy.append(at(n), change(n)).unwrap();
        }
        let whole = fs::read(&path).unwrap();
        for length in [whole.len(), whole.len() - 1, whole.len() - 30, 9, 3, 0] {
            fs::write(&path, &whole[..length]).unwrap();
            let (mut copy, state) = Copy::open(&path).unwrap();
            let last = state.get(&b"last"[..]).map(|last| u64::from(last[0]));
            assert_eq!(copy.landmark, last.map(at), "at {length}");
            assert_eq!(state.len(), if last.is_some() { 2 } else { 0 });
            copy.append(at(21), change(21)).unwrap();
            let (copy, state) = Copy::open(&path).unwrap();
            assert_eq!((copy.landmark, state[&b"last"[..]][0]), (Some(at(21)), 21));
        }
    }

    #[test]
    fn a_changed_byte_ends_it_and_writing_anew_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let (mut copy, _) = Copy::open(&path).unwrap();
        for n in 1..=9 {
            copy.append(at(n), change(n)).unwrap();
        }
        let before = load(&path).unwrap();
        copy.write_anew().unwrap();
        let after = load(&path).unwrap();
        assert_eq!((&before.0, before.1), (&after.0, after.1));
        assert!(after.2 < before.2);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(load(&path).is_none(), "half of a whole is nothing");
        copy.clear().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn processes_get_folders_of_their_own_and_keep_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (Slot::take(folder.path()).unwrap(), Slot::take(folder.path()).unwrap());
        assert!(one.instance != two.instance && one.file("c", "t", 0) != two.file("c", "t", 0));
        let name = one.instance.clone();
        drop(one);
        assert_eq!(Slot::take(folder.path()).unwrap().instance, name);
    }
}
