//! Writes messages as JSON that every known reader of them takes, byte for byte as the course's generator spaces it.

use super::{Alert, Lesson, Log, Message, Parameters, Serie, Stat, Total, Tweet};
use crate::Text;
use flow::Broken;

/// In which of the two forms tweets are written. Both are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The key is the cascade, and the value names the source.
    #[default]
    Of2020,
    /// The key is the source, and the value names the cascade, as `tweet_id`.
    Of2021,
}

/// What becomes of quotes in text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// They are escaped, as JSON has it.
    #[default]
    Plain,
    /// They become typographic ones: some nodes take every `'` for a `"`, and would stumble.
    Safe,
}

/// The key of a message, where it has one.
pub fn key(message: &Message<'_>, form: Form) -> Option<String> {
    match message {
        Message::Tweet(tweet) => Some(match form {
            Form::Of2020 => tweet.cascade.to_string(),
            Form::Of2021 => source(tweet).to_owned(),
        }),
        Message::Size(total) => total.t_obs.map(|seconds| seconds.to_string()),
        Message::Parameters(parameters) => Some(parameters.t_obs.to_string()),
        Message::Sample(lesson) => Some(lesson.t_obs.to_string()),
        Message::Serie(_) | Message::Alert(_) | Message::Stat(_) | Message::Log(_) => None,
    }
}

/// Appends the value of a message. `Err`: a number in it is not finite, which JSON cannot say; nothing is appended then.
pub fn write(message: &Message<'_>, form: Form, words: Words, into: &mut Vec<u8>) -> Result<(), Broken> {
    let mut line = Line { text: String::new(), words, is_finite: true };
    match message {
        Message::Tweet(tweet) => line.tweet(tweet, form),
        Message::Serie(serie) => line.serie(serie),
        Message::Size(total) => line.total(total),
        Message::Parameters(parameters) => line.parameters(parameters),
        Message::Alert(alert) => line.alert(alert),
        Message::Stat(stat) => line.stat(stat),
        Message::Sample(lesson) => line.lesson(lesson),
        Message::Log(log) => line.log(log),
    }
    if !line.is_finite {
        return Err(Broken("a number that is not finite cannot be written".to_owned()));
    }
    into.extend_from_slice(line.text.as_bytes());
    Ok(())
}

/// A tweet of no known source is of the first.
fn source<'t>(tweet: &'t Tweet<'_>) -> &'t str {
    tweet.source.as_deref().unwrap_or("0")
}

/// A value as it grows.
struct Line {
    text: String,
    words: Words,
    is_finite: bool,
}

impl Line {
    fn tweet(&mut self, tweet: &Tweet<'_>, form: Form) {
        self.open(if tweet.is_retweet { "retweet" } else { "tweet" });
        self.msg(&tweet.msg);
        self.field("t").number(tweet.t);
        self.field("m").number(tweet.mark);
        match form {
            Form::Of2020 => self.field("source").name(source(tweet)),
            Form::Of2021 => self.field("tweet_id").name(&tweet.cascade),
        }
        self.field("info").string(&tweet.info);
        self.text.push('}');
    }

    fn serie(&mut self, serie: &Serie<'_>) {
        self.open("serie");
        self.field("cid").name(&serie.cid);
        self.msg(&serie.msg);
        self.field("T_obs").whole(serie.t_obs.into());
        self.field("tweets").text.push('[');
        for (at, (t, mark)) in serie.tweets.iter().enumerate() {
            self.text.push_str(if at == 0 { "" } else { ", " });
            self.pair(*t, *mark);
        }
        self.text.push_str("]}");
    }

    fn total(&mut self, total: &Total<'_>) {
        self.open("size");
        self.field("cid").name(&total.cid);
        self.field("n_tot").whole(total.n_tot);
        self.field("t_end").number(total.t_end);
        self.text.push('}');
    }

    fn parameters(&mut self, parameters: &Parameters<'_>) {
        self.open("parameters");
        self.field("cid").name(&parameters.cid);
        self.msg(&parameters.msg);
        self.field("n_obs").whole(parameters.n_obs);
        self.field("n_supp").number(parameters.n_supp);
        self.field("params").pair(parameters.p, parameters.beta);
        for (name, number) in [("n_star", parameters.n_star), ("G1", parameters.g1)] {
            if let Some(number) = number {
                self.field(name).number(number);
            }
        }
        self.text.push('}');
    }

    fn alert(&mut self, alert: &Alert<'_>) {
        self.open("alert");
        self.field("cid").name(&alert.cid);
        self.msg(&alert.msg);
        self.field("T_obs").whole(alert.t_obs.into());
        self.field("n_tot").number(alert.n_tot);
        self.text.push('}');
    }

    fn stat(&mut self, stat: &Stat<'_>) {
        self.open("stat");
        self.field("cid").name(&stat.cid);
        self.field("T_obs").whole(stat.t_obs.into());
        self.field("ARE").number(stat.are);
        self.text.push('}');
    }

    fn lesson(&mut self, lesson: &Lesson<'_>) {
        self.open("sample");
        self.field("cid").name(&lesson.cid);
        self.field("X").numbers(&lesson.x);
        self.field("W").number(lesson.w);
        self.text.push('}');
    }

    fn log(&mut self, log: &Log<'_>) {
        self.text.push_str("{\"t\": ");
        self.number(log.t);
        self.field("source").string(&log.source);
        self.field("level").string(&log.level);
        self.field("message").string(&log.message);
        self.text.push('}');
    }

    fn open(&mut self, kind: &str) {
        self.text.push_str("{\"type\": ");
        self.string(kind);
    }

    fn field(&mut self, name: &str) -> &mut Self {
        self.text.push_str(", \"");
        self.text.push_str(name);
        self.text.push_str("\": ");
        self
    }

    /// `null` is a word that Python does not know.
    fn msg(&mut self, msg: &Text<'_>) {
        self.field("msg").string(if msg.is_empty() { "None" } else { msg });
    }

    fn pair(&mut self, first: f64, second: f64) {
        self.numbers(&[first, second]);
    }

    fn numbers(&mut self, numbers: &[f64]) {
        self.text.push('[');
        for (at, number) in numbers.iter().enumerate() {
            self.text.push_str(if at == 0 { "" } else { ", " });
            self.number(*number);
        }
        self.text.push(']');
    }

    fn whole(&mut self, number: u64) {
        self.text.push_str(&number.to_string());
    }

    /// The shortest digits that are read as the same number; none behind the point of a whole one.
    fn number(&mut self, number: f64) {
        self.is_finite &= number.is_finite();
        if number.fract() == 0.0 && number.abs() < 1e15 {
            self.text.push_str(&(number as i64).to_string());
        } else {
            self.text.push_str(&format!("{number:?}"));
        }
    }

    /// A number if it looks like one.
    fn name(&mut self, name: &str) {
        match name.parse::<u64>() {
            Ok(number) if number.to_string() == name => self.text.push_str(name),
            _ => self.string(name),
        }
    }

    fn string(&mut self, text: &str) {
        let text = match self.words {
            Words::Plain => text.to_owned(),
            Words::Safe => text.replace('\'', "\u{2019}").replace('"', "\u{201d}"),
        };
        self.text.push_str(&serde_json::Value::String(text).to_string());
    }
}
