//! The web page and its API, asked over the network and looked at with a real browser.

use crate::browser::Browser;
use crate::support::{Dice, Place, Process, eventually, get};
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
    let mut wanted = vec![];
    for path in ["/", "/cascades", "/cascades/17"] {
        let (status, kind, html) = get(&format!("{page}{path}"));
        assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
        let assets: Vec<String> =
            html.split('"').filter(|part| part.starts_with("/assets/")).map(|asset| (*asset).to_owned()).collect();
        assert!(assets.len() >= 3, "{assets:?}");
        wanted.extend(assets);
    }
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
    for path in ["/", "/cascades", "/health", "/metrics", "/api/counts", "/api/cascades", "/api/cities/top", "/api/live"] {
        assert!(paths.contains_key(path), "{path} is not described");
    }
    for (path, methods) in paths {
        let url = page.clone() + &path.replace("{topic}", "counts").replace("{name}", "app.js").replace("{id}", "unknown");
        if path == "/api/live" {
            assert_eq!(listen(&url, 3).len(), 3);
            continue;
        }
        // It goes on as long as somebody listens.
        if path == "/api/search/live" {
            continue;
        }
        let url = if path == "/api/export" { url + "?format=ids" } else { url };
        let (status, kind, body) = get(&url);
        let wanted = match path.as_str() {
            // Nothing is said of cascades here, and nothing can be searched.
            "/api/cascades/{id}" | "/api/export" => 404,
            _ if methods.get("get").is_some() => 200,
            _ => 405,
        };
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
    // Not all cities of the newest window need be told at once.
    eventually("five cities", Duration::from_secs(20), || (number(&mut browser, "#active") >= 5).then_some(()));
    // Long enough for the posts that wait to be erased to be many.
    std::thread::sleep(Duration::from_secs(4));
    eventually("it is live", Duration::from_secs(20), || (browser.text("#state") == "live").then_some(()));
    let rows = "document.querySelectorAll('#rows tr').length";
    eventually("a table of cities", Duration::from_secs(20), || (browser.evaluate(rows).as_u64()? >= 5).then_some(()));
    let busiest = ask(&format!("{page}/api/cities/top"))["cities"][0]["city"].as_str().unwrap().to_owned();
    let table = browser.text("#rows").to_lowercase();
    assert!(table.contains(&busiest), "no {busiest} in {table}");
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

/// What a stranger may write: markup, letters that run to the left, joined emoji, marks that turn the line around.
const HOSTILE: &str = "<script>hacked=1</script><img src=x onerror='hacked=1'> \u{645}\u{631}\u{62d}\u{628}\u{627} \u{202e}back \u{1f469}\u{200d}\u{1f680} & &lt;b&gt;";

/// A process that plays cascades again and again, and watches them for a short while; its page's address.
fn cascades_site() -> (Place, Process, String) {
    let place = Place::new().set("collect.windows", "20s,60s").set("collect.silence", "60s").set("collect.least", "3");
    let place = place.set("time.lateness", "1s").set("predict.delay", "10s").set("learn.every", "60s");
    let (mut dice, mut data, mut index, mut row) =
        (Dice(5), "time,magnitude,msg\n".to_owned(), "start_ind,end_ind\n".to_owned(), 1);
    for cascade in 0..60 {
        let posts = 20 + dice.roll(60);
        let message = if cascade % 3 == 0 { HOSTILE.to_owned() } else { format!("words of {cascade}") };
        data += &format!("0,900,{message}\n");
        // Half of them within the first minute.
        let mut times: Vec<u64> = (1..posts).map(|_| 1 + dice.roll(60) * (1 + dice.roll(2))).collect();
        times.sort_unstable();
        data.extend(times.iter().map(|time| format!("{time},50\n")));
        index += &format!("{row},{}\n", row + posts - 1);
        row += posts;
    }
    std::fs::create_dir(place.path("news")).unwrap();
    place.write("news/data.csv", data);
    place.write("news/index.csv", index);
    let roles = "source,collect,estimate,predict,learn,upkeep,serve";
    let source = "cascades:news?alive=8&within=20s&speed=15&loop=true";
    let mut process = place.start(&format!("run --log disk:log --source {source} --roles {roles} --listen 127.0.0.1:0"));
    let page = process.page();
    (place, process, page)
}

fn wait_for_cascades(page: &str, state: &str) -> Vec<Value> {
    eventually("cascades", Duration::from_secs(60), || {
        let rows = ask(&format!("{page}/api/cascades?state={state}&n=1000"))["cascades"].as_array().unwrap().clone();
        (rows.len() >= 3).then_some(rows)
    })
}

#[test]
fn what_is_told_of_cascades_is_what_the_topics_say() {
    let (place, _process, page) = cascades_site();
    let ended = wait_for_cascades(&page, "ended");
    let (errors, sizes) = (place.tap("errors --log disk:log"), place.tap("sizes --log disk:log"));
    for row in &ended {
        let same = |said: &&Value| said["cascade"] == row["cascade"];
        assert_eq!(sizes.iter().find(same).map(|size| &size["size"]), Some(&row["size"]), "{row}");
        let error = errors.iter().find(|said| same(said) && said["window_s"] == row["window_s"]);
        // How far off it was is told when both are known; the page need not wait for that.
        if let Some(error) = error {
            let near = (error["are"].as_f64().unwrap() - row["are"].as_f64().unwrap()).abs() < 1e-9;
            assert!(near && error["inside"] == row["inside"], "{row} {error}");
        }
    }
    let details = ask(&format!("{page}/api/cascades/{}", ended[0]["cascade"].as_str().unwrap()));
    assert_eq!(details["size"], ended[0]["size"]);
    assert_eq!(details["curve"]["points"].as_array().unwrap().last().unwrap()[1], details["observed"]);
    let posts = details["posts"].as_array().unwrap();
    assert_eq!((posts.len() as u64, &details["stopped_early"]), (details["size"].as_u64().unwrap().min(50), &false.into()));
    let (_, _, metrics) = get(&format!("{page}/metrics"));
    assert!(metrics.contains("n_tot{tweet=\"") && metrics.contains("goshawk_cascade_high{"), "{metrics}");
}

/// How many elements a selector finds.
fn count(browser: &mut Browser, selector: &str) -> u64 {
    browser.evaluate(&format!("document.querySelectorAll('{selector}').length")).as_u64().unwrap()
}

#[test]
fn a_browser_shows_which_cascades_will_be_large_and_hostile_words_as_words() {
    let (place, _process, page) = cascades_site();
    let mut browser = Browser::show(&place, &format!("{page}/cascades"));
    eventually("it says what will come", Duration::from_secs(20), || {
        (browser.evaluate("document.getElementById('empty')?.hidden") == false).then_some(())
    });
    eventually("leaders", Duration::from_secs(60), || (count(&mut browser, "#leader-rows tr") >= 3).then_some(()));
    eventually("it is live", Duration::from_secs(20), || (browser.text("#state") == "live").then_some(()));
    assert!(number(&mut browser, "#open") >= 3 && number(&mut browser, "#largest") >= 20);
    let bars = "[...document.querySelectorAll('#leader-rows rect.range')].every((bar) => bar.getBBox().width > 0)";
    assert_eq!(browser.evaluate(bars), true);
    let hostile =
        "[...document.querySelectorAll('#leader-rows a, #ended-rows a')].find((link) => link.textContent.includes('<script>'))";
    eventually("hostile words", Duration::from_secs(60), || {
        (browser.evaluate(&format!("{hostile} !== undefined")) == true).then_some(())
    });
    let unlike = |text: &Value| format!("{text}").replace(&format!("{}", Value::from(HOSTILE)), "");
    assert_eq!(unlike(&browser.evaluate(&format!("{hostile}.textContent"))), "");
    eventually("some have ended", Duration::from_secs(60), || (count(&mut browser, "#ended-rows tr") >= 3).then_some(()));
    let verdicts = "[...document.querySelectorAll('#ended-rows .verdict')].every((cell) => /yes|no/.test(cell.textContent))";
    assert_eq!(browser.evaluate(verdicts), true);
    // No rows but those of the table are there, and nobody's script has run.
    assert_eq!((count(&mut browser, "main img"), count(&mut browser, "main script")), (0, 0));
    browser.evaluate(&format!("{hostile}.click()"));
    eventually("the curve", Duration::from_secs(40), || (count(&mut browser, "#chart path.curve") == 1).then_some(()));
    eventually("the posts", Duration::from_secs(40), || (count(&mut browser, "#posts li") >= 3).then_some(()));
    assert_eq!(browser.text("#text").replace(HOSTILE, ""), "");
    assert!(count(&mut browser, "#forecast-rows tr") >= 1 && count(&mut browser, "#chart circle.said") >= 1);
    assert!(browser.text("#fits-words").contains("Hawkes"));
    assert_eq!((count(&mut browser, "main img"), browser.evaluate("typeof hacked")), (0, "undefined".into()));
    browser.evaluate("document.getElementById('chart').focus()");
    browser.evaluate("document.getElementById('chart').dispatchEvent(new KeyboardEvent('keydown', { key: 'Home' }))");
    assert_eq!(browser.text("#read"), "after 0 s: 1 post");
    for unknown in ["unknown", "%25%zz"] {
        browser.evaluate(&format!("location.href = '/cascades/{unknown}'"));
        eventually("it says so", Duration::from_secs(20), || browser.text("#trouble").contains("not among those").then_some(()));
        assert_eq!(browser.evaluate("document.getElementById('found').hidden"), true);
        browser.evaluate("document.getElementById('trouble').textContent = ''");
    }
}
