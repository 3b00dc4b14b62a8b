//! Scores as Elasticsearch has them: by what a field's own documents are, not all documents.

use super::Boxed;
use crate::mapping::{Kind, Leaf};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tantivy::columnar::{Cardinality, Column};
use tantivy::index::SegmentId;
use tantivy::query::{Bm25StatisticsProvider, Bm25Weight, ConstScoreQuery, EnableScoring, Explanation, Query, Weight};
use tantivy::schema::Field;
use tantivy::{Searcher, SegmentReader, TantivyError, Term};

/// A query on the words of a field, scored by BM25.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    pub inner: Arc<dyn Query>,
    pub leaf: Leaf,
    /// In how many documents its words are taken to be, if not in those they are in.
    pub frequency: Option<u64>,
}

/// A query scored by the words of its field.
pub(super) fn scored(inner: Boxed, leaf: &Leaf) -> Boxed {
    Box::new(Scored { inner: inner.into(), leaf: leaf.clone(), frequency: None })
}

/// The query within, if it is one that is scored by the words of its field.
pub(crate) fn unscored(query: &dyn Query) -> &dyn Query {
    query.downcast_ref::<Scored>().map_or(query, |scored| scored.inner.as_ref())
}

impl Query for Scored {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let EnableScoring::Enabled { searcher, .. } = scoring else { return self.inner.weight(scoring) };
        let total = total(searcher, &self.leaf)?;
        let statistics = Statistics { searcher, total, frequency: self.frequency };
        self.inner.weight(EnableScoring::Enabled { searcher, statistics_provider: &statistics })
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.inner.query_terms(visitor);
    }
}

/// How words that belong together score, if they do.
pub(super) fn of_words(scoring: EnableScoring<'_>, words: &[Term]) -> tantivy::Result<Option<Bm25Weight>> {
    match scoring {
        EnableScoring::Enabled { statistics_provider, .. } => Bm25Weight::for_terms(statistics_provider, words).map(Some),
        EnableScoring::Disabled { .. } => Ok(None),
    }
}

/// The answer to who asks why a document has its score: no request can.
pub(crate) fn unexplained() -> tantivy::Result<Explanation> {
    Err(TantivyError::InvalidArgument("not explained".to_owned()))
}

/// A boolean's query: what is rare scores more.
#[derive(Clone, Debug)]
pub(super) struct ScoredFlag {
    pub inner: Arc<dyn Query>,
    pub leaf: Leaf,
    pub value: bool,
}

impl Query for ScoredFlag {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let EnableScoring::Enabled { searcher, .. } = scoring else { return self.inner.weight(scoring) };
        let Counts { documents, tokens } = total(searcher, &self.leaf)?;
        // Of a boolean the tokens are those that are true.
        let having = if self.value { tokens } else { documents.saturating_sub(tokens) };
        let rest = documents.saturating_sub(having) as f32;
        let score = (1.0 + (rest + 0.5) / (having as f32 + 0.5)).ln();
        ConstScoreQuery::new(self.inner.box_clone(), score).weight(scoring)
    }
}

struct Statistics<'a> {
    searcher: &'a Searcher,
    total: Counts,
    frequency: Option<u64>,
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, _: Field) -> tantivy::Result<u64> {
        Ok(self.total.tokens.max(1))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.total.documents.max(1))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let found = match self.frequency {
            Some(frequency) => frequency,
            None => self.searcher.doc_freq(term)?,
        };
        Ok(found.min(self.total.documents.max(1)))
    }
}

/// The documents that have a field, and the words in it.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    documents: u64,
    tokens: u64,
}

/// Counts of segments, which never change. Forgotten all at once when there are too many.
static KNOWN: LazyLock<Mutex<HashMap<(SegmentId, Field), Counts>>> = LazyLock::new(Mutex::default);
const MOST: usize = 8192;

fn total(searcher: &Searcher, leaf: &Leaf) -> tantivy::Result<Counts> {
    let mut total = Counts::default();
    for segment in searcher.segment_readers() {
        let key = (segment.segment_id(), leaf.field);
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let counts = match known {
            Some(counts) => counts,
            None => {
                let counts = count(segment, leaf)?;
                let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
                if known.len() >= MOST {
                    known.clear();
                }
                known.insert(key, counts);
                counts
            }
        };
        total.documents += counts.documents;
        total.tokens += counts.tokens;
    }
    Ok(total)
}

fn count(segment: &SegmentReader, leaf: &Leaf) -> tantivy::Result<Counts> {
    let columns = segment.fast_fields();
    match leaf.kind {
        Kind::Text => {
            let lengths = segment.get_fieldnorms_reader(leaf.field)?;
            let documents = (0..segment.max_doc()).filter(|document| lengths.fieldnorm_id(*document) > 0).count() as u64;
            Ok(Counts { documents, tokens: segment.inverted_index(leaf.field)?.total_num_tokens() })
        }
        Kind::Keyword => {
            let Some(column) = columns.str(&leaf.column)? else { return Ok(Counts::default()) };
            let tokens = u64::from(column.ords().values.num_vals());
            Ok(Counts { documents: having(segment, column.ords()), tokens })
        }
        Kind::Boolean => {
            let Some(column) = columns.column_opt::<i64>(&leaf.column)? else { return Ok(Counts::default()) };
            let tokens =
                (0..segment.max_doc()).filter(|document| column.values_for_doc(*document).any(|value| value != 0)).count();
            Ok(Counts { documents: having(segment, &column), tokens: tokens as u64 })
        }
        _ => Ok(Counts { documents: u64::from(segment.max_doc()), tokens: u64::from(segment.max_doc()) }),
    }
}

fn having<T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + 'static>(segment: &SegmentReader, column: &Column<T>) -> u64 {
    match column.get_cardinality() {
        Cardinality::Full => u64::from(segment.max_doc()),
        Cardinality::Optional => u64::from(column.values.num_vals()),
        Cardinality::Multivalued => (0..segment.max_doc()).filter(|document| column.first(*document).is_some()).count() as u64,
    }
}
