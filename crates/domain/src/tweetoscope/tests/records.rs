//! Our records and messages, there and back.

use super::*;
use crate::{Estimate, Kind, Parameter, Post, Series, Size};
use flow::Timestamp;

const ORIGIN: Timestamp = Timestamp::from_seconds(1_772_000_000);

fn outward() -> Outward {
    Outward { origin: ORIGIN, windows: vec![300, 600, 1200], partitions: 2 }
}

fn inward() -> Inward {
    Inward { base: ORIGIN }
}

fn retweet() -> Tweet<'static> {
    let (cascade, source, msg, info) = ("17".into(), Some("3".into()), "it's".into(), "cascade=4".into());
    Tweet { cascade, source, is_retweet: true, msg, t: 1234.0, mark: 1085.4, info }
}

#[test]
fn a_tweet_is_a_post_and_a_post_a_tweet() {
    let post = inward().post(retweet(), "2-99", "someone".into()).unwrap();
    assert_eq!((&*post.network, &*post.id, &*post.root, post.target.as_deref()), ("tweetoscope", "17-2-99", "17", Some("17")));
    assert_eq!((post.kind, post.time, post.author.followers), (Kind::Repost, ORIGIN.plus_millis(1_234_000), Some(1085)));
    assert_eq!(
        (&*post.author.id, post.rules.iter().map(|rule| &**rule).collect::<Vec<_>>()),
        ("someone", vec!["source-3", "cascade-4"])
    );
    assert_eq!(outward().tweet(&post), Some(Message::Tweet(Tweet { mark: 1085.0, ..retweet() })));
    let first = inward().post(Tweet { is_retweet: false, source: None, info: "".into(), ..retweet() }, "", "a".into()).unwrap();
    assert_eq!((first.kind, &*first.id, &first.target, &*first.rules[0]), (Kind::Original, "17", &None, "source-0"));
    let far = inward().post(Tweet { t: 1e300, ..retweet() }, "", "a".into());
    assert_eq!(far.unwrap_err().0.get(..14), Some("no clock shows"));
}

#[test]
fn a_post_of_any_network_is_a_tweet() {
    let bare = Post::deletion("x".into(), "7".into(), ORIGIN.plus_millis(1_999));
    assert_eq!(outward().tweet(&bare), None);
    let reply = Post { kind: Kind::Reply, rules: vec!["oslo".into(), "source-".into(), "source-9".into()], ..bare };
    let (cascade, source, msg, info) = ("7".into(), Some("9".into()), "".into(), "cascade=7".into());
    let told = Tweet { cascade, source, is_retweet: false, msg, t: 1.0, mark: 1.0, info };
    assert_eq!(outward().tweet(&reply), Some(Message::Tweet(told.clone())));
    let early = Post { time: ORIGIN.plus_millis(-1), rules: vec![], ..reply };
    assert_eq!(outward().tweet(&early), Some(Message::Tweet(Tweet { t: 0.0, source: Some("0".into()), ..told })));
}

fn series() -> Series<'static> {
    Series {
        cascade: "17".into(),
        network: "tweetoscope".into(),
        author: None,
        start: ORIGIN.plus_millis(61_234),
        window_s: Some(600),
        size: 3,
        reach: 1_085 + 30 + 7,
        events: vec![[0, 1_085], [12_345, 30], [599_999, 7]],
        text: "snow".into(),
    }
}

#[test]
fn a_series_goes_there_and_back() {
    let (outward, series) = (outward(), series());
    let Some(Message::Serie(serie)) = outward.serie(&series) else { panic!("no serie") };
    assert_eq!((serie.tweets[0], serie.t_obs), ((61.234, 1_085.0), 600));
    assert_eq!(inward().series(serie).unwrap(), series);
    assert_eq!(outward.serie(&Series { window_s: None, ..series }), None);
    let tweets = vec![(20.0, -5.0), (8.0, 2.0)];
    let mixed = inward().series(Serie { cid: "1".into(), msg: "".into(), t_obs: 600, tweets }).unwrap();
    assert_eq!((mixed.start, mixed.events), (ORIGIN.plus_millis(8_000), vec![[0, 2], [12_000, 0]]));
    let far = Serie { cid: "1".into(), msg: "".into(), t_obs: 600, tweets: vec![(0.0, 1.0), (1e12, 1.0)] };
    assert!(inward().series(far).is_err());
}

#[test]
fn a_size_is_told_once_for_each_window() {
    let (start, end) = (ORIGIN, ORIGIN.plus_millis(4_329_900));
    let size = Size { cascade: "17".into(), network: "tweetoscope".into(), size: 127, reach: 5, start, end };
    let outward = outward();
    let told: Vec<_> = outward.sizes(&size).collect();
    let of = |t_obs| Message::Size(Total { cid: "17".into(), n_tot: 127, t_end: 4_329.0, t_obs: Some(t_obs) });
    assert_eq!(told, [of(300), of(600), of(1200)]);
    assert_eq!([300, 600, 1200, 900].map(|window| outward.partition(window)), [Some(0), Some(1), Some(0), None]);
    assert_eq!(Outward { partitions: 0, ..outward.clone() }.partition(300), None);
    let Message::Size(total) = told[0].clone() else { panic!("no size") };
    let end = ORIGIN.plus_millis(4_329_000);
    assert_eq!(inward().size(total).unwrap(), Size { start: end, end, reach: 0, ..size.clone() });
}

fn told() -> Parameters<'static> {
    let (cid, msg, n_obs, n_supp, p, beta, t_obs) = ("17".into(), "snow".into(), 32, 120.0, 0.02, 0.0005, 600);
    Parameters { cid, msg, n_obs, n_supp, p, beta, n_star: Some(0.75), g1: Some(30.0), t_obs }
}

fn estimate() -> Estimate<'static> {
    let number = |name: &'static str, value| Parameter { name: name.into(), value, error: None };
    Estimate {
        cascade: "17".into(),
        network: "tweetoscope".into(),
        start: ORIGIN,
        window_s: 600,
        observed: 32,
        model: "exponential".into(),
        parameters: vec![number("p", 0.02), number("beta", 0.0005)],
        n_star: 0.75,
        g1: 30.0,
        predicted: Some(152.0),
        low: None,
        high: None,
        mean_mark: 35.0,
        learned_from: 0,
        features: vec![],
        text: "snow".into(),
    }
}

#[test]
fn an_estimate_is_told_as_the_exponential_models_parameters() {
    let estimate = estimate();
    assert_eq!(outward().parameters(&estimate), Some(Message::Parameters(told())));
    let other = Estimate { model: "power-law".into(), ..estimate.clone() };
    let unknown = Estimate { parameters: vec![], ..estimate.clone() };
    assert_eq!((outward().parameters(&other), outward().parameters(&unknown)), (None, None));
    let endless = Estimate { n_star: 1.5, ..estimate };
    let Some(Message::Parameters(endless)) = outward().parameters(&endless) else { panic!("no parameters") };
    assert!(endless.n_supp.is_finite() && endless.n_supp > 1e6 && endless.n_star < Some(1.0));
}
