//! Mappings: which fields documents have, of which types, and where the index keeps them.
//!
//! The index below has a fixed schema of numbered slots, some for each kind of field. A mapping gives each path of its documents a
//! slot when it is first named or met, so that fields come and go without a new schema.

mod change;
mod definition;
pub(crate) mod promised;
#[cfg(test)]
mod tests;

pub use definition::Definition;
pub(crate) use definition::Dynamic;

use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};

/// How the words of full text are told apart: see `analysis`.
pub const STANDARD: &str = "standard";

/// So many fields of a kind an index may have.
pub const SLOTS: usize = 96;

/// What the index keeps of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Full text: words with their places. It has no column.
    Text,
    /// A string as it is; its column holds words.
    Keyword,
    /// A whole number; its column holds `i64`.
    Long,
    /// A number; its column holds `f64`.
    Double,
    /// True or false; its column holds `i64` 1 or 0.
    Boolean,
    /// A time; its column holds `i64`, milliseconds since 1970.
    Date,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::Text, Kind::Keyword, Kind::Long, Kind::Double, Kind::Boolean, Kind::Date];

    fn letter(self) -> char {
        match self {
            Kind::Text => 't',
            Kind::Keyword => 'k',
            Kind::Long => 'l',
            Kind::Double => 'd',
            Kind::Boolean => 'b',
            Kind::Date => 'm',
        }
    }

    /// The name of a slot, which is the name of its column.
    pub fn slot(self, number: usize) -> String {
        format!("{}{number}", self.letter())
    }
}

/// A field that can be searched: a path, or a path's sub-field as `pseudo.keyword`.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// What is kept.
    pub kind: Kind,
    /// Its type as the mapping calls it: `integer` is kept as [`Kind::Long`], `float` as [`Kind::Double`].
    pub type_name: String,
    /// Its slot in the index.
    pub field: Field,
    /// The name of its column.
    pub column: String,
}

impl Leaf {
    /// Is it the id, or the name of the index?
    pub(crate) fn is_own(&self) -> bool {
        self.type_name.starts_with('_')
    }
}

/// What an index knows of its documents' fields.
#[derive(Clone, Debug)]
pub struct Mapping {
    leaves: BTreeMap<String, Leaf>,
    schema: Schema,
    used: BTreeMap<Kind, usize>,
    definitions: BTreeMap<String, Definition>,
    objects: BTreeSet<String>,
    pub(crate) dynamic: Dynamic,
    pub(crate) date_detection: bool,
    /// The index whose mapping it is.
    pub(crate) index: String,
    own: Vec<(&'static str, Leaf)>,
}

impl Mapping {
    /// A mapping without fields.
    pub fn new() -> Self {
        Mapping {
            leaves: BTreeMap::new(),
            schema: schema(),
            used: BTreeMap::new(),
            definitions: BTreeMap::new(),
            objects: BTreeSet::new(),
            dynamic: Dynamic::True,
            date_detection: true,
            index: String::new(),
            own: own(),
        }
    }

    /// The field at a path, sub-fields by `path.name`.
    pub fn leaf(&self, path: &str) -> Option<&Leaf> {
        self.leaves.get(path).or_else(|| self.own.iter().find(|(own, _)| *own == path).map(|(_, leaf)| leaf))
    }

    /// All fields, by path.
    pub fn leaves(&self) -> impl Iterator<Item = (&str, &Leaf)> {
        self.leaves.iter().map(|(path, leaf)| (path.as_str(), leaf))
    }

    /// The definition of the field at a path; of a sub-field too.
    pub fn definition(&self, path: &str) -> Option<&Definition> {
        self.definitions.get(path)
    }

    /// The formats of a date field.
    pub fn format(&self, path: &str) -> &str {
        self.definition(path).and_then(|found| found.format()).unwrap_or(crate::dates::DEFAULT_FORMAT)
    }

    /// Is this the path of an object?
    pub fn is_object(&self, path: &str) -> bool {
        self.objects.contains(path)
    }

    /// The paths of all objects.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().map(String::as_str)
    }

    /// The paths that a pattern with `*` names, or the path itself.
    pub fn matching(&self, pattern: &str) -> Vec<&str> {
        if !pattern.contains('*') {
            return self.leaves.get_key_value(pattern).map(|(path, _)| path.as_str()).into_iter().collect();
        }
        self.leaves.keys().filter(|path| crate::patterns::matches(pattern, path)).map(String::as_str).collect()
    }

    /// Gives a path its slot.
    pub fn add(&mut self, path: &str, kind: Kind, type_name: &str) -> Result<&Leaf> {
        if self.leaves.contains_key(path) {
            return Err(Error::argument(format!("mapper [{path}] is there already")));
        }
        let used = self.used.entry(kind).or_default();
        if *used >= SLOTS {
            return Err(Error::argument(format!("Limit of total fields [{SLOTS}] has been exceeded")));
        }
        let column = kind.slot(*used);
        let field = self.schema.get_field(&column)?;
        *used += 1;
        let leaf = Leaf { kind, type_name: type_name.to_owned(), field, column };
        Ok(self.leaves.entry(path.to_owned()).or_insert(leaf))
    }
}

impl Default for Mapping {
    fn default() -> Self {
        Mapping::new()
    }
}

/// Where texts without a word are told.
pub(crate) fn empty() -> Field {
    static FIELD: std::sync::LazyLock<Field> =
        std::sync::LazyLock::new(|| schema().get_field("_empty").unwrap_or(Field::from_field_id(0)));
    *FIELD
}

/// The words that each document has of itself: its id, and the name of its index.
fn own() -> Vec<(&'static str, Leaf)> {
    let leaf = |name: &'static str| {
        let field = schema().get_field(name).ok()?;
        Some((name, Leaf { kind: Kind::Keyword, type_name: name.to_owned(), field, column: name.to_owned() }))
    };
    ["_id", "_index"].into_iter().filter_map(leaf).collect()
}

/// The schema of every index: its own fields, then the slots.
pub fn schema() -> Schema {
    static WHOLE: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(build);
    WHOLE.clone()
}

fn build() -> Schema {
    let mut schema = Schema::builder();
    let raw = || TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::Basic);
    schema.add_text_field(
        "_id",
        TextOptions::default().set_indexing_options(raw().set_fieldnorms(false)).set_fast("raw").set_stored(),
    );
    schema.add_bytes_field("_source", tantivy::schema::STORED);
    schema.add_text_field("_index", TextOptions::default().set_fast("raw"));
    // The slots of texts that are there without a word in them.
    schema.add_text_field("_empty", TextOptions::default().set_indexing_options(raw().set_fieldnorms(false)));
    schema.add_u64_field("_version", tantivy::schema::FAST);
    schema.add_u64_field("_seq_no", tantivy::schema::FAST);
    for kind in Kind::ALL {
        for number in 0..SLOTS {
            let name = kind.slot(number);
            match kind {
                Kind::Text => {
                    let words = TextFieldIndexing::default()
                        .set_tokenizer(STANDARD)
                        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
                    schema.add_text_field(&name, TextOptions::default().set_indexing_options(words))
                }
                Kind::Keyword => {
                    let exact = TextOptions::default().set_indexing_options(raw().set_fieldnorms(false));
                    schema.add_text_field(&name, exact.set_fast("raw"))
                }
                Kind::Double => schema.add_f64_field(&name, NumericOptions::default().set_fast()),
                Kind::Long | Kind::Boolean | Kind::Date => schema.add_i64_field(&name, NumericOptions::default().set_fast()),
            };
        }
    }
    schema.build()
}
