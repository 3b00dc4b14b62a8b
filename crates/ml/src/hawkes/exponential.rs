//! Interest that fades by the same part every second: `φ(s) = β exp(-β s)`.
//!
//! The rate of events is `λ(t) = p β Σ m_j exp(-β (t - t_j))` over the events before `t`. The first event is given, and so is
//! every one before which no positive mark stands: no `p` and `β` could explain it. The `k` others make the log-likelihood
//!
//! ```text
//! LL = k ln(p β) + Σ ln A_i - p C
//! A_i = Σ_{j<i} m_j exp(-β (t_i - t_j))           what fades, as event i comes
//! C   = Σ m_i (1 - exp(-β (end - t_i)))           what has faded by the end
//! ```
//!
//! Both sums take one pass. With `B` for what stands after an event, `A_i = B_{i-1} exp(-β (t_i - t_{i-1}))`, so `ln A_i` is
//! `ln B_{i-1} - β (t_i - t_{i-1})` and cannot run into `ln 0`, however long the silence. An event without a mark adds nothing to
//! `B`; there the pass stays at the event before it, and the next gap is counted from that one. Of the `ln B` only the logarithm of
//! a product of many is taken, and `C` is the sum of what fades between events, without a difference of large numbers.

use super::cascade::Cascade;
use super::lanes::{FARTHEST, Lanes, fade};

/// Marks below count as 0.
const LEAST_MARK: f64 = 1e-100;
/// A product of numbers stays between 2^-BITS and 2^BITS.
const BITS: f64 = 900.0;

/// The log-likelihood of a cascade: see the module. `p` and `beta` are taken as at least 1e-100 and at most 1e100.
pub fn log_likelihood(cascade: &Cascade<'_>, p: f64, beta: f64) -> f64 {
    let (p, beta) = (p.clamp(1e-100, 1e100), beta.clamp(1e-100, 1e100));
    let passage = Passage::of(cascade);
    let [[terms]] = passage.sweep::<1, 1>([beta]);
    passage.explained() * (p * beta).ln() + terms.logs - p * terms.faded
}

/// The sums that the likelihood of a cascade is made of, at one `β`, and their derivatives by `ln β`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Terms {
    pub beta: f64,
    /// `Σ ln A_i`.
    pub logs: f64,
    pub logs_slope: f64,
    /// `C`.
    pub faded: f64,
    pub faded_slope: f64,
    /// What stands at the end: `Σ m_i exp(-β (end - t_i))`.
    pub stands: f64,
}

/// A cascade, made ready for passes over it.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    /// For each event but the first with a mark: the gap before it, and its mark in units of `unit`.
    steps: Vec<(f64, f64)>,
    first: f64,
    unit: f64,
    /// From the last event with a mark to the end.
    rest: f64,
    /// The sum of the gaps before explained events, each since the last event with a mark.
    lags: f64,
    /// So many numbers can be multiplied.
    chunk: usize,
}

impl Passage {
    pub fn of(cascade: &Cascade<'_>) -> Self {
        let mut events = cascade.events().skip_while(|(_, mark)| *mark < LEAST_MARK);
        let Some((start, first)) = events.next() else { return Passage::nothing() };
        let (mut least, mut sum, mut base, mut lags) = (first, first, start, 0.0);
        let mut steps = Vec::with_capacity(cascade.size());
        for (time, mark) in events {
            lags += time - base;
            if mark < LEAST_MARK {
                steps.push((0.0, 0.0));
            } else {
                steps.push((time - base, mark));
                (least, sum, base) = (least.min(mark), sum + mark, time);
            }
        }
        // What stands after an event is between the smallest mark and the sum: the unit is in the middle of the two.
        let unit = (least.sqrt() * sum.sqrt()).max(LEAST_MARK);
        let bits = (sum / unit).log2() + 1.0;
        steps.iter_mut().for_each(|(_, mark)| *mark /= unit);
        Passage { steps, first: first / unit, unit, rest: cascade.end() - base, lags, chunk: (BITS / bits) as usize }
    }

    fn nothing() -> Self {
        Passage { steps: vec![], first: 0.0, unit: 1.0, rest: 0.0, lags: 0.0, chunk: 1 }
    }

    /// How many events the process has to explain.
    pub fn explained(&self) -> f64 {
        self.steps.len() as f64
    }

    /// The terms at `first`, at twice that, four times, ... `S` of them for each lane: doubling `β` squares what is left.
    pub fn sweep<const W: usize, const S: usize>(&self, first: [f64; W]) -> [[Terms; W]; S] {
        let mut rows = [Row::<W>::new(self.first); S];
        let beta = Lanes(first);
        for chunk in self.steps.chunks(self.chunk) {
            for (gap, mark) in chunk {
                pass(&mut rows, beta, *gap, *mark);
            }
            rows.iter_mut().for_each(Row::gather);
        }
        pass(&mut rows, beta, self.rest, 0.0);
        let mut octave = 0.5;
        rows.map(|row| {
            octave *= 2.0;
            self.terms(&row, first.map(|beta| octave * beta))
        })
    }

    fn terms<const W: usize>(&self, row: &Row<W>, betas: [f64; W]) -> [Terms; W] {
        let mut terms = [Terms::default(); W];
        let logs_of_unit = self.explained() * self.unit.ln();
        let sums = row.logs.0.into_iter().zip(row.logs_slope.0).zip(row.faded.0.into_iter().zip(row.faded_slope.0));
        for (((terms, beta), stands), ((logs, logs_slope), (faded, faded_slope))) in
            terms.iter_mut().zip(betas).zip(row.stands.0).zip(sums)
        {
            *terms = Terms {
                beta,
                logs: logs + logs_of_unit - beta * self.lags,
                logs_slope: logs_slope - beta * self.lags,
                faded: faded * self.unit,
                faded_slope: faded_slope * self.unit,
                stands: stands * self.unit,
            };
        }
        terms
    }
}

/// Takes all rows over a gap to the next event.
#[inline(always)]
fn pass<const W: usize, const S: usize>(rows: &mut [Row<W>; S], beta: Lanes<W>, gap: f64, mark: f64) {
    let mut y = (beta * Lanes::all(gap)).map(|y| if y < FARTHEST { y } else { FARTHEST });
    let (mut left, mut lost) = fade(y);
    for row in rows {
        row.step(y, left, lost, mark);
        y = y + y;
        lost = lost * (Lanes::all(2.0) - lost);
        left = left * left;
    }
}

/// One pass: what stands now, and the sums so far. Slopes are derivatives by `ln β`.
#[derive(Clone, Copy, Debug)]
struct Row<const W: usize> {
    /// `B`.
    stands: Lanes<W>,
    stands_slope: Lanes<W>,
    product: Lanes<W>,
    product_slope: Lanes<W>,
    faded: Lanes<W>,
    faded_slope: Lanes<W>,
    logs: Lanes<W>,
    logs_slope: Lanes<W>,
}

impl<const W: usize> Row<W> {
    fn new(first: f64) -> Self {
        let (zero, one) = (Lanes::all(0.0), Lanes::all(1.0));
        Row {
            stands: Lanes::all(first),
            stands_slope: zero,
            product: one,
            product_slope: zero,
            faded: zero,
            faded_slope: zero,
            logs: zero,
            logs_slope: zero,
        }
    }

    #[inline(always)]
    fn step(&mut self, y: Lanes<W>, left: Lanes<W>, lost: Lanes<W>, mark: f64) {
        let (stands, slope) = (self.stands, self.stands_slope);
        let going = y * stands;
        self.product_slope = self.product_slope * stands + self.product * slope;
        self.product = self.product * stands;
        self.faded = self.faded + stands * lost;
        self.faded_slope = self.faded_slope + slope * lost + going * left;
        self.stands_slope = (slope - going) * left;
        self.stands = stands * left + Lanes::all(mark);
    }

    /// Takes the logarithm of the product, and begins another.
    fn gather(&mut self) {
        self.logs = self.logs + self.product.map(f64::ln);
        self.logs_slope = self.logs_slope + self.product_slope * self.product.map(f64::recip);
        (self.product, self.product_slope) = (Lanes::all(1.0), Lanes::all(0.0));
    }
}

#[cfg(test)]
mod tests;
