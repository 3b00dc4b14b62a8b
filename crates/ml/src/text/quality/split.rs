//! Splits of texts into those to learn from and those to be told.

use crate::chance::Chance;
use std::collections::BTreeMap;

/// The fold of each text, less than `folds`: by chance, but each class is spread over all alike.
pub fn stratified(labels: &[u32], folds: u32, seed: u64) -> Vec<u32> {
    let mut chance = Chance::new(seed);
    let mut classes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, label) in labels.iter().enumerate() {
        classes.entry(*label).or_default().push(at);
    }
    let mut fold_of = vec![0; labels.len()];
    // goes on from class to class, so that the folds are of one size
    let mut next = 0_u32;
    for texts in classes.values_mut() {
        let count = texts.len();
        chance.choose(texts, count);
        for at in texts.iter() {
            fold_of.get_mut(*at).into_iter().for_each(|fold| *fold = next);
            next = (next + 1) % folds.max(1);
        }
    }
    fold_of
}

/// For each group, in the order of their names: its name, the texts of all others, and its own.
pub fn leave_one_out<'a>(groups: &[&'a str]) -> Vec<(&'a str, Vec<usize>, Vec<usize>)> {
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    let split = |name: &'a str| {
        let (own, others) = (0..groups.len()).partition(|at| groups.get(*at) == Some(&name));
        (name, others, own)
    };
    names.into_iter().map(split).collect()
}
