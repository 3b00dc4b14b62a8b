//! Features in few steps: a split then needs no sorting.

use super::Examples;

/// At most so many steps of a feature.
pub(super) const STEPS: usize = 64;

/// The examples in the order of their targets, each feature as a column of steps.
pub(super) struct Bins {
    pub columns: Vec<Column>,
}

pub(super) struct Column {
    /// The step of each example.
    pub steps: Vec<u8>,
    /// What lies between steps: step `s` holds what is above `cuts[s - 1]`, and up to `cuts[s]`.
    pub cuts: Vec<f32>,
}

impl Bins {
    pub fn new(examples: &Examples, order: &[usize]) -> Self {
        let column = |feature: usize| {
            let values = order.iter().map(|row| examples.row(*row).get(feature).copied().unwrap_or_default());
            Column::new(&values.collect::<Vec<f32>>())
        };
        Bins { columns: (0..examples.width).map(column).collect() }
    }
}

impl Column {
    fn new(values: &[f32]) -> Self {
        let cuts = cuts(values);
        let step = |value: &f32| cuts.partition_point(|cut| cut < value) as u8;
        Column { steps: values.iter().map(step).collect(), cuts }
    }
}

/// Between distinct values, so that about as many examples are in each step.
fn cuts(values: &[f32]) -> Vec<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let share = sorted.len().div_ceil(STEPS).max(1);
    let (mut cuts, mut held) = (vec![], 0);
    for (low, high) in sorted.iter().zip(sorted.iter().skip(1)) {
        held += 1;
        if held >= share && low < high && cuts.len() + 1 < STEPS {
            cuts.push(low.midpoint(*high).clamp(*low, high.next_down()));
            held = 0;
        }
    }
    cuts
}
