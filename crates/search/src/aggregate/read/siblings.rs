//! Reads `max_bucket` and its like.

use super::super::spec::{Metric, Node, Siblings, What};
use super::told::Told;
use crate::{Error, Result};

pub(super) fn read(told: &Told<'_>) -> Result<What> {
    told.check(&["buckets_path", "gap_policy", "format"])?;
    if told.text("gap_policy")?.is_some_and(|policy| policy != "skip") {
        return Err(Error::argument("[gap_policy] other than [skip] is not supported"));
    }
    if told.map.contains_key("format") {
        return Err(Error::argument(format!("[format] is not supported for [{}]", told.kind)));
    }
    let Some(path) = told.text("buckets_path")? else {
        let reason = format!("Missing required field [buckets_path] for aggregation [{}]", told.name);
        return Err(Error::parsing(reason));
    };
    let metric = match told.kind {
        "min_bucket" => Metric::Least,
        "max_bucket" => Metric::Greatest,
        "avg_bucket" => Metric::Average,
        "sum_bucket" => Metric::Sum,
        _ => Metric::Stats,
    };
    let mut path: Vec<String> = path.split('>').map(|name| name.trim().to_owned()).collect();
    let mut part = None;
    if let Some((name, rest)) = path.last().and_then(|last| last.rsplit_once('.')) {
        let (name, rest) = (name.to_owned(), rest.to_owned());
        path.pop();
        path.push(name);
        if rest == "_count" {
            path.push(rest);
        } else {
            part = Some(rest);
        }
    }
    Ok(What::Siblings(Siblings { metric, path, part }))
}

/// Refuses those that look at what is not there, or not in buckets.
pub(super) fn check(nodes: &[Node]) -> Result<()> {
    for node in nodes {
        let What::Siblings(siblings) = &node.what else { continue };
        let first = siblings.path.first().map(String::as_str).unwrap_or_default();
        let beside = nodes.iter().find(|node| node.name == first);
        let many = beside
            .is_some_and(|node| matches!(node.what, What::Terms(_) | What::Histogram(_) | What::Range(_) | What::Filters(_)));
        if !many {
            let reason = format!("No aggregation found for path [{}]", siblings.path.join(">"));
            let why = format!(
                "Validation Failed: 1: {} aggregation [{}]: {reason};",
                "buckets_path must reference a multi-bucket", node.name
            );
            return Err(Error::new(400, "action_request_validation_exception", why));
        }
    }
    Ok(())
}
