//! What a topic's records look like in JSON, for programs that are not ours: a schema and a page for each topic, both made
//! from the types. They stand in `docs/topics/`, and the tests hold every file there against this module.

mod examples;
mod index;
mod ordered;
mod page;
mod shapes;
#[cfg(test)]
mod tests;

pub use index::index;
pub use page::page;
pub(crate) use shapes::{Moment, Raw as RawBytes};

use crate::{
    Accuracy, Alert, Counts, Deviation, Document, Estimate, Gauge, Model, Post, Prediction, Rollback, Rule, Sample, Score,
    Series, Sighting, Size,
};
use flow::{Late, Rejected, Value as _};
use ordered::Ordered;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The version of the schemas, as it stands in the `schema` header of each record on Kafka. It goes up when who reads by the old
/// schema would misread a new record. A new field alone is no reason: readers pass over fields that they do not know.
pub const VERSION: u32 = 1;

/// The topics that have a schema, in the order in which records pass through them.
pub const TOPICS: &[&str] = &[
    Post::TOPIC,
    Sighting::TOPIC,
    Counts::TOPIC,
    Series::TOPIC,
    Size::TOPIC,
    Estimate::TOPIC,
    Prediction::TOPIC,
    Deviation::TOPIC,
    Sample::TOPIC,
    Model::TOPIC,
    Rollback::TOPIC,
    Accuracy::TOPIC,
    Alert::TOPIC,
    Score::TOPIC,
    Document::TOPIC,
    Gauge::TOPIC,
    Rule::TOPIC,
    Late::TOPIC,
    Rejected::TOPIC,
];

/// The schema of a topic's records (JSON Schema, draft 2020-12): what a record must hold to be read.
/// `x-topic`, `x-key` and `x-version` say which topic it is for, which field is the record's key, and [`VERSION`].
pub fn schema(topic: &str) -> Option<Value> {
    let mut schema = shape(topic, SchemaSettings::draft2020_12().for_deserialize())?;
    let more = [("x-topic", topic.into()), ("x-key", key(topic)?.into()), ("x-version", VERSION.into())];
    schema.as_object_mut()?.extend(more.map(|(name, value): (&str, Value)| (name.to_owned(), value)));
    Some(schema)
}

/// The same as text, as it stands in `docs/topics/TOPIC.schema.json`: with the fields in the order of the type, where a
/// [`Value`] has them in whatever order the build gives it.
pub fn text(topic: &str) -> Option<String> {
    let (schema, written) = (schema(topic)?, written(topic)?);
    serde_json::to_string_pretty(&Ordered::new(&schema, &written)).ok().map(|text| text + "\n")
}

/// The schema of what Goshawk itself writes. It requires every field, in the order of the type.
fn written(topic: &str) -> Option<Value> {
    shape(topic, SchemaSettings::draft2020_12().for_serialize())
}

fn shape(topic: &str, settings: SchemaSettings) -> Option<Value> {
    match topic {
        Post::TOPIC => Some(root::<Post<'_>>(settings)),
        Sighting::TOPIC => Some(root::<Sighting<'_>>(settings)),
        Counts::TOPIC => Some(root::<Counts<'_>>(settings)),
        Series::TOPIC => Some(root::<Series<'_>>(settings)),
        Size::TOPIC => Some(root::<Size<'_>>(settings)),
        Estimate::TOPIC => Some(root::<Estimate<'_>>(settings)),
        Prediction::TOPIC => Some(root::<Prediction<'_>>(settings)),
        Deviation::TOPIC => Some(root::<Deviation<'_>>(settings)),
        Sample::TOPIC => Some(root::<Sample<'_>>(settings)),
        Model::TOPIC => Some(root::<Model<'_>>(settings)),
        Accuracy::TOPIC => Some(root::<Accuracy<'_>>(settings)),
        Alert::TOPIC => Some(root::<Alert<'_>>(settings)),
        Score::TOPIC => Some(root::<Score<'_>>(settings)),
        Document::TOPIC => Some(root::<Document<'_>>(settings)),
        Gauge::TOPIC => Some(root::<Gauge<'_>>(settings)),
        Rule::TOPIC => Some(root::<Rule<'_>>(settings)),
        Rollback::TOPIC => Some(root::<Rollback<'_>>(settings)),
        Late::TOPIC => Some(root::<shapes::Late>(settings)),
        Rejected::TOPIC => Some(root::<shapes::Rejected>(settings)),
        _ => None,
    }
}

fn root<T: JsonSchema>(settings: SchemaSettings) -> Value {
    settings.with_transform(RecursiveTransform(list_values)).into_generator().into_root_schema_for::<T>().to_value()
}

/// Lists the values of an enumeration in `enum` as well: fewer tools look into `oneOf`, which says what each one means.
fn list_values(schema: &mut Schema) {
    let Some(choices) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let values: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    if let Some(values) = values {
        schema.insert("type".to_owned(), "string".into());
        schema.insert("enum".to_owned(), values.into());
    }
}

/// The field whose text is the record's key.
fn key(topic: &str) -> Option<&'static str> {
    match topic {
        Post::TOPIC | Score::TOPIC => Some("root"),
        Document::TOPIC => Some("post.root"),
        Gauge::TOPIC | Rule::TOPIC => Some("of"),
        Sighting::TOPIC | Counts::TOPIC => Some("city"),
        Series::TOPIC | Size::TOPIC | Estimate::TOPIC | Prediction::TOPIC | Deviation::TOPIC => Some("cascade"),
        Sample::TOPIC | Model::TOPIC | Accuracy::TOPIC | Rollback::TOPIC => Some("window"),
        Alert::TOPIC => Some("alert"),
        Late::TOPIC | Rejected::TOPIC => Some("by"),
        _ => None,
    }
}
