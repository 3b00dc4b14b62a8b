//! Records as they are, for the pages.

use crate::{
    Accuracy, Alert, AlertState, Author, Bucket, Counts, Deviation, Document, Estimate, Forecast, Gauge, Kind, Model, Parameter,
    Place, Post, Prediction, Rollback, Rule, Sample, Score, Scored, Series, Sighting, Size, Worth,
};
use flow::{Late, Raw, Refused, Rejected, Timestamp, Value};

/// A record, ready to be shown.
pub(super) struct Example {
    /// What is to be seen in it.
    pub(super) caption: &'static str,
    /// The record's key.
    pub(super) key: String,
    /// The record's value, a field a line.
    pub(super) value: String,
}

/// What the records of this topic look like.
pub(super) fn examples(topic: &str) -> Option<Vec<Example>> {
    match topic {
        Post::TOPIC => Some(vec![
            show("A post that answers another.", &post())?,
            show(
                "The same post, taken back. What is not known is empty, or null.",
                &Post::deletion("bluesky".into(), "3lbqk2".into(), AT.plus_millis(90_000)),
            )?,
        ]),
        Sighting::TOPIC => Some(vec![show("That post, where it was seen.", &sighting())?]),
        Counts::TOPIC => Some(vec![show("Five minutes of a city.", &counts())?]),
        Series::TOPIC => Some(vec![
            show("The first ten minutes of a cascade.", &series())?,
            show("The same cascade, ended.", &Series { window_s: None, size: 127, reach: 95_310, events: vec![], ..series() })?,
        ]),
        Size::TOPIC => Some(vec![show("What that cascade came to.", &size())?]),
        Estimate::TOPIC => Some(vec![show("What the exponential kernel made of its first ten minutes.", &estimate())?]),
        Prediction::TOPIC => Some(vec![show("What was learned makes this of it.", &prediction())?]),
        Deviation::TOPIC => Some(vec![show("How far off that was.", &deviation())?]),
        Sample::TOPIC => Some(vec![show("What there is to learn from it. There are more features than these.", &sample())?]),
        Model::TOPIC => Some(vec![show("A model, cut.", &model())?]),
        Accuracy::TOPIC => Some(vec![show("How good that model is.", &accuracy())?]),
        Alert::TOPIC => Some(vec![
            show("A cascade that will be large.", &alert())?,
            show("The same, when it has ended.", &Alert { state: AlertState::Ended, value: 248.0, ..alert() })?,
        ]),
        Score::TOPIC => Some(vec![
            show("What a model makes of that post.", &score())?,
            show(
                "It does not know the language of another.",
                &Score { post: "3lbqk9".into(), value: None, why: Some("language".into()), lang: "ja".into(), ..score() },
            )?,
        ]),
        Document::TOPIC => Some(vec![show("All that is known of that post; one model has yet to speak.", &document())?]),
        Gauge::TOPIC => Some(vec![show("What ten seconds of a partition come to.", &gauge())?]),
        Rule::TOPIC => Some(vec![show("Someone wants to know when the mood sinks.", &rule())?]),
        Rollback::TOPIC => Some(vec![show("Someone has had enough of the model above.", &rollback())?]),
        Late::TOPIC => Some(vec![show("A sighting that came when its window was closed.", &late())?]),
        Rejected::TOPIC => Some(vec![show("A line that is not UTF-8.", &rejected())?]),
        _ => None,
    }
}

fn show<V: Value>(caption: &'static str, record: &V) -> Option<Example> {
    let key = std::str::from_utf8(record.key()).ok()?.to_owned();
    serde_json::to_string_pretty(record).ok().map(|value| Example { caption, key, value: shorter(&value) })
}

/// The same JSON with each list of nothing but numbers on one line.
fn shorter(pretty: &str) -> String {
    let mut lines = pretty.lines();
    let mut shorter = vec![];
    while let Some(line) = lines.next() {
        let numbers = lines.clone().take_while(|line| line.trim().trim_end_matches(',').parse::<f64>().is_ok());
        let numbers: Vec<&str> = numbers.map(str::trim).collect();
        if !line.ends_with('[') || numbers.is_empty() {
            shorter.push(line.to_owned());
            continue;
        }
        // Behind a list of numbers stands its bracket.
        let end = lines.nth(numbers.len()).unwrap_or_default().trim();
        shorter.push(format!("{line}{}{end}", numbers.join(" ")));
    }
    shorter.join("\n")
}

/// 2026-03-01T12:34:56.789Z
const AT: Timestamp = Timestamp::from_millis(1_772_368_496_789);

fn post() -> Post<'static> {
    let author = Author {
        id: "did:plc:7q4nm2".into(),
        handle: Some("kari.example".into()),
        followers: Some(1204),
        location: Some("Oslo, Norway".into()),
    };
    Post {
        network: "bluesky".into(),
        id: "3lbqk2".into(),
        root: "3lbqk2".into(),
        kind: Kind::Reply,
        target: Some("3lbpz7".into()),
        time: AT,
        author,
        place: Some(Place { name: "Oslo, Norway".into(), country: Some("NO".into()) }),
        rules: vec!["oslo".into()],
        lang: Some("en".into()),
        text: "Snow again!".into(),
    }
}

fn sighting() -> Sighting<'static> {
    Sighting { city: "oslo".into(), network: "bluesky".into(), person: "did:plc:7q4nm2".into(), repost: false }
}

fn counts() -> Counts<'static> {
    let end = Timestamp::from_millis(AT.millis() / 60_000 * 60_000).plus_millis(60_000);
    Counts { city: "oslo".into(), start: end.plus_millis(-300_000), end, posts: 42, reposts: 17, people: 31 }
}

fn series() -> Series<'static> {
    Series {
        cascade: "3lbqk2".into(),
        network: "bluesky".into(),
        author: Some("did:plc:7q4nm2".into()),
        start: AT,
        window_s: Some(600),
        size: 4,
        reach: 1_204 + 310 + 12 + 5_061,
        events: vec![[0, 1_204], [8_120, 310], [61_700, 12], [402_055, 5_061]],
        text: "Snow again!".into(),
    }
}

fn size() -> Size<'static> {
    let Series { cascade, network, start, .. } = series();
    Size { cascade, network, size: 127, reach: 95_310, start, end: AT.plus_millis(4_329_000) }
}

fn estimate() -> Estimate<'static> {
    let Series { cascade, network, start, text, .. } = series();
    let parameter = |name: &'static str, value, error| Parameter { name: name.into(), value, error: Some(error) };
    Estimate {
        cascade,
        network,
        start,
        window_s: 600,
        observed: 4,
        model: "exponential".into(),
        parameters: vec![parameter("p", 0.000_82, 0.41), parameter("beta", 0.000_55, 0.62)],
        n_star: 0.615,
        g1: 4.43,
        predicted: Some(15.5),
        low: Some(6.0),
        high: Some(61.0),
        mean_mark: 750.0,
        learned_from: 1_893,
        features: vec![1.3863, 6.3969, 0.25],
        text,
    }
}

fn prediction() -> Prediction<'static> {
    let Estimate { cascade, network, start, window_s, observed, text, .. } = estimate();
    let (predicted, low, high, model) = (109.0, Some(48.0), Some(231.0), 96);
    Prediction { cascade, network, start, window_s, observed, predicted, low, high, model, text }
}

fn deviation() -> Deviation<'static> {
    let Prediction { cascade, window_s, predicted, model, .. } = prediction();
    let (predicted, size, inside) = (Some(predicted), Some(127), Some(true));
    Deviation { cascade, window_s, predicted, size, are: 0.1417, inside, model }
}

fn sample() -> Sample<'static> {
    let Estimate { cascade, features, n_star, g1, observed, .. } = estimate();
    let (window, beta, predicted) = ("600".into(), Some(0.000_55), [109.0, 48.0, 231.0]);
    Sample { window, cascade, features, beta, n_star, g1, observed, foreseen: 15.5, predicted, size: 127 }
}

fn model() -> Model<'static> {
    let (kind, body) = ("forest".into(), Raw(vec![1, 0, 255]));
    let (are, constant_are, before_are) = (Some(0.24), Some(0.31), Some(0.26));
    let (version, learned_from, in_force, of, reason) = (96, 96, Some(96), None, None);
    Model { window: "600".into(), version, learned_from, kind, are, constant_are, before_are, in_force, of, reason, body }
}

fn gauge() -> Gauge<'static> {
    let (of, start) = ("sentiment".into(), AT.plus_millis(-6_789));
    Gauge { of, start, end: start.plus_millis(10_000), partition: 3, number: 12, sum: -1.25 }
}

fn rule() -> Rule<'static> {
    let (rule, of, measure) = ("gloom".into(), "sentiment".into(), "mean".into());
    Rule { rule, of, measure, window_s: 600, above: None, below: Some(-0.3), removed: false, time: AT }
}

fn document() -> Document<'static> {
    let Score { output, model, version, value, .. } = score();
    let Prediction { window_s, observed, predicted, low, high, model: by, .. } = prediction();
    Document {
        post: post(),
        revision: 1,
        scores: vec![Scored { model, version, output, value, why: None }],
        missing: vec!["offence-en".into()],
        forecast: Some(Forecast { window_s, observed, predicted, low, high, model: by }),
    }
}

fn score() -> Score<'static> {
    let (output, model, version) = ("sentiment".into(), "sentiment-en".into(), "1".into());
    let (value, lang) = (Some(Worth::Float(0.31)), "en".into());
    let Post { network, id, root, .. } = post();
    Score { network, post: id, root, output, model, version, value, why: None, lang, shadow: false, time: AT }
}

fn rollback() -> Rollback<'static> {
    Rollback { window: "600".into(), version: 80, reason: Some("it learned from spam".into()), time: AT }
}

fn accuracy() -> Accuracy<'static> {
    let (histogram, newest) =
        ([(0.1, 97), (0.2, 188), (0.5, 371)].map(|(most, errors)| Bucket { most, errors }).to_vec(), 0.1417);
    let (mean, median, coverage) = (0.262, 0.214, 0.797);
    Accuracy { window: "600".into(), errors: 412, sum: 112.4, histogram, newest, over: 256, mean, median, coverage }
}

fn alert() -> Alert<'static> {
    let (rule, subject, of) = ("popular".into(), "3lbqk2".into(), "predictions.predicted".into());
    let (state, value, threshold, window_s) = (AlertState::Firing, 231.0, 200.0, Some(600));
    let (alert, since, text) = ("popular/3lbqk2".into(), AT.plus_millis(600_000), "Snow again!".into());
    Alert { alert, rule, subject, state, of, value, threshold, since, window_s, text }
}

fn late() -> Late {
    let raw = serde_json::to_vec(&sighting()).unwrap_or_default();
    Late(Refused {
        by: "count".to_owned(),
        from: Sighting::TOPIC.to_owned(),
        partition: 3,
        offset: 90_210,
        time: AT,
        reason: format!("older than the watermark {}", AT.plus_millis(240_000)),
        raw: Raw(raw),
    })
}

fn rejected() -> Rejected {
    Rejected(Refused {
        by: "stdin".to_owned(),
        from: "stdin:".to_owned(),
        partition: 0,
        offset: 7,
        time: AT,
        reason: "not UTF-8: byte 3 does not belong".to_owned(),
        raw: Raw(b"caf\xe9".to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn only_lists_of_numbers_are_shorter() {
        let value = json!({"a": [[1, -2.5e-9], [3]], "b": [], "c": ["1,", "[", [4, "x"]], "d": [5]});
        let shorter = super::shorter(&serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(serde_json::from_str::<Value>(&shorter).unwrap(), value);
        let lines: Vec<&str> = shorter.lines().map(str::trim).collect();
        assert!(["[1, -2.5e-9],", "[3]", "\"d\": [5]", "\"[\","].iter().all(|line| lines.contains(line)), "{shorter}");
    }
}
