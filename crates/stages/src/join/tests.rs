use super::*;
use domain::{LANGUAGE, Worth};
use flow::Output;
use flow::driver::Driver;

const PATIENCE: i64 = 10_000;
const KEEP: i64 = 600_000;

struct Table {
    driver: Driver<Join>,
    told: Vec<String>,
}

fn join(most: usize) -> Join {
    Join { models: vec!["mood".into(), "rude".into()], patience_ms: PATIENCE, keep_ms: KEEP, most }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

impl Table {
    fn new(most: usize) -> Self {
        Table { driver: Driver::new(join(most), &["posts/test"], &["documents", "late", "rejected"]), told: vec![] }
    }

    fn hear(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            for record in output.block.records(0, 0) {
                let document: Document<'_> = Format::Json.decode(record.value.unwrap()).unwrap();
                self.told.push(line(&document));
            }
        }
    }

    fn post(&mut self, seconds: i64, id: &str, root: &str, kind: Kind, text: &str) {
        let (id, root, text) = (id.to_owned().into(), root.to_owned().into(), text.to_owned().into());
        let post = Post { root, kind, text, ..Post::deletion("x".into(), id, at(seconds)) };
        let outputs = self.driver.feed("test", &[(at(seconds), post)], at(seconds));
        self.hear(outputs);
    }

    fn score(&mut self, seconds: i64, id: &str, model: &str, value: Option<f64>) {
        let text = |text: &str| Text::from(text.to_owned());
        let why = if value.is_none() { Some(text(LANGUAGE)) } else { None };
        let (value, output) = (value.map(Worth::Float), text(model));
        let (version, lang, time) = ("1".into(), "en".into(), at(seconds));
        let (network, shadow) = ("x".into(), model == "tried");
        let score = Score {
            network,
            post: text(id),
            root: text(id),
            output,
            model: text(model),
            version,
            value,
            why,
            lang,
            shadow,
            time,
        };
        let outputs = self.driver.feed(&format!("enrich:{model}/0"), &[(time, score)], time);
        self.hear(outputs);
    }

    fn prediction(&mut self, seconds: i64, id: &str, window_s: u32) {
        let (cascade, start) = (id.to_owned().into(), at(0));
        let (observed, predicted, low, high, model) = (5, f64::from(window_s), None, None, 0);
        let (network, text) = ("x".into(), "".into());
        let prediction = domain::Prediction { cascade, network, start, window_s, observed, predicted, low, high, model, text };
        let outputs = self.driver.feed("predict/0", &[(at(seconds), prediction)], at(seconds));
        self.hear(outputs);
    }

    /// Time goes on, to the end if this is none.
    fn wait(&mut self, seconds: Option<i64>) {
        let time = seconds.map_or(Timestamp::MAX, at);
        for model in ["mood", "rude", "tried"] {
            let outputs = self.driver.feed::<Score<'_>>(&format!("enrich:{model}/0"), &[], time);
            self.hear(outputs);
        }
        let outputs = self.driver.feed::<domain::Prediction<'_>>("predict/0", &[], time);
        self.hear(outputs);
        let outputs = self.driver.feed::<Post<'_>>("test", &[], time);
        self.hear(outputs);
    }

    fn expect(&mut self, told: &[&str]) {
        assert_eq!(std::mem::take(&mut self.told), told);
        self.driver.crash();
    }
}

fn line(document: &Document<'_>) -> String {
    let Document { post, revision, scores, missing, forecast } = document;
    let mut words = vec![format!("{} {:?} #{revision} {}", post.id, post.kind, &*post.text)];
    words.extend(scores.iter().map(|scored| match &scored.value {
        Some(value) => format!("{}={}", scored.model, value.number().unwrap()),
        None => format!("{}:{}", scored.model, scored.why.as_ref().unwrap()),
    }));
    words.extend(missing.iter().map(|model| format!("{model}?")));
    words.extend(forecast.iter().map(|forecast| format!("{}s:{}", forecast.window_s, forecast.predicted)));
    words.join(" ")
}

#[test]
fn a_document_is_told_once_every_model_has_spoken() {
    let mut table = Table::new(100);
    table.post(1, "a", "a", Kind::Original, "rain");
    table.score(1, "a", "mood", Some(0.5));
    table.score(1, "a", "tried", Some(0.9));
    table.expect(&[]);
    table.score(1, "a", "rude", None);
    table.expect(&["a Original #1 rain mood=0.5 rude:language"]);
    // The same word again is no news.
    table.score(1, "a", "rude", None);
    table.wait(None);
    table.expect(&[]);
}

#[test]
fn words_may_come_before_their_post_and_a_post_without_words_waits_for_none() {
    let mut table = Table::new(100);
    for model in ["mood", "rude"] {
        table.score(1, "a", model, Some(0.0));
    }
    table.expect(&[]);
    table.post(1, "a", "a", Kind::Original, "rain");
    table.post(2, "b", "a", Kind::Repost, "");
    table.expect(&["a Original #1 rain mood=0 rude=0", "b Repost #1 "]);
}

#[test]
fn patience_has_an_end_and_what_comes_later_is_told_all_at_once() {
    let mut table = Table::new(100);
    table.post(1, "a", "a", Kind::Original, "rain");
    table.wait(Some(10));
    table.expect(&[]);
    table.wait(Some(11));
    table.expect(&["a Original #1 rain mood? rude?"]);
    table.score(1, "a", "mood", Some(1.0));
    table.expect(&[]);
    table.score(1, "a", "rude", Some(0.0));
    table.expect(&["a Original #2 rain mood=1 rude=0"]);
    // A model that never speaks does not keep back what others say.
    table.post(20, "b", "b", Kind::Original, "snow");
    table.wait(Some(30));
    table.score(20, "b", "mood", Some(0.25));
    table.wait(Some(40));
    table.expect(&["b Original #1 snow mood? rude?", "b Original #2 snow mood=0.25 rude?"]);
    // The end of all sources is the end of patience.
    table.post(50, "c", "c", Kind::Original, "hail");
    table.wait(None);
    table.expect(&["c Original #1 hail mood? rude?"]);
}

#[test]
fn a_model_that_lags_keeps_no_document_back_and_nothing_is_forgotten_before_it_has_spoken() {
    let mut table = Table::new(100);
    table.score(0, "z", "mood", Some(0.5));
    table.post(1, "a", "a", Kind::Original, "rain");
    table.post(11, "b", "b", Kind::Original, "snow");
    table.expect(&["a Original #1 rain mood? rude?"]);
    table.post(2000, "c", "c", Kind::Original, "hail");
    table.expect(&["b Original #1 snow mood? rude?"]);
    table.score(1, "a", "mood", Some(0.5));
    table.score(1, "a", "rude", Some(0.5));
    table.expect(&["a Original #2 rain mood=0.5 rude=0.5"]);
}

#[test]
fn a_post_that_comes_after_newer_ones_is_waited_for_as_long() {
    let mut table = Table::new(100);
    table.post(100, "a", "a", Kind::Original, " ");
    table.post(80, "b", "b", Kind::Original, "rain");
    table.score(80, "b", "mood", Some(0.5));
    table.expect(&["a Original #1  "]);
    table.score(80, "b", "rude", Some(0.5));
    table.expect(&["b Original #1 rain mood=0.5 rude=0.5"]);
}

#[test]
fn an_edit_is_told_with_what_is_said_of_it_and_not_of_what_was() {
    let mut table = Table::new(100);
    table.post(1, "a", "a", Kind::Reply, "rian");
    table.score(1, "a", "mood", Some(0.5));
    table.post(3, "a", "a", Kind::Edit, "rain");
    table.score(1, "a", "rude", Some(0.5));
    table.score(3, "a", "rude", Some(0.0));
    table.expect(&[]);
    table.score(3, "a", "mood", Some(0.25));
    table.expect(&["a Reply #1 rain mood=0.25 rude=0"]);
    // An edit of what is not known is told as such.
    table.post(5, "b", "b", Kind::Edit, "snow");
    table.wait(Some(15));
    table.expect(&["b Edit #1 snow mood? rude?"]);
}

#[test]
fn what_was_taken_back_goes_with_what_repeats_it_and_does_not_come_again() {
    let mut table = Table::new(100);
    table.post(1, "a", "a", Kind::Original, "rain");
    table.post(2, "b", "a", Kind::Repost, "");
    table.post(3, "a", "a", Kind::Deletion, "");
    table.expect(&["b Repost #1 ", "a Deletion #1 "]);
    for model in ["mood", "rude"] {
        table.score(1, "a", model, Some(0.0));
    }
    table.post(4, "a", "a", Kind::Edit, "rain!");
    table.prediction(5, "a", 600);
    table.wait(Some(100));
    table.expect(&[]);
    // So is what nobody knew.
    table.post(101, "z", "z", Kind::Deletion, "");
    table.expect(&["z Deletion #1 "]);
}

#[test]
fn a_forecast_is_added_and_the_longest_observed_stays() {
    let mut table = Table::new(100);
    table.post(1, "a", "a", Kind::Original, " ");
    table.expect(&["a Original #1  "]);
    table.prediction(2, "a", 20);
    table.prediction(2, "a", 10);
    table.prediction(2, "unknown", 10);
    table.expect(&["a Original #2   20s:20"]);
}

#[test]
fn all_is_let_go_of_in_time_and_the_oldest_before_it_where_there_are_too_many() {
    let mut table = Table::new(2);
    for (time, id) in [(1, "a"), (2, "b"), (3, "c")] {
        table.post(time, id, id, Kind::Original, "rain");
    }
    table.expect(&["a Original #1 rain mood? rude?"]);
    table.wait(Some(13));
    table.expect(&["b Original #1 rain mood? rude?", "c Original #1 rain mood? rude?"]);
    table.score(1, "a", "mood", Some(1.0));
    table.wait(Some(700));
    assert_eq!((table.driver.entries(), table.told.len()), (2, 0), "only times are left");
}
