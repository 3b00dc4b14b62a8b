//! The topics by name, for those who meet their records as bytes.

use crate::{
    Accuracy, Alert, Counts, Deviation, Document, Estimate, Gauge, Model, Post, Prediction, Rollback, Rule, Sample, Score,
    Series, Sighting, Size,
};
use flow::{Broken, Format, Late, Raw, Rejected, Value};
use serde::{Deserialize, Serialize};

/// Turns a topic's record into JSON. A value of a topic that is not ours is passed on as it is if it is JSON, else as a
/// string, or as `{"hex": "..."}`.
pub fn to_json(topic: &str, format: Format, value: &[u8]) -> Result<Vec<u8>, Broken> {
    match topic {
        Post::TOPIC => recode::<Post<'_>>(format, value),
        Sighting::TOPIC => recode::<Sighting<'_>>(format, value),
        Counts::TOPIC => recode::<Counts<'_>>(format, value),
        Series::TOPIC => recode::<Series<'_>>(format, value),
        Size::TOPIC => recode::<Size<'_>>(format, value),
        Estimate::TOPIC => recode::<Estimate<'_>>(format, value),
        Prediction::TOPIC => recode::<Prediction<'_>>(format, value),
        Deviation::TOPIC => recode::<Deviation<'_>>(format, value),
        Sample::TOPIC => recode::<Sample<'_>>(format, value),
        Model::TOPIC => recode::<Model<'_>>(format, value),
        Accuracy::TOPIC => recode::<Accuracy<'_>>(format, value),
        Alert::TOPIC => recode::<Alert<'_>>(format, value),
        Score::TOPIC => recode::<Score<'_>>(format, value),
        Document::TOPIC => recode::<Document<'_>>(format, value),
        Gauge::TOPIC => recode::<Gauge<'_>>(format, value),
        Rule::TOPIC => recode::<Rule<'_>>(format, value),
        Rollback::TOPIC => recode::<Rollback<'_>>(format, value),
        Rejected::TOPIC | Late::TOPIC => recode::<Rejected>(format, value),
        _ => recode::<serde_json::Value>(Format::Json, value).or_else(|_| {
            let mut json = vec![];
            Format::Json.encode(&Raw(value.to_vec()), &mut json)?;
            Ok(json)
        }),
    }
}

fn recode<'a, T: Serialize + Deserialize<'a>>(format: Format, value: &'a [u8]) -> Result<Vec<u8>, Broken> {
    let mut json = vec![];
    Format::Json.encode(&format.decode::<T>(value)?, &mut json)?;
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Timestamp;

    #[test]
    fn a_record_reads_the_same_from_both_formats() {
        let start = Timestamp::from_seconds(60);
        let counts = Counts { city: "Oslo".into(), start, end: start.plus_millis(60_000), posts: 3, reposts: 1, people: 2 };
        let json = r#"{"city":"Oslo","start":"1970-01-01T00:01:00.000Z","end":"1970-01-01T00:02:00.000Z","posts":3,"reposts":1,"people":2}"#;
        for format in [Format::Compact, Format::Json] {
            let mut bytes = vec![];
            format.encode(&counts, &mut bytes).unwrap();
            assert_eq!(String::from_utf8(to_json("counts", format, &bytes).unwrap()).unwrap(), json);
        }
    }

    #[test]
    fn bytes_that_are_no_record_are_an_error_and_anothers_are_shown_as_they_are() {
        assert!(to_json("counts", Format::Compact, b"\xff\xff\xff\xff").is_err());
        for (value, shown) in
            [(&b"{\"a\": 1}"[..], r#"{"a":1}"#), (b"no json", r#""no json""#), (b"\xff\x00", r#"{"hex":"ff00"}"#)]
        {
            assert_eq!(String::from_utf8(to_json("another's", Format::Json, value).unwrap()).unwrap(), shown);
        }
    }
}
