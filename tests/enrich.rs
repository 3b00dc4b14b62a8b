//! Text models, with the real process: those that are shipped, those in a folder, and programs that do what they should not.

mod onnx;
mod theirs;
mod trouble;
mod versions;

use crate::support::{LIMIT, Place, json_lines};
use expect_test::expect;
use serde_json::Value;

/// A program that is told by a file, `mode`, what to do with its next texts; it gives their lengths.
const LENGTHS: &str = r#"
import json, os, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    mode = open("mode").read().strip()
    if mode == "die":
        sys.exit(3)
    if mode == "hang":
        time.sleep(3600)
    if mode == "flood":
        while True:
            sys.stdout.write("x" * 65536)
    values = [len(text) for text in asked["texts"]]
    if mode == "lie":
        values = ["long"] * len(values)
    if mode == "less":
        values = values[1:]
    print(json.dumps({"id": asked["id"], "values": values}), flush=True)
"#;

/// A folder of models with one of our own.
fn with_lengths(place: &Place) {
    std::fs::create_dir_all(place.path("models/length")).unwrap();
    let manifest = "name = 'length'\nversion = '1'\noutput = 'length'\ntype = 'integer'\nkind = 'process'\n[process]\ncommand = ['python3', '-u', 'length.py']\ntimeout_s = 1\n";
    place.write("models/length/model.toml", manifest);
    place.write("models/length/length.py", LENGTHS);
    place.write("models/length/mode", "well");
}

/// What a command says that fails.
fn fails(place: &Place, line: &str) -> String {
    place.start(line).ended(LIMIT).bad(place)
}

/// Scores of one model, in order.
fn scores(place: &Place, model: &str) -> Vec<Value> {
    place.tap("scores --log disk:log").into_iter().filter(|score| score["model"] == model).collect()
}

fn is_well(score: &Value) -> bool {
    !score["value"].is_null()
}

#[test]
fn a_folder_more_is_a_score_more() {
    let place = Place::new();
    with_lengths(&place);
    let posts = "synthetic:?count=3000&speed=max&start=2026-01-01T00:00:00Z";
    place.ok(&format!("run --drain --listen off --log disk:log --source {posts} --roles source,enrich"));
    let posts = place.tap("posts --log disk:log");
    let asked = posts.iter().filter(|post| post["text"] != "").count();
    assert!(asked > 2000, "{asked} of {} posts say something", posts.len());
    for model in ["length", "language", "vader"] {
        let scores = scores(&place, model);
        assert_eq!(scores.len(), asked, "{model}");
        let mut names: Vec<&str> = scores.iter().map(|score| score["post"].as_str().unwrap()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), asked, "{model} scores each post once");
    }
    let of: std::collections::HashMap<&str, &Value> = posts.iter().map(|post| (post["id"].as_str().unwrap(), post)).collect();
    for score in scores(&place, "length") {
        let post = of[score["post"].as_str().unwrap()];
        assert_eq!(score["value"], post["text"].as_str().unwrap().chars().count(), "{post}");
        assert_eq!((&score["root"], &score["time"], &score["shadow"]), (&post["root"], &post["time"], &Value::Bool(false)));
    }
}

#[test]
fn a_process_asks_the_models_that_it_is_given() {
    let place = Place::new();
    with_lengths(&place);
    let run = |place: &Place, roles: &str| {
        place.ok(&format!("run --drain --listen off --log disk:log --source synthetic:?count=500&speed=max --roles {roles}"));
    };
    run(&place, "source,enrich:vader");
    let models = |place: &Place| {
        let mut models: Vec<String> =
            place.tap("scores --log disk:log").iter().map(|score| score["model"].as_str().unwrap().to_owned()).collect();
        models.sort();
        models.dedup();
        models
    };
    assert_eq!(models(&place), ["vader"]);
    let place = place.set("enrich.models", "length");
    run(&place, "source,enrich");
    assert_eq!(models(&place), ["length", "vader"], "the same log, from where each model was");
    for (roles, why) in
        [("enrich:nobody", "there is no model `nobody`; there are all, "), ("enrych", "there is no role `enrych`")]
    {
        let said = fails(&place, &format!("run --log disk:log --roles {roles}"));
        assert!(said.contains(why), "{said}");
    }
    place.write("models/length/model.toml", "name = 'length'\n");
    let said = fails(&place, "run --log disk:log");
    assert!(said.contains("models/length/model.toml: ") && said.contains("missing field"), "{said}");
}

/// Posts that the test makes up, in two moods.
fn moods(count: usize) -> String {
    let (good, bad) = (["lovely", "great", "sunny", "happy"], ["awful", "broken", "late", "sad"]);
    let rows = (0..count).map(|at| {
        let (words, label) = if at % 2 == 0 { (good, "good") } else { (bad, "bad") };
        let word = words[at / 2 % 4];
        format!("\"what a {word} day, number {at}, and so {}\",{label}\n", words[at / 8 % 4])
    });
    std::iter::once("text,label\n".to_owned()).chain(rows).collect()
}

#[test]
fn a_model_is_trained_measured_and_put_to_use() {
    let place = Place::new();
    place.write("train.csv", moods(400));
    place.write("test.csv", moods(60));
    let said =
        place.ok("model train --data train.csv --folds 4 --out models/mood --type float --classes bad=-1,good=1 --test test.csv");
    assert!(said.contains("accuracy              1.0000  (mean of the folds)\n"), "{said}");
    assert!(said.ends_with("mood 1 stands in models/mood\n"), "{said}");
    let manifest = std::fs::read_to_string(place.path("models/mood/model.toml")).unwrap();
    assert!(
        manifest.contains("\"cross-validation macro_f1\" = 1.0") && manifest.contains("\"test accuracy\" = 1.0"),
        "{manifest}"
    );
    let weights = std::fs::read(place.path("models/mood/weights.bin")).unwrap();
    place.ok("model train --data train.csv --out again --type float --classes bad=-1,good=1");
    assert_eq!(std::fs::read(place.path("again/weights.bin")).unwrap(), weights, "the same texts make the same model");

    let told = |text: &str| json_lines(&place.ok(&format!("model score mood {text}")))[0]["value"].as_f64().unwrap();
    assert!(told("lovely") > 0.3 && told("awful") < -0.3, "{} {}", told("lovely"), told("awful"));
    let quality: Value = serde_json::from_str(&place.ok("model eval mood --data test.csv --json")).unwrap();
    assert_eq!((&quality["texts"], &quality["measures"]["macro_recall"]), (&Value::from(60), &Value::from(1.0)));
    let listed = json_lines(&place.ok("model ls --json --log disk:log"));
    let mood = listed.iter().find(|of| of["name"] == "mood").unwrap();
    assert_eq!((&mood["standing"], &mood["place"], &mood["type"]), (&"in force".into(), &"models/mood".into(), &"float".into()));
}

const WRONG: &[&str] = &[
    "train --data missing.csv --out a",
    "train --data none.csv --out a",
    "train --data short.csv --out a",
    "train --data one.csv --text words --out a",
    "train --data one.csv --out a",
    "train --data good.csv",
    "train --data good.csv --out a --type float",
    "train --data good.csv --out a --recipe recipe.toml",
    "train --data good.csv --out 7",
    "eval nothing --data good.csv",
    "score vader --file missing.txt",
    "shadow nowhere",
    "promote vader",
    "rollback vader",
    "rollback 600",
    "compare vader",
];

#[test]
fn what_is_wrong_with_labelled_texts_is_said() {
    let place = Place::new();
    place.write("one.csv", "text,label\na,x\nb,x\n");
    place.write("none.csv", "text,label\n");
    place.write("short.csv", "text,label\na,x\nb\n");
    place.write("recipe.toml", "word_gram = 3\n");
    place.write("good.csv", moods(40));
    let said: String = WRONG.iter().map(|line| format!("{line}\n    {}", fails(&place, &format!("model {line}")))).collect();
    expect![[r#"
        train --data missing.csv --out a
            goshawk: cannot read missing.csv: No such file or directory (os error 2)
        train --data none.csv --out a
            goshawk: none.csv holds no texts
        train --data short.csv --out a
            goshawk: short.csv, line 3: there is no column 2
        train --data one.csv --text words --out a
            goshawk: one.csv has no column `words`; there are text, label
        train --data one.csv --out a
            goshawk: 1 classes; give 2 to 1024
        train --data good.csv
            goshawk: there is nothing to do: --out FOLDER says where the model goes, --folds N has it cross-validated
        train --data good.csv --out a --type float
            goshawk: --type float needs a number for each class: --classes bad=NUMBER,...
        train --data good.csv --out a --recipe recipe.toml
            goshawk: recipe.toml: TOML parse error at line 1, column 1
          |
        1 | word_gram = 3
          | ^^^^^^^^^
        unknown field `word_gram`, expected one of `classes`, `lexicon`, `training`, `metric`, `measured_by`, `reached`, `beside`
        train --data good.csv --out 7
            goshawk: 7: name = "7" does not start with a letter
        eval nothing --data good.csv
            goshawk: there is no model `nothing`; there are language, offence-en, offence-id, sentiment-en, sentiment-id, topic, traffic-en, traffic-id, vader (a folder is named with a /)
        score vader --file missing.txt
            goshawk: cannot read missing.txt: No such file or directory (os error 2)
        shadow nowhere
            goshawk: nowhere: No such file or directory (os error 2)
        promote vader
            goshawk: vader: no version is tried: `goshawk model shadow FOLDER` does that
        rollback vader
            goshawk: vader: there is no version before to go back to
        rollback 600
            goshawk: say which version of window 600 to go back to; `goshawk model ls --window 600` lists them
        compare vader
            goshawk: no version of vader was tried yet: `goshawk model shadow FOLDER` does that
    "#]].assert_eq(&said);
}
