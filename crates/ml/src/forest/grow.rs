//! How a tree grows: at each node, the question that leaves the least variance.

use super::bins::{Bins, Column, STEPS};
use super::{Node, Settings, Tree};
use crate::chance::Chance;

/// What a tree grows from; buffers are kept from tree to tree.
pub(super) struct Grower<'a> {
    bins: &'a Bins,
    targets: Vec<f32>,
    settings: Settings,
    features: Vec<u16>,
    order: Vec<u32>,
    here: Vec<f32>,
}

/// Sums over some examples.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: f32,
    sum: f32,
}

/// A part of the examples that may be split.
struct Piece {
    node: usize,
    start: usize,
    end: usize,
    depth: u16,
}

struct Split {
    feature: u16,
    step: u8,
    threshold: f32,
    gain: f32,
}

impl Sums {
    fn add(&mut self, target: f32) {
        self.count += 1.0;
        self.sum += target;
    }

    fn and(self, other: Sums) -> Sums {
        Sums { count: self.count + other.count, sum: self.sum + other.sum }
    }

    fn without(self, other: Sums) -> Sums {
        Sums { count: self.count - other.count, sum: self.sum - other.sum }
    }

    /// The sum of squares that the mean explains.
    fn explained(&self) -> f32 {
        self.sum * self.sum / self.count
    }
}

impl<'a> Grower<'a> {
    pub fn new(bins: &'a Bins, targets: &[f32], settings: &Settings) -> Self {
        let targets = standard(targets);
        let features = (0..bins.columns.len().min(usize::from(u16::MAX)) as u16).collect();
        Grower { bins, targets, settings: *settings, features, order: vec![], here: vec![] }
    }

    pub fn tree(&mut self, mut chance: Chance) -> Tree {
        let all = self.targets.len();
        let count = ((all as f32 * self.settings.rows.clamp(0.0, 1.0)).round() as usize).clamp(1.min(all), all);
        self.order = (0..all as u32).collect();
        chance.choose(&mut self.order, count);
        self.order.truncate(count);
        let mut nodes = vec![Node::Leaf { start: 0, end: count as u32 }];
        let mut open = vec![Piece { node: 0, start: 0, end: count, depth: 0 }];
        while let Some(piece) = open.pop() {
            self.grow(&piece, &mut nodes, &mut open, &mut chance);
        }
        Tree { nodes, rows: std::mem::take(&mut self.order) }
    }

    /// Splits a piece, if there is a good way to.
    fn grow(&mut self, piece: &Piece, nodes: &mut Vec<Node>, open: &mut Vec<Piece>, chance: &mut Chance) {
        if piece.depth >= self.settings.depth || piece.end - piece.start < 2 * self.leaf() {
            return;
        }
        let Some(split) = self.best(piece, chance) else { return };
        let middle = piece.start + self.part(piece, &split);
        let left = nodes.len();
        if let Some(node) = nodes.get_mut(piece.node) {
            *node = Node::Split { feature: split.feature, threshold: split.threshold, left: left as u32 };
        }
        for (node, start, end) in [(left, piece.start, middle), (left + 1, middle, piece.end)] {
            nodes.push(Node::Leaf { start: start as u32, end: end as u32 });
            open.push(Piece { node, start, end, depth: piece.depth + 1 });
        }
    }

    fn leaf(&self) -> usize {
        usize::from(self.settings.leaf.max(1))
    }

    /// The best question among those that chance allows.
    fn best(&mut self, piece: &Piece, chance: &mut Chance) -> Option<Split> {
        let rows = self.order.get(piece.start..piece.end)?;
        self.here.clear();
        self.here.extend(rows.iter().map(|row| self.targets.get(*row as usize).copied().unwrap_or_default()));
        let whole = self.here.iter().fold(Sums::default(), |mut sums, target| {
            sums.add(*target);
            sums
        });
        let tried = (self.features.len() as f32 * self.settings.features.clamp(0.0, 1.0)).round() as usize;
        let tried = tried.clamp(1, self.features.len().max(1));
        chance.choose(&mut self.features, tried);
        let mut best: Option<Split> = None;
        for feature in self.features.iter().take(tried) {
            let Some(column) = self.bins.columns.get(usize::from(*feature)) else { continue };
            let Some((step, gain)) = cut(column, rows, &self.here, whole, self.leaf() as f32) else { continue };
            let Some(threshold) = column.cuts.get(usize::from(step)) else { continue };
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Split { feature: *feature, step, threshold: *threshold, gain });
            }
        }
        best
    }

    /// Brings those up to the threshold to the front; how many they are.
    fn part(&mut self, piece: &Piece, split: &Split) -> usize {
        let Some(column) = self.bins.columns.get(usize::from(split.feature)) else { return 0 };
        let Some(rows) = self.order.get_mut(piece.start..piece.end) else { return 0 };
        let mut front = 0;
        for at in 0..rows.len() {
            let step = rows.get(at).and_then(|row| column.steps.get(*row as usize));
            if step.is_some_and(|step| *step <= split.step) {
                rows.swap(front, at);
                front += 1;
            }
        }
        front
    }
}

/// The step of a column after which to cut, and what that explains.
fn cut(column: &Column, rows: &[u32], targets: &[f32], whole: Sums, leaf: f32) -> Option<(u8, f32)> {
    let mut steps = [Sums::default(); STEPS];
    for (row, target) in rows.iter().zip(targets) {
        let step = column.steps.get(*row as usize).copied().unwrap_or_default();
        if let Some(sums) = steps.get_mut(usize::from(step)) {
            sums.add(*target);
        }
    }
    let (mut left, mut best) = (Sums::default(), None);
    let mut most = whole.explained() * (1.0 + 1e-6) + 1e-6;
    for (step, sums) in (0..column.cuts.len()).zip(&steps) {
        left = left.and(*sums);
        let right = whole.without(left);
        if right.count < leaf {
            break;
        }
        if left.count < leaf || sums.count == 0.0 {
            continue;
        }
        let gain = left.explained() + right.explained();
        if gain > most {
            most = gain;
            best = Some((step as u8, gain));
        }
    }
    best
}

/// Numbers with the mean 0 and the variance 1, or all 0.
fn standard(numbers: &[f32]) -> Vec<f32> {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().map(|number| f64::from(*number)).sum::<f64>() / count;
    let square = numbers.iter().map(|number| (f64::from(*number) - mean).powi(2)).sum::<f64>() / count;
    let scale = if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 };
    numbers.iter().map(|number| ((f64::from(*number) - mean) * scale) as f32).collect()
}
