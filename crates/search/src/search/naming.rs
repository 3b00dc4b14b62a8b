//! Which of a request's queries have a name, and which hits they find.

use super::{Ranked, Request, Target};
use crate::Result;
use crate::query::Context;
use crate::store::now_millis;
use serde_json::Value;
use tantivy::query::{EnableScoring, Scorer};

/// Tells each hit the names of the queries that find it, in order.
pub(crate) fn name(targets: &[Target], request: &Request, hits: &mut [Ranked]) -> Result<()> {
    let queries = [&request.query, &request.post_filter].into_iter().flatten();
    let named: Vec<&Value> = queries.filter(|query| has_name(query)).collect();
    if named.is_empty() {
        return Ok(());
    }
    for (place, target) in targets.iter().enumerate() {
        let mut own: Vec<&mut Ranked> = hits.iter_mut().filter(|hit| hit.target == place).collect();
        if own.is_empty() {
            continue;
        }
        own.sort_by_key(|hit| hit.address);
        let context = Context::new(&target.mapping, now_millis());
        for query in &named {
            context.read(query, 1)?;
        }
        for (name, query) in context.named.take() {
            let weight = query.weight(EnableScoring::disabled_from_searcher(&target.searcher))?;
            let mut open: Option<(u32, Box<dyn Scorer>)> = None;
            for hit in &mut own {
                let (ordinal, document) = (hit.address.segment_ord, hit.address.doc_id);
                if open.as_ref().is_none_or(|(of, _)| *of != ordinal) {
                    open = Some((ordinal, weight.scorer(target.searcher.segment_reader(ordinal), 1.0)?));
                }
                let Some((_, scorer)) = &mut open else { continue };
                let there = if scorer.doc() < document { scorer.seek(document) } else { scorer.doc() };
                if there == document {
                    hit.named.push(name.clone());
                }
            }
        }
    }
    Ok(())
}

fn has_name(value: &Value) -> bool {
    match value {
        Value::Object(entries) => entries.iter().any(|(name, inner)| name == "_name" || has_name(inner)),
        Value::Array(items) => items.iter().any(has_name),
        _ => false,
    }
}
