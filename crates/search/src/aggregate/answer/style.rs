//! How values are written.

use super::super::spec::Style;
use crate::dates;
use crate::mapping::Kind;

impl Style {
    /// A value as a string, where its kind has one.
    pub(in super::super) fn text(&self, value: f64) -> Option<String> {
        match (self.kind, &self.format) {
            (Kind::Boolean, _) => Some((value != 0.0).to_string()),
            (_, Some(format)) => Some(dates::write(value as i64, format, &self.zone)),
            _ => None,
        }
    }

    /// A value in a key.
    pub(in super::super) fn written(&self, value: f64) -> String {
        match &self.format {
            Some(format) => dates::write(value as i64, format, &self.zone),
            None => java(value),
        }
    }
}

/// A number as Java writes it.
pub(super) fn java(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let scientific = format!("{number:e}");
    match scientific.split_once('e') {
        Some((digits, power)) => format!("{digits}{}E{power}", if digits.contains('.') { "" } else { ".0" }),
        None => scientific,
    }
}
