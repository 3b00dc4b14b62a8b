//! Learning: rows out of texts, a fit for each part held out, what their scores mean, and a last fit of all.

use super::calibrate::{Line, platt, together};
use super::decide::{Told, favours};
use super::rows::{RARITY_UNIT, Rows};
use super::solve::{Problem, Weights, solve};
use super::{Column, Lexicon, Linear, Training, columns, either, to_probabilities, weights};
use crate::chance::Chance;
use crate::text::quality::stratified;

/// How far learning is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// So many texts are taken apart, of so many.
    Reading {
        /// Done.
        texts: usize,
        /// Of so many.
        all: usize,
    },
    /// A class is learned: so many are already, with and without parts held out, of so many.
    Fitting {
        /// Done.
        fits: usize,
        /// Of so many.
        all: usize,
        /// So often it went through the texts for the one in hand.
        epoch: u32,
    },
}

/// Reading is told of every so many texts.
const TELL: usize = 4096;
/// What an n-gram that is met alike in all classes still counts, beside one of the mean.
const ALIKE: f32 = 0.1;

/// Learns `classes` from `texts`: of each, `labels` has the numbers of its classes, exactly one unless `training` is of several.
/// `lexicon` has what is known of words beforehand, and may be empty. The same input gives the same model, byte for byte. `go_on` is told how far it is; once it answers false, there is no model.
pub fn train<Labels: AsRef<[u32]>>(
    texts: &[&str],
    labels: &[Labels],
    classes: &[String],
    training: &Training,
    lexicon: &Lexicon,
    go_on: &mut dyn FnMut(Progress) -> bool,
) -> Result<Linear, String> {
    let labels: Vec<&[u32]> = labels.iter().map(AsRef::as_ref).collect();
    check(texts, &labels, classes, training)?;
    let shape = training.shape(lexicon.clone());
    let mut told = |at: usize| !(at + 1).is_multiple_of(TELL) || go_on(Progress::Reading { texts: at + 1, all: texts.len() });
    let rows = Rows::new(texts, &shape, training.least_documents, &mut told).ok_or("stopped")?;
    let mut learner = Learner { rows: &rows, labels: &labels, classes: classes.len(), training, fits: 0, go_on };
    let (lines, favours) = learner.held_out()?;
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let fitted = learner.fit(&all)?;
    let (table, scales) = weights::coded(&rows.rarity, &fitted);
    let column = |((fit, scale), line): ((&Weights, f32), Line)| Column { scale, bias: fit.bias, line };
    let columns = fitted.iter().zip(scales).zip(lines).map(column).collect();
    Ok(Linear { shape, multi_label: training.multi_label, classes: classes.to_vec(), columns, favours, table })
}

fn check(texts: &[&str], labels: &[&[u32]], classes: &[String], training: &Training) -> Result<(), String> {
    training.check()?;
    if texts.len() != labels.len() {
        return Err(format!("{} texts, but labels of {}", texts.len(), labels.len()));
    }
    let least = if training.multi_label { 1 } else { 2 };
    if !(least..=weights::MOST_CLASSES).contains(&classes.len()) {
        return Err(format!("{} classes; give {least} to {}", classes.len(), weights::MOST_CLASSES));
    }
    let wrong = |labels: &&[u32]| {
        labels.iter().any(|label| *label as usize >= classes.len()) || (!training.multi_label && labels.len() != 1)
    };
    if let Some(at) = labels.iter().position(wrong) {
        return Err(format!("text {at} has the labels {:?} of {} classes", labels.get(at), classes.len()));
    }
    for (class, name) in classes.iter().enumerate() {
        let known = labels.iter().filter(|labels| labels.contains(&(class as u32))).take(2).count();
        if known < 2 || name.len() > usize::from(u8::MAX) {
            return Err(format!("class `{name}` has fewer than 2 texts, or too long a name"));
        }
    }
    Ok(())
}

struct Learner<'a> {
    rows: &'a Rows,
    labels: &'a [&'a [u32]],
    classes: usize,
    training: &'a Training,
    /// How many are done.
    fits: usize,
    go_on: &'a mut dyn FnMut(Progress) -> bool,
}

impl Learner<'_> {
    fn columns(&self) -> usize {
        columns(self.classes, self.training.multi_label)
    }

    /// Which rows are of a column's class.
    fn positive(&self, column: usize) -> Vec<bool> {
        let class = (column + usize::from(self.columns() < self.classes)) as u32;
        self.labels.iter().map(|labels| labels.contains(&class)).collect()
    }

    /// What scores mean and what to favour, by what each part is told from the others.
    fn held_out(&mut self) -> Result<(Vec<Line>, Vec<f32>), String> {
        let parts = (1.0 / self.training.held_out).round().max(2.0) as u32;
        let first: Vec<u32> = self.labels.iter().map(|labels| labels.first().map_or(0, |label| label + 1)).collect();
        let part_of = stratified(&first, parts, self.training.seed);
        let (mut scores, mut held) = (vec![], vec![]);
        for round in 0..self.training.rounds.min(parts) {
            let chosen = |inside: bool| {
                let rows = part_of.iter().zip(0_u32..).filter(move |(part, _)| (**part == round) == inside);
                rows.map(|(_, row)| row).collect::<Vec<u32>>()
            };
            let fitted = self.fit(&chosen(false))?;
            for row in chosen(true) {
                scores.extend(fitted.iter().map(|fit| fit.score(self.rows, row as usize)));
                held.push(row);
            }
        }
        Ok(self.calibrated(&scores, &held))
    }

    fn calibrated(&self, scores: &[f32], held: &[u32]) -> (Vec<Line>, Vec<f32>) {
        let columns = self.columns();
        let labels: Vec<&[u32]> = held.iter().filter_map(|row| self.labels.get(*row as usize).copied()).collect();
        let lines = if columns == self.classes && !self.training.multi_label {
            let truth: Vec<u32> = labels.iter().filter_map(|labels| labels.first().copied()).collect();
            together(scores, &truth, columns)
        } else {
            let one = |column: usize| {
                let positive = self.positive(column);
                let truth: Vec<bool> = held.iter().filter_map(|row| positive.get(*row as usize).copied()).collect();
                let scores: Vec<f32> = scores.iter().skip(column).step_by(columns).copied().collect();
                platt(&scores, &truth)
            };
            (0..columns).map(one).collect()
        };
        let mut probabilities = vec![];
        let mut one = vec![];
        for scores in scores.chunks_exact(columns.max(1)) {
            one.clear();
            one.extend(scores.iter().zip(&lines).map(|(score, line)| score * line.slope + line.offset));
            to_probabilities(self.training.multi_label, self.classes, &mut one);
            probabilities.extend_from_slice(&one);
        }
        let (multi_label, classes) = (self.training.multi_label, self.classes);
        let told = Told { probabilities: &probabilities, labels: &labels, classes, multi_label };
        (lines, favours(&told, self.training.aim))
    }

    /// Learns all columns from some rows.
    fn fit(&mut self, chosen: &[u32]) -> Result<Vec<Weights>, String> {
        (0..self.columns()).map(|column| self.fit_one(chosen, column).ok_or_else(|| "stopped".to_owned())).collect()
    }

    fn fit_one(&mut self, chosen: &[u32], column: usize) -> Option<Weights> {
        let positive = self.positive(column);
        let ease = ease(self.rows, chosen, &positive, self.training.ratios);
        let costs = costs(chosen, &positive, self.training);
        let problem = Problem { rows: self.rows, chosen, positive: &positive, costs, ease: &ease, epochs: self.training.epochs };
        let rounds = self.training.rounds.min((1.0 / self.training.held_out).round() as u32) as usize;
        let (fits, all) = (self.fits, self.columns() * (rounds + 1));
        let mut epoch = 0;
        let mut told = || {
            epoch += 1;
            (self.go_on)(Progress::Fitting { fits, all, epoch })
        };
        // of its own for each fit: what one does is not to change the next
        let mut chance = Chance::new(self.training.seed.wrapping_add(fits as u64));
        let fitted = solve(&problem, &mut chance, &mut told);
        self.fits += 1;
        fitted
    }
}

/// What an error costs on a text that is not of the class, and on one that is.
fn costs(chosen: &[u32], positive: &[bool], training: &Training) -> [f32; 2] {
    let count = chosen.iter().filter(|row| positive.get(**row as usize) == Some(&true)).count();
    let cost = |count: usize| {
        let share = count.max(1) as f32 / chosen.len().max(1) as f32;
        (0.5 / share).powf(training.balance) / training.regularisation
    };
    [cost(chosen.len() - count), cost(count)]
}

/// How readily each place's weight moves: by its rarity, and by how differently often it is met in the class and in the rest (as
/// Wang and Manning, Baselines and Bigrams, 2012, scale features by their log-count ratio).
fn ease(rows: &Rows, chosen: &[u32], positive: &[bool], ratios: f32) -> Vec<f32> {
    let rarity = |byte: &u8| (f32::from(*byte) / RARITY_UNIT).powi(2);
    let mut ease: Vec<f32> = rows.rarity.iter().map(rarity).collect();
    if ratios == 0.0 {
        return ease;
    }
    let mut counts = vec![[0_u32; 2]; ease.len()];
    for row in chosen {
        let inside = positive.get(*row as usize) == Some(&true);
        for place in rows.places(*row as usize) {
            counts.get_mut(place).into_iter().for_each(|count| *either(count, inside) += 1);
        }
    }
    let all = counts.iter().fold([1.0_f64; 2], |sum, count| [sum[0] + f64::from(count[0]), sum[1] + f64::from(count[1])]);
    let usual = (all[1] / all[0]).ln() as f32;
    let ratio = |count: &[u32; 2]| (((count[1] as f32 + 1.0) / (count[0] as f32 + 1.0)).ln() - usual).abs();
    let weighted = counts.iter().map(|count| f64::from(ratio(count)) * f64::from(count[0] + count[1])).sum::<f64>();
    let mean = (weighted / (all[0] + all[1])).max(1e-6) as f32;
    for (ease, count) in ease.iter_mut().zip(&counts) {
        *ease *= ((ratio(count) / mean + ALIKE) / (1.0 + ALIKE)).powf(2.0 * ratios);
    }
    ease
}
