//! Ranges.

use super::{Boxed, Context, Options, boosted, constant, none, single, uncreatable, values};
use crate::mapping::{Kind, Leaf};
use crate::{Error, Result, dates, zones};
use serde_json::{Map, Value};
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{InvertedIndexRangeQuery, RangeQuery};

/// Documents with a whole number, a date or a boolean of a column in a range.
pub(super) fn longs(leaf: &Leaf, lower: Bound<i64>, upper: Bound<i64>) -> Boxed {
    let least = match lower {
        Bound::Unbounded => Some(i64::MIN),
        Bound::Included(value) => Some(value),
        Bound::Excluded(value) => value.checked_add(1),
    };
    let most = match upper {
        Bound::Unbounded => Some(i64::MAX),
        Bound::Included(value) => Some(value),
        Bound::Excluded(value) => value.checked_sub(1),
    };
    match (least, most) {
        (Some(least), Some(most)) if least <= most => zones::whole_range(leaf, least, most),
        _ => none(),
    }
}

/// Documents with a number of a column in a range.
pub(super) fn doubles(leaf: &Leaf, lower: Bound<f64>, upper: Bound<f64>) -> Boxed {
    zones::range_query(leaf, lower, upper)
}

/// What a range's ends say.
#[derive(Clone, Debug)]
pub(super) struct Ends<'b> {
    pub lower: Bound<&'b Value>,
    pub upper: Bound<&'b Value>,
    pub format: Option<&'b str>,
    pub zone: Option<&'b str>,
}

impl<'b> Ends<'b> {
    fn read(options: &Options<'b>) -> Result<Self> {
        let (mut lower, mut upper) = (Bound::Unbounded, Bound::Unbounded);
        for (name, told) in options.body {
            let (end, bound): (_, fn(&'b Value) -> Bound<&'b Value>) = match name.as_str() {
                "gte" | "from" => (&mut lower, Bound::Included),
                "gt" => (&mut lower, Bound::Excluded),
                "lte" | "to" => (&mut upper, Bound::Included),
                "lt" => (&mut upper, Bound::Excluded),
                _ => continue,
            };
            if told.is_array() || told.is_object() {
                return Err(Error::parsing(format!("[range] query does not support [{name}]")));
            }
            *end = if told.is_null() { Bound::Unbounded } else { bound(told) };
        }
        if options.flag("include_lower")? == Some(false) {
            lower = open(lower);
        }
        if options.flag("include_upper")? == Some(false) {
            upper = open(upper);
        }
        Ok(Ends { lower, upper, format: options.text("format")?, zone: options.text("time_zone")? })
    }
}

fn open<T>(bound: Bound<T>) -> Bound<T> {
    match bound {
        Bound::Included(value) => Bound::Excluded(value),
        other => other,
    }
}

const NAMES: [&str; 11] =
    ["gte", "gt", "lte", "lt", "from", "to", "include_lower", "include_upper", "format", "time_zone", "relation"];

/// How a range of a document must lie to this one: for single values all is the same, but to lie apart, which is not supported.
fn relation(told: Option<&Value>) -> Result<()> {
    let Some(told) = told.map(crate::java::written) else { return Ok(()) };
    match told.to_lowercase().as_str() {
        "intersects" | "within" | "contains" => Ok(()),
        "disjoint" => Err(Error::argument(format!("[range] query does not support relation [{told}]"))),
        _ => Err(Error::argument(format!("{told} is not a valid relation"))),
    }
}

impl Context<'_> {
    pub(super) fn range(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let Some((path, told)) = single("range", body)? else { return Err(Error::argument("field name is null or empty")) };
        let Some(told) = told.as_object() else {
            return Err(Error::parsing(format!("[range] query does not support [{path}]")));
        };
        let options = Options::new("range", told).allow(&NAMES)?;
        relation(options.get("relation"))?;
        let ends = Ends::read(&options)?;
        if let Some(zone) = ends.zone {
            dates::zone(zone)?;
        }
        Ok(boosted(self.between(path, &ends)?, options.boost()?))
    }

    /// Documents whose field is between two ends.
    pub(super) fn between(&self, path: &str, ends: &Ends) -> Result<Boxed> {
        let Some(leaf) = self.leaf(path) else { return Ok(none()) };
        if leaf.is_own() {
            return Err(uncreatable(&format!("Field [{path}] of type [{path}] does not support range queries")));
        }
        if matches!((ends.lower, ends.upper), (Bound::Unbounded, Bound::Unbounded)) {
            return Ok(self.existing(path));
        }
        let found = match leaf.kind {
            Kind::Text | Kind::Keyword => words(leaf, ends),
            Kind::Long => whole(leaf, ends)?,
            Kind::Double => {
                // Ends are told apart from numbers of eleven binary digits by all that a single has.
                let real = |bound: Bound<&Value>| try_map(bound, &|value| values::real(&leaf.type_name, value));
                doubles(leaf, real(ends.lower)?, real(ends.upper)?)
            }
            Kind::Boolean => {
                let flag = |bound: Bound<&Value>| try_map(bound, &|value| values::truth(value).map(i64::from));
                longs(leaf, flag(ends.lower)?, flag(ends.upper)?)
            }
            Kind::Date => self.dates(path, leaf, ends)?,
        };
        Ok(constant(found, 1.0))
    }

    fn dates(&self, path: &str, leaf: &Leaf, ends: &Ends) -> Result<Boxed> {
        if let Some(format) = ends.format {
            dates::check_format(format)?;
        }
        let mut reading = dates::Reading::new(ends.format.unwrap_or_else(|| self.mapping.format(path)), self.now_millis);
        if let Some(zone) = ends.zone {
            reading.zone = dates::zone(zone)?;
        }
        let read = |value: &Value, up: bool| reading.sum(&crate::java::written(value), up);
        let lower = match ends.lower {
            Bound::Included(value) => Bound::Included(read(value, false)?),
            Bound::Excluded(value) => Bound::Excluded(read(value, true)?),
            Bound::Unbounded => Bound::Unbounded,
        };
        let upper = match ends.upper {
            Bound::Included(value) => Bound::Included(read(value, true)?),
            Bound::Excluded(value) => Bound::Excluded(read(value, false)?),
            Bound::Unbounded => Bound::Unbounded,
        };
        Ok(longs(leaf, lower, upper))
    }
}

fn try_map<T>(bound: Bound<&Value>, read: &dyn Fn(&Value) -> Result<T>) -> Result<Bound<T>> {
    Ok(match bound {
        Bound::Included(value) => Bound::Included(read(value)?),
        Bound::Excluded(value) => Bound::Excluded(read(value)?),
        Bound::Unbounded => Bound::Unbounded,
    })
}

/// Between fractions lie the whole numbers between them.
fn whole(leaf: &Leaf, ends: &Ends) -> Result<Boxed> {
    let end = |bound: Bound<&Value>, inward: fn(f64) -> f64| -> Result<Bound<i64>> {
        let (Bound::Included(value) | Bound::Excluded(value)) = bound else { return Ok(Bound::Unbounded) };
        Ok(match (values::whole(&leaf.type_name, value)?, bound) {
            (Some(number), Bound::Excluded(_)) => Bound::Excluded(number),
            (Some(number), _) => Bound::Included(number),
            (None, _) => Bound::Included(inward(values::number(value)?) as i64),
        })
    };
    Ok(longs(leaf, end(ends.lower, f64::ceil)?, end(ends.upper, f64::floor)?))
}

fn words(leaf: &Leaf, ends: &Ends) -> Boxed {
    let term = |value: &Value| Term::from_field_text(leaf.field, &crate::java::written(value));
    let (lower, upper) = (ends.lower.map(term), ends.upper.map(term));
    if leaf.kind == Kind::Text {
        return Box::new(InvertedIndexRangeQuery::new(lower, upper));
    }
    Box::new(RangeQuery::new(lower, upper))
}
