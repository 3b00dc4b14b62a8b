//! What a collector must make of what a generator sent, worked out from the rules alone.

use serde_json::Value;
use std::collections::BTreeMap;

const WINDOWS: [u64; 2] = [600, 1200];
const SILENCE: u64 = 1800;
const LEAST: usize = 10;

/// By cascade and window: time and magnitude of each tweet. Those of the same moment stand in the order of their magnitudes.
pub type Series = BTreeMap<(String, u64), Vec<(u64, u64)>>;
/// By cascade: how many, and when the last came.
pub type Sizes = BTreeMap<String, (u64, u64)>;

#[derive(Debug, Default, PartialEq)]
pub struct Expected {
    pub series: Series,
    pub sizes: Sizes,
    /// Retweets that came when their cascade was over, and that was told. Of those that were too small nothing is known any more.
    pub late: usize,
}

/// Of the lines that the generator says.
pub fn expected(sent: &[Vec<String>]) -> Expected {
    let mut cascades: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    let mut late: BTreeMap<String, usize> = BTreeMap::new();
    for line in sent {
        let (cid, t, mark) = (line[1].clone(), line[2].parse().unwrap(), line[3].parse::<f64>().unwrap() as u64);
        let cascade = cascades.entry(cid.clone()).or_default();
        match cascade.last() {
            Some((last, _)) if t - last >= SILENCE => *late.entry(cid).or_default() += 1,
            _ => cascade.push((t, mark)),
        }
    }
    let mut all = Expected::default();
    for (cid, tweets) in cascades {
        let (first, last) = (tweets[0].0, tweets[tweets.len() - 1].0);
        for window in WINDOWS {
            let seen: Vec<_> = tweets.iter().copied().filter(|(t, _)| t - first < window).collect();
            if seen.len() >= LEAST {
                all.series.insert((cid.clone(), window), ordered(seen));
            }
        }
        if tweets.len() >= LEAST {
            all.late += late.get(&cid).copied().unwrap_or(0);
            all.sizes.insert(cid, (tweets.len() as u64, last));
        }
    }
    all
}

/// The first, and behind it the others by time and magnitude.
fn ordered(mut tweets: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    tweets[1..].sort_unstable();
    tweets
}

/// The same of messages on `cascade_series`.
pub fn series<'a>(messages: impl IntoIterator<Item = &'a str>) -> Series {
    let mut all = Series::new();
    for message in messages {
        let value: Value = serde_json::from_str(message).unwrap_or_else(|error| panic!("{error} in {message}"));
        assert_eq!((value["type"].as_str(), value["msg"].as_str()), (Some("serie"), Some("None")), "{message}");
        let tweets: Vec<(u64, u64)> = serde_json::from_value(value["tweets"].clone()).unwrap();
        assert!(tweets.is_sorted_by_key(|(t, _)| *t), "{message}");
        let before = all.insert((value["cid"].to_string(), value["T_obs"].as_u64().unwrap()), tweets);
        assert_eq!(before, None, "twice: {message}");
    }
    all
}
