//! Queries on single words and values.

use super::expand::{Lengths, Numbers, Prefixed};
use super::rewriting::constant_rewrite;
use super::{
    Boxed, Context, Mark, Options, all, boosted, constant, fuzzy, none, regular, searchable, single, unaskable, uncreatable,
    values,
};
use crate::mapping::{Kind, Leaf};
use crate::{Error, Result};
use serde_json::{Map, Value};
use tantivy::Term;
use tantivy::query::{ExistsQuery, Query, TermQuery, TermSetQuery};

/// Values of a `terms` query, at most.
const MOST_TERMS: usize = 65_536;

/// Documents of these ids.
pub(super) fn ids<'a>(ids: impl Iterator<Item = &'a str>) -> Boxed {
    let schema = crate::mapping::schema();
    let Ok(field) = schema.get_field("_id") else { return none() };
    Box::new(TermSetQuery::new(ids.map(|id| Term::from_field_text(field, id))))
}

/// What a query says of its field in short or in long: `{field: value}` or `{field: {value: ...}}`.
struct Told<'b> {
    path: &'b str,
    value: &'b Value,
    options: Map<String, Value>,
}

fn told<'b>(query: &str, body: &'b Map<String, Value>, names: &[&str], more: &[&str]) -> Result<Told<'b>> {
    let missing = || Error::argument("value cannot be null");
    let Some((path, told)) = single(query, body)? else { return Err(Error::argument("field name is null or empty")) };
    match told {
        Value::Object(inner) => {
            let allowed: Vec<&str> = names.iter().chain(more).copied().collect();
            Options::new(query, inner).allow(&allowed)?;
            let value = names.iter().find_map(|name| inner.get(*name)).filter(|value| !value.is_null()).ok_or_else(missing)?;
            if value.is_array() || value.is_object() {
                return Err(Error::parsing(format!("[{query}] query does not support array of values")));
            }
            Ok(Told { path, value, options: inner.clone() })
        }
        Value::Array(_) => Err(Error::parsing(format!("[{query}] query does not support array of values"))),
        Value::Null => Err(Error::argument("field name is null or empty")),
        value => Ok(Told { path, value, options: Map::new() }),
    }
}

/// Refuses fields that have no words.
pub(super) fn wordy(query: &str, path: &str, leaf: &Leaf) -> Result<()> {
    if matches!(leaf.kind, Kind::Text | Kind::Keyword) && !leaf.is_own() {
        return Ok(());
    }
    let kind = &leaf.type_name;
    let reason = format!("Can only use {query} queries on keyword and text fields - not on [{path}] which is of type [{kind}]");
    Err(if query == "fuzzy" { uncreatable(&reason) } else { unaskable(reason) })
}

impl Context<'_> {
    pub(super) fn term(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let told = told("term", body, &["value", "term"], &["case_insensitive"])?;
        let options = Options::new("term", &told.options);
        let boost = options.boost()?;
        let Some(leaf) = self.leaf(told.path) else { return Ok(none()) };
        let any_case = options.flag("case_insensitive")? == Some(true);
        if any_case && leaf.is_own() {
            let told = crate::java::written(told.value);
            return Ok(if leaf.type_name == "_index" { boosted(self.of_index(&[told], true), boost) } else { none() });
        }
        if any_case && matches!(leaf.kind, Kind::Text | Kind::Keyword) {
            let mut expression = String::new();
            crate::java::written(told.value).chars().for_each(|character| regular::literal(character, &mut expression));
            return Ok(constant(regular::regular(leaf, &expression, true)?, boost));
        }
        Ok(boosted(self.value(told.path, leaf, told.value)?, boost))
    }

    pub(super) fn terms(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let mut fields = body.iter().filter(|(name, _)| !matches!(name.as_str(), "boost" | "_name"));
        let Some((path, told)) = fields.next() else {
            return Err(Error::parsing(
                "[terms] query requires a field name, followed by array of terms or a document lookup specification",
            ));
        };
        if fields.next().is_some() {
            return Err(Error::parsing("[terms] query does not support multiple fields"));
        }
        let Some(told) = told.as_array() else {
            return Err(Error::parsing(format!("[terms] query does not support [{path}]")));
        };
        if told.iter().any(Value::is_null) {
            return Err(Error::argument("No value specified for terms query"));
        }
        if told.len() > MOST_TERMS {
            let reason = format!(
                "The number of terms [{}] used in the Terms Query request has exceeded the allowed maximum of [{MOST_TERMS}]. This maximum can be set by changing the [index.max_terms_count] index level setting.",
                told.len()
            );
            return Err(Error::argument(reason));
        }
        let boost = Options::new("terms", body).boost()?;
        searchable(path)?;
        if path == "_index" {
            let names: Vec<String> = told.iter().map(crate::java::written).collect();
            return Ok(boosted(self.of_index(&names, false), boost));
        }
        let Some(leaf) = self.leaf(path) else { return Ok(none()) };
        Ok(constant(self.any_of(path, leaf, told)?, boost))
    }

    /// All documents, if the index is among those that are named.
    pub(super) fn of_index(&self, names: &[String], any_case: bool) -> Boxed {
        let index = &self.mapping.index;
        let fits = |name: &String| {
            crate::patterns::matches(name, index) || any_case && crate::patterns::matches(&name.to_lowercase(), index)
        };
        let named = names.iter().any(fits);
        if named { constant(all(), 1.0) } else { none() }
    }

    fn any_of(&self, path: &str, leaf: &Leaf, told: &[Value]) -> Result<Boxed> {
        match leaf.kind {
            Kind::Text | Kind::Keyword => {
                let words = told.iter().map(|value| {
                    let text = crate::java::written(value);
                    let term = Term::from_field_text(leaf.field, &text);
                    self.mark(path, Mark::Word(text));
                    term
                });
                Ok(Box::new(TermSetQuery::new(words)))
            }
            Kind::Long => {
                let numbers: Result<Vec<Option<i64>>> = told.iter().map(|value| values::whole(&leaf.type_name, value)).collect();
                Ok(Numbers::longs(leaf, numbers?.into_iter().flatten().collect()))
            }
            Kind::Double => {
                let kind = &leaf.type_name;
                let numbers = told.iter().map(|value| Ok(crate::document::rounded(kind, values::real(kind, value)?)));
                Ok(Numbers::doubles(leaf, numbers.collect::<Result<_>>()?))
            }
            Kind::Boolean | Kind::Date => {
                self.count(told.len())?;
                let each = told.iter().map(|value| self.value(path, leaf, value)).collect::<Result<Vec<_>>>()?;
                Ok(super::compound::should(each, 1))
            }
        }
    }

    pub(super) fn ids(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let options = Options::new("ids", body).allow(&["values", "type"])?;
        let told = match options.get("values") {
            Some(Value::Array(all)) => all.iter().map(crate::java::written).collect(),
            Some(one) => vec![crate::java::written(one)],
            None => vec![],
        };
        Ok(constant(ids(told.iter().map(String::as_str)), options.boost()?))
    }

    pub(super) fn exists(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let options = Options::new("exists", body).allow(&["field"])?;
        let Some(path) = options.text("field")? else {
            return Err(Error::parsing("[exists] must be provided with a [field]"));
        };
        if path == "_source" {
            searchable(path)?;
        }
        Ok(boosted(self.existing(path), options.boost()?))
    }

    /// Documents that have a field, or any of an object's or a pattern's.
    pub(super) fn existing(&self, path: &str) -> Boxed {
        if matches!(path, "_id" | "_index" | "_seq_no" | "_version" | "*") {
            return constant(all(), 1.0);
        }
        let below = format!("{path}.*");
        let mut paths = self.mapping.matching(path);
        if self.mapping.is_object(path) {
            paths = self.mapping.matching(&below);
        }
        let paths = paths.into_iter().filter(|path| self.mapping.is_whole(path) || path.len() == below.len() - 2);
        let each = paths.filter_map(|path| self.leaf(path)).map(|leaf| match leaf.kind {
            Kind::Text => {
                let empty = Term::from_field_text(crate::mapping::empty(), &leaf.column);
                let empty: Boxed = Box::new(TermQuery::new(empty, tantivy::schema::IndexRecordOption::Basic));
                super::compound::should(vec![Box::new(Lengths { field: leaf.field }), empty], 1)
            }
            _ => Box::new(ExistsQuery::new(leaf.column.clone(), false)) as Box<dyn Query>,
        });
        match super::compound::should(each.collect(), 1) {
            found if found.is::<tantivy::query::EmptyQuery>() => found,
            found => constant(found, 1.0),
        }
    }

    pub(super) fn prefix(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let told = told("prefix", body, &["value", "prefix"], &["case_insensitive", "rewrite"])?;
        let options = Options::new("prefix", &told.options);
        constant_rewrite(&options, "rewrite")?;
        let Some(leaf) = self.leaf(told.path) else { return Ok(none()) };
        let start = crate::java::written(told.value);
        let any_case = options.flag("case_insensitive")? == Some(true);
        if leaf.type_name == "_index" {
            return Ok(boosted(self.of_index(&[format!("{start}*")], any_case), options.boost()?));
        }
        wordy("prefix", told.path, leaf)?;
        self.mark(told.path, Mark::Prefix(if any_case { start.to_lowercase() } else { start.clone() }));
        let found = if any_case {
            let mut expression = String::new();
            start.chars().for_each(|character| regular::literal(character, &mut expression));
            regular::regular(leaf, &format!("{expression}.*"), true)?
        } else {
            Box::new(Prefixed { leaf: leaf.clone(), start })
        };
        Ok(constant(found, options.boost()?))
    }

    pub(super) fn wildcard(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let told = told("wildcard", body, &["value", "wildcard"], &["case_insensitive", "rewrite"])?;
        let options = Options::new("wildcard", &told.options);
        constant_rewrite(&options, "rewrite")?;
        let Some(leaf) = self.leaf(told.path) else { return Ok(none()) };
        let pattern = crate::java::written(told.value);
        let any_case = options.flag("case_insensitive")? == Some(true);
        if leaf.type_name == "_index" {
            return Ok(boosted(self.of_index(&[pattern], any_case), options.boost()?));
        }
        wordy("wildcard", told.path, leaf)?;
        self.mark(told.path, Mark::Pattern(if any_case { pattern.to_lowercase() } else { pattern.clone() }));
        Ok(constant(regular::like(leaf, &pattern, any_case)?, options.boost()?))
    }

    pub(super) fn regexp(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let told = told(
            "regexp",
            body,
            &["value"],
            &["flags", "flags_value", "case_insensitive", "rewrite", "max_determinized_states"],
        )?;
        let options = Options::new("regexp", &told.options);
        constant_rewrite(&options, "rewrite")?;
        let Some(leaf) = self.leaf(told.path) else { return Ok(none()) };
        wordy("regexp", told.path, leaf)?;
        let any_case = options.flag("case_insensitive")? == Some(true);
        let flags = regular::flags(&options)?;
        Ok(constant(regular::fitting(leaf, &crate::java::written(told.value), any_case, flags)?, options.boost()?))
    }

    pub(super) fn fuzzy(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let names = ["fuzziness", "prefix_length", "max_expansions", "transpositions", "rewrite"];
        let told = told("fuzzy", body, &["value", "term"], &names)?;
        let options = Options::new("fuzzy", &told.options);
        let Some(leaf) = self.leaf(told.path) else { return Ok(none()) };
        wordy("fuzzy", told.path, leaf)?;
        let near = fuzzy::Near::read(&options)?;
        let text = crate::java::written(told.value);
        Ok(boosted(self.near(told.path, leaf, &text, &near), options.boost()?))
    }
}
