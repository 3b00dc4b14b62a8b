//! Words that follow each other at once.
//!
//! tantivy's own scorer skips through its lists, and adds up how often a word came before each document anew. Of frequent words hardly
//! anything can be skipped: here each list is read from end to end, a block at a time, and the sum goes along.

use super::scoring::of_words;
use tantivy::directory::CompositeFile;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentComponent;
use tantivy::positions::PositionReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::query::{Bm25Weight, EnableScoring, Explanation, PhraseQuery, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

/// A word may be in so many times more documents than another. Where it is in more, skipping is faster.
const ALIKE: u32 = 32;

/// Documents in a block of tantivy's.
const BLOCK: usize = 128;

/// The query: words, each with its place.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    pub field: Field,
    pub words: Vec<(usize, Term)>,
}

impl Query for Phrase {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let terms: Vec<Term> = self.words.iter().map(|(_, term)| term.clone()).collect();
        let score = of_words(scoring, &terms)?;
        let skipping = PhraseQuery::new_with_offset(self.words.clone()).weight(scoring)?;
        Ok(Box::new(PhraseWeight { query: self.clone(), score, skipping }))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.words.iter().for_each(|(_, term)| visitor(term, true));
    }
}

struct PhraseWeight {
    query: Phrase,
    score: Option<Bm25Weight>,
    skipping: Box<dyn Weight>,
}

impl PhraseWeight {
    /// The lists of all words, the shortest first, if they are alike.
    fn lists(&self, segment: &SegmentReader) -> tantivy::Result<Option<Vec<List>>> {
        let Phrase { field, words } = &self.query;
        let inverted = segment.inverted_index(*field)?;
        let mut infos: Vec<(usize, TermInfo)> = vec![];
        for (place, term) in words {
            let Some(info) = inverted.get_term_info(term)? else { return Ok(None) };
            infos.push((*place, info));
        }
        infos.sort_by_key(|(_, info)| info.doc_freq);
        let last = words.iter().map(|(place, _)| *place).max().unwrap_or_default();
        let frequency = |info: Option<&(usize, TermInfo)>| info.map_or(0, |(_, info)| info.doc_freq);
        if frequency(infos.last()) / ALIKE > frequency(infos.first()) {
            return Ok(None);
        }
        // The file of a segment that was merged meanwhile may be gone.
        let Ok(file) = segment.open_read(SegmentComponent::Positions) else { return Ok(None) };
        let Some(positions) = CompositeFile::open(&file)?.open_read(*field) else { return Ok(None) };
        let list = |(place, info): (usize, TermInfo)| {
            let blocks = inverted.read_block_postings_from_terminfo(&info, IndexRecordOption::WithFreqsAndPositions)?;
            let positions = PositionReader::open(positions.read_bytes_slice(info.positions_range)?)?;
            Ok(List::new(blocks, positions, (last - place) as u32))
        };
        infos.into_iter().map(list).collect::<tantivy::Result<Vec<List>>>().map(Some)
    }
}

impl Weight for PhraseWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(lists) = self.lists(segment)? else { return self.skipping.scorer(segment, boost) };
        let mut scorer = PhraseScorer {
            lists,
            lengths: segment.get_fieldnorms_reader(self.query.field)?,
            score: self.score.as_ref().map(|score| score.boost_by(boost)),
            shared: [(0, 0); BLOCK],
            found: 0,
            seen: 0,
            doc: 0,
            count: 0,
        };
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.skipping.explain(segment, doc)
    }
}

/// The documents with a word, and its places in them.
struct List {
    blocks: BlockSegmentPostings,
    /// Where it stands in the block.
    at: usize,
    /// Up to where the block was compared with another.
    compared: usize,
    /// How often the word is in all documents before the block, and in those of the block before `summed`.
    before: u64,
    within: u64,
    summed: usize,
    positions: PositionReader,
    /// How many places the phrase ends behind this word.
    behind: u32,
    /// Where phrases would end by this word, in the document at hand.
    ends: Vec<u32>,
}

fn sum(frequencies: Option<&[u32]>) -> u64 {
    u64::from(frequencies.unwrap_or_default().iter().sum::<u32>())
}

impl List {
    fn new(blocks: BlockSegmentPostings, positions: PositionReader, behind: u32) -> List {
        List { blocks, at: 0, compared: 0, before: 0, within: 0, summed: 0, positions, behind, ends: vec![] }
    }

    fn doc(&self) -> DocId {
        self.blocks.docs().get(self.at).copied().unwrap_or(TERMINATED)
    }

    /// Whether all of the block was compared.
    fn is_through(&self) -> bool {
        let block = self.blocks.docs().len();
        block > 0 && self.compared == block
    }

    /// Goes to the next block.
    fn turn(&mut self) {
        self.before += self.within + sum(self.blocks.freqs().get(self.summed..self.blocks.docs().len()));
        (self.at, self.compared, self.within, self.summed) = (0, 0, 0, 0);
        self.blocks.advance();
    }

    /// Goes to the first block that does not end before `target`.
    fn turn_to(&mut self, target: DocId) {
        while self.blocks.docs().last().is_some_and(|last| *last < target) {
            self.turn();
        }
    }

    /// Goes to the first document from `target` on.
    fn seek(&mut self, target: DocId) -> DocId {
        self.turn_to(target);
        self.at += self.blocks.docs().get(self.at..).unwrap_or_default().partition_point(|doc| *doc < target);
        self.doc()
    }

    /// Reads the places in the document at hand.
    fn read(&mut self) {
        self.within += sum(self.blocks.freqs().get(self.summed..self.at));
        self.summed = self.at;
        let count = self.blocks.freqs().get(self.at).copied().unwrap_or_default();
        self.ends.resize(count as usize, 0);
        self.positions.read(self.before + self.within, &mut self.ends);
        let mut end = self.behind;
        for place in &mut self.ends {
            end += *place;
            *place = end;
        }
    }
}

struct PhraseScorer {
    lists: Vec<List>,
    lengths: FieldNormReader,
    score: Option<Bm25Weight>,
    /// Where the documents that the first two lists share stand in their blocks; and how many of those that were found were looked at.
    shared: [(u8, u8); BLOCK],
    found: usize,
    seen: usize,
    doc: DocId,
    count: u32,
}

impl PhraseScorer {
    /// Goes to the first document from `target` on in which the phrase is.
    fn settle(&mut self, mut target: DocId) -> DocId {
        self.doc = TERMINATED;
        while target < TERMINATED {
            while let Some((first, second)) = self.shared.get(self.seen..self.found).and_then(|left| left.first().copied()) {
                self.seen += 1;
                if let Some(doc) = self.stand(first, second, &mut target) {
                    self.doc = doc;
                    return doc;
                }
            }
            self.lists.iter_mut().for_each(|list| list.turn_to(target));
            if !self.share() {
                break;
            }
        }
        TERMINATED
    }

    /// Goes to a document that the first two lists share; tells it if the phrase is there.
    fn stand(&mut self, first: u8, second: u8, target: &mut DocId) -> Option<DocId> {
        let (two, others) = self.lists.split_at_mut_checked(2)?;
        let doc = two.first()?.blocks.docs().get(usize::from(first)).copied().filter(|doc| doc >= target)?;
        two.iter_mut().zip([first, second]).for_each(|(list, at)| list.at = usize::from(at));
        for list in others {
            *target = list.seek(doc);
            if *target != doc {
                return None;
            }
        }
        self.count = self.matches();
        (self.count > 0).then_some(doc)
    }

    /// Finds the next documents that the first two lists share, in two blocks of them.
    fn share(&mut self) -> bool {
        let Some((first, [second, ..])) = self.lists.split_first_mut() else { return false };
        (self.found, self.seen) = (0, 0);
        while self.found == 0 {
            [&mut *first, &mut *second].into_iter().filter(|list| list.is_through()).for_each(List::turn);
            let (ones, others) = (first.blocks.docs(), second.blocks.docs());
            if ones.is_empty() || others.is_empty() {
                return false;
            }
            let (mut at, mut beside) = (first.compared, second.compared);
            // Nothing is decided here that a processor could guess wrong.
            while let (Some(one), Some(other)) = (ones.get(at), others.get(beside)) {
                if let Some(slot) = self.shared.get_mut(self.found) {
                    *slot = (at as u8, beside as u8);
                }
                self.found += usize::from(one == other);
                at += usize::from(one <= other);
                beside += usize::from(other <= one);
            }
            (first.compared, second.compared) = (at, beside);
        }
        true
    }

    /// How often the phrase is in the document at hand.
    fn matches(&mut self) -> u32 {
        let Some((first, others)) = self.lists.split_first_mut() else { return 0 };
        first.read();
        others.iter_mut().for_each(List::read);
        let ends_all = |end: &&u32| others.iter().all(|list| list.ends.contains(end));
        first.ends.iter().filter(ends_all).count() as u32
    }
}

impl DocSet for PhraseScorer {
    fn advance(&mut self) -> DocId {
        self.settle(self.doc.saturating_add(1))
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target > self.doc { self.settle(target) } else { self.doc }
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    /// As tantivy takes it: one in ten of those that have all words, for each word.
    fn size_hint(&self) -> u32 {
        self.lists.first().map_or(0, |list| list.blocks.doc_freq()) / (10 * self.lists.len().max(1) as u32)
    }

    fn cost(&self) -> u64 {
        self.lists.iter().map(|list| u64::from(list.blocks.doc_freq())).sum::<u64>() * 10
    }
}

impl Scorer for PhraseScorer {
    fn score(&mut self) -> Score {
        self.score.as_ref().map_or(1.0, |score| score.score(self.lengths.fieldnorm_id(self.doc), self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Sample;
    use serde_json::{Value, json};
    use tantivy::collector::TopDocs;

    /// Texts of a few words in an order that repeats itself late.
    fn sample() -> Sample {
        let word =
            |seed: usize| ["a", "b", "c", "ha", "rare"][[0, 1, 0, 2, 3, 1, 0, 3, 3, 2, 1, 0, 0, 1, 2, 3][seed * seed % 113 % 16]];
        let text =
            |document: usize| (0..1 + document % 23).map(|place| word(document * 31 + place * 7)).collect::<Vec<_>>().join(" ");
        let document =
            |place: usize| json!({ "t": if place % 700 == 3 { format!("rare {}", text(place)) } else { text(place) } });
        let documents: Vec<Value> = (0..3_000).map(document).collect();
        Sample::new(&json!({ "properties": { "t": { "type": "text" } } }), &documents, 1_900, &[])
    }

    #[test]
    fn it_finds_and_scores_what_tantivy_does() {
        let sample = sample();
        let field = sample.mapping.leaf("t").unwrap().field;
        let phrases: [&[(usize, &str)]; 7] = [
            &[(0, "a"), (1, "b")],
            &[(0, "ha"), (1, "ha")],
            &[(0, "ha"), (1, "ha"), (2, "a")],
            &[(0, "b"), (2, "c")],
            &[(0, "rare"), (1, "a")],
            &[(0, "c"), (1, "none")],
            &[(0, "b"), (1, "a"), (2, "c"), (4, "b")],
        ];
        for words in phrases {
            let words: Vec<(usize, Term)> =
                words.iter().map(|(place, word)| (*place, Term::from_field_text(field, word))).collect();
            let collector = || TopDocs::with_limit(3_000).order_by_score();
            let expected = sample.searcher.search(&PhraseQuery::new_with_offset(words.clone()), &collector()).unwrap();
            let found = sample.searcher.search(&Phrase { field, words: words.clone() }, &collector()).unwrap();
            assert_eq!(found, expected, "{words:?}");
        }
    }

    #[test]
    fn seeking_lands_where_walking_does() {
        let sample = sample();
        let field = sample.mapping.leaf("t").unwrap().field;
        let words = ["a", "b"].iter().enumerate().map(|(place, word)| (place, Term::from_field_text(field, word))).collect();
        let weight = Phrase { field, words }.weight(EnableScoring::disabled_from_searcher(&sample.searcher)).unwrap();
        let open = || weight.scorer(sample.searcher.segment_reader(0), 1.0).unwrap();
        let mut walked = vec![];
        let mut scorer = open();
        while scorer.doc() != TERMINATED {
            walked.push(scorer.doc());
            scorer.advance();
        }
        assert!(walked.len() > 500, "{}", walked.len());
        for step in [1, 2, 127, 128, 129, 500] {
            let mut scorer = open();
            for target in (scorer.doc()..1_900).step_by(step) {
                let expected = walked.iter().copied().find(|doc| *doc >= target).unwrap_or(TERMINATED);
                assert_eq!(scorer.seek(target), expected, "{step} {target}");
            }
        }
    }
}
