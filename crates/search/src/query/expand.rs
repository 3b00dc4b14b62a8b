//! Queries that look at all words or numbers of a field.

use super::Boxed;
use crate::mapping::Leaf;
use std::fmt::{Debug, Formatter};
use std::ops::Bound;
use std::sync::Arc;
use tantivy::columnar::Column;
use tantivy::query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED};

type Make = Arc<dyn Fn(&SegmentReader) -> tantivy::Result<Box<dyn Scorer>> + Send + Sync>;

/// A weight from what it finds in a segment.
struct Found(Make);

impl Weight for Found {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(ConstScorer::new((self.0)(segment)?, boost)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        crate::query::unexplained()
    }
}

/// Words that begin so.
#[derive(Clone, Debug)]
pub(super) struct Prefixed {
    pub leaf: Leaf,
    pub start: String,
}

/// The least text that is greater than all that begin so.
pub(super) fn after(start: &[u8]) -> Option<Vec<u8>> {
    let mut end = start.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

impl Query for Prefixed {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let Prefixed { leaf, start } = self.clone();
        Ok(Box::new(Found(Arc::new(move |segment| {
            let inverted = segment.inverted_index(leaf.field)?;
            let mut stream = inverted.terms().range().ge(start.as_bytes());
            if let Some(end) = after(start.as_bytes()) {
                stream = stream.lt(end);
            }
            let mut stream = stream.into_stream()?;
            let mut found = BitSet::with_max_value(segment.max_doc());
            while stream.advance() {
                let mut postings = inverted.read_block_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
                while !postings.docs().is_empty() {
                    for document in postings.docs() {
                        found.insert(*document);
                    }
                    postings.advance();
                }
            }
            Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), 1.0)))
        }))))
    }
}

/// Documents that a question is answered yes of, one by one.
struct Scan<F> {
    document: DocId,
    end: DocId,
    fits: F,
}

impl<F: FnMut(DocId) -> bool + Send + 'static> Scan<F> {
    fn open(segment: &SegmentReader, fits: F) -> Box<dyn Scorer> {
        let mut scan = Scan { document: 0, end: segment.max_doc(), fits };
        scan.settle();
        Box::new(ConstScorer::new(scan, 1.0))
    }

    fn settle(&mut self) -> DocId {
        while self.document < self.end {
            if (self.fits)(self.document) {
                return self.document;
            }
            self.document += 1;
        }
        self.document = TERMINATED;
        TERMINATED
    }
}

impl<F: FnMut(DocId) -> bool + Send + 'static> DocSet for Scan<F> {
    fn advance(&mut self) -> DocId {
        if self.document != TERMINATED {
            self.document += 1;
        }
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.document = self.document.max(target);
        self.settle()
    }

    fn doc(&self) -> DocId {
        self.document
    }

    fn size_hint(&self) -> u32 {
        self.end
    }
}

/// Documents with any word in a field of full text.
#[derive(Clone, Debug)]
pub(super) struct Lengths {
    pub field: Field,
}

impl Query for Lengths {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let field = self.field;
        Ok(Box::new(Found(Arc::new(move |segment| {
            let lengths = segment.get_fieldnorms_reader(field)?;
            Ok(Scan::open(segment, move |document| lengths.fieldnorm_id(document) > 0))
        }))))
    }
}

/// Documents with one of some numbers in a column.
#[derive(Clone)]
pub(super) struct Numbers<T> {
    column: String,
    numbers: Arc<Vec<T>>,
}

impl<T: Debug> Debug for Numbers<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Numbers({:?} of {})", self.numbers, self.column)
    }
}

/// So few numbers are looked for as ranges.
const FEW: usize = 4;

impl Numbers<i64> {
    pub(super) fn longs(leaf: &Leaf, mut numbers: Vec<i64>) -> Boxed {
        if numbers.len() <= FEW {
            let one = |number: i64| super::ranges::longs(leaf, Bound::Included(number), Bound::Included(number));
            return super::compound::should(numbers.into_iter().map(one).collect(), 1);
        }
        numbers.sort_unstable();
        Box::new(Numbers { column: leaf.column.clone(), numbers: Arc::new(numbers) })
    }
}

impl Numbers<f64> {
    pub(super) fn doubles(leaf: &Leaf, mut numbers: Vec<f64>) -> Boxed {
        if numbers.len() <= FEW {
            let one = |number: f64| super::ranges::doubles(leaf, Bound::Included(number), Bound::Included(number));
            return super::compound::should(numbers.into_iter().map(one).collect(), 1);
        }
        numbers.sort_unstable_by(f64::total_cmp);
        Box::new(Numbers { column: leaf.column.clone(), numbers: Arc::new(numbers) })
    }
}

fn scan<T, V>(numbers: &Numbers<T>, fits: fn(&[T], V) -> bool) -> Box<dyn Weight>
where
    T: Send + Sync + 'static,
    V: tantivy::fastfield::FastValue + tantivy::columnar::MonotonicallyMappableToU64 + tantivy::columnar::HasAssociatedColumnType,
    tantivy::columnar::DynamicColumn: Into<Option<Column<V>>>,
{
    let (column, numbers) = (numbers.column.clone(), numbers.numbers.clone());
    Box::new(Found(Arc::new(move |segment| {
        let Some(column) = segment.fast_fields().column_opt::<V>(&column)? else { return Ok(Box::new(EmptyScorer)) };
        let numbers = numbers.clone();
        Ok(Scan::open(segment, move |document| column.values_for_doc(document).any(|value| fits(&numbers, value))))
    })))
}

impl Query for Numbers<i64> {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(scan::<i64, i64>(self, |numbers, value| numbers.binary_search(&value).is_ok()))
    }
}

impl Query for Numbers<f64> {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(scan::<f64, f64>(self, |numbers, value| numbers.binary_search_by(|number| number.total_cmp(&value)).is_ok()))
    }
}
