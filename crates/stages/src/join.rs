//! `join`: posts, scores, predictions -> documents. All that is known of a post, in one place.

mod pile;
#[cfg(test)]
mod tests;

pub use pile::Pile;

use crate::enrich;
use domain::{Document, Forecast, Kind, Post, Prediction, Score, Scored, Text};
use flow::{Broken, Format, Input, Out, Stage, Timestamp, Value};
use pile::{Heard, Name, Open};
use std::borrow::Cow;

/// Tells a post's document once every model has had its word, or when its patience is at an end; and again, when there is more.
#[derive(Clone, Debug)]
pub struct Join {
    /// The models that have a word, in order.
    pub models: Vec<String>,
    /// So long a post waits for them, and what is new of it for the rest of the news.
    pub patience_ms: i64,
    /// So long there may be more.
    pub keep_ms: i64,
    /// So many posts may have more to come, in each partition. Beyond that the oldest are let go of.
    pub most: usize,
}

/// A partition is one state, so that there is one bound on it.
const ALL: &[u8] = b"";

impl Stage for Join {
    type State = Pile;

    fn name(&self) -> &str {
        "join"
    }

    fn key<'a>(&self, _input: &Input<'a>) -> &'a [u8] {
        ALL
    }

    fn on_record(&self, input: &Input<'_>, pile: &mut Pile, out: &mut Out) -> Result<(), Broken> {
        match input.topic {
            Score::TOPIC => self.on_score(&input.decode()?, input, pile, out),
            Prediction::TOPIC => self.on_prediction(&input.decode()?, input, pile, out),
            _ => self.on_post(input.decode()?, input, pile, out),
        }
        // Patience goes by the posts alone: no model, however slow, keeps a document back.
        let clock = pile.clock();
        while let Some(name) = pile.impatient(clock) {
            self.tell(&name, input.record.time.max(input.watermark), pile, out);
        }
        while pile.len() > self.most.max(1)
            && let Some(name) = pile.oldest()
        {
            self.let_go(&name, input.watermark, pile, out);
        }
        Ok(())
    }

    fn on_deadline(&self, _key: &[u8], at: Timestamp, pile: &mut Pile, out: &mut Out) {
        while let Some(name) = pile.impatient(at) {
            self.tell(&name, at, pile, out);
        }
        while let Some(name) = pile.outdated(at) {
            self.let_go(&name, at, pile, out);
        }
    }

    fn deadline(&self, pile: &Pile) -> Option<Timestamp> {
        pile.deadline()
    }

    fn is_chore(&self, pile: &Pile) -> bool {
        pile.is_patient()
    }

    fn refuses_late(&self) -> bool {
        false
    }
}

impl Join {
    fn on_post(&self, post: Post<'_>, input: &Input<'_>, pile: &mut Pile, out: &mut Out) {
        pile.show(post.time);
        let name = Name::of(&post.network, &post.root, &post.id);
        if post.kind == Kind::Deletion {
            let revision = pile.take_back(&name, post.time.plus_millis(self.keep_ms));
            let gone = Document { post, revision, scores: vec![], missing: vec![], forecast: None };
            out.send(input.record.time.max(input.watermark), &gone);
            return;
        }
        let mut open = pile.remove(&name).unwrap_or_else(|| self.open(post.time));
        if open.gone || !open.says(post) {
            return pile.insert(name, open);
        }
        open.news = true;
        // From when it came on: posts come in no strict order of their times.
        open.due = Some(pile.clock().plus_millis(self.patience_ms));
        self.settle(name, open, input, pile, out);
    }

    fn on_score(&self, score: &Score<'_>, input: &Input<'_>, pile: &mut Pile, out: &mut Out) {
        if score.shadow {
            return;
        }
        let name = Name::of(&score.network, &score.root, &score.post);
        let mut open = pile.remove(&name).unwrap_or_else(|| self.open(score.time));
        if open.hear(&score.model, Heard::of(score)) && open.revision > 0 {
            self.has_news(&mut open, pile.clock().max(input.watermark));
        }
        self.settle(name, open, input, pile, out);
    }

    fn on_prediction(&self, prediction: &Prediction<'_>, input: &Input<'_>, pile: &mut Pile, out: &mut Out) {
        let name = Name::of(&prediction.network, &prediction.cascade, &prediction.cascade);
        let Some(mut open) = pile.remove(&name) else { return };
        let Prediction { window_s, observed, predicted, low, high, model, .. } = *prediction;
        // Longer observation knows better, in whatever order they come.
        if !open.gone && open.forecast.is_none_or(|known| known.window_s <= window_s) {
            open.forecast = Some(Forecast { window_s, observed, predicted, low, high, model });
            if open.revision > 0 {
                self.has_news(&mut open, pile.clock().max(input.watermark));
            }
        }
        self.settle(name, open, input, pile, out);
    }

    /// A post of which something is heard for the first time.
    fn open(&self, time: Timestamp) -> Open {
        Open::until(time.plus_millis(self.keep_ms))
    }

    /// There is news of what has been told: more may come soon.
    fn has_news(&self, open: &mut Open, now: Timestamp) {
        open.news = true;
        open.due = open.due.or(Some(now.plus_millis(self.patience_ms)));
    }

    /// Puts it on the pile, and tells it if nothing more is waited for.
    fn settle(&self, name: Name, open: Open, input: &Input<'_>, pile: &mut Pile, out: &mut Out) {
        let is_whole = open.news && self.missing(&open).is_empty();
        pile.insert(name.clone(), open);
        if is_whole {
            self.tell(&name, input.record.time.max(input.watermark), pile, out);
        }
    }

    /// The models whose word on the post as it is has not come.
    fn missing(&self, open: &Open) -> Vec<&str> {
        let is_asked = open.post().is_some_and(|post| enrich::is_asked(&post));
        let silent = |model: &&str| is_asked && open.heard(model).is_none();
        self.models.iter().map(String::as_str).filter(silent).collect()
    }

    /// Tells the document as it is, if there is news.
    fn tell(&self, name: &Name, at: Timestamp, pile: &mut Pile, out: &mut Out) {
        let Some(mut open) = pile.remove(name) else { return };
        open.due = None;
        if open.news && open.post().is_some() {
            (open.news, open.revision) = (false, open.revision.saturating_add(1));
            if let Some(document) = self.document(&open) {
                out.send(at, &document);
            }
        }
        pile.insert(name.clone(), open);
    }

    fn document<'a>(&'a self, open: &'a Open) -> Option<Document<'a>> {
        let scores: Vec<Scored<'_>> = open.all_heard().filter_map(|word| Format::Compact.decode(word).ok()).collect();
        let missing = self.missing(open).into_iter().map(|model| Text(Cow::Borrowed(model))).collect();
        Some(Document { post: open.post()?, revision: open.revision, scores, missing, forecast: open.forecast })
    }

    /// Tells what there still is to tell, and forgets it.
    fn let_go(&self, name: &Name, at: Timestamp, pile: &mut Pile, out: &mut Out) {
        self.tell(name, at, pile, out);
        pile.remove(name);
    }
}
