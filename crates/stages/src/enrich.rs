//! `enrich`: posts -> scores. What does a text model say of it?

#[cfg(test)]
mod tests;

use domain::{Desk, Kind, Post, Question, Said, Score};
use flow::{Asked, Batch, Broken, Format, Input, Out, Stage};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Asks one model about each post that says something.
pub struct Enrich {
    /// The role's name: `enrich:MODEL`.
    role: String,
    output: String,
    model: String,
    /// Whether a post that the model fails on is rejected; else it is told that there is no score, and why.
    rejects: bool,
    counter: Mutex<Counter>,
}

/// Where the model is asked, and what it has said of the batch at hand, by offset.
struct Counter {
    desk: Box<dyn Desk>,
    said: BTreeMap<u64, Vec<Said>>,
}

impl Enrich {
    /// Asks `model` for `output` at this desk.
    pub fn new(model: &str, output: &str, rejects: bool, desk: Box<dyn Desk>) -> Self {
        let counter = Mutex::new(Counter { desk, said: BTreeMap::new() });
        Enrich { role: role(model), output: output.to_owned(), model: model.to_owned(), rejects, counter }
    }

    fn counter(&self) -> MutexGuard<'_, Counter> {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was said of the post at this offset; asked now, where it was not asked before.
    fn said(&self, offset: u64, post: &Post<'_>) -> Vec<Said> {
        let mut counter = self.counter();
        match counter.said.remove(&offset) {
            Some(said) => said,
            None => counter.desk.ask(&[question(post)]).pop().unwrap_or_default(),
        }
    }
}

/// The role that asks a model.
pub fn role(model: &str) -> String {
    format!("enrich:{model}")
}

/// Whether there is anything to score.
pub fn is_asked(post: &Post<'_>) -> bool {
    post.kind != Kind::Deletion && !post.text.trim().is_empty()
}

/// What is asked about a post.
pub fn question<'a>(post: &'a Post<'_>) -> Question<'a> {
    Question { text: &post.text, lang: post.lang.as_deref() }
}

impl Stage for Enrich {
    type State = ();

    fn name(&self) -> &str {
        &self.role
    }

    fn ask(&self, batch: &Batch, format: Format) {
        let records = batch.block.records(batch.base, batch.from);
        let decoded = records.filter_map(|record| Some((record.offset, format.decode::<Post<'_>>(record.value?).ok()?)));
        let posts: Vec<(u64, Post<'_>)> = decoded.filter(|(_, post)| is_asked(post)).collect();
        let questions: Vec<Question<'_>> = posts.iter().map(|(_, post)| question(post)).collect();
        let mut counter = self.counter();
        let said = counter.desk.ask(&questions);
        counter.said = posts.iter().map(|(offset, _)| *offset).zip(said).collect();
    }

    fn asks_outside(&self) -> bool {
        self.counter().desk.is_outside()
    }

    fn asked(&self) -> Asked {
        self.counter().desk.done()
    }

    fn on_record(&self, input: &Input<'_>, _state: &mut (), out: &mut Out) -> Result<(), Broken> {
        let post: Post<'_> = input.decode()?;
        if !is_asked(&post) {
            return Ok(());
        }
        let said = self.said(input.record.offset, &post);
        let failed = |said: &&Said| !said.shadow && matches!(&said.answer, Err(why) if why != domain::LANGUAGE);
        if self.rejects
            && let Some(Said { answer: Err(why), .. }) = said.iter().find(failed)
        {
            return Err(Broken(format!("{} said nothing: {why}", self.model)));
        }
        for said in said {
            let place = out.send(input.record.time, &Score::of(&post, &self.output, &self.model, said));
            // What is said of a late post is as late: so whoever counts by time leaves out both, in every run.
            if let Some(place) = place.filter(|_| input.record.late) {
                out.flag_late(place);
            }
        }
        Ok(())
    }

    /// A score is of its post, whenever that comes.
    fn refuses_late(&self) -> bool {
        false
    }
}
