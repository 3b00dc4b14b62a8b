//! How good decisions, probabilities and numbers are, against what is true; and how texts are split to find that out.
//!
//! A share of nothing is 0, as everywhere where such figures are compared.

mod split;

pub use split::{leave_one_out, stratified};

/// How many texts of each class were decided to be of which.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    classes: usize,
    /// By truth, then by decision.
    counts: Vec<u64>,
}

impl Confusion {
    /// Of so many classes.
    pub fn new(classes: usize) -> Confusion {
        Confusion { classes, counts: vec![0; classes * classes] }
    }

    /// Counts one text. Classes that there are not are left out.
    pub fn add(&mut self, truth: usize, decided: usize) {
        if truth < self.classes && decided < self.classes {
            self.counts.get_mut(truth * self.classes + decided).into_iter().for_each(|count| *count += 1);
        }
    }

    /// How many texts of `truth` were decided to be `decided`.
    pub fn count(&self, truth: usize, decided: usize) -> u64 {
        if decided < self.classes { self.counts.get(truth * self.classes + decided).copied().unwrap_or(0) } else { 0 }
    }

    /// How many texts.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many texts are of a class.
    pub fn support(&self, class: usize) -> u64 {
        (0..self.classes).map(|decided| self.count(class, decided)).sum()
    }

    fn decided(&self, class: usize) -> u64 {
        (0..self.classes).map(|truth| self.count(truth, class)).sum()
    }

    /// The share decided rightly. With one class for each text, this is micro F1, too.
    pub fn accuracy(&self) -> f64 {
        share((0..self.classes).map(|class| self.count(class, class)).sum(), self.total())
    }

    /// Of those decided to be of a class, the share that is.
    pub fn precision(&self, class: usize) -> f64 {
        share(self.count(class, class), self.decided(class))
    }

    /// Of those of a class, the share that was decided to be.
    pub fn recall(&self, class: usize) -> f64 {
        share(self.count(class, class), self.support(class))
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(&self, class: usize) -> f64 {
        share(2 * self.count(class, class), self.support(class) + self.decided(class))
    }

    /// The mean F1 of the classes.
    pub fn macro_f1(&self) -> f64 {
        mean((0..self.classes).map(|class| self.f1(class)))
    }

    /// The mean recall of the classes.
    pub fn macro_recall(&self) -> f64 {
        mean((0..self.classes).map(|class| self.recall(class)))
    }

    /// The mean precision of the classes, each weighted by how many texts it has.
    pub fn weighted_precision(&self) -> f64 {
        self.weighted(|class| self.precision(class))
    }

    /// The mean F1 of the classes, each weighted by how many texts it has.
    pub fn weighted_f1(&self) -> f64 {
        self.weighted(|class| self.f1(class))
    }

    fn weighted(&self, of: impl Fn(usize) -> f64) -> f64 {
        let sum: f64 = (0..self.classes).map(|class| of(class) * self.support(class) as f64).sum();
        if self.total() == 0 { 0.0 } else { sum / self.total() as f64 }
    }
}

/// Decisions where a text may have none of the classes, or several.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiLabel {
    /// Of each class: rightly decided, wrongly decided, missed.
    counts: Vec<[u64; 3]>,
    exact: u64,
    total: u64,
}

impl MultiLabel {
    /// Of so many classes.
    pub fn new(classes: usize) -> MultiLabel {
        MultiLabel { counts: vec![[0; 3]; classes], exact: 0, total: 0 }
    }

    /// Counts one text.
    pub fn add(&mut self, truth: &[u32], decided: &[u32]) {
        self.total += 1;
        let mut exact = true;
        for (count, class) in self.counts.iter_mut().zip(0_u32..) {
            let [right, wrong, missed] = count;
            match (truth.contains(&class), decided.contains(&class)) {
                (true, true) => *right += 1,
                (false, true) => *wrong += 1,
                (true, false) => *missed += 1,
                (false, false) => continue,
            }
            exact &= truth.contains(&class) == decided.contains(&class);
        }
        self.exact += u64::from(exact);
    }

    /// The F1 of one class.
    pub fn f1(&self, class: usize) -> f64 {
        self.counts.get(class).map_or(0.0, f1_of)
    }

    /// The mean F1 of the classes.
    pub fn macro_f1(&self) -> f64 {
        mean(self.counts.iter().map(f1_of))
    }

    /// The F1 of all decisions together.
    pub fn micro_f1(&self) -> f64 {
        f1_of(&self.counts.iter().fold([0; 3], |sum, count| [sum[0] + count[0], sum[1] + count[1], sum[2] + count[2]]))
    }

    /// The share of texts of which every class was decided rightly.
    pub fn accuracy(&self) -> f64 {
        share(self.exact, self.total)
    }
}

fn f1_of([right, wrong, missed]: &[u64; 3]) -> f64 {
    share(2 * right, 2 * right + wrong + missed)
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = numbers.len();
    if count == 0 { 0.0 } else { numbers.sum::<f64>() / count as f64 }
}

/// Pearson's correlation; 0 where one of them does not vary.
pub fn pearson(left: &[f64], right: &[f64]) -> f64 {
    let count = left.len().min(right.len());
    let centre = |numbers: &[f64]| mean(numbers.iter().take(count).copied().collect::<Vec<_>>().into_iter());
    let (left_mean, right_mean) = (centre(left), centre(right));
    let (mut both, mut lefts, mut rights) = (0.0, 0.0, 0.0);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - left_mean, right - right_mean);
        (both, lefts, rights) = (both + left * right, lefts + left * left, rights + right * right);
    }
    if lefts * rights > 0.0 { both / (lefts * rights).sqrt() } else { 0.0 }
}

/// How far off, in the mean.
pub fn mean_absolute_error(told: &[f64], truth: &[f64]) -> f64 {
    let errors: Vec<f64> = told.iter().zip(truth).map(|(told, truth)| (told - truth).abs()).collect();
    mean(errors.into_iter())
}

/// How likely one that is of the class has a higher score than one that is not; equal scores count half. A half where one kind lacks.
pub fn auc(scores: &[f32], truth: &[bool]) -> f64 {
    let mut pairs: Vec<(f32, bool)> = scores.iter().copied().zip(truth.iter().copied()).collect();
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
    let positive = pairs.iter().filter(|pair| pair.1).count() as f64;
    let negative = pairs.len() as f64 - positive;
    let (mut below, mut sum) = (0.0, 0.0);
    for equal in pairs.chunk_by(|left, right| left.0 == right.0) {
        let ups = equal.iter().filter(|pair| pair.1).count() as f64;
        let downs = equal.len() as f64 - ups;
        sum += ups * (below + downs / 2.0);
        below += downs;
    }
    if positive * negative > 0.0 { sum / (positive * negative) } else { 0.5 }
}

/// The expected calibration error: by how much probabilities differ from how often they came true, in the mean over ten bins of them.
pub fn calibration_error(probabilities: &[f32], came_true: &[bool]) -> f64 {
    let mut bins = [[0.0_f64; 3]; 10];
    for (probability, came_true) in probabilities.iter().zip(came_true) {
        let bin = ((probability * 10.0) as usize).min(9);
        bins.get_mut(bin).into_iter().for_each(|[count, told, true_ones]| {
            *count += 1.0;
            *told += f64::from(*probability);
            *true_ones += f64::from(u8::from(*came_true));
        });
    }
    let count: f64 = bins.iter().map(|bin| bin[0]).sum();
    let off: f64 = bins.iter().map(|[_, told, true_ones]| (told - true_ones).abs()).sum();
    if count > 0.0 { off / count } else { 0.0 }
}

#[cfg(test)]
mod tests;
