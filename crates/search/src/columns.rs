//! Columns: what a segment keeps of a field for each document.

use crate::mapping::{Kind, Leaf};
use tantivy::SegmentReader;
use tantivy::columnar::{Column, StrColumn};

/// A segment's values of a field.
pub enum Values {
    /// No document of the segment has the field, or it is full text.
    None,
    /// Words.
    Words(StrColumn),
    /// Whole numbers; also times in milliseconds, and 1 or 0 for true and false.
    Whole(Column<i64>),
    /// Numbers.
    Real(Column<f64>),
}

impl Values {
    /// Opens the column of a field.
    pub fn open(segment: &SegmentReader, leaf: &Leaf) -> tantivy::Result<Values> {
        let columns = segment.fast_fields();
        Ok(match leaf.kind {
            Kind::Text => Values::None,
            Kind::Keyword => columns.str(&leaf.column)?.map_or(Values::None, Values::Words),
            Kind::Double => columns.column_opt(&leaf.column)?.map_or(Values::None, Values::Real),
            Kind::Long | Kind::Boolean | Kind::Date => columns.column_opt(&leaf.column)?.map_or(Values::None, Values::Whole),
        })
    }
}
