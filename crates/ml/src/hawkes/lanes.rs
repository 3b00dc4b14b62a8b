//! A few numbers side by side, so that the compiler computes them at once; and the exponential function for them.

use std::ops::{Add, Mul, Sub};

/// `W` numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes<const W: usize>(pub [f64; W]);

impl<const W: usize> Lanes<W> {
    /// The same number in all.
    pub fn all(number: f64) -> Self {
        Lanes([number; W])
    }

    /// `f` of each.
    #[inline(always)]
    pub fn map(self, f: impl FnMut(f64) -> f64) -> Self {
        Lanes(self.0.map(f))
    }

    #[inline(always)]
    fn zip(mut self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = f(*own, other);
        }
        self
    }
}

impl<const W: usize> Add for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |own, other| own + other)
    }
}

impl<const W: usize> Sub for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |own, other| own - other)
    }
}

impl<const W: usize> Mul for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |own, other| own * other)
    }
}

/// Where the exponential function is as good as 0: beyond, what it says is what it says here.
pub const FARTHEST: f64 = 708.0;

/// Adding it moves what is before the point of a number below 2^51 to the last bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;
/// ln 2, as a number with few digits and the rest, so that a small multiple of the first is exact.
const LN_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);
/// 1/2!, 1/3!, ... 1/13!, by fours: Taylor's series is good to a few parts of 10^18 up to half of ln 2.
const SERIES: [[f64; 4]; 3] = [
    [1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0],
    [1.0 / 720.0, 1.0 / 5_040.0, 1.0 / 40_320.0, 1.0 / 362_880.0],
    [1.0 / 3_628_800.0, 1.0 / 39_916_800.0, 1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0],
];

/// `exp(-y)` and `1 - exp(-y)` of numbers from 0 to [`FARTHEST`], both to a few parts of 10^16, also where `y` is tiny.
#[inline(always)]
pub fn fade<const W: usize>(y: Lanes<W>) -> (Lanes<W>, Lanes<W>) {
    let shifted = y * Lanes::all(std::f64::consts::LOG2_E) + Lanes::all(SHIFT);
    let whole = shifted - Lanes::all(SHIFT);
    let rest = whole * Lanes::all(LN_2.0) - y + whole * Lanes::all(LN_2.1);
    // 2^-whole, written into the exponent's bits
    let power = shifted.map(|shifted| f64::from_bits(1023_u64.wrapping_sub(shifted.to_bits()) << 52));
    // in parts that do not wait for each other, put together by the powers of what is left
    let (second, fourth) = (rest * rest, rest * rest * (rest * rest));
    let [low, middle, high] =
        SERIES.map(|[a, b, c, d]| (Lanes::all(a) + Lanes::all(b) * rest) + (Lanes::all(c) + Lanes::all(d) * rest) * second);
    let beyond = rest + second * (low + fourth * (middle + fourth * high)); // exp(rest) - 1
    let scaled = power * beyond;
    (power + scaled, (Lanes::all(1.0) - power) - scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential_function() {
        let spread = (0..200_000).map(|step| (step as f64 / 280.0).min(FARTHEST));
        let tiny = (0..300).map(|step| 10_f64.powi(-step));
        for y in spread.chain(tiny) {
            let (Lanes([fade]), Lanes([lost])) = fade(Lanes([y]));
            assert!((fade / (-y).exp() - 1.0).abs() < 1e-15, "exp(-{y}) is {fade}");
            assert!(y == 0.0 && lost == 0.0 || (lost / -(-y).exp_m1() - 1.0).abs() < 1e-15, "1 - exp(-{y}) is {lost}");
        }
    }
}
