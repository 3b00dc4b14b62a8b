//! Words that follow each other, some places off: Lucene's way to find them, and its scores.

use super::scoring::of_words;
use crate::mapping::Leaf;
use std::collections::BTreeSet;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{Bm25Weight, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

/// The query. A word that is named twice must be there twice.
#[derive(Clone, Debug)]
pub(super) struct Sloppy {
    pub leaf: Leaf,
    /// Each word with its place.
    pub words: Vec<(usize, String)>,
    pub slop: usize,
}

impl Query for Sloppy {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let terms: Vec<Term> = self.words.iter().map(|(_, word)| Term::from_field_text(self.leaf.field, word)).collect();
        let score = of_words(scoring, &terms)?;
        Ok(Box::new(SloppyWeight { query: self.clone(), terms, score }))
    }
}

struct SloppyWeight {
    query: Sloppy,
    terms: Vec<Term>,
    score: Option<Bm25Weight>,
}

impl Weight for SloppyWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Sloppy { leaf, words, slop } = &self.query;
        let inverted = segment.inverted_index(leaf.field)?;
        let mut distinct: Vec<&Term> = vec![];
        let mut heads = vec![];
        for (term, (offset, _)) in self.terms.iter().zip(words) {
            let list = distinct.iter().position(|known| *known == term).unwrap_or_else(|| {
                distinct.push(term);
                distinct.len() - 1
            });
            heads.push(Head { list, offset: *offset as i64, at: 0, place: 0 });
        }
        let mut postings = vec![];
        for term in distinct {
            let Some(found) = inverted.read_postings(term, IndexRecordOption::WithFreqsAndPositions)? else {
                return Ok(Box::new(EmptyScorer));
            };
            postings.push(found);
        }
        let mut scorer = SloppyScorer {
            places: vec![vec![]; postings.len()],
            postings,
            heads,
            slop: *slop as i64,
            score: self.score.as_ref().map(|score| score.boost_by(boost)),
            lengths: segment.get_fieldnorms_reader(leaf.field)?,
            doc: 0,
            frequency: 0.0,
        };
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        crate::query::unexplained()
    }
}

/// One word of the phrase on its way through a document.
#[derive(Clone, Debug)]
struct Head {
    /// Which word it is.
    list: usize,
    offset: i64,
    /// The number of the place where it is, and that place less the offset.
    at: usize,
    place: i64,
}

struct SloppyScorer {
    postings: Vec<SegmentPostings>,
    heads: Vec<Head>,
    places: Vec<Vec<u32>>,
    slop: i64,
    score: Option<Bm25Weight>,
    lengths: FieldNormReader,
    doc: DocId,
    frequency: f32,
}

impl SloppyScorer {
    /// Goes to the first document from here on in which the phrase is.
    fn settle(&mut self, from: DocId) -> DocId {
        let mut doc = from;
        loop {
            doc = self.shared(doc);
            self.doc = doc;
            if doc == TERMINATED {
                return doc;
            }
            for (postings, places) in self.postings.iter_mut().zip(&mut self.places) {
                postings.positions(places);
            }
            self.frequency = Matcher::new(&self.heads, &self.places).frequency(self.slop);
            if self.frequency > 0.0 {
                return doc;
            }
            doc += 1;
        }
    }

    /// The first document from here on that has all words.
    fn shared(&mut self, mut doc: DocId) -> DocId {
        loop {
            let mut farthest = doc;
            for postings in &mut self.postings {
                let there = if postings.doc() < farthest { postings.seek(farthest) } else { postings.doc() };
                farthest = farthest.max(there);
            }
            if farthest == doc || farthest == TERMINATED {
                return farthest;
            }
            doc = farthest;
        }
    }
}

impl DocSet for SloppyScorer {
    fn advance(&mut self) -> DocId {
        if self.doc == TERMINATED { TERMINATED } else { self.settle(self.doc + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc >= target { self.doc } else { self.settle(target) }
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.postings.iter().map(DocSet::size_hint).min().unwrap_or_default() / 4
    }
}

impl Scorer for SloppyScorer {
    fn score(&mut self) -> Score {
        let Some(score) = &self.score else { return 1.0 };
        // Frequencies are fractions, which the weight does not take: what it makes of one and of very many tells its two numbers.
        let length = self.lengths.fieldnorm_id(self.doc);
        let (one, weight) = (score.score(length, 1), score.score(length, u32::MAX));
        if one <= 0.0 {
            return 0.0;
        }
        weight * self.frequency / (self.frequency + weight / one - 1.0)
    }
}

/// Finds the phrase in one document. The word that is farthest behind moves on, until one is at its end.
struct Matcher<'a> {
    heads: Vec<Head>,
    places: &'a [Vec<u32>],
    /// Where the words are, those farthest behind first.
    queue: BTreeSet<(i64, i64, usize)>,
    /// Where the word is that is farthest ahead.
    end: i64,
}

impl<'a> Matcher<'a> {
    fn new(heads: &[Head], places: &'a [Vec<u32>]) -> Self {
        Matcher { heads: heads.to_vec(), places, queue: BTreeSet::new(), end: i64::MIN }
    }

    /// How often the phrase is there, each time the less the farther its words are off.
    fn frequency(mut self, slop: i64) -> f32 {
        let mut sum = 0.0;
        if self.begin() {
            while let Some(length) = self.next(slop) {
                sum += 1.0 / (1.0 + length as f32);
            }
        }
        sum
    }

    fn key(&self, number: usize) -> (i64, i64, usize) {
        self.heads.get(number).map_or((0, 0, number), |head| (head.place, head.offset, number))
    }

    /// Puts a word to one of its places.
    fn put(&mut self, number: usize, at: usize) -> bool {
        let Some(head) = self.heads.get_mut(number) else { return false };
        let Some(place) = self.places.get(head.list).and_then(|places| places.get(at)) else { return false };
        (head.at, head.place) = (at, i64::from(*place) - head.offset);
        self.end = self.end.max(head.place);
        true
    }

    fn advance(&mut self, number: usize) -> bool {
        let at = self.heads.get(number).map_or(usize::MAX, |head| head.at + 1);
        self.put(number, at)
    }

    /// Puts each word to its first place, and one that is there again to the next.
    fn begin(&mut self) -> bool {
        for number in 0..self.heads.len() {
            let same = |head: &&Head| self.heads.get(number).is_some_and(|one| one.list == head.list);
            let earlier = self.heads.iter().take(number).filter(same).count();
            if !self.put(number, earlier) {
                return false;
            }
        }
        self.queue = (0..self.heads.len()).map(|number| self.key(number)).collect();
        true
    }

    /// How far off the words of the next match are.
    fn next(&mut self, slop: i64) -> Option<i64> {
        let (place, _, mut number) = self.queue.pop_first()?;
        let mut length = self.end - place;
        let mut next = self.queue.first()?.0;
        while self.advance(number) {
            if !self.apart(number) {
                break;
            }
            let place = self.key(number).0;
            if place <= next {
                length = length.min(self.end - place);
                continue;
            }
            self.queue.insert(self.key(number));
            if length <= slop {
                return Some(length);
            }
            let (place, _, behind) = self.queue.pop_first()?;
            (number, next) = (behind, self.queue.first()?.0);
            length = self.end - place;
        }
        self.queue.clear();
        (length <= slop).then_some(length)
    }

    /// Moves words on that are at one place with the same word.
    fn apart(&mut self, number: usize) -> bool {
        let mut moving = number;
        while let Some(other) = self.collides(moving) {
            moving = if self.key(other) < self.key(moving) { other } else { moving };
            let waits = self.queue.remove(&self.key(moving));
            if !self.advance(moving) {
                return false;
            }
            if waits {
                self.queue.insert(self.key(moving));
            }
        }
        true
    }

    fn collides(&self, number: usize) -> Option<usize> {
        let one = self.heads.get(number)?;
        let mut others = self.heads.iter().enumerate().filter(|(other, _)| *other != number);
        others.find(|(_, other)| other.list == one.list && other.at == one.at).map(|(other, _)| other)
    }
}
