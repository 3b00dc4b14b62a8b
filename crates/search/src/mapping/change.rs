//! Fields that are told anew.

use super::Definition;
use crate::dates::DEFAULT_FORMAT;
use crate::{Error, Result};
use serde_json::{Value, json};

/// What may become another.
const FREE: [&str; 3] = ["ignore_above", "ignore_malformed", "meta"];

impl Definition {
    /// A field as it is after it was told anew; what cannot change must be the same.
    pub(super) fn changed(&self, path: &str, new: &Definition) -> Result<Definition> {
        if self.type_name != new.type_name {
            let (old, new) = (&self.type_name, &new.type_name);
            return Err(Error::argument(format!("mapper [{path}] cannot be changed from type [{old}] to [{new}]")));
        }
        for name in self.told.keys().chain(new.told.keys()).filter(|name| !FREE.contains(&name.as_str())) {
            let (old, told) = (self.parameter(name), new.parameter(name));
            if old != told {
                let reason = format!(
                    "Mapper for [{path}] conflicts with existing mapper:\n\tCannot update parameter [{name}] from [{old}] to [{told}]"
                );
                return Err(Error::argument(reason));
            }
        }
        let mut changed = self.clone();
        changed.told.retain(|name, _| !FREE.contains(&name.as_str()));
        changed
            .told
            .extend(new.told.iter().filter(|(name, _)| FREE.contains(&name.as_str())).map(|(n, v)| (n.clone(), v.clone())));
        Ok(changed)
    }

    /// A parameter as it is told, or as it is where it is not.
    fn parameter(&self, name: &str) -> String {
        let format = || self.told.get("format").cloned().unwrap_or_else(|| json!(DEFAULT_FORMAT));
        let told = match (name, self.told.get(name)) {
            ("print_format", None) => json!(format().as_str().and_then(|format| format.split("||").next())),
            ("format", _) => format(),
            // Both are the same here.
            ("analyzer" | "search_analyzer", _) => json!("standard"),
            ("index" | "doc_values" | "coerce", None) => json!(true),
            ("norms", None) => json!(self.type_name == "text"),
            (_, told) => told.cloned().unwrap_or(Value::Bool(false)),
        };
        crate::java::written(&told)
    }
}
