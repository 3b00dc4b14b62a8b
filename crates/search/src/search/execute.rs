//! Runs a search.

use super::best::{Best, Scored, first, have_all, passes_by};
use super::least::Least;
use super::level::{self, Level, is_level};
use super::naming::name;
use super::{Request, Target, Track};
use crate::aggregate::{Fetch, Found as TopHits, Limits, Partial, Plan, Scope};
use crate::fetch::{self, Shown};
use crate::mapping::Mapping;
use crate::query::{Boxed, Context, Mark};
use crate::sort::{Hit, Sort};
use crate::store::now_millis;
use crate::{Error, Result};
use crate::{order, run};
use serde_json::Value;
use tantivy::query::{AllQuery, EnableScoring, Query};
use tantivy::{DocAddress, Searcher};

/// A hit.
pub(crate) struct Ranked {
    /// The place of its index among the targets.
    pub target: usize,
    pub address: DocAddress,
    /// None if none was asked for.
    pub score: Option<f32>,
    /// Its keys, if an order was asked for.
    pub keys: Option<Vec<Value>>,
    /// The names of the queries that find it.
    pub named: Vec<String>,
}

impl Ranked {
    /// A hit without a score.
    pub(crate) fn plain(target: usize, address: DocAddress, keys: Option<Vec<Value>>) -> Self {
        Ranked { target, address, score: None, keys, named: vec![] }
    }
}

/// What a search found.
#[derive(Default)]
pub(crate) struct Found {
    pub hits: Vec<Ranked>,
    pub total: usize,
    /// Are there more hits than were counted?
    pub uncounted: bool,
    pub greatest: Option<f32>,
    /// Written.
    pub aggregations: Option<Vec<u8>>,
    /// Why some indices told nothing.
    pub failed: Vec<Error>,
    /// What to show in each target's texts.
    pub marks: Vec<Vec<(String, Mark)>>,
}

/// A search, read for one index.
struct Prepared {
    query: Boxed,
    /// The query for hits, if `post_filter` leaves fewer than aggregations see.
    narrowed: Option<Boxed>,
    sort: Sort,
    plan: Option<Plan>,
    marks: Vec<(String, Mark)>,
}

fn prepare(request: &Request, mapping: &Mapping) -> Result<Prepared> {
    let now = now_millis();
    let context = Context::new(mapping, now);
    let mut query = request.query.as_ref().map_or_else(|| Ok(crate::query::all()), |told| context.read(told, 1))?;
    let marks = context.marks.take();
    if let Some(score) = request.min_score {
        query = Box::new(Least { inner: query.into(), score });
    }
    let narrowed = match &request.post_filter {
        None => None,
        Some(told) => Some(crate::query::narrowed(query.box_clone(), Context::new(mapping, now).read(told, 1)?)),
    };
    let read = |told: &Value| crate::query::read(told, mapping, now);
    let scope = Scope { mapping, now_millis: now, limits: Limits::default(), query: &read };
    let plan = request.aggregations.as_ref().map(|told| Plan::read(told, &scope)).transpose()?;
    let sort = Sort::read(request.sort.as_ref(), request.search_after.as_ref(), mapping)?;
    Ok(Prepared { query, narrowed, sort, plan, marks })
}

/// Searches all targets.
pub(crate) fn search(targets: &[Target], request: &Request, typed: bool) -> Result<Found> {
    request.check().map_err(|error| placed(error, targets.first()))?;
    let mut found = Found::default();
    if targets.is_empty() {
        prepare(request, &Mapping::new())?;
        found.greatest = Some(0.0);
        return Ok(found);
    }
    let mut partials = vec![];
    let mut order: Option<Sort> = None;
    for (place, target) in targets.iter().enumerate() {
        let done = prepare(request, &target.mapping).and_then(|mut prepared| {
            if targets.len() > 1 {
                prepared.plan = prepared.plan.map(Plan::beside_others);
            }
            Ok((one(target, request, &prepared)?, prepared))
        });
        let (part, prepared) = match done.map_err(|error| placed(error, Some(target))) {
            Ok(done) => done,
            Err(error) if error.in_search => {
                found.failed.push(error);
                found.marks.push(vec![]);
                continue;
            }
            Err(error) => return Err(error),
        };
        found.total += part.total;
        found.uncounted |= !part.exact;
        found.greatest = [found.greatest, part.greatest].into_iter().flatten().reduce(f32::max);
        found.hits.extend(part.hits.into_iter().map(|hit| Ranked { target: place, ..hit }));
        found.marks.push(prepared.marks);
        partials.extend(part.partial.zip(prepared.plan).map(|(partial, plan)| (place, plan, partial)));
        order.get_or_insert(prepared.sort);
    }
    if found.failed.len() == targets.len() && !found.failed.is_empty() {
        return Err(found.failed.swap_remove(0));
    }
    if let Some(order) = order.filter(|_| targets.len() > 1) {
        merge(&mut found.hits, &order);
    }
    if let (Track::UpTo(limit), true) = (request.track, found.total > 0) {
        found.uncounted |= found.total > limit;
        found.total = found.total.min(limit);
    }
    found.hits.drain(..request.from.min(found.hits.len()));
    found.hits.truncate(request.size);
    name(targets, request, &mut found.hits)?;
    if request.size == 0 {
        found.greatest = None;
    }
    found.aggregations = answer(targets, partials, &found.marks, typed)?;
    Ok(found)
}

/// Names the index that an error was met in.
fn placed(error: Error, target: Option<&Target>) -> Error {
    let Some(target) = target.filter(|_| error.kind == "query_shard_exception") else { return error };
    let about = &target.index.about;
    error.with("index", about.name.as_str()).with("index_uuid", about.uuid.as_str())
}

fn merge(hits: &mut [Ranked], order: &Sort) {
    hits.sort_by(|one, other| {
        let ranked = match (&one.keys, &other.keys) {
            (Some(keys), Some(others)) => order.compare(keys, others),
            _ => other.score.unwrap_or_default().total_cmp(&one.score.unwrap_or_default()),
        };
        ranked.then(one.target.cmp(&other.target))
    });
}

/// Writes what aggregations found.
fn answer(
    targets: &[Target],
    partials: Vec<(usize, Plan, Partial)>,
    marks: &[Vec<(String, Mark)>],
    typed: bool,
) -> Result<Option<Vec<u8>>> {
    let chosen = partials.iter().filter_map(|(place, ..)| Some((targets.get(*place)?, marks.get(*place)?.as_slice())));
    let chosen: Vec<(&Target, &[(String, Mark)])> = chosen.collect();
    let Some((target, _)) = chosen.first() else { return Ok(None) };
    let mut parts: Vec<(Plan, Partial)> = partials.into_iter().map(|(_, plan, partial)| (plan, partial)).collect();
    let whole = if targets.len() == 1 {
        parts.pop()
    } else {
        Plan::join(
            parts.into_iter().zip(&chosen).map(|((plan, partial), (target, _))| (plan, partial, &target.searcher)).collect(),
        )?
    };
    let Some((plan, whole)) = whole else { return Ok(None) };
    let fetch = |found: &TopHits<'_>| top_hits(&chosen, found);
    let fetch: &Fetch<'_> = &fetch;
    plan.answer(whole, &target.searcher, fetch, typed).map(Some)
}

/// Writes the hits of a `top_hits`.
fn top_hits(targets: &[(&Target, &[(String, Mark)])], found: &TopHits<'_>) -> Result<Vec<Value>> {
    let shown = Shown::of_top_hits(found.body)?;
    let write = |hit: &Hit| {
        let keys = found.sort.is_named().then(|| found.sort.values(hit));
        let score = (found.sort.needs_scores()).then_some(hit.score);
        let ranked = Ranked { target: 0, address: hit.address, score, keys, named: vec![] };
        let mut written = vec![];
        let (target, marks) = targets.get(hit.index).ok_or_else(|| Error::new(500, "exception", "a hit of no index"))?;
        fetch::write(&mut written, target, &ranked, &shown, marks)?;
        serde_json::from_slice(&written).map_err(|error| Error::new(500, "exception", error.to_string()))
    };
    found.hits.iter().map(write).collect()
}

/// What one index has.
struct Part {
    hits: Vec<Ranked>,
    total: usize,
    exact: bool,
    greatest: Option<f32>,
    partial: Option<Partial>,
}

fn one(target: &Target, request: &Request, prepared: &Prepared) -> Result<Part> {
    let searcher = &target.searcher;
    let reach = request.from.saturating_add(request.size);
    let Prepared { query, narrowed, sort, plan, .. } = prepared;
    let hits_of = narrowed.as_ref().unwrap_or(query);
    let apart = plan.as_ref().filter(|_| narrowed.is_some());
    let partial = apart.map(|plan| plan.run(searcher, query.as_ref())).transpose()?;
    if sort.is_by_score() && (plan.is_none() || apart.is_some()) {
        let (hits, (total, exact)) = best(searcher, hits_of.as_ref(), reach, request.track, sort.is_named())?;
        let greatest = hits.first().and_then(|hit| hit.score);
        return Ok(Part { hits, total, exact, greatest, partial });
    }
    let together = plan.as_ref().filter(|_| apart.is_none());
    let collector = together.map(|plan| plan.collector(searcher)).transpose()?;
    // Without hits nobody asks for their scores.
    let scores = request.track_scores && request.size > 0;
    let outcome = if request.size == 0 && !sort.is_named() {
        let unordered = Sort::read(Some(&Value::from("_doc")), None, &target.mapping)?;
        run::run(searcher, hits_of.as_ref(), unordered.collector(searcher, 0, false), collector)?
    } else {
        run::run(searcher, hits_of.as_ref(), sort.collector(searcher, reach, scores), collector)?
    };
    let scored = scores || sort.needs_scores();
    let write = |hit: Hit| Ranked {
        target: 0,
        address: hit.address,
        score: scored.then_some(hit.score),
        keys: sort.is_named().then(|| sort.values(&hit)),
        named: vec![],
    };
    let partial = if together.is_some() { Some(outcome.partial) } else { partial };
    let greatest = outcome.sorted.greatest.filter(|_| scores || scored && !sort.is_named());
    let hits = outcome.sorted.hits.into_iter().map(write).collect();
    Ok(Part { hits, total: outcome.sorted.total, exact: true, greatest, partial })
}

/// The best hits by score, and how many there are: all that were counted, and whether that is all.
fn best(searcher: &Searcher, query: &dyn Query, reach: usize, track: Track, named: bool) -> Result<(Vec<Ranked>, (usize, bool))> {
    let counted = || counted(searcher, query, track);
    if reach == 0 || searcher.num_docs() == 0 {
        return Ok((vec![], counted()?));
    }
    let rank = |(score, address): (f32, DocAddress)| {
        let keys = named.then(|| vec![Value::from(score)]);
        Ranked { target: 0, address, score: Some(score), keys, named: vec![] }
    };
    if query.is::<AllQuery>() {
        let hits = first(searcher, reach).into_iter().map(|address| rank((1.0, address))).collect();
        return Ok((hits, counted()?));
    }
    let (limit, firsts) = (reach.min(searcher.num_docs() as usize), order::firsts(searcher));
    let ranked = |found: Vec<Scored>| found.into_iter().map(|hit| rank((hit.score, hit.address))).collect();
    let most = track.most();
    if is_level(query) {
        let (found, total) = searcher.search(query, &Level::new(limit, most, firsts))?;
        let counted = if track == Track::None { (0, true) } else { (total, total <= most) };
        return Ok((ranked(found), counted));
    }
    // Where each must be looked at anyway, they are counted at once.
    let each = || Ok::<_, Error>(!passes_by(query) || have_all(searcher, query)?.is_some_and(|likely| likely <= most as u64));
    let counts = track != Track::None && each()?;
    let (found, total) = searcher.search(query, &Best::new(limit, counts, firsts))?;
    Ok((ranked(found), if counts { (total, true) } else { counted()? }))
}

/// Counts as far as is asked; tells whether that is all.
fn counted(searcher: &Searcher, query: &dyn Query, track: Track) -> Result<(usize, bool)> {
    if track == Track::None {
        return Ok((0, true));
    }
    let limit = track.most();
    let mut total = 0;
    if query.is::<AllQuery>() {
        return Ok((searcher.num_docs() as usize, true));
    }
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    for segment in searcher.segment_readers() {
        if limit == usize::MAX {
            total += weight.count(segment)? as usize;
        } else {
            level::count(weight.scorer(segment, 1.0)?.as_mut(), segment, &mut |more| {
                total += more;
                total <= limit
            });
        }
        if total > limit {
            return Ok((total, false));
        }
    }
    Ok((total, true))
}

/// Counts the documents of a query.
pub(crate) fn count(targets: &[Target], request: &Request) -> Result<usize> {
    if targets.is_empty() {
        prepare(request, &Mapping::new())?;
    }
    let mut total = 0;
    for target in targets {
        let prepared = prepare(request, &target.mapping).map_err(|error| placed(error, Some(target)))?;
        total += counted(&target.searcher, prepared.query.as_ref(), Track::All)?.0;
    }
    Ok(total)
}

/// The query for a request's hits alone, and what to show in their texts.
pub(crate) fn wanted(request: &Request, mapping: &Mapping) -> Result<(Boxed, Vec<(String, Mark)>)> {
    let bare = Request { aggregations: None, sort: None, search_after: None, ..request.clone() };
    let Prepared { query, narrowed, marks, .. } = prepare(&bare, mapping)?;
    Ok((narrowed.unwrap_or(query), marks))
}
