//! A `.env` as KafkaFilRouge has it: where in `data.csv` the fields are, and how fast it is played.

use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;

/// The source that it means, if it is one of theirs.
pub fn source(variables: &BTreeMap<String, String>) -> Result<Option<String>> {
    let Some((fields, time)) = variables.get("INITIAL_FIELDS").zip(variables.get("TIMESTAMP_FIELD")) else { return Ok(None) };
    let column = |name: &str, number: &str| {
        let number = number.trim().parse::<usize>().ok().filter(|number| *number > 0);
        number.with_context(|| format!("{name} in .env: columns are counted from 1"))
    };
    let mut columns = vec![format!("time:{}", column("TIMESTAMP_FIELD", time)?)];
    for (name, number) in models::dictionary(fields).map_err(|why| anyhow!("INITIAL_FIELDS in .env: {why}"))? {
        // A field that no post has is left out.
        if let Some(meaning) = sources::meaning(&name).filter(|meaning| *meaning != "time") {
            columns.push(format!("{meaning}:{}", column("INITIAL_FIELDS", &number)?));
        }
    }
    let speed = match variables.get("SPEED") {
        None => "1",
        Some(speed) => Some(speed.trim())
            .filter(|speed| speed.parse::<f64>().is_ok_and(|speed| speed > 0.0))
            .with_context(|| format!("SPEED in .env: `{speed}` is no number above 0"))?,
    };
    let file = variables.get("FILENAME_DATA").map_or("data.csv", String::as_str);
    Ok(Some(format!("replay:{file}?columns={}&speed={speed}&restamp=true", columns.join(","))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> Result<Option<String>> {
        source(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn their_variables_mean_a_replay() {
        let fields = ("INITIAL_FIELDS", "{\"pseudo\":5, 'tweet':6, \"mood\":1}");
        let played = told(&[fields, ("TIMESTAMP_FIELD", "2"), ("SPEED", "60")]).unwrap().unwrap();
        assert_eq!(played, "replay:data.csv?columns=time:2,user:5,text:6&speed=60&restamp=true");
        assert_eq!(told(&[("TIMESTAMP_FIELD", "2")]).unwrap(), None);
        for (time, speed, why) in [("0", "1", "counted from 1"), ("2", "fast", "`fast` is no number"), ("2", "0", "above 0")] {
            let error = told(&[fields, ("TIMESTAMP_FIELD", time), ("SPEED", speed)]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(told(&[("INITIAL_FIELDS", "5"), ("TIMESTAMP_FIELD", "2")]).unwrap_err().to_string().contains("is no dictionary"));
    }
}
