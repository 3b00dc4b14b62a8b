//! How far event time has come on one partition: the slowest of the producers that write to it.

use crate::{Mark, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The name of who writes: `synthetic`, or `locate/3` for partition 3 of a stage. A block of nobody, with an empty name,
/// promises nothing: a stranger wrote it, or it holds no records at all.
pub type Producer = Arc<str>;

/// The marks of all producers of a partition's inputs, and the watermark that follows from them.
/// It is part of the committed state, so a restart carries on with the same notion of "late".
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watermarks {
    /// By topic: what a producer promises, it promises of one topic.
    marks: BTreeMap<String, BTreeMap<Producer, Mark>>,
    /// The topic whose records take effect so much later than their time: what the stage itself has led to.
    feedback: Option<(String, i64)>,
    inputs: Timestamp,
    watermark: Timestamp,
    /// A producer that is silent for so long, by the wall clocks written in the marks, holds nobody up.
    idle_ms: i64,
    newest_at: Timestamp,
}

impl Watermarks {
    /// Nothing seen yet, but these producers are awaited on these topics: until each has spoken, time does not move.
    pub fn awaiting(producers: impl IntoIterator<Item = (String, Producer)>, idle_ms: i64) -> Self {
        let (inputs, watermark, newest_at) = (Timestamp::MIN, Timestamp::MIN, Timestamp::MIN);
        let mut watermarks = Watermarks { marks: BTreeMap::new(), feedback: None, inputs, watermark, idle_ms, newest_at };
        let unheard = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };
        for (topic, producer) in producers {
            watermarks.marks.entry(topic).or_default().insert(producer, unheard);
        }
        watermarks
    }

    /// The same, where the records of a topic take effect so much later than their time. Whoever writes them follows this
    /// stage: their end is not waited for, and their word only so far.
    #[must_use]
    pub fn with_feedback(mut self, feedback: Option<(&str, i64)>) -> Self {
        self.feedback = feedback.map(|(topic, delay_ms)| (topic.to_owned(), delay_ms));
        self
    }

    /// The watermark: no record from here on takes effect before, but for late ones.
    pub fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// The same for what does not depend on this stage itself.
    pub fn inputs(&self) -> Timestamp {
        self.inputs
    }

    /// The marks of the topics that are, or are not, feedback; each with what it is delayed by.
    fn of(&self, is_feedback: bool) -> impl Iterator<Item = (Mark, i64)> {
        let delay_ms = |topic: &str| self.feedback.as_ref().filter(|(other, _)| other == topic).map(|(_, delay_ms)| *delay_ms);
        let topics = self.marks.iter().filter(move |(topic, _)| delay_ms(topic).is_some() == is_feedback);
        topics.flat_map(move |(topic, marks)| marks.values().map(move |mark| (*mark, delay_ms(topic).unwrap_or(0))))
    }

    /// Whether every producer has ended, so that windows close without waiting for more.
    pub fn all_done(&self) -> bool {
        let mut marks = self.of(false).peekable();
        marks.peek().is_some() && marks.all(|(mark, _)| mark.done)
    }

    /// Whether what the stage has led to may still come back.
    pub fn awaits_feedback(&self) -> bool {
        self.slowest(true).is_some()
    }

    /// How far the slowest live producer is.
    fn slowest(&self, is_feedback: bool) -> Option<Timestamp> {
        let silent_since = self.newest_at.plus_millis(-self.idle_ms);
        let live = self.of(is_feedback).filter(|(mark, _)| !mark.done && (mark.at == Timestamp::MIN || mark.at >= silent_since));
        live.map(|(mark, delay_ms)| mark.watermark.plus_millis(delay_ms)).min()
    }

    /// Takes a producer's mark in and moves the watermark as far as the slowest live producer allows.
    pub fn observe(&mut self, topic: &str, producer: &Producer, mark: Mark) {
        if producer.is_empty() {
            return;
        }
        if !self.marks.contains_key(topic) {
            self.marks.insert(topic.to_owned(), BTreeMap::new());
        }
        let Some(marks) = self.marks.get_mut(topic) else { return };
        match marks.get_mut(producer) {
            Some(known) => *known = Mark { watermark: known.watermark.max(mark.watermark), ..mark },
            None => {
                marks.insert(producer.clone(), mark);
            }
        }
        self.newest_at = self.newest_at.max(mark.at);
        let (inputs, feedback) = (self.slowest(false), self.slowest(true));
        self.inputs = self.inputs.max(inputs.unwrap_or(Timestamp::MIN));
        if let Some(slowest) = inputs.into_iter().chain(feedback).min() {
            self.watermark = self.watermark.max(slowest);
        }
    }

    /// Moves the watermark to `to`: the windows up to there have been closed because every producer has ended.
    pub fn close_to(&mut self, to: Timestamp) {
        self.watermark = self.watermark.max(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN: &str = "in";

    fn mark(watermark: i64, at: i64, done: bool) -> Mark {
        Mark { watermark: Timestamp::from_millis(watermark), at: Timestamp::from_millis(at), done }
    }

    fn after(marks: &[(&str, Mark)]) -> Watermarks {
        let mut watermarks = Watermarks::awaiting(["a", "b"].map(|name| (IN.into(), name.into())), 100);
        for (producer, mark) in marks {
            watermarks.observe(IN, &Producer::from(*producer), *mark);
        }
        watermarks
    }

    #[test]
    fn the_slowest_producer_decides() {
        assert_eq!(after(&[("a", mark(50, 1, false))]).watermark(), Timestamp::MIN);
        let both = after(&[("a", mark(50, 1, false)), ("b", mark(20, 1, false))]);
        assert_eq!(both.watermark().millis(), 20);
    }

    #[test]
    fn time_never_runs_back() {
        let w = after(&[("a", mark(50, 1, false)), ("b", mark(40, 1, false)), ("b", mark(10, 2, false))]);
        assert_eq!(w.watermark().millis(), 40);
        let w = after(&[("a", mark(50, 1, false)), ("b", mark(40, 1, false)), ("new", mark(1, 2, false))]);
        assert_eq!(w.watermark().millis(), 40);
    }

    #[test]
    fn a_silent_producer_is_left_behind_by_the_clocks_in_the_marks() {
        let w = after(&[("a", mark(50, 1, false)), ("b", mark(20, 1, false)), ("a", mark(90, 102, false))]);
        assert_eq!(w.watermark().millis(), 90);
        let w = after(&[("a", mark(50, 1, false)), ("b", mark(20, 1, false)), ("a", mark(90, 101, false))]);
        assert_eq!(w.watermark().millis(), 20);
    }

    #[test]
    fn nobody_promises_nothing() {
        let mut w = after(&[]);
        w.observe(IN, &Producer::from(""), mark(90, 1, true));
        assert_eq!((w.watermark(), w.all_done()), (Timestamp::MIN, false));
        let mut fresh = Watermarks::awaiting([], 100);
        fresh.observe(IN, &Producer::from(""), mark(90, 1, true));
        assert!(!fresh.all_done());
    }

    #[test]
    fn the_end_of_one_frees_the_others_and_the_end_of_all_is_known() {
        let w = after(&[("a", mark(50, 1, true)), ("b", mark(70, 1, false))]);
        assert_eq!((w.watermark().millis(), w.all_done()), (70, false));
        let w = after(&[("a", mark(50, 1, true)), ("b", mark(70, 1, true))]);
        assert!(w.all_done());
    }

    #[test]
    fn a_producer_is_heard_on_each_topic_by_itself() {
        let mut w = Watermarks::awaiting([("in".into(), "a".into()), ("more".into(), "a".into())], 100);
        w.observe("in", &"a".into(), mark(50, 1, false));
        assert_eq!(w.watermark(), Timestamp::MIN);
        w.observe("more", &"a".into(), mark(30, 1, true));
        assert_eq!((w.watermark().millis(), w.all_done()), (50, false));
    }

    #[test]
    fn feedback_counts_later_and_its_end_is_not_waited_for() {
        let mut w = Watermarks::awaiting([("in".into(), "a".into()), ("back".into(), "b".into())], 1000);
        w = w.with_feedback(Some(("back", 10)));
        w.observe("in", &"a".into(), mark(50, 1, false));
        assert_eq!((w.inputs().millis(), w.watermark()), (50, Timestamp::MIN));
        w.observe("back", &"b".into(), mark(20, 1, false));
        assert_eq!((w.inputs().millis(), w.watermark().millis()), (50, 30));
        w.observe("back", &"b".into(), mark(90, 1, false));
        assert_eq!(w.watermark().millis(), 50);
        w.observe("in", &"a".into(), mark(60, 1, true));
        assert_eq!((w.watermark().millis(), w.all_done(), w.awaits_feedback()), (100, true, true));
        w.observe("back", &"b".into(), mark(95, 1, true));
        assert_eq!((w.all_done(), w.awaits_feedback()), (true, false));
    }
}
