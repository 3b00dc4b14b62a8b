use super::*;

/// Truth down, decisions across: 5 1 0 / 2 3 1 / 0 0 4.
fn three() -> Confusion {
    let mut confusion = Confusion::new(3);
    for (truth, decided, count) in [(0, 0, 5), (0, 1, 1), (1, 0, 2), (1, 1, 3), (1, 2, 1), (2, 2, 4)] {
        (0..count).for_each(|_| confusion.add(truth, decided));
    }
    confusion
}

fn near(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} is not {right}");
}

#[test]
fn a_confusion_has_its_figures() {
    let confusion = three();
    assert_eq!((confusion.total(), confusion.support(1), confusion.count(1, 2)), (16, 6, 1));
    near(confusion.accuracy(), 12.0 / 16.0);
    near(confusion.precision(0), 5.0 / 7.0);
    near(confusion.recall(1), 0.5);
    let f1 = [10.0 / 13.0, 6.0 / 10.0, 8.0 / 9.0];
    f1.iter().enumerate().for_each(|(class, f1)| near(confusion.f1(class), *f1));
    near(confusion.macro_f1(), f1.iter().sum::<f64>() / 3.0);
    near(confusion.weighted_f1(), (6.0 * f1[0] + 6.0 * f1[1] + 4.0 * f1[2]) / 16.0);
    near(confusion.macro_recall(), (5.0 / 6.0 + 0.5 + 1.0) / 3.0);
    near(confusion.weighted_precision(), (6.0 * 5.0 / 7.0 + 6.0 * 3.0 / 4.0 + 4.0 * 4.0 / 5.0) / 16.0);
}

#[test]
fn what_there_is_not_counts_nothing() {
    let mut confusion = Confusion::new(2);
    confusion.add(2, 0);
    confusion.add(0, 7);
    assert_eq!((confusion.total(), confusion.count(0, 7)), (0, 0));
    assert_eq!((confusion.accuracy(), confusion.macro_f1(), confusion.weighted_f1()), (0.0, 0.0, 0.0));
    assert_eq!(Confusion::new(0).macro_recall(), 0.0);
    assert_eq!((pearson(&[], &[]), mean_absolute_error(&[], &[]), calibration_error(&[], &[])), (0.0, 0.0, 0.0));
}

#[test]
fn several_labels_have_theirs() {
    let mut counts = MultiLabel::new(3);
    counts.add(&[0, 1], &[0]);
    counts.add(&[1], &[1, 2]);
    counts.add(&[], &[]);
    counts.add(&[2], &[2]);
    near(counts.f1(0), 1.0);
    near(counts.f1(1), 2.0 / 3.0);
    near(counts.f1(2), 2.0 / 3.0);
    near(counts.macro_f1(), 7.0 / 9.0);
    near(counts.micro_f1(), 6.0 / 8.0);
    near(counts.accuracy(), 0.5);
}

#[test]
fn numbers_are_compared() {
    near(pearson(&[1.0, 2.0, 3.0], &[2.0, 4.0, 7.0]), 5.0 / (2.0_f64 * (38.0 / 3.0)).sqrt());
    near(pearson(&[1.0, 2.0], &[5.0, 3.0]), -1.0);
    near(pearson(&[1.0, 1.0], &[5.0, 3.0]), 0.0);
    near(mean_absolute_error(&[1.0, 2.0], &[2.0, -1.0]), 2.0);
}

#[test]
fn scores_rank_and_probabilities_come_true() {
    near(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.75);
    near(auc(&[0.5, 0.5], &[false, true]), 0.5);
    near(auc(&[0.5], &[true]), 0.5);
    // 0.25 twice, true once: off by 0.5 in sum; 0.75 twice, true always: off by 0.5
    near(calibration_error(&[0.25, 0.25, 0.75, 0.75], &[true, false, true, true]), 0.25);
    near(calibration_error(&[1.0, 0.0], &[true, false]), 0.0);
}

#[test]
fn folds_have_all_classes() {
    let labels: Vec<u32> = (0..103).map(|at| u32::from(at % 10 == 0)).collect();
    let folds = stratified(&labels, 5, 7);
    for fold in 0..5 {
        let inside = |label: u32| folds.iter().zip(&labels).filter(|pair| *pair.0 == fold && *pair.1 == label).count();
        assert!((18..=19).contains(&inside(0)) && (2..=3).contains(&inside(1)), "{} and {}", inside(0), inside(1));
    }
    assert_eq!(folds, stratified(&labels, 5, 7));
    assert_ne!(folds, stratified(&labels, 5, 8));
    assert_eq!(stratified(&[1, 2], 0, 1), [0, 0]);
}

#[test]
fn groups_are_left_out_one_by_one() {
    let found = leave_one_out(&["b", "a", "b"]);
    assert_eq!(found, [("a", vec![0, 2], vec![1]), ("b", vec![1], vec![0, 2])]);
}
