//! The web page and its API, asked over the network and looked at with a real browser.

use crate::browser::Browser;
use crate::support::{Place, Process, eventually, get};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::time::Duration;

/// A process with a made-up network and short windows; its page's address.
fn site() -> (Place, Process, String) {
    let place = Place::new().set("windows.size", "10s").set("windows.hop", "2s").set("time.lateness", "1s");
    // Those whose work the page shows: on a busy machine the others would only hold it up.
    let place = place.set("roles", "source,locate,count,erase,upkeep,serve");
    let mut process = place.start("run --log disk:log --source synthetic:?rate=500&seed=7 --listen 127.0.0.1:0");
    let page = process.page();
    (place, process, page)
}

fn ask(url: &str) -> Value {
    let (status, kind, body) = get(url);
    assert_eq!((status, kind.as_str()), (200, "application/json"), "{url}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn wait_for_windows(page: &str) -> Value {
    eventually("a window has closed", Duration::from_secs(40), || {
        let top = ask(&format!("{page}/api/cities/top"));
        top["cities"].as_array().is_some_and(|cities| cities.len() >= 5).then_some(top)
    })
}

#[test]
fn the_page_comes_whole() {
    let (_place, _process, page) = site();
    let (status, kind, index) = get(&format!("{page}/"));
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    let assets: Vec<&str> = index.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    let mut wanted: Vec<String> = assets.iter().map(|asset| (*asset).to_owned()).collect();
    while let Some(asset) = wanted.pop() {
        let (status, _, body) = get(&format!("{page}{asset}"));
        assert!(status == 200 && !body.is_empty(), "{asset}: {status}");
        let imported = body.split(['"', '\'']).filter_map(|part| part.strip_prefix("./")).filter(|name| name.ends_with(".js"));
        wanted.extend(imported.map(|name| format!("/assets/{name}")));
    }
    let (status, _, body) = get(&format!("{page}/nothing"));
    assert!(status == 404 && body.contains("/api/openapi.json"), "{body}");
}

/// The first lines of an answer that does not end.
fn listen(url: &str, lines: usize) -> Vec<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).build().into();
    let reader = BufReader::new(agent.get(url).call().unwrap().into_body().into_reader());
    reader.lines().take(lines).map(Result::unwrap).collect()
}

#[test]
fn every_path_of_the_description_answers() {
    let (_place, _process, page) = site();
    wait_for_windows(&page);
    let description = ask(&format!("{page}/api/openapi.json"));
    let paths = description["paths"].as_object().unwrap();
    for path in ["/", "/health", "/metrics", "/api/counts", "/api/cities", "/api/cities/top", "/api/series", "/api/live"] {
        assert!(paths.contains_key(path), "{path} is not described");
    }
    for (path, methods) in paths {
        let url = page.clone() + &path.replace("{topic}", "counts").replace("{name}", "app.js");
        if path == "/api/live" {
            assert_eq!(listen(&url, 3).len(), 3);
            continue;
        }
        let (status, kind, body) = get(&url);
        let wanted = if methods.get("get").is_some() { 200 } else { 405 };
        assert_eq!(status, wanted, "{url}: {body}");
        assert!(!kind.is_empty() && !body.is_empty(), "{url}");
    }
}

#[test]
fn the_numbers_agree_with_each_other() {
    let (place, _process, page) = site();
    let top = wait_for_windows(&page);
    let best = &top["cities"][0];
    assert!(best["posts"].as_u64().unwrap() > 0 && best["people"].as_u64().unwrap() > 0, "{best}");
    let counts = ask(&format!("{page}/api/counts"));
    let windows = counts["windows"].as_array().unwrap();
    let tapped = place.tap("counts --log disk:log");
    for window in windows {
        let same = |row: &&Value| ["city", "start", "end"].iter().all(|field| row[*field] == window[*field]);
        let row = tapped.iter().find(same).unwrap_or_else(|| panic!("no record for {window}"));
        for field in ["posts", "reposts", "people"] {
            assert_eq!(row[field], window[field], "{row} {window}");
        }
    }
    let health = ask(&format!("{page}/health"));
    assert_eq!(health["condition"], "ok", "{health}");
}

#[test]
fn every_role_is_measured() {
    let (_place, _process, page) = site();
    wait_for_windows(&page);
    let (_, kind, text) = get(&format!("{page}/metrics"));
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(text.ends_with("# EOF\n"));
    let has =
        |name: &str, role: &str| text.lines().any(|line| line.starts_with(name) && line.contains(&format!("role=\"{role}")));
    for role in ["synthetic", "locate", "count"] {
        for name in ["goshawk_records_total", "goshawk_written_total", "goshawk_late_total", "goshawk_commit_seconds_bucket"] {
            assert!(has(&format!("{name}{{"), role), "{name} of {role} in {text}");
        }
        assert!(has("goshawk_watermark_delay_seconds{", role), "delay of {role} in {text}");
    }
    for role in ["locate", "count"] {
        assert!(has("goshawk_lag_records{", role), "lag of {role} in {text}");
    }
    for name in ["goshawk_serve_requests_total{", "goshawk_serve_rows ", "goshawk_state_keys{"] {
        assert!(text.contains(name), "{name} in {text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

/// The number that an element shows, once it shows one.
fn number(browser: &mut Browser, selector: &str) -> u64 {
    eventually(selector, Duration::from_secs(40), || {
        let digits: String = browser.text(selector).chars().filter(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

#[test]
fn a_browser_shows_numbers_that_move() {
    let (place, _process, page) = site();
    wait_for_windows(&page);
    let mut browser = Browser::show(&place, &page);
    assert!(number(&mut browser, "#rate") > 0 && number(&mut browser, "#people") > 0);
    assert!(number(&mut browser, "#active") >= 5);
    // Long enough for the posts that wait to be erased to be many.
    std::thread::sleep(Duration::from_secs(4));
    eventually("it is live", Duration::from_secs(20), || (browser.text("#state") == "live").then_some(()));
    let rows = "document.querySelectorAll('#rows tr').length";
    eventually("a table of cities", Duration::from_secs(20), || (browser.evaluate(rows).as_u64()? >= 5).then_some(()));
    let busiest = ask(&format!("{page}/api/cities/top"))["cities"][0]["city"].as_str().unwrap().to_owned();
    let table = browser.text("#rows").to_lowercase();
    assert!(table.contains(&busiest.replace('-', " ")), "no {busiest} in {table}");
    let clock = browser.text("#clock");
    assert!(!clock.is_empty());
    eventually("time goes on", Duration::from_secs(20), || (browser.text("#clock") != clock).then_some(()));
    let drawn =
        "[...document.getElementById('chart').getContext('2d').getImageData(0, 0, 300, 150).data].some((part) => part > 0)";
    assert_eq!(browser.evaluate(drawn), true, "the chart is empty");
}

#[test]
fn a_browser_follows_one_city_and_stands_still_when_told() {
    let (place, _process, page) = site();
    wait_for_windows(&page);
    let mut browser = Browser::show(&place, &page);
    let rows = "document.querySelectorAll('#rows tr').length";
    eventually("a table of cities", Duration::from_secs(40), || (browser.evaluate(rows).as_u64()? >= 5).then_some(()));
    browser.evaluate("document.querySelector('#rows button').click()");
    eventually("the chosen city's line", Duration::from_secs(20), || {
        (browser.text("#chart-title") != "All cities").then_some(())
    });
    browser.evaluate("document.getElementById('pause').click()");
    let still = (browser.text("#clock"), browser.text("#rate"));
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!((browser.text("#clock"), browser.text("#rate")), still, "it moves on");
}
