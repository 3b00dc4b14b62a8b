use super::range_query;
use crate::samples::Sample;
use serde_json::{Value, json};
use std::ops::Bound;
use tantivy::collector::DocSetCollector;
use tantivy::query::{BooleanQuery, Occur, Query};
use tantivy::{DocSet, SeekDangerResult, TERMINATED};

fn sample() -> Sample {
    let mapping = json!({ "properties": { "n": { "type": "long" }, "x": { "type": "double" } } });
    let documents: Vec<Value> = (0..3000).map(|place| json!({ "n": place / 2, "x": (place % 7) as f64 / 2.0 })).collect();
    Sample::new(&mapping, &documents, 3000, &[])
}

#[test]
fn ends_are_in_or_out() {
    let sample = sample();
    let count = |path: &str, lower, upper| {
        let query = range_query(sample.mapping.leaf(path).unwrap(), lower, upper);
        sample.searcher.search(query.as_ref(), &DocSetCollector).unwrap().len()
    };
    for (path, lower, upper, expected) in [
        ("n", Bound::Included(3.0), Bound::Included(4.0), 4),
        ("n", Bound::Excluded(3.0), Bound::Included(4.0), 2),
        ("n", Bound::Excluded(2.5), Bound::Excluded(3.5), 2),
        ("n", Bound::Included(3.0), Bound::Excluded(3.0), 0),
        ("n", Bound::Unbounded, Bound::Unbounded, 3000),
        ("n", Bound::Included(1e30), Bound::Unbounded, 0),
        ("n", Bound::Unbounded, Bound::Excluded(-1e30), 0),
        ("x", Bound::Included(0.5), Bound::Excluded(1.0), 429),
        ("x", Bound::Excluded(3.0), Bound::Unbounded, 0),
    ] {
        assert_eq!(count(path, lower, upper), expected, "{path} {lower:?} {upper:?}");
    }
}

#[test]
fn seeking_lands_on_what_matches() {
    let sample = sample();
    let query = range_query(sample.mapping.leaf("n").unwrap(), Bound::Included(100.0), Bound::Included(1200.0));
    let scoring = tantivy::query::EnableScoring::disabled_from_searcher(&sample.searcher);
    let weight = query.weight(scoring).unwrap();
    for target in [0, 199, 200, 1023, 1024, 2047, 2401, 2402, 2999, 3000, 9000] {
        let mut scorer = weight.scorer(sample.searcher.segment_reader(0), 1.0).unwrap();
        let expected = if target > 2401 { TERMINATED } else { target.max(200) };
        let found = if target < scorer.doc() { scorer.doc() } else { scorer.seek(target) };
        assert_eq!((found, scorer.doc()), (expected, expected), "{target}");
    }
    let both: Vec<(Occur, Box<dyn Query>)> = vec![
        (Occur::Must, query),
        (Occur::Must, range_query(sample.mapping.leaf("x").unwrap(), Bound::Included(0.0), Bound::Included(0.0))),
    ];
    let found = sample.searcher.search(&BooleanQuery::new(both), &DocSetCollector).unwrap();
    assert_eq!(found.len(), (200..=2401).filter(|place| place % 7 == 0).count());
}

#[test]
fn looking_up_finds_what_seeking_does() {
    let sample = sample();
    for (path, lower, upper) in [("n", 100.0, 1200.0), ("x", 0.5, 1.0), ("n", 600.0, 600.0), ("x", 9.0, 9.5)] {
        let query = range_query(sample.mapping.leaf(path).unwrap(), Bound::Included(lower), Bound::Included(upper));
        let scoring = tantivy::query::EnableScoring::disabled_from_searcher(&sample.searcher);
        let weight = query.weight(scoring).unwrap();
        let open = || weight.scorer(sample.searcher.segment_reader(0), 1.0).unwrap();
        let mut all = vec![];
        let mut scorer = open();
        while scorer.doc() != TERMINATED {
            all.push(scorer.doc());
            scorer.advance();
        }
        let mut scorer = open();
        for target in (1..3100).step_by(13) {
            let next = all.iter().copied().find(|doc| *doc >= target).unwrap_or(TERMINATED);
            match scorer.seek_danger(target) {
                SeekDangerResult::Found => assert_eq!((next, scorer.doc()), (target, target), "{path} {target}"),
                SeekDangerResult::SeekLowerBound(bound) => assert!(bound > target && bound <= next, "{path} {target} {bound}"),
            }
        }
        // Once found, it goes on from there.
        let mut scorer = open();
        for target in all.iter().copied().step_by(400) {
            assert_eq!(scorer.seek_danger(target), SeekDangerResult::Found);
            let next = all.iter().copied().find(|doc| *doc > target).unwrap_or(TERMINATED);
            assert_eq!(scorer.advance(), next);
        }
    }
}
