//! Chance without a memory: every throw follows from a seed and what it is thrown for.

/// A row of throws.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The throws about one thing.
    pub(crate) fn about(seed: u64, what: u64, which: u64) -> Self {
        let mut dice = Dice(seed ^ what.wrapping_mul(0xa076_1d64_78bd_642f));
        dice.0 = dice.roll() ^ which.wrapping_mul(0xe703_7ed1_a0b4_28db);
        dice.roll();
        dice
    }

    /// Any number (SplitMix64).
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.roll()) * u128::from(end);
        (wide >> 64) as u64
    }

    /// A number from 0 to 1, without 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(crate) fn thousandths(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }

    /// One of these.
    pub(crate) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of.get(self.below(of.len() as u64) as usize).copied().unwrap_or_default()
    }
}

/// Ranks of which each comes as often as its place in the row says: the second half as often as the first, and so on.
#[derive(Clone, Debug)]
pub(crate) struct Zipf {
    /// Up to each rank, how often they come in all. In whole numbers, so that every machine agrees.
    sums: Vec<u64>,
}

impl Zipf {
    pub(crate) fn new(ranks: u64) -> Self {
        let mut sum = 0;
        let share = |rank| {
            sum += (1 << 40) / rank;
            sum
        };
        Zipf { sums: (1..=ranks.max(1)).map(share).collect() }
    }

    /// How many ranks there are.
    pub(crate) fn ranks(&self) -> u64 {
        self.sums.len() as u64
    }

    pub(crate) fn throw(&self, dice: &mut Dice) -> u64 {
        let at = dice.below(self.sums.last().copied().unwrap_or(1));
        self.sums.partition_point(|sum| *sum <= at) as u64
    }
}
