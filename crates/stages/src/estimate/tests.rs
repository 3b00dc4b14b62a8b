use super::*;
use flow::driver::{Driver, lines};
use flow::{Format, Timestamp};
use ml::hawkes::{COURSE, Marks, Prior, Simulation};

const TOPICS: &[&str] = &["estimates", "late", "rejected"];
const MARKS: Marks = Marks { alpha: 3.0, scale: 50.0 };

fn stage(model: Model, usual: Usual) -> Estimate {
    Estimate { model, usual, max_branching: 0.9, silence_s: 1800.0 }
}

fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The partial cascades of one that is drawn, and the news that it has ended.
fn cascade(number: u64, n_star: f64) -> Vec<(Timestamp, Series<'static>)> {
    let p = n_star / MARKS.mean();
    let simulation = Simulation { p, beta: 1.0 / 900.0, marks: MARKS, first: 3000.0, horizon: 1e9, most: 20_000 };
    let drawn = simulation.draw(uniform(number + 1));
    let events: Vec<[u64; 2]> =
        drawn.times.iter().zip(&drawn.marks).map(|(t, m)| [(t * 1000.0) as u64, m.round() as u64]).collect();
    let start = Timestamp::from_seconds(number as i64 * 100_000);
    let of = |window_s: Option<u32>| {
        let within = |event: &&[u64; 2]| window_s.is_none_or(|window_s| event[0] < u64::from(window_s) * 1000);
        let seen: Vec<[u64; 2]> = events.iter().filter(within).copied().collect();
        let (size, reach) = (seen.len() as u64, seen.iter().map(|event| event[1]).sum());
        let events = if window_s.is_some() { seen } else { vec![] };
        let (cascade, network, text) = (number.to_string().into(), "x".into(), "words".into());
        let time = start.plus_millis(window_s.map_or(90_000_000, |window_s| i64::from(window_s) * 1000));
        (time, Series { cascade, network, author: None, start, window_s, size, reach, events, text })
    };
    vec![of(Some(600)), of(Some(1200)), of(None)]
}

const AUTHORS: [&str; 3] = ["ann", "bob", "eve"];

fn by(author: &'static str, mut series: Vec<(Timestamp, Series<'static>)>) -> Vec<(Timestamp, Series<'static>)> {
    series.iter_mut().for_each(|(_, series)| series.author = Some(author.into()));
    series
}

fn feed(driver: &mut Driver<Estimate>, series: &[(Timestamp, Series<'static>)]) -> Vec<Record<'static>> {
    let lines = lines(&driver.feed("test", series, Timestamp::MIN));
    let read = |line: &String| {
        let json = line.strip_prefix("estimates ").unwrap_or_else(|| panic!("{line}")).split_once(' ').unwrap().1;
        Format::Json.decode::<Record<'_>>(Box::leak(json.to_owned().into_boxed_str()).as_bytes()).unwrap()
    };
    lines.iter().map(read).collect()
}

fn parameter(estimate: &Record<'_>, name: &str) -> f64 {
    estimate.parameters.iter().find(|parameter| &*parameter.name == name).unwrap().value
}

#[test]
fn each_model_says_how_large_it_will_be() {
    let [first, second, _] = &cascade(3, 0.6)[..] else { panic!() };
    for (model, name, parameters) in [
        (Model::Exponential, "exponential", vec!["p", "beta"]),
        (Model::PowerLaw, "power-law", vec!["p", "c", "theta"]),
        (Model::Seismic { degree: MARKS.mean() }, "seismic", vec!["infectiousness"]),
    ] {
        let mut driver = Driver::new(stage(model, Usual::Learned), &["series/test"], TOPICS);
        let estimates = feed(&mut driver, &[first.clone(), second.clone()]);
        for (estimate, (_, series)) in estimates.iter().zip([first, second]) {
            assert_eq!((&*estimate.model, estimate.window_s, estimate.observed), (name, series.window_s.unwrap(), series.size));
            assert_eq!(estimate.parameters.iter().map(|p| &*p.name).collect::<Vec<_>>(), parameters);
            let predicted = estimate.predicted.unwrap();
            assert!(predicted >= series.size as f64 && predicted < 1e6, "{estimate:?}");
            if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
                assert!(low >= series.size as f64 && low <= predicted && predicted <= high, "{estimate:?}");
                let told = estimate.observed as f64 + estimate.g1 / (1.0 - estimate.n_star);
                assert!((told - predicted).abs() < 1e-6 * predicted);
            }
        }
    }
}

#[test]
fn what_is_usual_is_learned_from_those_that_ended() {
    let mut driver = Driver::new(stage(Model::Exponential, Usual::Learned), &["series/test"], TOPICS);
    let mut last = vec![];
    for number in 0..300 {
        last = feed(&mut driver, &cascade(number, 0.5));
        if number % 40 == 7 {
            driver.crash();
        }
    }
    assert_eq!(last[0].learned_from, 299);
    assert!((last[0].mean_mark / MARKS.mean() - 1.0).abs() < 0.1, "{} for {}", last[0].mean_mark, MARKS.mean());
    let (mut learned, mut bare) = (vec![], vec![]);
    for number in 300..360 {
        let series = cascade(number, 0.5);
        let mut alone = Driver::new(stage(Model::Exponential, Usual::Nothing), &["series/test"], TOPICS);
        for (driver, errors) in [(&mut driver, &mut learned), (&mut alone, &mut bare)] {
            let estimate = feed(driver, &series[..1]).remove(0);
            errors.push((parameter(&estimate, "beta") * 900.0).ln().abs());
        }
    }
    let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean(&learned) < 0.8 * mean(&bare), "{} is not well below {}", mean(&learned), mean(&bare));
}

#[test]
fn what_was_learned_survives_a_crash_to_the_last_digit() {
    let all: Vec<_> = (0..60).flat_map(|number| by(AUTHORS[number as usize % 3], cascade(number, 0.5))).collect();
    let run = |crash: bool| {
        let mut driver = Driver::new(stage(Model::Exponential, Usual::Learned), &["series/test"], TOPICS);
        let mut estimates = vec![];
        for series in all.chunks(2) {
            estimates.extend(feed(&mut driver, series));
            if crash {
                driver.crash();
            }
        }
        // What is pending is gone: what stays is the population, who wrote what, and the watermarks.
        assert_eq!(driver.entries(), 3 + AUTHORS.len());
        estimates
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn an_author_whose_cascades_were_large_is_expected_to_write_large_ones() {
    let mut driver = Driver::new(stage(Model::Exponential, Usual::Learned), &["series/test"], TOPICS);
    let features = |driver: &mut Driver<Estimate>, author| feed(driver, &by(author, cascade(99, 0.5))[..1]).remove(0).features;
    let place = |words: &str| ml::popularity::NAMES.iter().position(|name| name.contains(words)).unwrap();
    let (count, mean, above) = (place("earlier cascades"), place("mean ln N"), place("above that of all"));
    let first = features(&mut driver, "ann");
    assert_eq!([first[count], first[mean], first[above]], [0.0; 3], "nothing is known yet");
    for number in 0..20 {
        let (author, size) = if number % 2 == 0 { ("ann", 2000) } else { ("bob", 20) };
        let (time, series) = by(author, cascade(number, 0.5)).remove(2);
        feed(&mut driver, &[(time, Series { size, ..series })]);
        driver.crash();
    }
    let [ann, bob, eve] = AUTHORS.map(|author| features(&mut driver, author));
    assert_eq!([ann[count], bob[count], eve[count]], [11.0_f32.ln(), 11.0_f32.ln(), 0.0]);
    assert!(ann[above] > 1.5 && bob[above] < -1.5 && eve[above] == 0.0, "{} {}", ann[above], bob[above]);
    assert!(ann[mean] > eve[mean] && eve[mean] > bob[mean] && eve[mean] == (200.0_f32).ln());
}

#[test]
fn the_constants_of_the_course_are_used_where_they_are_asked_for() {
    let [p, beta, p_sd, beta_sd, correlation] = COURSE;
    let course = Usual::Given(35.0, Prior::matched(p, beta, p_sd, beta_sd, correlation));
    let mut driver = Driver::new(stage(Model::Exponential, course), &["series/test"], TOPICS);
    let estimates = feed(&mut driver, &cascade(1, 0.6));
    assert_eq!((estimates[0].mean_mark, estimates[0].learned_from), (35.0, 0));
    let n_star = parameter(&estimates[0], "p") * 35.0;
    assert!((n_star - estimates[0].n_star).abs() < 1e-12 && n_star <= 0.9);
}

#[test]
fn of_a_very_large_one_the_first_posts_are_looked_at_and_the_others_added() {
    let (time, series) = cascade(3, 0.6).remove(1);
    let listed = series.events.len() as u64;
    let large = Series { size: listed + 1_000_000, ..series.clone() };
    let mut driver = Driver::new(stage(Model::Exponential, Usual::Learned), &["series/test"], TOPICS);
    let estimate = feed(&mut driver, &[(time, large)]).remove(0);
    assert!(estimate.observed == listed + 1_000_000 && estimate.low.unwrap() >= 1_000_000.0 + listed as f64);
}

#[test]
fn what_is_no_cascade_is_rejected_and_hostile_ones_give_numbers() {
    let mut driver = Driver::new(stage(Model::Exponential, Usual::Learned), &["series/test"], TOPICS);
    let (time, series) = cascade(3, 0.6).remove(0);
    let bad = |events: Vec<[u64; 2]>| (time, Series { events, ..series.clone() });
    for nothing in [vec![], vec![[5, 1]]] {
        let lines = lines(&driver.feed("test", &[bad(nothing)], Timestamp::MIN));
        assert!(lines[0].starts_with("rejected estimate "), "{lines:?}");
    }
    let hostile = [
        vec![[0, 0]],
        vec![[0, 0], [0, 0], [0, 0]],
        vec![[0, 7]; 500],
        vec![[0, 1_000_000_000_000], [599_999, 0]],
        vec![[599_000, 3], [0, 5], [4, 4]],
    ];
    for events in hostile {
        let estimate = feed(&mut driver, &[bad(events)]).remove(0);
        let numbers = [estimate.n_star, estimate.g1, estimate.predicted.unwrap(), estimate.low.unwrap(), estimate.high.unwrap()];
        assert!(numbers.iter().all(|number| number.is_finite()) && estimate.n_star < 1.0, "{estimate:?}");
    }
}
