//! What a folder must be, and what comes out of it.

mod folder;
mod wrong;

use crate::Limits;
use folder::{Folder, PLUS, ROWS, TABLE, WORDS};

/// The logits of a text, by hand.
fn logits(text: &str) -> [f32; 2] {
    let number = |word: &str| WORDS.iter().position(|known| *known == word).unwrap_or(1);
    let rows: Vec<[f32; 2]> = text.split_whitespace().map(|word| ROWS[number(word)]).collect();
    let mean = |at: usize| rows.iter().map(|row| row[at]).sum::<f32>() / rows.len() as f32;
    [0, 1].map(|at| mean(0) * TABLE[0][at] + mean(1) * TABLE[1][at] + PLUS[at])
}

fn close(found: &[f32], expected: &[f32]) {
    let apart = found.iter().zip(expected).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
    assert!(found.len() == expected.len() && apart < 1e-5, "{found:?} is not {expected:?}");
}

const TEXTS: [&str; 6] = ["good film", "bad", "rain rain rain good sun film bad", "Good", "film", "bad bad film"];

#[test]
fn probabilities_are_those_computed_by_hand() {
    let mut classifier = Folder::new().load(Limits { batch: 4, ..Limits::default() }).unwrap();
    assert_eq!(classifier.labels(), ["up", "down"]);
    assert!(!classifier.is_multi_label());
    for (found, text) in classifier.probabilities(&TEXTS).unwrap().iter().zip(TEXTS) {
        let [up, down] = logits(&text.to_lowercase());
        let up = 1.0 / (1.0 + (down - up).exp());
        close(found, &[up, 1.0 - up]);
    }
    assert_eq!(classifier.probabilities(&[]).unwrap(), Vec::<Vec<f32>>::new());
}

#[test]
fn many_labels_do_not_share_one() {
    let folder = Folder::new();
    let config = br#"{"id2label": {"0": "up", "1": "down"}, "problem_type": "multi_label_classification"}"#;
    folder.write("config.json", config);
    let mut classifier = folder.load(Limits::default()).unwrap();
    assert!(classifier.is_multi_label());
    let found = classifier.probabilities(&["good film"]).unwrap();
    close(&found[0], &logits("good film").map(|logit| 1.0 / (1.0 + (-logit).exp())));
}

#[test]
fn neighbours_change_nothing() {
    let mut classifier = Folder::new().load(Limits { batch: 3, ..Limits::default() }).unwrap();
    let together = classifier.probabilities(&TEXTS).unwrap();
    assert_eq!(together, classifier.probabilities(&TEXTS).unwrap());
    for (text, found) in TEXTS.iter().zip(&together) {
        close(&classifier.probabilities(&[text]).unwrap()[0], found);
    }
}

#[test]
fn a_text_is_read_as_far_as_allowed() {
    let folder = Folder::new();
    let mut short = folder.load(Limits { max_tokens: 2, ..Limits::default() }).unwrap();
    let found = short.probabilities(&["good film bad bad bad", "good film"]).unwrap();
    close(&found[0], &found[1]);
    folder.write("config.json", br#"{"id2label": {"0": "up", "1": "down"}, "max_position_embeddings": 2}"#);
    let mut narrow = folder.load(Limits::default()).unwrap();
    close(&narrow.probabilities(&["good film bad bad bad"]).unwrap()[0], &found[1]);
}

#[test]
fn what_the_tokenizer_says_of_padding_is_not_heeded() {
    let folder = Folder::new();
    let free = folder.load(Limits::default()).unwrap().probabilities(&TEXTS).unwrap();
    let text = std::fs::read_to_string(folder.path("tokenizer.json")).unwrap();
    let padding = r#""padding": {"strategy": {"Fixed": 128}, "direction": "Left", "pad_to_multiple_of": null, "pad_id": 0,
        "pad_type_id": 0, "pad_token": "[PAD]"}"#;
    folder.write("tokenizer.json", text.replace(r#""padding": null"#, padding).as_bytes());
    assert_eq!(folder.load(Limits::default()).unwrap().probabilities(&TEXTS).unwrap(), free);
}

#[test]
fn no_text_is_too_much() {
    let mut classifier = Folder::new().load(Limits::default()).unwrap();
    let long = "good film ".repeat(1_000_000);
    let blank = " ".repeat(3_000_000);
    let hostile =
        ["", " \n\t", "\0\u{feff}\u{202e}", "e\u{301}\u{301}\u{301}\u{301}", "👩‍👩‍👧‍👦🏳️‍🌈", "\u{10ffff}", &long, &blank, "[PAD] [UNK]"];
    let found = classifier.probabilities(&hostile).unwrap();
    assert_eq!(found.len(), hostile.len());
    assert!(found.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5), "{found:?}");
}

#[test]
fn a_graph_of_fixed_sizes_is_filled_up() {
    let folder = Folder::new();
    let mut graph = folder::graph();
    graph.input = ["input_ids", "attention_mask"]
        .map(|name| folder::value(name, tract_onnx::pb::tensor_proto::DataType::Int64, &["2", "4"]))
        .to_vec();
    let free = folder.load(Limits::default()).unwrap().probabilities(&TEXTS[..2]).unwrap();
    folder.write("model.onnx", &folder::model(graph));
    let mut fixed = folder.load(Limits::default()).unwrap();
    let found = fixed.probabilities(&[TEXTS[0], TEXTS[1], "good film film film bad bad"]).unwrap();
    close(&found[0], &free[0]);
    close(&found[1], &free[1]);
    assert_eq!(found.len(), 3);
}

/// Needs an ONNX Runtime, as pip's package onnxruntime carries one; without the variable this says so, and nothing is compared.
#[test]
fn onnx_runtime_says_the_same() {
    let Some(library) = std::env::var_os("GOSHAWK_ONNXRUNTIME").filter(|path| !path.is_empty()) else {
        println!("onnx: GOSHAWK_ONNXRUNTIME names no libonnxruntime.so: it is not compared with");
        return;
    };
    let folder = Folder::new();
    let expected = folder.load(Limits::default()).unwrap().probabilities(&TEXTS).unwrap();
    let limits = Limits { runtime: Some(library.into()), batch: 4, ..Limits::default() };
    let mut classifier = folder.load(limits.clone()).unwrap();
    for (found, expected) in classifier.probabilities(&TEXTS).unwrap().iter().zip(&expected) {
        close(found, expected);
    }
    let other = folder.load(Limits { runtime: Some("other.so".into()), ..limits.clone() }).err().unwrap();
    assert!(other.contains("has already loaded"), "{other}");
    folder.write("model.onnx", b"no graph");
    assert!(folder.load(limits).err().unwrap().contains("model.onnx: "));
}
