//! `goshawk model compare`: how a version that is tried agrees with the one in force, on the posts that both have scored.

use super::{folder, scores};
use crate::config::Config;
use crate::place;
use crate::print;
use anyhow::{Result, bail};
use domain::{Score, Worth};
use journal::Access;
use ml::text::quality::{mean_absolute_error, pearson};
use models::Standings;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// So many posts of one version wait for the other's score of them.
const MOST_WAITING: usize = 100_000;

/// So many posts are compared.
const MOST_PAIRS: usize = 1_000_000;

/// Beyond this, the scores of the two are distributed so differently that what is built on them will be, too.
const DRIFTED: f64 = 0.2;

/// What both have said.
#[derive(Default)]
struct Both {
    in_force: String,
    tried: String,
    waiting: HashMap<(String, String), Option<Worth<'static>>>,
    pairs: Vec<(Worth<'static>, Worth<'static>)>,
    /// How often only the one in force, only the one that is tried, and neither gave a score.
    lacking: [u64; 3],
}

pub fn compare(config: &Config, name: &str) -> Result<()> {
    let standing = Standings::read(folder(config))?.of(name);
    let (in_force, tried) = match (&standing.shadow, standing.before.last()) {
        (Some(tried), _) => (standing.in_force.clone(), tried.clone()),
        // The last one that was tried was taken.
        (None, Some(before)) => (before.clone(), standing.in_force.clone()),
        (None, None) => bail!("no version of {name} was tried yet: `goshawk model shadow FOLDER` does that"),
    };
    let mut both = Both { in_force, tried, ..Both::default() };
    scores(&place::reach(&config.log, Access::Read)?, name, &mut |score| both.take(score))?;
    print(&both.told())
}

impl Both {
    /// The one in force speaks first. Of other versions nothing counts.
    fn take(&mut self, score: Score<'_>) {
        if *score.version != *if score.shadow { &self.tried } else { &self.in_force } {
            return;
        }
        let name = (score.network.to_string(), score.post.to_string());
        let value = score.value.map(Worth::into_owned);
        if !score.shadow {
            if self.waiting.len() >= MOST_WAITING {
                self.waiting.clear();
            }
            self.waiting.insert(name, value);
            return;
        }
        match (self.waiting.remove(&name), value) {
            (Some(Some(old)), Some(new)) if self.pairs.len() < MOST_PAIRS => self.pairs.push((old, new)),
            (Some(Some(_)), Some(_)) => {}
            (Some(Some(_)), None) => self.lacking[0] += 1,
            (Some(None), Some(_)) => self.lacking[1] += 1,
            (Some(None), None) => self.lacking[2] += 1,
            (None, _) => {}
        }
    }

    fn told(&self) -> String {
        let Both { in_force, tried, .. } = self;
        let mut text = format!("{:<30}{in_force}\n{:<30}{tried}\n", "version in force", "version tried");
        let [only_old, only_new, neither] = self.lacking;
        let mut line = |name: &str, value: String| {
            // Writing to a string cannot fail.
            let _written = writeln!(text, "{name:<30}{value}");
        };
        line("posts that both scored", self.pairs.len().to_string());
        line("  only the one in force", only_old.to_string());
        line("  only the one tried", only_new.to_string());
        line("  neither", neither.to_string());
        let numbers: Option<Vec<(f64, f64)>> = self.pairs.iter().map(|(old, new)| Some((old.number()?, new.number()?))).collect();
        let same = self.pairs.iter().filter(|(old, new)| old == new).count();
        line("same score", share(same, self.pairs.len()));
        let drift = match &numbers {
            Some(numbers) => {
                let (old, new): (Vec<f64>, Vec<f64>) = numbers.iter().copied().unzip();
                let sides = numbers.iter().filter(|(old, new)| side(*old) == side(*new)).count();
                line("on the same side of 0", share(sides, self.pairs.len()));
                line("mean difference", format!("{:.4}", mean_absolute_error(&new, &old)));
                line("correlation", format!("{:.4}", pearson(&new, &old)));
                line("means", format!("{:.4}, {:.4}", mean(&old), mean(&new)));
                drift(&bins(&old, &old), &bins(&new, &old))
            }
            None => {
                let (mut old, mut new) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
                for (of_old, of_new) in &self.pairs {
                    *old.entry(format!("{of_old:?}")).or_default() += 1;
                    *new.entry(format!("{of_new:?}")).or_default() += 1;
                }
                drift(&old, &new)
            }
        };
        let verdict = if drift > DRIFTED { "  (much: thresholds and charts will shift)" } else { "" };
        line("drift (stability index)", format!("{drift:.3}{verdict}"));
        text
    }
}

fn share(part: usize, of: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / of.max(1) as f64)
}

fn side(number: f64) -> i8 {
    i8::from(number > 0.0) - i8::from(number < 0.0)
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// How many numbers are in each tenth of what those of the one in force reach over.
fn bins(numbers: &[f64], old: &[f64]) -> BTreeMap<String, u64> {
    let low = old.iter().copied().fold(f64::INFINITY, f64::min);
    let width = (old.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low).max(1e-9);
    let mut bins = BTreeMap::new();
    for number in numbers {
        let bin = ((number - low) / width * 10.0).floor().clamp(-1.0, 10.0);
        *bins.entry(bin.to_string()).or_default() += 1;
    }
    bins
}

/// The population stability index of two distributions: 0 where they are alike.
fn drift(old: &BTreeMap<String, u64>, new: &BTreeMap<String, u64>) -> f64 {
    let part = |of: &BTreeMap<String, u64>, bin: &String| {
        let all = of.values().sum::<u64>().max(1) as f64;
        (of.get(bin).copied().unwrap_or(0) as f64 / all).max(1e-4)
    };
    let bins: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    bins.into_iter().map(|bin| (part(new, bin) - part(old, bin)) * (part(new, bin) / part(old, bin)).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Timestamp;

    fn score(post: usize, shadow: bool, value: Option<f64>) -> Score<'static> {
        let (network, root, output, model) = ("x".into(), "1".into(), "a".into(), "a".into());
        let (version, post, value) = (if shadow { "2" } else { "1" }.into(), post.to_string().into(), value.map(Worth::Float));
        Score { network, post, root, output, model, version, value, why: None, lang: "en".into(), shadow, time: Timestamp::MIN }
    }

    fn told(new: impl Fn(f64) -> Option<f64>) -> String {
        let mut both = Both { in_force: "1".into(), tried: "2".into(), ..Both::default() };
        for post in 0..100 {
            let old = post as f64 / 100.0 - 0.5;
            both.take(score(post, false, Some(old)));
            both.take(score(post, true, new(old)));
        }
        both.told()
    }

    #[test]
    fn who_agrees_drifts_not_and_who_does_not_does() {
        let same = told(Some);
        for line in [
            "posts that both scored        100\n",
            "same score                    100.0 %\n",
            "correlation                   1.0000\n",
        ] {
            assert!(same.contains(line), "{same}");
        }
        assert!(same.ends_with("drift (stability index)       0.000\n"), "{same}");
        let shifted = told(|old| Some(old + 0.4).filter(|_| old < 0.4));
        assert!(shifted.contains("  only the one in force       10\n") && shifted.contains("(much: "), "{shifted}");
    }
}
