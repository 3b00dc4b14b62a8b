use super::*;
use domain::Author;
use expect_test::{Expect, expect};
use flow::driver::{Driver, lines};

mod random;

const TOPICS: &[&str] = &["series", "sizes", "late", "rejected"];

fn rules() -> Rules {
    Rules { least: 2, ..Rules::default() }.with_windows(vec![600, 1200])
}

fn post(root: &str, kind: Kind, time: i64, followers: u64) -> (Timestamp, Post<'static>) {
    let time = Timestamp::from_seconds(time);
    let author = Author { id: format!("by {root}").into(), followers: Some(followers), ..Author::default() };
    let text = format!("words of {root}").into();
    (time, Post { kind, author, text, ..Post::deletion("x".into(), root.to_owned().into(), time) })
}

/// `second post|re|del root followers` a line, `-- second` moves the watermark, `end` ends the stream.
fn run(driver: &mut Driver<Collect>, table: &str, crash: bool) -> Vec<String> {
    let (mut waiting, mut all) = (vec![], vec![]);
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let watermark = match words[..] {
            ["--", second] => Timestamp::from_seconds(second.parse().unwrap()),
            ["end"] => Timestamp::MAX,
            [second, kind, root, followers] => {
                let kind = match kind {
                    "post" => Kind::Original,
                    "del" => Kind::Deletion,
                    _ => Kind::Repost,
                };
                waiting.push(post(root, kind, second.parse().unwrap(), followers.parse().unwrap()));
                continue;
            }
            _ => panic!("{line}"),
        };
        all.extend(lines(&driver.feed("test", &std::mem::take(&mut waiting), watermark)));
        if crash {
            driver.crash();
        }
    }
    all
}

/// Seconds for times, to keep the tables readable.
fn short(line: &str) -> String {
    let (topic, rest) = line.split_once(' ').unwrap();
    let value = rest.split_once(' ').unwrap().1.as_bytes();
    let second = |time: Timestamp| time.millis() / 1000;
    match topic {
        "series" => {
            let Series { cascade, author, start, window_s, size, reach, events, .. } = flow::Format::Json.decode(value).unwrap();
            assert_eq!(author.as_deref(), Some(&*format!("by {cascade}")), "told at each window and at the end");
            let Some(window_s) = window_s else { return format!("{cascade} ended, size {size} reach {reach}") };
            let events: Vec<String> = events.iter().map(|[after, mark]| format!("{}:{mark}", after / 1000)).collect();
            format!("{cascade} from {} for {window_s}: size {size} reach {reach} [{}]", second(start), events.join(" "))
        }
        "sizes" => {
            let Size { cascade, size, reach, start, end, .. } = flow::Format::Json.decode(value).unwrap();
            format!("{cascade} from {} to {}: size {size} reach {reach}", second(start), second(end))
        }
        _ => {
            let Refused { time, reason, .. } = flow::Format::Json.decode(value).unwrap();
            format!("{topic} {}: {reason}", second(time))
        }
    }
}

fn check_by(rules: &Rules, table: &str, expected: Expect) {
    for crash in [false, true] {
        let mut driver = Driver::new(Collect { rules: rules.clone() }, &["posts/test"], TOPICS);
        let lines: Vec<String> = run(&mut driver, table, crash).iter().map(|line| short(line)).collect();
        expected.assert_eq(&lines.join("\n"));
        if table.ends_with("end") {
            let ended = lines.iter().filter(|line| line.contains("ended,")).count();
            assert_eq!(driver.entries(), 1 + ended, "only the watermarks stay, and that these have ended");
        }
    }
}

fn check(table: &str, expected: Expect) {
    check_by(&rules(), table, expected);
}

#[test]
fn a_partial_cascade_at_each_window_and_the_size_at_the_end() {
    check(
        "0 post a 100
         20 re a 5
         30 post b 7
         599 re a 6
         600 re a 7
         -- 601
         1000 re a 8
         -- 1300
         1900 re a 9
         -- 4000
         end",
        expect![[r#"
            a from 0 for 600: size 3 reach 111 [0:100 20:5 599:6]
            a from 0 for 1200: size 5 reach 126 [0:100 20:5 599:6 600:7 1000:8]
            a ended, size 6 reach 135
            a from 0 to 1900: size 6 reach 135"#]],
    );
}

#[test]
fn what_comes_after_the_end_is_late_and_starts_nothing() {
    check(
        "0 post a 100
         10 re a 1
         1810 re a 2
         -- 1805
         -- 1811
         1900 re a 3
         5000 re b 4
         -- 5001
         end",
        expect![[r#"
            a from 0 for 600: size 2 reach 101 [0:100 10:1]
            a from 0 for 1200: size 2 reach 101 [0:100 10:1]
            a ended, size 2 reach 101
            a from 0 to 10: size 2 reach 101
            late 1810: its cascade has ended
            late 1900: its cascade has ended"#]],
    );
}

#[test]
fn a_gap_that_is_filled_in_time_was_none() {
    check(
        "0 post a 100
         1850 re a 2
         -- 40
         900 re a 1
         -- 1801
         end",
        expect![[r#"
            a from 0 for 1200: size 2 reach 101 [0:100 900:1]
            a ended, size 3 reach 103
            a from 0 to 1850: size 3 reach 103"#]],
    );
}

#[test]
fn reposts_wait_for_a_first_post_that_may_still_come() {
    check(
        "30 re a 2
         20 re a 1
         9 re a 9
         -- 5
         10 post a 100
         40 re b 1
         -- 41
         end",
        expect![[r#"
            a from 10 for 600: size 3 reach 103 [0:100 10:1 20:2]
            a from 10 for 1200: size 3 reach 103 [0:100 10:1 20:2]
            a ended, size 3 reach 103
            a from 10 to 30: size 3 reach 103"#]],
    );
}

#[test]
fn small_ones_are_not_told_of_and_forgotten() {
    check(
        "0 post a 1
         5 post b 1
         900 re b 1
         -- 10000
         end",
        expect![[r#"
            b from 5 for 1200: size 2 reach 2 [0:1 895:1]
            b ended, size 2 reach 2
            b from 5 to 900: size 2 reach 2"#]],
    );
}

#[test]
fn alone_is_enough_where_one_is_asked_for() {
    check_by(
        &Rules { least: 1, ..rules() },
        "0 post a 7
         -- 600
         end",
        expect![[r#"
            a from 0 for 600: size 1 reach 7 [0:7]
            a from 0 for 1200: size 1 reach 7 [0:7]
            a ended, size 1 reach 7
            a from 0 to 0: size 1 reach 7"#]],
    );
}

#[test]
fn a_second_first_post_is_rejected_and_what_was_taken_back_is_not_told_of() {
    check(
        "0 post a 1
         1 post a 2
         2 re a 3
         -- 10
         20 del a 0
         30 re a 4
         -- 20000
         end",
        expect![[r#"
            rejected 1: this cascade has its first post already"#]],
    );
}

#[test]
fn the_large_are_counted_in_full_and_listed_in_part_and_none_goes_on_for_ever() {
    let rules = Rules { most: 3, silence_ms: 1_000_000, longest_ms: 1_500_000, ..rules() };
    check_by(
        &rules,
        "0 post a 1
         1 re a 1
         2 re a 1
         3 re a 1
         700 re a 1
         1400 re a 1
         -- 1450
         1499 re a 1
         1500 re a 1
         end",
        expect![[r#"
            a from 0 for 600: size 4 reach 4 [0:1 1:1 2:1]
            a from 0 for 1200: size 5 reach 5 [0:1 1:1 2:1]
            a ended, size 7 reach 7
            a from 0 to 1499: size 7 reach 7
            late 1500: its cascade has ended"#]],
    );
}

#[test]
fn a_crowd_that_waits_has_a_bound() {
    let mut driver = Driver::new(Collect { rules: rules() }, &["posts/test"], TOPICS);
    let before = Timestamp::from_seconds(-10);
    driver.feed("test", &[post("a", Kind::Original, 0, 1), post("a", Kind::Repost, 1, 1)], before);
    let crowd: Vec<_> = (0..1500).map(|second| post("a", Kind::Repost, 3000 + second, 1)).collect();
    let now = lines(&driver.feed("test", &crowd, before));
    assert_eq!((now.len(), short(&now[0]).as_str()), (500, "late 4000: its cascade has ended"));
    let rest = lines(&driver.feed::<Post<'_>>("test", &[], Timestamp::MAX));
    assert_eq!(rest.iter().filter(|line| line.starts_with("late")).count(), 1000);
}

#[test]
fn that_one_has_ended_is_forgotten_in_time() {
    check_by(
        &Rules { remember_ms: 1_000_000, ..rules() },
        "0 post a 1
         10 re a 1
         -- 1811
         2000 re a 1
         2001 post a 1
         -- 2811
         2900 re a 1
         3000 post b 1
         -- 5000",
        expect![[r#"
            a from 0 for 600: size 2 reach 2 [0:1 10:1]
            a from 0 for 1200: size 2 reach 2 [0:1 10:1]
            a ended, size 2 reach 2
            a from 0 to 10: size 2 reach 2
            late 2000: its cascade has ended
            rejected 2001: this cascade has its first post already"#]],
    );
}

#[test]
fn the_text_is_cut_between_letters() {
    let mut driver = Driver::new(Collect { rules: Rules { text: 4, least: 1, ..rules() } }, &["posts/test"], TOPICS);
    let (time, first) = post("a", Kind::Quote, 0, 1);
    let first = Post { text: "añéx".into(), ..first };
    let series = lines(&driver.feed("test", &[(time, first)], Timestamp::from_seconds(600)));
    assert!(series[0].contains(r#""network":"x""#) && series[0].contains(r#""text":"añ""#), "{series:?}");
}

#[test]
fn a_cascade_of_another_network_is_another() {
    let mut driver = Driver::new(Collect { rules: rules() }, &["posts/test"], TOPICS);
    let (time, repost) = post("a", Kind::Repost, 5, 1);
    let elsewhere = Post { network: "mastodon".into(), ..repost };
    driver.feed("test", &[post("a", Kind::Original, 0, 1)], Timestamp::MIN);
    let lines = lines(&driver.feed("test", &[(time, elsewhere)], Timestamp::MIN));
    assert_eq!(short(&lines[0]), "rejected 5: a cascade of this name is open on another network");
}

#[test]
fn other_windows_after_a_restart_go_by_the_reposts_that_were_kept() {
    let mut driver = Driver::new(Collect { rules: rules() }, &["posts/test"], TOPICS);
    run(&mut driver, "0 post a 1\n 100 re a 1\n 400 re a 1\n 500 re a 1\n -- 450", false);
    driver.replace(Collect { rules: rules().with_windows(vec![300, 480, 900]) });
    let lines: Vec<String> = run(&mut driver, "700 re a 1\n end", false).iter().map(|line| short(line)).collect();
    assert_eq!(
        lines,
        [
            "a from 0 for 480: size 3 reach 3 [0:1 100:1 400:1]",
            "a from 0 for 900: size 5 reach 5 [0:1 100:1 400:1 500:1 700:1]",
            "a ended, size 5 reach 5",
            "a from 0 to 700: size 5 reach 5"
        ]
    );
}
