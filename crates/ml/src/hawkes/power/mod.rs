//! Interest that fades as a power of time: `φ(s) = θ c^θ (s + c)^-(1+θ)`.
//!
//! The kernel has the integral 1, so `p` means what it means with an exponential one, and `n* = p E[m]`. Where others write
//! `K m (s + c)^-(1+θ)`, `K = p θ c^θ`. The log-likelihood of the `k` events that can be explained is
//!
//! ```text
//! LL = k ln p + Σ ln A_i - p C
//! A_i = Σ_{j<i} m_j φ(t_i - t_j)
//! C   = Σ m_i (1 - (1 + (end - t_i) / c)^-θ)
//! ```
//!
//! No recursion gives `A_i`, but the kernel is a mixture of exponential ones of all rates: see [`MIXED`]. A few dozen of them are
//! enough, their rates do not depend on the parameters, and so one pass over a cascade serves many parameters at once.

mod search;
mod sums;

pub use search::{BOUNDS, Bound, PowerFit, PowerPrior, PowerSearch};

use super::cascade::Cascade;
use serde::{Deserialize, Serialize};
use sums::Sums;

/// Up to so many events, [`log_likelihood`] goes through all pairs. Of more, `A_i` is a sum of exponential kernels: for `c` and
/// `θ` within [`BOUNDS`] the kernel is exact to a part in 10^6 or better.
pub const MIXED: usize = 100;

/// The parameters of the kernel.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Shape {
    /// For how long interest stays about the same, in seconds.
    pub c: f64,
    /// How fast it falls then.
    pub theta: f64,
}

impl Shape {
    /// The kernel, `after` seconds.
    pub fn density(&self, after: f64) -> f64 {
        self.theta / self.c * (-(1.0 + self.theta) * (after / self.c).ln_1p()).exp()
    }

    /// Its integral up to then.
    pub fn reacted(&self, after: f64) -> f64 {
        -(-self.theta * (after / self.c).ln_1p()).exp_m1()
    }

    fn sound(&self) -> Shape {
        Shape { c: self.c.clamp(1e-50, 1e50), theta: self.theta.clamp(1e-9, 1e2) }
    }

    /// `C`.
    fn faded(&self, cascade: &Cascade<'_>) -> f64 {
        cascade.events().map(|(time, mark)| mark * self.reacted(cascade.end() - time)).sum()
    }
}

/// The log-likelihood of a cascade: see the module. Parameters are taken as numbers above 0 that are not out of all bounds.
pub fn log_likelihood(cascade: &Cascade<'_>, p: f64, shape: Shape) -> f64 {
    let (p, shape) = (p.clamp(1e-100, 1e100), shape.sound());
    let within = BOUNDS.0.contains(shape.c) && BOUNDS.1.contains(shape.theta);
    let (explained, logs) = if cascade.size() > MIXED && within {
        let sums = Sums::of(cascade);
        let [(logs, _)] = sums.terms(&[shape]);
        (sums.explained(), logs)
    } else {
        paired(cascade, shape)
    };
    explained * p.ln() + logs - p * shape.faded(cascade)
}

/// How many events can be explained, and `Σ ln A_i`, from all pairs.
fn paired(cascade: &Cascade<'_>, shape: Shape) -> (f64, f64) {
    let events = cascade.events().skip_while(|(_, mark)| *mark <= 0.0);
    let (mut explained, mut sum) = (0.0, 0.0);
    for (index, (time, _)) in events.clone().enumerate().skip(1) {
        let before = events.clone().take(index);
        let rate: f64 = before.map(|(earlier, mark)| mark * shape.density(time - earlier)).sum();
        explained += 1.0;
        sum += rate.max(f64::MIN_POSITIVE).ln();
    }
    (explained, sum)
}

#[cfg(test)]
mod tests;
