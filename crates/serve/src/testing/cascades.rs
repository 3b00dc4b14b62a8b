//! What the tests say of cascades.

use super::Heap;
use domain::{Author, Estimate, Kind, Parameter, Post, Prediction, Series, Size};
use flow::{Block, Format, Log, Mark, Output, Timestamp, TopicSpec};
use std::sync::Arc;

const TOPICS: [&str; 8] = ["counts", "posts", "series", "sizes", "estimates", "predictions", "accuracies", "alerts"];

impl Heap {
    /// A log with all topics that are followed or looked into.
    pub fn with_cascades(format: Format, partitions: u32) -> Arc<Self> {
        let log = Heap::new(format);
        log.declare(&TOPICS.map(|topic| TopicSpec::new(topic, partitions))).unwrap();
        log
    }

    /// Offsets at which there is no record, in the first partition.
    pub fn pass_over(&self, topic: &str, offsets: u32) {
        let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: true };
        let block = Block { span: offsets, ..Block::heartbeat("test".into(), mark) };
        self.append(vec![Output { topic: topic.into(), partition: 0, block }]).unwrap();
    }
}

pub fn prediction(cascade: &str, window_s: u32, predicted: f64) -> Prediction<'static> {
    let (text, start) = (format!("words of {cascade}").into(), Timestamp::from_seconds(60));
    let (low, high, cascade) = (Some(predicted / 2.0), Some(predicted * 2.0), cascade.to_owned().into());
    Prediction { cascade, network: "x".into(), start, window_s, observed: 12, predicted, low, high, model: 3, text }
}

pub fn size(cascade: &str, size: u64) -> Size<'static> {
    let (start, end) = (Timestamp::from_seconds(60), Timestamp::from_seconds(3_660));
    Size { cascade: cascade.to_owned().into(), network: "x".into(), size, reach: 0, start, end }
}

/// A post every ten milliseconds.
pub fn series(cascade: &str, window_s: Option<u32>, size: u64) -> Series<'static> {
    let (cascade, start) = (cascade.to_owned().into(), Timestamp::from_seconds(60));
    let events = if window_s.is_some() { (0..size).map(|number| [10 * number, 5]).collect() } else { vec![] };
    Series { cascade, network: "x".into(), start, window_s, size, reach: 0, events, author: None, text: "words".into() }
}

pub fn estimate(cascade: &str, window_s: u32) -> Estimate<'static> {
    let parameter = |name: &'static str, value| Parameter { name: name.into(), value, error: Some(0.1) };
    let (cascade, network, text) = (cascade.to_owned().into(), "x".into(), "words".into());
    let parameters = vec![parameter("p", 0.01), parameter("beta", 0.001)];
    let (start, model, observed) = (Timestamp::from_seconds(60), "exponential".into(), 12);
    let (predicted, low, high) = (Some(32.0), Some(20.0), Some(80.0));
    let (n_star, g1, mean_mark, learned_from, features) = (0.5, 10.0, 50.0, 7, vec![1.0]);
    Estimate {
        cascade,
        network,
        start,
        window_s,
        observed,
        model,
        parameters,
        n_star,
        g1,
        predicted,
        low,
        high,
        mean_mark,
        learned_from,
        features,
        text,
    }
}

pub fn post(id: &str, root: &str, second: i64, text: &str) -> Post<'static> {
    let (time, author) = (Timestamp::from_seconds(second), Author { id: "1".into(), ..Author::default() });
    let kind = if id == root { Kind::Original } else { Kind::Repost };
    let plain = Post::deletion("x".into(), id.to_owned().into(), time);
    Post { root: root.to_owned().into(), kind, author, text: text.to_owned().into(), ..plain }
}
