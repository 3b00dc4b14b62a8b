use super::*;
use domain::Worth;

fn program(script: &str, of: Type, timeout: f64) -> Process {
    let limits = Limits { timeout: Duration::from_secs_f64(timeout), start: Duration::from_secs(20), batch: 4 };
    Process::new(["python3", "-uc", script].map(str::to_owned).into(), Path::new("/"), of, limits)
}

/// A program that answers with what `values` makes of `texts`.
fn answering(values: &str) -> String {
    format!(
        "import json, os, sys, time\nfor line in sys.stdin:\n    asked = json.loads(line)\n    texts = asked['texts']\n    values = {values}\n    print(json.dumps({{'id': asked['id'], 'values': values}}))\n"
    )
}

fn whys(process: &mut Process, texts: &[&str]) -> Vec<String> {
    process.score(texts).into_iter().map(|answer| answer.map_or_else(Cow::into_owned, |worth| format!("{worth:?}"))).collect()
}

#[test]
fn it_is_asked_in_batches_and_answers_in_order() {
    let mut process = program(&answering("[len(text) for text in texts]"), Type::Integer, 10.0);
    let texts: Vec<String> = (0..11).map(|length| "a".repeat(length)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let lengths: Vec<_> = process.score(&texts).into_iter().map(Result::unwrap).collect();
    assert_eq!(lengths, (0..11).map(Worth::Integer).collect::<Vec<_>>());
    assert_eq!((process.trouble(), process.is_outside()), (None, true));
}

#[test]
fn what_it_says_beside_its_answers_is_passed_over() {
    let chatty = format!("print('model loaded', flush=True)\nprint('{{\"id\": 99, \"values\": []}}')\n{}", answering("texts"));
    assert_eq!(whys(&mut program(&chatty, Type::Text, 10.0), &["a\n\"b"]), ["Text(Text(\"a\\n\\\"b\"))"]);
}

#[test]
fn lies_are_told_from_scores() {
    let liar = answering("[float('nan'), 1, 'x', None][:len(texts)]");
    let mut process = program(&liar, Type::Float, 10.0);
    process.limits.start = Duration::from_secs(2);
    let said = whys(&mut process, &["a", "b", "c", "d"]);
    // Python writes what is no number in a way that is no JSON.
    assert!(said.iter().all(|why| why.contains("no answer within") || why.contains("ended")), "{said:?}");
    let liar = answering("[1e400, 1, 'x', None, 1.5, [2], True]");
    let mut process = program(&liar.replace("1e400", "1"), Type::Integer, 10.0);
    process.limits.batch = 7;
    let said = whys(&mut process, &["a"; 7]);
    let no = |what: &str| format!("it said {what}, which is no integer");
    let wanted =
        ["Integer(1)".into(), "Integer(1)".into(), no("\"x\""), "it has no score".into(), no("1.5"), no("[2]"), no("true")];
    assert_eq!(said, wanted);
    assert!(process.trouble().unwrap().contains("which is no integer"));
    for (values, why) in [("texts[1:]", "it gave 1 answers to 2 texts"), ("texts + texts", "it gave 4 answers to 2 texts")] {
        let mut process = program(&answering(values), Type::Text, 10.0);
        assert_eq!(whys(&mut process, &["a", "b"]), [why, why]);
        assert_eq!(process.trouble().as_deref(), Some(why));
    }
}

#[test]
fn one_that_hangs_is_killed_and_nobody_waits_for_it_again_at_once() {
    let hanging = answering("texts if texts != ['hang'] else time.sleep(3600)");
    let mut process = program(&hanging, Type::Text, 0.5);
    assert_eq!(whys(&mut process, &["a"]), ["Text(Text(\"a\"))"]);
    assert_eq!(whys(&mut process, &["hang"]), ["no answer within 500ms"]);
    let begun = Instant::now();
    assert_eq!(whys(&mut process, &["b"]), ["down: no answer within 500ms"]);
    assert!(begun.elapsed() < REST / 2);
    assert_eq!(process.trouble().as_deref(), Some("down: no answer within 500ms"));
    std::thread::sleep(REST);
    assert_eq!(whys(&mut process, &["c"]), ["Text(Text(\"c\"))"]);
    assert_eq!(process.trouble(), None);
}

#[test]
fn one_that_dies_is_started_again_later_each_time() {
    let mut process = program("import sys\nsys.stderr.write('no such weights\\n')\nsys.exit(3)", Type::Text, 5.0);
    for rest in [REST, REST * 2, REST * 4] {
        assert_eq!(whys(&mut process, &["a"]), ["it has ended with exit status: 3 (no such weights)"]);
        let left = process.rests.unwrap().saturating_duration_since(Instant::now());
        assert!(left <= rest && left > rest / 2, "{left:?} of {rest:?}");
        process.rests = None;
    }
    let mut missing = program("", Type::Text, 5.0);
    missing.command = vec!["/no/such/program".into()];
    assert!(whys(&mut missing, &["a"])[0].starts_with("cannot start /no/such/program: "));
}

#[test]
fn one_that_talks_without_end_or_does_not_read_is_killed() {
    let talker = "import sys\nwhile True: sys.stdout.write('x' * 65536)";
    assert_eq!(whys(&mut program(talker, Type::Text, 20.0), &["a"]), [worker_limit()]);
    let talker = "import sys\nwhile True: sys.stdout.write('x' * 99 + '\\n')";
    assert_eq!(whys(&mut program(talker, Type::Text, 20.0), &["a"]), [worker_limit()]);
    let mut deaf = program("import time\ntime.sleep(3600)", Type::Text, 5.0);
    deaf.limits.start = Duration::from_millis(300);
    // More than a pipe holds.
    let long = "x".repeat(1 << 20);
    assert_eq!(whys(&mut deaf, &[&long]), ["no answer within 300ms"]);
    assert_eq!(whys(&mut deaf, &["a"]), ["down: no answer within 300ms"]);
}

fn worker_limit() -> String {
    "it says more than 16 MiB that is no answer".to_owned()
}

#[test]
fn what_it_started_ends_with_it_and_it_learns_no_secrets() {
    let parent = answering("[str(os.spawnvp(os.P_NOWAIT, 'sleep', ['sleep', '3600']))]");
    let mut process = program(&parent, Type::Text, 5.0);
    let child = match process.score(&["a"]).remove(0) {
        Ok(Worth::Text(id)) => id.to_string(),
        other => panic!("{other:?}"),
    };
    let state = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    let until = Instant::now() + Duration::from_secs(5);
    while !state().contains("(sleep)") && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(state().contains("(sleep)"));
    drop(process);
    while state().contains("(sleep)") && !state().contains(") Z ") && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!state().contains("(sleep)") || state().contains(") Z "), "{}", state());
    let names = answering("[' '.join(name for name in os.environ if name.startswith('GOSHAWK'))]");
    assert_eq!(whys(&mut program(&names, Type::Text, 5.0), &["a"]), ["Text(Text(\"\"))"]);
}

#[test]
fn who_is_patient_loses_only_the_text_that_kills_it() {
    let mortal = answering("texts if 'kill' not in texts else sys.exit(9)");
    let texts = ["a", "kill", "b", "c"];
    let said = whys(&mut program(&mortal, Type::Text, 5.0), &texts);
    assert!(said.iter().all(|why| why.contains("exit status: 9")), "{said:?}");
    let mut patient = program(&mortal, Type::Text, 5.0);
    patient.be_patient();
    let said = whys(&mut patient, &texts);
    assert!(said[1].contains("exit status: 9"), "{said:?}");
    assert_eq!([&said[0], &said[2], &said[3]], ["Text(Text(\"a\"))", "Text(Text(\"b\"))", "Text(Text(\"c\"))"]);
    let mut broken = program("import sys\nsys.exit(1)", Type::Text, 5.0);
    broken.be_patient();
    let begun = Instant::now();
    assert_eq!(broken.score(&["a"; 1000]).len(), 1000);
    assert!(begun.elapsed() < REST * 20, "it is of no use: {:?}", begun.elapsed());
}
