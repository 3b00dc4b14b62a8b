use super::{START, Seen, cascades, posts};
use crate::open;
use crate::testing::settings;

fn made_up(options: &str) -> Vec<Seen> {
    posts(&format!("synthetic:hawkes?{START}&{options}"))
}

/// The value behind `p=` or `beta=` in what a root says.
fn truth(root: &Seen, name: &str) -> f64 {
    let found = root.text.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    found.unwrap().parse().unwrap()
}

#[test]
fn roots_tell_the_truth() {
    let posts = made_up("count=30&sources=3");
    let cascades = cascades(&posts);
    assert_eq!(cascades.len(), 30);
    for (number, posts) in &cascades {
        assert_eq!(posts[0].text, format!("cascade {number}: p=0.0171429 beta=0.000555556"));
        assert_eq!(posts[0].rules, [format!("source-{}", number % 3), format!("cascade-{number}")]);
        assert!(posts.iter().all(|post| post.network == "synthetic" && post.followers() >= 10));
        assert!(posts[1..].iter().all(|post| post.text.is_empty() && post.author["id"] == post.id.as_str()));
    }
    assert!(posts.is_sorted_by_key(|post| &post.time));
}

#[test]
fn as_many_come_as_the_parameters_say() {
    // Marks that hardly differ: then sizes have a mean that few cascades show.
    for (options, n_star, beta) in [("n_star=0.5", 0.5, 1.0 / 1800.0), ("p=0.03&beta=0.01", 0.03 * 10.0 * 49.0 / 48.0, 0.01)] {
        let posts = made_up(&format!("count=600&alpha=50&first=8&alive=100&{options}"));
        let expected = 1.0 + n_star * 8.0 / (1.0 - n_star);
        let mean = posts.len() as f64 / 600.0;
        assert!((mean / expected - 1.0).abs() < 0.06, "{mean} instead of {expected}");
        // Of the events that the root brings about, the first comes soon.
        let cascades = cascades(&posts);
        let gaps: Vec<f64> = cascades
            .values()
            .filter(|posts| posts.len() > 1)
            .map(|posts| (posts[1].at() - posts[0].at()) as f64 / 1000.0)
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        assert!(mean < 1.0 / beta && mean > 0.05 / beta, "{mean}");
    }
}

#[test]
fn marks_have_a_heavy_tail_and_first_posts_a_larger_one() {
    let posts = made_up("count=3000&alive=1000");
    let median = |kind: &str| {
        let mut marks: Vec<u64> = posts.iter().filter(|post| post.kind == kind).map(Seen::followers).collect();
        marks.sort_unstable();
        (marks[marks.len() / 2], marks[marks.len() - 1])
    };
    let (first, repost) = (median("original"), median("repost"));
    assert!((300..360).contains(&first.0) && (15..=18).contains(&repost.0), "{first:?} {repost:?}");
    assert!(first.1 > 50_000 && repost.1 > 1000, "{first:?} {repost:?}");
}

#[test]
fn parameters_spread_if_asked_to() {
    let posts = made_up("count=800&spread=0.5&alive=100&n_star=0.3");
    let logs = |name: &str| -> Vec<f64> {
        posts.iter().filter(|post| post.kind == "original").map(|root| truth(root, name).ln()).collect()
    };
    for (name, centre) in [("p", (0.3_f64 / 35.0).ln()), ("beta", (1.0_f64 / 1800.0).ln())] {
        let logs = logs(name);
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let spread = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / logs.len() as f64).sqrt();
        assert!((mean - centre).abs() < 0.08 && (spread - 0.5).abs() < 0.05, "{name}: {mean} {spread}");
    }
    assert!(posts.iter().filter(|post| post.kind == "original").all(|root| truth(root, "p") * 35.0 <= 0.981));
}

#[test]
fn it_goes_on_without_an_end() {
    let posts = made_up("limit=5000&seed=2");
    assert_eq!(posts.len(), 5000);
    assert_ne!(posts, made_up("limit=5000&seed=3"));
    assert_eq!(posts[..100], made_up("limit=100&seed=2")[..]);
}

#[test]
fn bad_options_say_what_is_right() {
    let error = |options: &str| open(&format!("synthetic:hawkes?{options}"), &settings()).err().unwrap().to_string();
    assert!(error("alpha=2").contains("else marks have no mean"));
    assert!(error("n_star=1").contains("from 0 to 1, without 1"));
    assert!(error("p=0.03").contains("write a number from 0 to 0.028571, where n* is 1"));
    assert!(error("p=0.01&n_star=0.3").contains("write p or n_star, not both"));
    assert!(error("spread=9").contains("from 0 to 3") && error("count=few").contains("how many cascades"));
    assert!(error("betta=1").contains("did you mean `beta`?") && error("data=a").contains("has no option `data`"));
    assert!(open("synthetic:hawkes", &settings()).is_ok());
}
