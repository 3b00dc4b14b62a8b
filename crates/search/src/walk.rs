//! All that a search finds, page by page, with memory for one page.

use crate::query::{Boxed, Mark};
use crate::search::{Found, Ranked, Request, Target, Track, name, search, wanted};
use crate::store::{Index, Indices, now_millis};
use crate::{Error, Result, order};
use serde_json::{Value, json};
use std::sync::Arc;
use tantivy::collector::TopDocs;
use tantivy::query::{EnableScoring, Query, RangeQuery};
use tantivy::{DocAddress, DocSet, Order, TERMINATED, Term};

/// Where a search is, of which pages have been seen.
pub(crate) struct Walk {
    request: Request,
    started: bool,
    /// Documents in their own order: the next target, segment and document.
    place: Option<(usize, usize, u32)>,
    total: usize,
    greatest: Option<f32>,
    /// So many of a hit's keys were asked for; those behind them only tell hits apart.
    told: usize,
}

/// A query, and what to show in the texts of what it finds.
type Wanted = (Boxed, Vec<(String, Mark)>);

/// The keys of an order, one by one.
fn keys(sort: Option<Value>) -> Vec<Value> {
    let one_by_one = |key: Value| match key {
        Value::Object(keys) => keys.into_iter().map(|(name, how)| json!({ name: how })).collect(),
        key => vec![key],
    };
    match sort {
        None | Some(Value::Null) => vec![],
        Some(Value::Array(keys)) => keys.into_iter().flat_map(one_by_one).collect(),
        Some(key) => one_by_one(key),
    }
}

/// Is a key a name alone, in this order?
fn is_plainly(key: &Value, name: &str, order: &str) -> bool {
    let how = key.get(name);
    let told = how.and_then(|how| how.as_str().or_else(|| how.get("order")?.as_str()));
    key == name || how.is_some() && told.is_none_or(|told| told.eq_ignore_ascii_case(order))
}

impl Walk {
    pub(crate) fn new(mut request: Request) -> Self {
        let mut keys = keys(request.sort.take());
        let told = match keys.as_slice() {
            [key] if is_plainly(key, "_score", "desc") => 0,
            keys => keys.len(),
        };
        if told == 0 {
            request.track_scores = true;
            keys = vec![json!({ "_score": "desc" })];
        }
        let in_own_order = keys.len() == 1 && keys.iter().all(|key| is_plainly(key, "_doc", "asc")) && !request.track_scores;
        if !keys.iter().any(|key| key == "_doc" || key.get("_doc").is_some()) {
            keys.push(json!({ "_doc": "asc" }));
        }
        request.sort = Some(Value::Array(keys));
        request.paged = true;
        Walk { request, started: false, place: in_own_order.then_some((0, 0, 0)), total: 0, greatest: None, told }
    }

    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// The next page; an empty one is the end.
    pub(crate) fn next(&mut self, targets: &[Target], typed: bool) -> Result<Found> {
        let first = !self.started;
        self.started = true;
        let mut found = if first {
            let whole = Request { size: if self.place.is_some() { 0 } else { self.request.size }, ..self.request.clone() };
            if targets.len() > 1 && self.place.is_none() {
                return Err(Error::argument(
                    "a scroll over several indices goes in the order of documents: sort by [_doc] alone",
                ));
            }
            let found = search(targets, &whole, typed)?;
            (self.total, self.greatest) = (found.total, found.greatest);
            // These belong to the first page.
            self.request.aggregations = None;
            found
        } else if self.place.is_none() && self.request.search_after.is_some() {
            let rest = Request { track: Track::None, ..self.request.clone() };
            search(targets, &rest, typed)?
        } else {
            Found { marks: targets.iter().map(|_| vec![]).collect(), ..Found::default() }
        };
        if self.place.is_some() {
            let wanted = targets.iter().map(|target| wanted(&self.request, &target.mapping)).collect::<Result<Vec<_>>>()?;
            found.hits = self.documents(targets, &wanted)?;
            name(targets, &self.request, &mut found.hits)?;
            found.marks = wanted.into_iter().map(|(_, marks)| marks).collect();
        } else {
            self.request.search_after = found.hits.last().and_then(|hit| hit.keys.clone()).map(Value::Array);
        }
        (found.total, found.greatest) = (self.total, self.greatest);
        for hit in &mut found.hits {
            if let Some(keys) = &mut hit.keys {
                keys.truncate(self.told);
            }
            hit.keys = hit.keys.take().filter(|keys| !keys.is_empty());
        }
        Ok(found)
    }

    /// The next documents in their own order.
    fn documents(&mut self, targets: &[Target], wanted: &[Wanted]) -> Result<Vec<Ranked>> {
        let Some((mut at_target, mut at_segment, mut at_document)) = self.place else { return Ok(vec![]) };
        let mut hits = vec![];
        while let Some((target, (query, _))) = targets.get(at_target).zip(wanted.get(at_target)) {
            let weight = query.weight(EnableScoring::disabled_from_searcher(&target.searcher))?;
            // As they are counted in `_doc`: the oldest first.
            let order = order::in_turn(&target.searcher);
            while let Some((first, number)) = order.get(at_segment).copied() {
                let segment = target.searcher.segment_reader(number);
                let mut scorer = weight.scorer(segment, 1.0)?;
                let mut document = if scorer.doc() < at_document { scorer.seek(at_document) } else { scorer.doc() };
                while document != TERMINATED {
                    if hits.len() == self.request.size {
                        self.place = Some((at_target, at_segment, document));
                        return Ok(hits);
                    }
                    if !segment.is_deleted(document) {
                        let keys = vec![json!(first + u64::from(document))];
                        hits.push(Ranked::plain(at_target, DocAddress::new(number, document), Some(keys)));
                    }
                    document = scorer.advance();
                }
                (at_segment, at_document) = (at_segment + 1, 0);
            }
            (at_target, at_segment) = (at_target + 1, 0);
        }
        self.place = Some((at_target, 0, 0));
        Ok(hits)
    }
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// It itself, as JSON.
    pub source: Vec<u8>,
    /// How often it was written, or what its owner says.
    pub version: u64,
    /// The number of its last write.
    pub seq_no: u64,
}

fn document(target: &Target, address: DocAddress) -> Result<Document> {
    let (id, source) = target.index.load(&target.searcher, address)?;
    let (version, seq_no) = target.index.numbers(&target.searcher, address)?;
    Ok(Document { id, source, version, seq_no })
}

/// All documents that a search finds, as they were when it began.
pub struct Pages {
    targets: Vec<Target>,
    walk: Walk,
}

impl Pages {
    /// The next documents; none are the end.
    pub fn next_page(&mut self) -> Result<Vec<Document>> {
        let found = self.walk.next(&self.targets, false)?;
        found.hits.iter().filter_map(|hit| Some(document(self.targets.get(hit.target)?, hit.address))).collect()
    }

    /// How many there are in all; known once the first page was asked for.
    pub fn total(&self) -> usize {
        self.walk.total
    }
}

impl Indices {
    /// Goes through all that a search's body finds in an index, `page` documents at a time. Without a `sort` they come in the order in
    /// which the index has them.
    pub fn pages(&self, name: &str, body: &Value, page: usize) -> Result<Pages> {
        let index = self.get(name).ok_or_else(|| self.absent(name))?;
        let empty = serde_json::Map::new();
        let mut request = Request::read(body.as_object().unwrap_or(&empty))?;
        request.size = page.max(1);
        request.from = 0;
        request.track = Track::All;
        request.aggregations = None;
        request.sort.get_or_insert_with(|| json!(["_doc"]));
        Ok(Pages { targets: vec![Target::open(index)?], walk: Walk::new(request) })
    }

    /// The number of the newest write that can be found, if there is one.
    pub fn newest(&self, name: &str) -> Result<Option<u64>> {
        let index: Arc<Index> = self.get(name).ok_or_else(|| self.absent(name))?;
        let target = Target::open(index)?;
        let newest = |segment: &tantivy::SegmentReader| -> Result<Option<u64>> {
            Ok(segment
                .fast_fields()
                .column_opt::<u64>("_seq_no")?
                .filter(|_| segment.num_docs() > 0)
                .map(|column| column.max_value()))
        };
        let of_each = target.searcher.segment_readers().iter().map(newest).collect::<Result<Vec<_>>>()?;
        Ok(of_each.into_iter().flatten().max())
    }

    /// The documents of a query whose last writes are newer than a number, the oldest first, so many at most.
    pub fn newer(&self, name: &str, query: &Value, than: u64, limit: usize) -> Result<Vec<Document>> {
        let index: Arc<Index> = self.get(name).ok_or_else(|| self.absent(name))?;
        let target = Target::open(index)?;
        let field = target.searcher.schema().get_field("_seq_no")?;
        let behind = std::ops::Bound::Excluded(Term::from_field_u64(field, than));
        let newer: Box<dyn Query> = Box::new(RangeQuery::new(behind, std::ops::Bound::Unbounded));
        let query = crate::query::narrowed(newer, crate::query::read(query, &target.mapping, now_millis())?);
        let by_number = TopDocs::with_limit(limit.max(1)).order_by_fast_field::<u64>("_seq_no", Order::Asc);
        let found = target.searcher.search(query.as_ref(), &by_number)?;
        found.into_iter().map(|(_, address)| document(&target, address)).collect()
    }
}
