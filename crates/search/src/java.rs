//! Values as Java writes them, for answers that quote them.

use serde_json::Value;

/// `{a=1, b=[x, y]}`.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<String> = entries.iter().map(|(name, value)| format!("{name}={}", written(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A number as Java's `Double.toString` writes it.
pub(crate) fn double(number: f64) -> String {
    let exponent = if number == 0.0 { 0 } else { number.abs().log10().floor() as i32 };
    if (-3..7).contains(&exponent) {
        return format!("{number:?}");
    }
    let told = format!("{number:E}");
    match told.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => told,
    }
}

/// A single number as Java's `Float.toString` writes it.
pub(crate) fn single(number: f32) -> String {
    double(number.to_string().parse().unwrap_or_default())
}

/// What a value is called in `Can't get text on a START_OBJECT`.
pub(crate) fn token(value: &Value) -> &'static str {
    match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(_) => "VALUE_BOOLEAN",
        Value::Number(_) => "VALUE_NUMBER",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}
