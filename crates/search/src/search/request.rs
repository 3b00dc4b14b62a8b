//! What a search asks.

use crate::fetch::{Highlight, Shown, SourceFilter};
use crate::java;
use crate::{Error, Result};
use serde_json::{Map, Value, json};

/// Hits that one request may reach, from the first on.
const WINDOW: usize = 10_000;

/// How exactly hits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Track {
    /// All of them.
    All,
    /// None.
    None,
    /// Up to a number.
    UpTo(usize),
}

impl Track {
    /// As far as is counted where nothing is told.
    pub(crate) const UNTOLD: Track = Track::UpTo(10_000);

    /// How many are counted exactly.
    pub(crate) fn most(self) -> usize {
        match self {
            Track::All => usize::MAX,
            Track::None => 0,
            Track::UpTo(most) => most,
        }
    }
}

/// A search.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub query: Option<Value>,
    pub post_filter: Option<Value>,
    pub from: usize,
    pub size: usize,
    pub sort: Option<Value>,
    pub search_after: Option<Value>,
    pub aggregations: Option<Value>,
    pub track: Track,
    pub track_scores: bool,
    pub min_score: Option<f32>,
    pub terminate_after: usize,
    pub shown: Shown,
    /// The hits come in pages, so that any number may be reached.
    pub paged: bool,
}

impl Default for Request {
    fn default() -> Self {
        Request {
            query: None,
            post_filter: None,
            from: 0,
            size: 10,
            sort: None,
            search_after: None,
            aggregations: None,
            track: Track::UNTOLD,
            track_scores: false,
            min_score: None,
            terminate_after: 0,
            shown: Shown::default(),
            paged: false,
        }
    }
}

fn unknown(name: &str, value: &Value) -> Error {
    Error::parsing(format!("Unknown key for a {} in [{name}].", java::token(value)))
}

/// A number of hits.
fn size(name: &str, value: &Value) -> Result<usize> {
    let number = match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => {
            let number =
                text.parse().map_err(|_| Error::new(400, "number_format_exception", format!("For input string: \"{text}\"")));
            Some(number?)
        }
        _ => None,
    };
    let Some(number) = number else { return Err(unknown(name, value)) };
    usize::try_from(number)
        .ok()
        .filter(|number| *number <= i32::MAX as usize)
        .ok_or_else(|| Error::argument(format!("[{name}] parameter cannot be negative, found [{number}]")))
}

pub(super) fn flag(name: &str, value: &Value) -> Result<bool> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text == "true" || text == "false" => Ok(text == "true"),
        Value::String(text) => {
            Err(Error::argument(format!("Failed to parse value [{text}] as only [true] or [false] are allowed.")))
        }
        _ => Err(unknown(name, value)),
    }
}

/// How exactly hits are counted, from `true`, `false` or a number.
pub(crate) fn track(value: &Value) -> Result<Track> {
    if let Ok(all) = flag("track_total_hits", value) {
        return Ok(if all { Track::All } else { Track::None });
    }
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    match number {
        Some(-1) => Ok(Track::None),
        Some(number) if number >= 0 => Ok(if number >= i64::from(i32::MAX) { Track::All } else { Track::UpTo(number as usize) }),
        Some(number) => {
            let mut error = Error::new(400, "search_phase_execution_exception", "");
            error.cause = Some(Box::new(Error::argument(format!("value must be >= 0, got {number}"))));
            Err(error)
        }
        None => Err(unknown("track_total_hits", value)),
    }
}

impl Request {
    /// Reads a body.
    pub(crate) fn read(body: &Map<String, Value>) -> Result<Self> {
        let mut request = Request::default();
        for (name, value) in body {
            request.take(name, value)?;
        }
        Ok(request)
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<()> {
        if value.is_null() && !matches!(name, "query" | "sort") {
            return if NAMES.contains(&name) { Ok(()) } else { Err(unknown(name, value)) };
        }
        let objects = matches!(name, "query" | "post_filter" | "aggs" | "aggregations" | "highlight");
        if objects && !value.is_object() {
            return Err(unknown(name, value));
        }
        match name {
            "query" => self.query = Some(value.clone()),
            "post_filter" => self.post_filter = Some(value.clone()),
            "from" => self.from = size(name, value)?,
            "size" => self.size = size(name, value)?,
            "sort" => self.sort = Some(value.clone()),
            "search_after" => self.search_after = Some(value.clone()),
            "aggs" | "aggregations" => self.aggregations = Some(value.clone()).filter(|told| *told != json!({})),
            "track_total_hits" => self.track = track(value)?,
            "track_scores" => self.track_scores = flag(name, value)?,
            "min_score" => self.min_score = Some(value.as_f64().ok_or_else(|| unknown(name, value))? as f32),
            "terminate_after" => {
                self.terminate_after = size(name, value).map_err(|_| Error::argument("terminateAfter must be > 0"))?;
            }
            "timeout" => duration("timeout", value).map(|_| ())?,
            _ => return self.take_shown(name, value),
        }
        Ok(())
    }

    fn take_shown(&mut self, name: &str, value: &Value) -> Result<()> {
        match name {
            "_source" => self.shown.source = SourceFilter::read(value)?,
            "fields" => self.shown.fields = crate::fetch::wanted(name, value)?,
            "docvalue_fields" => self.shown.columns = crate::fetch::wanted(name, value)?,
            "stored_fields" => match value.as_str() {
                Some("_none_") => self.shown.nothing = true,
                _ => self.shown.source = SourceFilter::of_stored(value),
            },
            "highlight" => self.shown.highlight = Some(Highlight::read(value)?),
            "version" => self.shown.version = flag(name, value)?,
            "seq_no_primary_term" => self.shown.seq_no = flag(name, value)?,
            "explain" | "profile" if !flag(name, value)? => {}
            "script_fields" | "derived" | "ext" | "suggest" | "runtime_mappings" if *value == json!({}) => {}
            "stats" => {}
            "indices_boost" | "rescore" if *value == json!([]) => {}
            "explain" | "profile" | "rescore" | "collapse" | "suggest" | "script_fields" | "slice" | "pit" | "indices_boost"
            | "derived" | "knn" | "runtime_mappings" => {
                return Err(Error::argument(format!("[{name}] is not supported by Goshawk: leave it out")));
            }
            _ => return Err(unknown(name, value)),
        }
        Ok(())
    }

    /// Refuses what reaches too far, or does not go together.
    pub(crate) fn check(&self) -> Result<()> {
        let reach = self.from.saturating_add(self.size);
        if !self.paged && reach > WINDOW {
            let reason = format!(
                "Result window is too large, from + size must be less than or equal to: [{WINDOW}] but was [{reach}]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting."
            );
            return Err(Error::argument(reason).in_search());
        }
        if self.search_after.is_some() && self.from > 0 {
            let reason = "`from` parameter must be set to 0 when `search_after` is used.";
            return Err(Error::new(500, "search_exception", reason).in_search());
        }
        Ok(())
    }
}

const NAMES: [&str; 20] = [
    "post_filter",
    "from",
    "size",
    "search_after",
    "aggs",
    "aggregations",
    "track_total_hits",
    "track_scores",
    "min_score",
    "terminate_after",
    "timeout",
    "_source",
    "fields",
    "docvalue_fields",
    "stored_fields",
    "highlight",
    "version",
    "seq_no_primary_term",
    "explain",
    "profile",
];

/// A span of time as `1m`, in milliseconds.
pub(crate) fn duration(name: &str, value: &Value) -> Result<u64> {
    let text = java::written(value);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "nanos" | "micros" => Some(0),
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        "" if number == "0" => Some(0),
        _ if text == "-1" => return Ok(u64::MAX),
        _ => None,
    };
    let millis = factor.and_then(|factor: u64| number.parse::<u64>().ok()?.checked_mul(factor));
    millis.ok_or_else(|| {
        let reason =
            format!("failed to parse setting [{name}] with value [{text}] as a time value: unit is missing or unrecognized");
        Error::argument(reason)
    })
}
