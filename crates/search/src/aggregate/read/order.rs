//! Reads what buckets are ordered by.

use super::super::spec::{By, Form, Metric, Node, Order, What};
use super::told::Told;
use crate::{Error, Result};
use serde_json::Value;

/// The order that is told, or this one; equal buckets go by their keys.
pub(super) fn read(told: &Told<'_>, subs: &[Node], default: Order) -> Result<Vec<Order>> {
    let mut orders = vec![];
    match told.map.get("order") {
        None => orders.push(default),
        Some(Value::Array(items)) => {
            for item in items {
                one(told, item, subs, &mut orders)?;
            }
        }
        Some(item) => one(told, item, subs, &mut orders)?,
    }
    if !orders.iter().any(|order| order.by == By::Key) {
        orders.push(Order { by: By::Key, falling: false });
    }
    Ok(orders)
}

fn one(told: &Told<'_>, item: &Value, subs: &[Node], orders: &mut Vec<Order>) -> Result<()> {
    let Value::Object(fields) = item else { return Err(told.refuse("order")) };
    if fields.len() != 1 {
        return Err(Error::parsing("Must specify at least one field for [order]"));
    }
    for (path, direction) in fields {
        let falling = match direction.as_str().map(str::to_lowercase).as_deref() {
            Some("asc") => false,
            Some("desc") => true,
            _ => return Err(Error::parsing(format!("Unknown order direction [{}]", direction.as_str().unwrap_or_default()))),
        };
        let by = match path.as_str() {
            "_count" => By::Count,
            "_key" | "_term" | "_time" => By::Key,
            _ => metric(path, subs)?,
        };
        orders.push(Order { by, falling });
    }
    Ok(())
}

/// The way to a metric, as `a>b.avg`.
fn metric(path: &str, subs: &[Node]) -> Result<By> {
    let mut names: Vec<String> = path.split('>').map(str::to_owned).collect();
    let last = names.pop().unwrap_or_default();
    let mut within = subs;
    for name in &names {
        let node = within.iter().find(|node| node.name == *name).ok_or_else(|| nowhere(path, name))?;
        let single =
            matches!(&node.what, What::Missing(_)) || matches!(&node.what, What::Filters(filters) if filters.form == Form::One);
        if !single {
            return Err(refuse(
                path,
                "Buckets can only be sorted on a sub-aggregator path that is built out of zero or more single-bucket aggregations within the path and a final single-bucket or a metrics aggregation at the path end.",
            ));
        }
        within = &node.subs;
    }
    if within.iter().any(|node| node.name == last) {
        names.push(last);
        check(path, within, &names, None)?;
        return Ok(By::Path(names, None));
    }
    let Some((name, part)) = last.rsplit_once('.') else { return Err(nowhere(path, &last)) };
    if !within.iter().any(|node| node.name == name) {
        return Err(nowhere(path, &last));
    }
    names.push(name.to_owned());
    check(path, within, &names, Some(part))?;
    Ok(By::Path(names, Some(part.to_owned())))
}

/// Refuses what is not one number.
fn check(path: &str, within: &[Node], names: &[String], part: Option<&str>) -> Result<()> {
    let node = within.iter().find(|node| Some(&node.name) == names.last());
    let many =
        matches!(node.map(|node| &node.what), Some(What::Metric(_, Metric::Stats | Metric::Extended(_)) | What::Percentiles(..)));
    if many && part.is_none() {
        return Err(refuse(path, "When ordering on a multi-value metrics aggregation a metric name must be specified."));
    }
    if matches!(node.map(|node| &node.what), Some(What::Terms(_) | What::Histogram(_) | What::Range(_) | What::TopHits(_))) {
        return Err(refuse(path, "The path must end with a single-bucket or a metrics aggregation."));
    }
    Ok(())
}

fn refuse(path: &str, why: &str) -> Error {
    Error::new(500, "aggregation_execution_exception", format!("Invalid aggregation order path [{path}]. {why}")).in_search()
}

fn nowhere(path: &str, name: &str) -> Error {
    let why = format!(
        "The provided aggregation [{name}] either does not exist, or is a pipeline aggregation and cannot be used to sort the buckets."
    );
    refuse(path, &why)
}
