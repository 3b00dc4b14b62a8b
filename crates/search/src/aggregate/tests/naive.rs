//! Aggregations, orders and ranges against what a loop over a list gives.

use super::mapping;
use crate::samples::{Sample, all};
use crate::sort::Sort;
use crate::{run, zones};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use tantivy::query::{AllQuery, Query};

/// Smaller numbers may be read as years.
const START: i64 = 1_700_000_000_000;

#[derive(Clone, Debug)]
struct Post {
    n: Vec<i64>,
    x: Vec<f64>,
    when: Vec<i64>,
    tag: Vec<String>,
}

impl Post {
    fn source(&self) -> Value {
        json!({ "n": self.n, "x": self.x, "when": self.when, "tag": self.tag })
    }
}

fn posts() -> impl Strategy<Value = Vec<Post>> {
    let number = (-50i64..50).prop_map(|number| number as f64 / 8.0);
    let post = (vec(-40i64..40, 0..3), vec(number, 0..3), vec(START..START + 20_000_000, 0..2), vec("[a-e]{1,2}", 0..3));
    vec(post.prop_map(|(n, x, when, tag)| Post { n, x, when, tag }), 0..80)
}

struct World {
    sample: Sample,
    living: Vec<(usize, Post)>,
}

impl World {
    fn new(posts: &[Post], segment: usize, deleted: &[usize]) -> World {
        let sources: Vec<Value> = posts.iter().map(Post::source).collect();
        let sample = Sample::new(&mapping(), &sources, segment, deleted);
        let living = posts.iter().cloned().enumerate().filter(|(place, _)| !deleted.contains(place)).collect();
        World { sample, living }
    }

    fn answer(&self, aggs: &Value, query: &dyn Query) -> Value {
        self.sample.aggregate(aggs, query, &all).unwrap()
    }

    fn numbers(&self, within: (i64, i64)) -> Vec<&Post> {
        let inside = |post: &&(usize, Post)| post.1.n.iter().any(|n| (within.0..=within.1).contains(n));
        self.living.iter().filter(inside).map(|(_, post)| post).collect()
    }

    fn check_histogram(&self) {
        let mut expected: BTreeMap<i64, (u64, f64)> = BTreeMap::new();
        for (_, post) in &self.living {
            for key in post.n.iter().map(|n| n.div_euclid(7) * 7).collect::<BTreeSet<_>>() {
                let bucket = expected.entry(key).or_default();
                bucket.0 += 1;
                bucket.1 += post.x.iter().sum::<f64>();
            }
        }
        let aggs = json!({ "h": { "histogram": { "field": "n", "interval": 7, "min_doc_count": 1 },
            "aggs": { "s": { "sum": { "field": "x" } } } } });
        let bucket =
            |(key, (count, sum)): (&i64, &(u64, f64))| json!({ "key": *key as f64, "doc_count": count, "s": { "value": sum } });
        let expected: Vec<Value> = expected.iter().map(bucket).collect();
        assert_eq!(self.answer(&aggs, &AllQuery)["h"]["buckets"], json!(expected));
    }

    fn check_dates(&self, query: &dyn Query, posts: &[&Post]) {
        let mut expected: BTreeMap<i64, u64> = BTreeMap::new();
        for post in posts {
            for key in post.when.iter().map(|when| when.div_euclid(600_000) * 600_000).collect::<BTreeSet<_>>() {
                *expected.entry(key).or_default() += 1;
            }
        }
        let aggs = json!({ "d": { "date_histogram": { "field": "when", "fixed_interval": "10m", "min_doc_count": 1 } } });
        let answer = self.answer(&aggs, query);
        let buckets = answer["d"]["buckets"].as_array().unwrap();
        let found: Vec<_> = buckets.iter().map(|b| (b["key"].as_i64().unwrap(), b["doc_count"].as_u64().unwrap())).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }

    fn check_terms(&self) {
        let mut counts: BTreeMap<&str, (u64, Vec<f64>)> = BTreeMap::new();
        for (_, post) in &self.living {
            for tag in post.tag.iter().map(String::as_str).collect::<BTreeSet<_>>() {
                let bucket = counts.entry(tag).or_default();
                bucket.0 += 1;
                bucket.1.extend(&post.x);
            }
        }
        let mut expected: Vec<_> = counts.iter().collect();
        expected.sort_by_key(|(tag, (count, _))| (std::cmp::Reverse(*count), **tag));
        let rest: u64 = expected.iter().skip(4).map(|(_, (count, _))| count).sum();
        let aggs = json!({ "t": { "terms": { "field": "tag", "size": 4 }, "aggs": { "m": { "max": { "field": "x" } } } },
            "c": { "cardinality": { "field": "tag" } } });
        let answer = self.answer(&aggs, &AllQuery);
        let max = |xs: &[f64]| xs.iter().copied().reduce(f64::max);
        let bucket =
            |(tag, (count, xs)): &(&&str, &(u64, Vec<f64>))| json!({ "key": tag, "doc_count": count, "m": { "value": max(xs) } });
        let buckets: Vec<Value> = expected.iter().take(4).map(bucket).collect();
        assert_eq!(answer["t"]["buckets"], json!(buckets));
        assert_eq!(
            (answer["t"]["sum_other_doc_count"].as_u64(), answer["c"]["value"].as_u64()),
            (Some(rest), Some(counts.len() as u64))
        );
    }

    fn check_numbers(&self) {
        let mut xs: Vec<f64> = self.living.iter().flat_map(|(_, post)| post.x.clone()).collect();
        xs.sort_by(f64::total_cmp);
        let aggs =
            json!({ "s": { "stats": { "field": "x" } }, "p": { "percentiles": { "field": "x", "percents": [0, 30, 50, 100] } } });
        let answer = self.answer(&aggs, &AllQuery);
        assert_eq!(answer["s"]["count"], json!(xs.len()));
        assert_eq!((&answer["s"]["min"], &answer["s"]["max"]), (&json!(xs.first()), &json!(xs.last())));
        assert_eq!(answer["s"]["sum"], json!(xs.iter().sum::<f64>() + 0.0));
        // More values than that are gathered.
        let near = if xs.len() > 4096 { 0.3 } else { 1e-9 };
        for percent in [0.0, 30.0, 50.0, 100.0] {
            let place = (percent / 100.0 * xs.len() as f64 - 0.5).clamp(0.0, xs.len().max(1) as f64 - 1.0);
            let (low, high) = (xs.get(place.floor() as usize), xs.get(place.ceil() as usize));
            let expected = low.zip(high).map(|(low, high)| low + (high - low) * place.fract());
            let found = answer["p"]["values"][format!("{percent:?}")].as_f64();
            assert!(
                found.zip(expected).map_or(found == expected, |(found, expected)| (found - expected).abs() < near),
                "{percent}: {found:?} {expected:?}"
            );
        }
    }

    /// All pages of two hits by a falling number, then a word.
    fn check_order(&self, within: Option<(i64, i64)>) {
        let inside = |post: &Post| within.is_none_or(|(least, most)| post.n.iter().any(|n| (least..=most).contains(n)));
        let mut expected: Vec<_> = self.living.iter().filter(|(_, post)| inside(post)).collect();
        expected.sort_by_key(|(place, post)| {
            let tag = post.tag.iter().min();
            (std::cmp::Reverse(post.n.iter().max().copied().unwrap_or(i64::MIN)), tag.is_none(), tag, *place)
        });
        let query = match within {
            Some((least, most)) => zones::whole_range(self.sample.mapping.leaf("n").unwrap(), least, most),
            None => Box::new(AllQuery),
        };
        let order = json!([{ "n": "desc" }, "tag", "_doc"]);
        let (mut after, mut found) = (None, vec![]);
        loop {
            let sort = Sort::read(Some(&order), after.as_ref(), &self.sample.mapping).unwrap();
            let collector = sort.collector(&self.sample.searcher, 7, false);
            let page = run::run(&self.sample.searcher, query.as_ref(), collector, None).unwrap().sorted;
            assert_eq!(page.total, expected.len());
            let Some(last) = page.hits.last() else { break };
            after = Some(json!(sort.values(last)));
            found.extend(page.hits.iter().map(|hit| self.sample.id(hit.address).parse::<usize>().unwrap()));
        }
        assert_eq!(found, expected.iter().map(|(place, _)| *place).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_loop_finds_the_same(posts in posts(), segment in 1usize..40, deleted in vec(0usize..80, 0..6), ends in (-45i64..45, -45i64..45)) {
        let world = World::new(&posts, segment, &deleted);
        world.check_histogram();
        world.check_terms();
        world.check_numbers();
        world.check_order(None);
        world.check_order(Some(ends));
        let range = zones::whole_range(world.sample.mapping.leaf("n").unwrap(), ends.0, ends.1);
        world.check_dates(range.as_ref(), &world.numbers(ends));
    }
}

/// Posts in nearly the order of time, so that zones tell something.
fn many(count: usize, gaps: bool) -> Vec<Post> {
    let mut state = 7u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let post = |place: usize| {
        let when = START + place as i64 * 100 + next(500) as i64;
        let n = (place as i64) / 3 + next(50) as i64;
        let gap = gaps && next(20) == 0;
        Post {
            n: if gap { vec![] } else { vec![n] },
            x: vec![next(1000) as f64 / 8.0],
            when: vec![when],
            tag: vec![format!("{}", next(9))],
        }
    };
    (0..count).map(post).collect()
}

#[test]
fn whole_zones_are_taken_and_passed_by() {
    for (gaps, deleted) in [(false, vec![]), (true, vec![0, 1500, 1501, 4999]), (true, vec![])] {
        let world = World::new(&many(5000, gaps), 3000, &deleted);
        world.check_histogram();
        world.check_terms();
        world.check_numbers();
        let everything: Vec<&Post> = world.living.iter().map(|(_, post)| post).collect();
        world.check_dates(&AllQuery, &everything);
        for ends in [(100, 900), (0, 10_000), (700, 705), (5, 2), (-9, -1)] {
            let leaf = world.sample.mapping.leaf("n").unwrap();
            world.check_dates(zones::whole_range(leaf, ends.0, ends.1).as_ref(), &world.numbers(ends));
            let open = zones::range_query(leaf, Bound::Excluded(ends.0 as f64 - 0.5), Bound::Excluded(ends.1 as f64 + 0.5));
            world.check_dates(open.as_ref(), &world.numbers(ends));
        }
    }
}

#[test]
fn pages_go_on_over_zones() {
    let world = World::new(&many(2600, true), 1500, &[3, 77]);
    world.check_order(Some((400, 480)));
    world.check_order(Some((-5, 20)));
}
