//! What a mapping from outside may not say: what the index would not keep to.

use super::definition::truth;
use crate::{Error, Result};
use serde_json::{Map, Value};

/// Refuses a mapping that promises what is not kept to.
pub(crate) fn check(told: &Value) -> Result<()> {
    let root_is_open = told.get("dynamic").is_none_or(|dynamic| truth(Some(dynamic)) == Some(true));
    told.get("properties").map_or(Ok(()), |properties| check_properties(properties, root_is_open))
}

fn check_properties(told: &Value, root_is_open: bool) -> Result<()> {
    for (name, one) in told.as_object().into_iter().flatten() {
        let Some(one) = one.as_object() else { continue };
        match one.get("type").and_then(Value::as_str) {
            None | Some("object") => check_object(name, one, root_is_open)?,
            Some(kind) => check_field(name, kind, one)?,
        }
    }
    Ok(())
}

fn check_object(name: &str, told: &Map<String, Value>, root_is_open: bool) -> Result<()> {
    for (key, value) in told {
        match key.as_str() {
            "type" => {}
            "properties" => check_properties(value, root_is_open)?,
            "enabled" if truth(Some(value)) == Some(true) => {}
            "dynamic" if root_is_open && truth(Some(value)) == Some(true) => {}
            "enabled" | "dynamic" => return Err(unkept(key, value, name)),
            _ => {
                let value = crate::java::written(value);
                let reason = format!("Mapping definition for [{name}] has unsupported parameters:  [{key} : {value}]");
                return Err(Error::new(400, "mapper_parsing_exception", reason));
            }
        }
    }
    Ok(())
}

fn check_field(name: &str, kind: &str, told: &Map<String, Value>) -> Result<()> {
    for (key, value) in told {
        let kept = match key.as_str() {
            // Fields other than texts are found by their columns, as in OpenSearch.
            "index" => kind != "text" || truth(Some(value)) != Some(false),
            "doc_values" | "coerce" => truth(Some(value)) != Some(false),
            "norms" => truth(Some(value)) != Some(kind != "text"),
            "fields" => {
                check_properties(value, true)?;
                true
            }
            _ => true,
        };
        if !kept {
            return Err(unkept(key, value, name));
        }
    }
    Ok(())
}

fn unkept(key: &str, value: &Value, name: &str) -> Error {
    let value = crate::java::written(value);
    let reason = format!("[{key}] of [{value}] on field [{name}] is not supported by Goshawk: leave it out");
    Error::new(400, "mapper_parsing_exception", reason)
}
