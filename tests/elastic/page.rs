//! The page `/explore`, in a real browser, on the index of a real process.

use crate::browser::Browser;
use crate::support::{Place, eventually};
use serde_json::{Value, json};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// Waits until an expression in the page is true.
fn becomes(browser: &mut Browser, expression: &str) {
    eventually(expression, LIMIT, || browser.evaluate(expression).as_bool().filter(|holds| *holds));
}

fn event(id: u32, author: &str, lang: &str, text: &str) -> Value {
    json!({ "network": "x", "id": id.to_string(), "root": id.to_string(), "kind": "original", "target": null,
        "time": format!("2026-03-01T{:02}:{:02}:00.000Z", id / 60, id % 60), "text": text, "lang": lang,
        "author": { "id": "9", "handle": author, "followers": 3, "location": null }, "place": null, "rules": [] })
}

#[test]
fn posts_are_searched_charted_and_watched_on_the_page() {
    let place = Place::new().set("enrich.models", "sentiment-en,offence-en").set("search.keep", "36500d");
    let hostile = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script> snow";
    let mut events: Vec<Value> = (0..60)
        .map(|n| {
            event(
                n,
                if n % 3 == 0 { "ana" } else { "bob" },
                if n % 2 == 0 { "en" } else { "fr" },
                if n % 4 == 0 { "snow is wonderful" } else { "rain is awful" },
            )
        })
        .collect();
    events.push(event(60, "<b>eve</b>", "en", hostile));
    place.write("posts.jsonl", events.iter().map(|event| format!("{event}\n")).collect::<String>());
    let mut process = place.start("run --listen 127.0.0.1:0 --log disk:log --source replay:posts.jsonl?speed=max");
    let page = process.page();
    let url = format!("{page}/es");
    let scored = r#"{"query":{"bool":{"must_not":[{"exists":{"field":"missing"}}]}}}"#;
    eventually("all are there", LIMIT, || {
        (super::server::ask(&url, "POST", "/pfr/_search", scored).1["hits"]["total"]["value"] == 61).then_some(())
    });
    let mut browser = Browser::show(&place, &format!("{page}/explore?last=all"));
    becomes(&mut browser, "document.querySelector('#state')?.textContent === 'ready'");
    becomes(&mut browser, "document.querySelectorAll('#posts .post').length === 25");
    assert!(browser.text("#results-title").starts_with("61 "), "{}", browser.text("#results-title"));

    // A query: found words are marked, and what strangers write stays text.
    browser.evaluate("document.querySelector('#query').value = 'snow'; document.querySelector('#ask').requestSubmit()");
    becomes(&mut browser, "document.querySelector('#results-title').textContent.startsWith('16 ')");
    becomes(&mut browser, "document.querySelectorAll('#posts mark').length >= 16");
    assert_eq!(browser.evaluate("location.search.includes('q=snow')"), true);
    assert_eq!(browser.evaluate("typeof window.hacked"), "undefined");
    assert_eq!(browser.evaluate("document.querySelectorAll('#posts img, #posts script').length"), 0);
    assert!(browser.text("#posts").contains("<img src=x onerror="), "{}", browser.text("#posts"));
    assert_eq!(browser.evaluate("document.querySelector('#lens-records .save').disabled"), true);
    // One that makes no sense is told in words.
    browser.evaluate("document.querySelector('#query').value = 'content:('; document.querySelector('#ask').requestSubmit()");
    becomes(&mut browser, "!document.querySelector('#query-error').hidden");

    // A facet.
    browser.evaluate("document.querySelector('#query').value = ''; document.querySelector('#ask').requestSubmit()");
    becomes(&mut browser, "document.querySelector('#results-title').textContent.startsWith('61 ')");
    becomes(&mut browser, "!!document.querySelector('[data-field=\"lang\"] .value')");
    browser.evaluate("[...document.querySelectorAll('[data-field=\"lang\"] .value')].find((value) => value.textContent.includes('fr')).click()");
    becomes(&mut browser, "document.querySelector('#results-title').textContent.startsWith('30 ')");
    browser.evaluate("document.querySelector('#query').value = ''; document.querySelector('#ask').requestSubmit()");
    becomes(&mut browser, "document.querySelector('#results-title').textContent.startsWith('61 ')");
    watch_and_export(&mut browser, &page);
}

/// A threshold is saved as a rule; what is found goes out as a file.
fn watch_and_export(browser: &mut Browser, page: &str) {
    // A threshold is moved by keys and saved as a rule; the rule is on the log.
    let key = "document.querySelector('#lens-records .line').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }))";
    browser.evaluate(&format!("document.querySelector('#lens-records .line').focus(); {key}"));
    becomes(browser, "location.search.includes('records-line=') && !document.querySelector('#lens-records .save').disabled");
    browser.evaluate("document.querySelector('#lens-records .save').click()");
    becomes(browser, "!!document.querySelector('.rule-form input')");
    browser.evaluate("{ const form = document.querySelector('.rule-form'); form.querySelector('input').value = 'crowded'; (form.requestSubmit ? form : form.closest('form')).requestSubmit() }");
    becomes(browser, "[...document.querySelectorAll('#rule-rows li')].some((row) => row.textContent.includes('crowded'))");
    let rules = super::server::ask(page, "GET", "/api/rules", "").1;
    assert_eq!((&rules["rules"][0]["rule"], &rules["rules"][0]["of"]), (&json!("crowded"), &json!("records")), "{rules}");

    // The rest, and exports of it.
    browser.evaluate("document.querySelector('#more').click()");
    becomes(browser, "document.querySelectorAll('#posts .post').length === 50");
    assert_eq!(
        browser.evaluate("new Set([...document.querySelectorAll('#posts .post')].map((post) => post.dataset.id)).size"),
        50
    );
    let link = browser.evaluate("document.querySelector('#export a[data-format=\"ids\"]').href");
    let (_, _, ids) = crate::support::get(link.as_str().unwrap());
    assert_eq!(ids.lines().count(), 61);
    assert_eq!(browser.evaluate("typeof window.hacked"), "undefined");
}
