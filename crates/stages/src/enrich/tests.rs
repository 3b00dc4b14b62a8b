use super::*;
use domain::{Text, Worth};
use expect_test::{Expect, expect};
use flow::Timestamp;
use flow::driver::{Driver, lines};

/// Counts letters, in English; of a post that says `die` it says nothing.
struct Letters;

impl Desk for Letters {
    fn ask(&mut self, posts: &[Question<'_>]) -> Vec<Vec<Said>> {
        let answer = |post: &Question<'_>| match (post.lang, post.text) {
            (Some("id"), _) => Err(domain::LANGUAGE.into()),
            (_, "die") => Err("it is down".into()),
            (_, text) => Ok(Worth::Integer(text.len() as i64)),
        };
        let said = |post: &Question<'_>, shadow: bool| {
            let (version, lang) = (if shadow { "2" } else { "1" }.into(), post.lang.unwrap_or("en").to_owned().into());
            Said { version, shadow, lang, answer: answer(post) }
        };
        posts.iter().map(|post| vec![said(post, false), said(post, true)]).collect()
    }

    fn is_outside(&self) -> bool {
        true
    }

    fn done(&mut self) -> Asked {
        Asked { trouble: Some("it is slow".into()), unanswered: 3 }
    }
}

fn post(id: &str, text: &str, lang: Option<&str>) -> Post<'static> {
    let own = |text: &str| Text::from(text.to_owned());
    Post {
        kind: Kind::Reply,
        root: "1".into(),
        lang: lang.map(own),
        text: own(text),
        ..Post::deletion("x".into(), own(id), Timestamp::from_seconds(1))
    }
}

fn check(rejects: bool, expected: Expect) {
    let stage = Enrich::new("letters", "length", rejects, Box::new(Letters));
    assert_eq!((stage.name(), stage.asks_outside(), stage.asked().unanswered), ("enrich:letters", true, 3));
    let mut driver = Driver::new(stage, &["posts/test"], &["scores", "late", "rejected"]);
    let gone = Post::deletion("x".into(), "5".into(), Timestamp::from_seconds(1));
    let posts = [post("2", "words", None), post("3", "kata", Some("id")), post("4", " ", None), gone, post("6", "die", None)];
    let posts: Vec<_> = posts.into_iter().map(|post| (Timestamp::from_seconds(1), post)).collect();
    let outputs = driver.feed("test", &posts, Timestamp::from_seconds(2));
    let told = lines(&outputs).join("\n");
    expected.assert_eq(&told);
}

#[test]
fn every_version_scores_every_post_that_says_something() {
    check(
        false,
        expect![[r#"
            scores 1 {"network":"x","post":"2","root":"1","output":"length","model":"letters","version":"1","value":5,"why":null,"lang":"en","shadow":false,"time":"1970-01-01T00:00:01.000Z"}
            scores 1 {"network":"x","post":"2","root":"1","output":"length","model":"letters","version":"2","value":5,"why":null,"lang":"en","shadow":true,"time":"1970-01-01T00:00:01.000Z"}
            scores 1 {"network":"x","post":"3","root":"1","output":"length","model":"letters","version":"1","value":null,"why":"language","lang":"id","shadow":false,"time":"1970-01-01T00:00:01.000Z"}
            scores 1 {"network":"x","post":"3","root":"1","output":"length","model":"letters","version":"2","value":null,"why":"language","lang":"id","shadow":true,"time":"1970-01-01T00:00:01.000Z"}
            scores 1 {"network":"x","post":"6","root":"1","output":"length","model":"letters","version":"1","value":null,"why":"it is down","lang":"en","shadow":false,"time":"1970-01-01T00:00:01.000Z"}
            scores 1 {"network":"x","post":"6","root":"1","output":"length","model":"letters","version":"2","value":null,"why":"it is down","lang":"en","shadow":true,"time":"1970-01-01T00:00:01.000Z"}"#]],
    );
}

#[test]
fn what_the_model_fails_on_is_rejected_where_that_is_wanted() {
    check(
        true,
        expect![[r#"
        scores 1 {"network":"x","post":"2","root":"1","output":"length","model":"letters","version":"1","value":5,"why":null,"lang":"en","shadow":false,"time":"1970-01-01T00:00:01.000Z"}
        scores 1 {"network":"x","post":"2","root":"1","output":"length","model":"letters","version":"2","value":5,"why":null,"lang":"en","shadow":true,"time":"1970-01-01T00:00:01.000Z"}
        scores 1 {"network":"x","post":"3","root":"1","output":"length","model":"letters","version":"1","value":null,"why":"language","lang":"id","shadow":false,"time":"1970-01-01T00:00:01.000Z"}
        scores 1 {"network":"x","post":"3","root":"1","output":"length","model":"letters","version":"2","value":null,"why":"language","lang":"id","shadow":true,"time":"1970-01-01T00:00:01.000Z"}
        rejected enrich:letters {"by":"enrich:letters","from":"posts","partition":0,"offset":4,"time":"1970-01-01T00:00:01.000Z","reason":"letters said nothing: it is down","raw":"{\"network\":\"x\",\"id\":\"6\",\"root\":\"1\",\"kind\":\"reply\",\"target\":null,\"time\":\"1970-01-01T00:00:01.000Z\",\"author\":{\"id\":\"\",\"handle\":null,\"followers\":null,\"location\":null},\"place\":null,\"rules\":[],\"lang\":null,\"text\":\"die\"}"}"#]],
    );
}
