//! Streams by a seed.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// What is taken back may begin again under the same key, within one commit or later: a crash changes nothing.
#[test]
fn roots_that_come_and_go_survive_crashes() {
    for seed in 0..600_u64 {
        let mut random = seed;
        let mut next = |bound: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % bound
        };
        let rules = Rules { least: 1 + next(2), remember_ms: 100_000, ..rules() };
        let mut drivers = [false, true].map(|_| Driver::new(Collect { rules: rules.clone() }, &["posts/test"], TOPICS));
        let mut now = 0;
        for _ in 0..40 {
            let mut posts = vec![];
            for _ in 0..next(6) {
                now += next(300) as i64;
                let kind = [Kind::Original, Kind::Repost, Kind::Repost, Kind::Repost, Kind::Deletion][next(5) as usize];
                posts.push(post(&next(3).to_string(), kind, now, 1));
            }
            let watermark = Timestamp::from_seconds(now - next(200) as i64);
            let [straight, crashed] = drivers.each_mut().map(|driver| lines(&driver.feed("test", &posts, watermark)));
            assert_eq!(straight, crashed, "seed {seed}");
            drivers[1].crash();
        }
        let [straight, crashed] = drivers.each_mut().map(|driver| lines(&driver.feed::<Post<'_>>("test", &[], Timestamp::MAX)));
        assert_eq!(straight, crashed, "seed {seed}");
        assert_eq!(drivers[0].entries(), drivers[1].entries(), "seed {seed}");
    }
}

/// One record of a random stream: second, whether it is a repost, root.
type Seed = (i64, bool, u64);

/// Against the definition, on random streams that are out of order within what is allowed, with crashes, however they are cut.
#[test]
fn agrees_with_the_definition_on_random_streams_with_crashes() {
    for seed in 0..400_u64 {
        let mut random = seed;
        let mut next = |bound: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % bound
        };
        let (mut records, mut now, mut begun): (Vec<Seed>, _, _) = (vec![], 1_000, BTreeSet::new());
        for _ in 0..next(80) + 1 {
            let leap = if next(15) == 0 { 3000 } else { 120 };
            now += next(leap) as i64;
            let root = next(6);
            records.push((now - next(100) as i64, next(3) > 0 || !begun.insert(root), root));
        }
        let mut driver = Driver::new(Collect { rules: rules() }, &["posts/test"], TOPICS);
        let (mut got, mut newest, mut rest) = (vec![], 0, &records[..]);
        while !rest.is_empty() {
            let (batch, behind) = rest.split_at((next(9) as usize).min(rest.len()));
            rest = behind;
            newest = batch.iter().map(|(second, ..)| *second).max().unwrap_or(0).max(newest);
            let kind = |repost| if repost { Kind::Repost } else { Kind::Original };
            let posts: Vec<_> =
                batch.iter().map(|(second, repost, root)| post(&root.to_string(), kind(*repost), *second, 1)).collect();
            got.extend(lines(&driver.feed("test", &posts, Timestamp::from_seconds(newest - 100))));
            if next(3) == 0 {
                driver.crash();
            }
        }
        got.extend(lines(&driver.feed::<Post<'_>>("test", &[], Timestamp::MAX)));
        let told: Vec<String> = got.iter().map(|line| short(line)).filter(|line| line.contains("size")).collect();
        assert_eq!(told.iter().cloned().collect::<BTreeSet<_>>(), defined(&records), "seed {seed}");
        assert_eq!(driver.entries(), 1 + told.iter().filter(|line| line.contains("ended,")).count(), "seed {seed}");
    }
}

/// The definition, on records in the order of time; of what happens at once, first posts come first.
fn defined(records: &[Seed]) -> BTreeSet<String> {
    let mut cascades: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
    let mut sorted = records.to_vec();
    sorted.sort_by_key(|(second, repost, _)| (*second, *repost));
    for (second, repost, root) in sorted {
        match cascades.get_mut(&root) {
            Some(cascade) if second < cascade.last().unwrap() + 1800 => cascade.push(second),
            None if !repost => drop(cascades.insert(root, vec![second])),
            _ => {}
        }
    }
    cascades.iter().filter(|(_, cascade)| cascade.len() >= 2).flat_map(|(root, cascade)| told_of(*root, cascade)).collect()
}

fn told_of(root: u64, cascade: &[i64]) -> Vec<String> {
    let (start, end) = (cascade[0], cascade.last().unwrap());
    let mut told = vec![
        format!("{root} ended, size {0} reach {0}", cascade.len()),
        format!("{root} from {start} to {end}: size {0} reach {0}", cascade.len()),
    ];
    for window in [600, 1200] {
        let events: Vec<i64> = cascade.iter().map(|second| second - start).filter(|after| *after < window).collect();
        if events.len() >= 2 {
            let shown: Vec<String> = events.iter().map(|after| format!("{after}:1")).collect();
            told.push(format!("{root} from {start} for {window}: size {0} reach {0} [{1}]", events.len(), shown.join(" ")));
        }
    }
    told
}
