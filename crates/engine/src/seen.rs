//! What a source has already shown, so that a second copy is refused: streams repeat themselves after a reconnect, and
//! some without any reason.

use flow::Change;
use hashbrown::HashSet;

const PREFIX: u8 = b's';

/// The identities of the newest records, in two generations: when the young one is full, the old one is forgotten.
/// A commit writes only the identities that are new since the last.
#[derive(Debug)]
pub struct Seen {
    half: usize,
    young: HashSet<u64>,
    old: HashSet<u64>,
    generation: u32,
    pieces: u32,
    /// Pieces that the old generation was saved in.
    old_pieces: u32,
    fresh: Vec<u64>,
    forgotten: Vec<(u32, u32)>,
}

impl Seen {
    /// Remembers at least half of `bound` identities, and at most `bound`.
    pub fn new(bound: usize) -> Self {
        let (young, old) = (HashSet::new(), HashSet::new());
        Seen {
            half: bound.div_ceil(2).max(1),
            young,
            old,
            generation: 0,
            pieces: 0,
            old_pieces: 0,
            fresh: vec![],
            forgotten: vec![],
        }
    }

    /// Whether this is the first of its kind; it is remembered from here on.
    pub fn is_first(&mut self, identity: u64) -> bool {
        if self.old.contains(&identity) || !self.young.insert(identity) {
            return false;
        }
        self.fresh.push(identity);
        true
    }

    /// What changed since the last call, as state of the source's partition.
    pub fn save(&mut self, changes: &mut Vec<Change>) {
        if !self.fresh.is_empty() {
            let value = std::mem::take(&mut self.fresh).iter().flat_map(|identity| identity.to_le_bytes()).collect();
            changes.push(Change { partition: 0, key: key(self.generation, self.pieces), value: Some(value) });
            self.pieces += 1;
        }
        self.turn_over();
        changes.extend(self.forgotten.drain(..).map(|(generation, piece)| Change {
            partition: 0,
            key: key(generation, piece),
            value: None,
        }));
    }

    fn turn_over(&mut self) {
        if self.young.len() >= self.half {
            self.forgotten.extend((0..self.old_pieces).map(|piece| (self.generation.wrapping_sub(1), piece)));
            self.old = std::mem::take(&mut self.young);
            (self.generation, self.old_pieces, self.pieces) = (self.generation.wrapping_add(1), self.pieces, 0);
        }
    }

    /// Takes back the entries that [`Seen::save`] wrote, among others.
    pub fn load(&mut self, entries: &[(Vec<u8>, Vec<u8>)]) {
        let mine = || entries.iter().filter_map(|(key, value)| Some((parse(key)?, value)));
        let Some(newest) = mine().map(|((generation, _), _)| generation).max() else { return };
        self.generation = newest;
        for ((generation, piece), value) in mine() {
            let (words, _) = value.as_chunks::<8>();
            let identities = words.iter().map(|word| u64::from_le_bytes(*word));
            let (set, pieces) = match newest == generation {
                true => (&mut self.young, &mut self.pieces),
                false => (&mut self.old, &mut self.old_pieces),
            };
            set.extend(identities);
            *pieces = (*pieces).max(piece + 1);
        }
        self.turn_over();
    }
}

fn key(generation: u32, piece: u32) -> Vec<u8> {
    [&[PREFIX], &generation.to_be_bytes()[..], &piece.to_be_bytes()].concat()
}

fn parse(key: &[u8]) -> Option<(u32, u32)> {
    let (generation, piece) = key.strip_prefix(&[PREFIX])?.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*generation), u32::from_be_bytes(piece.try_into().ok()?)))
}
