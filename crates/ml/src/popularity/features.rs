//! What is seen of a cascade, as numbers: always the same ones, in the same order, and always finite.
//!
//! Times count as parts of the window, marks as parts of the usual mark, sizes as parts of what was seen, wherever that makes
//! sense: what was learned then holds for larger cascades too. The target that they are to tell is `ln(N / n)`.

use super::Author;
use crate::forest::finite;
use crate::hawkes::{Cascade, Fit, Forecast, seismic};

/// Changes whenever the features do: a model of other features is of no use.
pub const VERSION: u32 = 2;

/// What there is to see.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The cascade, until the end of the window.
    pub cascade: &'a Cascade<'a>,
    /// Its fit.
    pub fit: &'a Fit,
    /// What the fit makes of it.
    pub forecast: &'a Forecast,
    /// The usual mark.
    pub mean_mark: f64,
    /// A cascade ends after so many seconds of silence.
    pub silence: f64,
    /// Who posted it first.
    pub author: Author,
}

/// The numbers, in the order of [`NAMES`].
pub type Features = Vec<f32>;

/// Names beside the functions that give the numbers, in the same order.
macro_rules! groups {
    ($($of:ident [$($name:literal),* $(,)?])*) => {
        /// What each feature is.
        pub const NAMES: &[&str] = &[$($($name),*),*];

        impl View<'_> {
            /// The features of what is seen.
            pub fn features(&self) -> Features {
                let mut features = Features::with_capacity(NAMES.len());
                $(features.extend(self.$of().into_iter().map(|number| finite(number as f32)));)*
                features
            }
        }
    };
}

groups! {
    size [
        "ln n: events seen",
        "ln T: the window",
    ]
    shares [
        "share of events by T/128",
        "share of events by T/64",
        "share of events by T/32",
        "share of events by T/16",
        "share of events by T/8",
        "share of events by T/4",
        "share of events by 3T/8",
        "share of events by T/2",
        "share of events by 5T/8",
        "share of events in the last T/4",
        "share of events in the last T/8",
        "share of events in the last T/16",
    ]
    recent [
        "ln of 1 + events in the last T/2",
        "ln of 1 + events in the last T/4",
        "ln of 1 + events in the last T/8",
        "ln of 1 + events in the last T/16",
    ]
    quantiles [
        "time of the first tenth of events / T",
        "time of the first quarter / T",
        "time of half / T",
        "time of three quarters / T",
        "time of nine tenths / T",
        "mean time / T",
        "deviation of times / T",
    ]
    early [
        "ln of 1 + seconds to the second event",
        "ln of 1 + seconds to the fifth event",
        "ln of 1 + seconds to the tenth event",
        "ln of 1 + events in the first minute",
    ]
    gaps [
        "silence at the end / T",
        "ln of silence at the end / mean gap",
        "ln of the mean of the last five gaps / T",
        "ln of the mean of the last ten gaps / T",
        "longest gap / T",
        "deviation of gaps / mean gap",
        "share of gaps below 2 s",
    ]
    bursts [
        "ln of the most events within a minute",
        "ln of the most events within three minutes",
        "ln of 1 + the most events within T/40, begun in the last two thirds",
        "ln of 1 + the most events within T/10, begun in the last two thirds",
        "begin of the T/10 with the most events / T",
        "share of instants with several events",
        "the most events at an instant / n",
        "ln of the median gap between instants / T",
        "ln of the ninth tenth of gaps between instants / T",
        "correlation of a gap with the next",
    ]
    growth [
        "ln of the rate over the last T/20 or so, exponentially weighed, / mean rate",
        "ln of the rate over the last T/7 or so / mean rate",
        "ln of the rate over the last T/3 or so / mean rate",
        "growth per doubling of time, last",
        "growth per doubling of time, the one before",
        "ln of how the rate falls, as a power of time",
        "ln of 1 + growth until silence, if the rate falls as that power, / n",
        "ln of events expected in a silence, at the rate of the last T/4",
        "ln of 1 + open reactions of a long memory / n",
    ]
    marks [
        "ln of 1 + the mean mark of events / the usual mark",
        "ln of 1 + the first mark / the usual mark",
        "ln of 1 + the largest later mark / the usual mark",
        "share of the first mark in all marks",
        "share of the largest mark in all marks",
        "ln of 1 + the mean mark in the last quarter of events / the usual mark",
        "effective number of marks / n",
        "share of marks that are 0",
    ]
    hawkes [
        "ln of beta T",
        "n*: the branching factor",
        "ln of 1 + G1 / n",
        "ln of N / n, as the Hawkes process has it",
        "ln of high / n, as the Hawkes process has it",
        "standard error of ln p",
        "standard error of ln beta",
        "log-likelihood an event, over that of an even rate",
    ]
    seismic [
        "ln of infectiousness, by SEISMIC, times the usual mark",
        "ln of 1 + expected reactions / n, by SEISMIC",
        "ln of N / n, by SEISMIC with the usual mark as degree",
    ]
    author [
        "ln of 1 + the author's earlier cascades that ended",
        "mean ln N of these, drawn to that of all",
        "by how much it is above that of all",
    ]
}

/// What the later features stand on.
impl View<'_> {
    fn n(&self) -> f64 {
        self.cascade.size() as f64
    }

    fn window(&self) -> f64 {
        self.cascade.end().max(1.0)
    }

    fn silence(&self) -> f64 {
        if self.silence > 1.0 { self.silence.min(1e7) } else { 1.0 }
    }

    /// How many events by a part of the window.
    fn by(&self, part: f64) -> f64 {
        let until = self.window() * part;
        self.cascade.times().partition_point(|time| *time <= until) as f64
    }

    fn at(&self, event: usize) -> Option<f64> {
        self.cascade.times().get(event).copied()
    }

    /// The time of this part of all events, as a part of the window.
    fn reached(&self, part: f64) -> f64 {
        self.at(((self.n() - 1.0) * part) as usize).unwrap_or_default() / self.window()
    }

    fn size(&self) -> [f64; 2] {
        [self.n().ln(), self.window().ln()]
    }

    fn shares(&self) -> impl Iterator<Item = f64> {
        let early = [1.0 / 128.0, 1.0 / 64.0, 1.0 / 32.0, 1.0 / 16.0, 0.125, 0.25, 0.375, 0.5, 0.625];
        let early = early.map(|part| self.by(part) / self.n());
        let late = [0.75, 0.875, 0.9375].map(|part| 1.0 - self.by(part) / self.n());
        early.into_iter().chain(late)
    }

    fn recent(&self) -> [f64; 4] {
        [0.5, 0.75, 0.875, 0.9375].map(|part| (self.n() - self.by(part)).ln_1p())
    }

    fn quantiles(&self) -> [f64; 7] {
        let [a, b, c, d, e] = [0.1, 0.25, 0.5, 0.75, 0.9].map(|part| self.reached(part));
        let parts = || self.cascade.times().iter().map(|time| time / self.window());
        let mean = parts().sum::<f64>() / self.n();
        let square = parts().map(|part| (part - mean).powi(2)).sum::<f64>() / self.n();
        [a, b, c, d, e, mean, square.sqrt()]
    }

    fn early(&self) -> [f64; 4] {
        let until = |event| self.at(event).unwrap_or(2.0 * self.window()).ln_1p();
        let minute = self.cascade.times().partition_point(|time| *time <= 60.0) as f64;
        [until(1), until(4), until(9), minute.ln_1p()]
    }

    fn gaps(&self) -> [f64; 7] {
        let times = self.cascade.times();
        let last = times.last().copied().unwrap_or_default();
        let (age, mean) = (self.cascade.end() - last, self.window() / self.n());
        let recent = |count: usize| {
            let from = times.len().saturating_sub(count + 1);
            let held = (times.len() - from) as f64;
            ((self.cascade.end() - self.at(from).unwrap_or_default()) / held / self.window() + 1e-6).ln()
        };
        let (gaps, count) = (self.consecutive(), (self.n() - 1.0).max(1.0));
        let usual = last / count;
        let square = gaps.clone().map(|gap| (gap - usual).powi(2)).sum::<f64>() / count;
        let short = gaps.clone().filter(|gap| *gap < 2.0).count() as f64 / count;
        let longest = gaps.fold(age, f64::max);
        let spread = square.sqrt() / (usual + 1e-9);
        [age / self.window(), (age / mean + 0.01).ln(), recent(5), recent(10), longest / self.window(), spread, short]
    }

    fn bursts(&self) -> [f64; 10] {
        let window = self.window();
        let (minute, three) = (self.burst(60.0, 0.0), self.burst(180.0, 0.0));
        let (sudden, late) = (self.burst(window / 40.0, window / 3.0), self.burst(window / 10.0, window / 3.0));
        let start = self.burst(window / 10.0, 0.0).1 / window;
        let (instants, several, most) = self.instants();
        let mut gaps: Vec<f64> = self.consecutive().filter(|gap| *gap > 0.0).collect();
        gaps.sort_by(f64::total_cmp);
        let gap = |part: f64| {
            let gap = gaps.get(((gaps.len() as f64 - 1.0) * part) as usize);
            (gap.copied().unwrap_or(window) / window + 1e-6).ln()
        };
        [
            minute.0.ln(),
            three.0.ln(),
            sudden.0.ln_1p(),
            late.0.ln_1p(),
            start,
            several / instants,
            most / self.n(),
            gap(0.5),
            gap(0.9),
            correlation(self.consecutive().zip(self.consecutive().skip(1))),
        ]
    }

    fn consecutive(&self) -> impl Iterator<Item = f64> + Clone {
        let times = self.cascade.times();
        times.iter().zip(times.iter().skip(1)).map(|(from, to)| to - from)
    }

    /// The most events within so many seconds that begin at an event from `from` on, and when they begin.
    fn burst(&self, seconds: f64, from: f64) -> (f64, f64) {
        let times = self.cascade.times();
        let (mut ahead, mut held) = (times.iter().peekable(), 0_usize);
        let mut most = (0, 0.0);
        for (before, time) in times.iter().enumerate() {
            while ahead.next_if(|later| **later < time + seconds || *later <= time).is_some() {
                held += 1;
            }
            if *time >= from && held - before > most.0 {
                most = (held - before, *time);
            }
        }
        (most.0 as f64, most.1)
    }

    /// How many instants there are, how many with several events, and the most events at one.
    fn instants(&self) -> (f64, f64, f64) {
        let runs = || self.cascade.times().chunk_by(|one, other| one == other).map(<[f64]>::len);
        let several = runs().filter(|run| *run > 1).count();
        (runs().count() as f64, several as f64, runs().max().unwrap_or_default() as f64)
    }

    /// The rate now, recent events weighing more, over the mean rate.
    fn rate(&self, memory: f64) -> f64 {
        let scale = memory * self.window();
        let sum: f64 = self.cascade.times().iter().map(|time| (-(self.cascade.end() - time) / scale).exp()).sum();
        let usual = self.n() * memory * -(-1.0 / memory).exp_m1();
        (sum / usual + 0.01).ln()
    }

    fn growth(&self) -> [f64; 9] {
        let [early, half, all] = [0.25, 0.5, 1.0].map(|part| self.by(part));
        let power = self.power();
        let late = 4.0 * (all - self.by(0.75)) + 1.0;
        let expected = late / self.window() * self.silence();
        [
            self.rate(0.05),
            self.rate(0.15),
            self.rate(0.35),
            (all / half).ln(),
            (half / early).ln(),
            power.ln(),
            (self.until_silence(late / self.window(), power) / self.n()).ln_1p(),
            expected.ln(),
            (self.open() / self.n()).ln_1p(),
        ]
    }

    /// How fast the rate falls: it is taken as `t^-power`, by the counts in the first and second half of the second half of the
    /// window and a little knowledge that it is near 1.
    fn power(&self) -> f64 {
        let [quarter, half, all] = [0.25, 0.5, 1.0].map(|part| self.by(part));
        let (before, after) = (half - quarter + 2.0, all - half + 2.0);
        (2.0 * before / after).log2().clamp(0.3, 4.0)
    }

    /// How many come until the rate, which falls as a power of time, is one in a silence.
    fn until_silence(&self, rate: f64, power: f64) -> f64 {
        let window = self.window();
        let longer = (rate * self.silence()).powf(1.0 / power).clamp(1.0, 1e4);
        let exponent = 1.0 - power;
        let grown = if exponent.abs() < 1e-6 { longer.ln() } else { (longer.powf(exponent) - 1.0) / exponent };
        rate * window * grown
    }

    /// The part of reactions that is still to come, if their times have a density that falls as `(s + T/10)^-1.3`.
    fn open(&self) -> f64 {
        let scale = self.window() / 10.0;
        self.cascade.times().iter().map(|time| ((self.cascade.end() - time) / scale + 1.0).powf(-0.3)).sum()
    }

    fn marks(&self) -> [f64; 8] {
        let marks = self.cascade.marks();
        let usual = if self.mean_mark > 0.0 { self.mean_mark } else { 1.0 };
        let sum: f64 = marks.iter().sum();
        let first = marks.first().copied().unwrap_or_default();
        let largest = marks.iter().skip(1).copied().fold(0.0, f64::max);
        let squares: f64 = marks.iter().map(|mark| mark * mark).sum();
        let quarter = marks.len().div_ceil(4);
        let late: f64 = marks.iter().rev().take(quarter).sum();
        let part = |of: f64| if sum > 0.0 { of / sum } else { 0.0 };
        let alike = if squares > 0.0 { sum * sum / squares / self.n() } else { 1.0 };
        let none = marks.iter().filter(|mark| **mark == 0.0).count() as f64 / self.n();
        let relative = |mark: f64| (mark / usual).ln_1p();
        [
            relative(sum / self.n()),
            relative(first),
            relative(largest),
            part(first),
            part(largest.max(first)),
            relative(late / quarter as f64),
            alike,
            none,
        ]
    }

    fn hawkes(&self) -> [f64; 8] {
        let Forecast { g1, n_star, mean, high, .. } = *self.forecast;
        let (ln_p, ln_beta) = self.fit.errors.map_or((3.0, 3.0), |errors| (errors.ln_p.min(3.0), errors.ln_beta.min(3.0)));
        let even = (self.n() / self.window()).ln() - 1.0;
        let better = self.fit.log_likelihood / self.n() - even;
        let larger = |size: f64| (size / self.n()).ln();
        [
            (self.fit.beta * self.window()).ln(),
            n_star,
            (g1 / self.n()).ln_1p(),
            larger(mean),
            larger(high),
            ln_p,
            ln_beta,
            better.clamp(-20.0, 20.0),
        ]
    }

    fn seismic(&self) -> [f64; 3] {
        let usual = if self.mean_mark > 0.0 { self.mean_mark } else { 1.0 };
        let told = seismic::predict(self.cascade, 0.0);
        let (rate, size) = told.map_or((0.0, self.n()), |told| (told.infectiousness, told.size));
        let open = (size - self.n()).max(0.0);
        let branching = (rate * usual * 0.5).min(0.95);
        [(rate * usual + 1e-6).ln(), (open / self.n()).ln_1p(), (open / self.n() / (1.0 - branching)).ln_1p()]
    }
}

/// From -1 to 1; 0 where there is none.
fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = pairs.clone().count().max(1) as f64;
    let sums = pairs.clone().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    let (mean, other) = (sums.0 / count, sums.1 / count);
    let (mut both, mut square, mut others) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        both += (a - mean) * (b - other);
        square += (a - mean) * (a - mean);
        others += (b - other) * (b - other);
    }
    let scale = (square * others).sqrt();
    if scale > 0.0 && scale.is_finite() { (both / scale).clamp(-1.0, 1.0) } else { 0.0 }
}
