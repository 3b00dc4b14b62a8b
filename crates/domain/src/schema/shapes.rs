//! The JSON forms of what `flow` owns, as a schema sees them. `flow` itself stays free of schemas; the tests hold these
//! against its types, field for field and word for word.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// RFC 3339 in UTC with milliseconds, and nothing else.
pub(super) const MOMENT: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$";

/// Whole bytes.
pub(super) const HEX: &str = "^([0-9a-f]{2})*$";

/// How a [`flow::Timestamp`] is written.
pub(crate) struct Moment;

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": MOMENT,
        })
    }
}

/// How a [`flow::Raw`] is written.
pub(crate) struct Raw;

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Raw".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string", "description": "A string where the bytes are UTF-8." },
                {
                    "type": "object",
                    "description": "An object where they are not.",
                    "properties": {
                        "hex": {
                            "type": "string",
                            "description": "The bytes, as two hexadecimal digits each.",
                            "pattern": HEX,
                        }
                    },
                    "required": ["hex"],
                },
            ]
        })
    }
}

/// A record that was refused: its bytes, the reason, and where it came from.
#[expect(dead_code, reason = "never made: it is the shape of `flow::Refused`")]
#[derive(JsonSchema)]
#[schemars(inline)]
pub(super) struct Refused {
    /// Who refused it: a source or a stage.
    by: String,
    /// What it was read from: a topic, or a source's address.
    from: String,
    /// The topic's partition; 0 for a source.
    partition: u32,
    /// The offset in the topic, or in the source's input (bytes, lines: what the source counts).
    offset: u64,
    /// The time it claims, or that of the refusal.
    #[schemars(with = "Moment")]
    time: String,
    /// Why, for people.
    reason: String,
    /// What came, byte for byte. Of a very long record a source keeps only the beginning.
    #[schemars(with = "Raw")]
    raw: String,
}

/// A malformed record: one record of topic `rejected`. Its key is who refused it.
#[expect(dead_code, reason = "never made: it is the shape of `flow::Rejected`")]
#[derive(JsonSchema)]
#[serde(transparent)]
pub(super) struct Rejected(Refused);

/// A record that came later than allowed: one record of topic `late`. Its key is who refused it.
#[expect(dead_code, reason = "never made: it is the shape of `flow::Late`")]
#[derive(JsonSchema)]
#[serde(transparent)]
pub(super) struct Late(Refused);
