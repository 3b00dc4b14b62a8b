//! What is said of a folder that is no classifier.

use super::folder::{self, Folder};
use crate::{Device, Limits};
use tract_onnx::pb::tensor_proto::DataType;

#[test]
fn a_missing_file_is_named() {
    for name in ["model.onnx", "tokenizer.json", "config.json"] {
        let folder = Folder::new();
        std::fs::remove_file(folder.path(name)).unwrap();
        assert_eq!(folder.error(), format!("{name}: No such file or directory (os error 2)"));
    }
}

#[test]
fn a_broken_file_is_named() {
    let folder = Folder::new();
    let whole = std::fs::read(folder.path("model.onnx")).unwrap();
    for bytes in [&b"no graph"[..], b"", &whole[..whole.len() / 2]] {
        folder.write("model.onnx", bytes);
        let error = folder.error();
        assert!(error.starts_with("model.onnx: is no graph that can be read: "), "{error}");
    }
    for name in ["tokenizer.json", "config.json"] {
        let folder = Folder::new();
        folder.write(name, b"{");
        assert!(folder.error().starts_with(&format!("{name}: ")), "{}", folder.error());
    }
}

#[test]
fn no_byte_of_a_graph_makes_it_panic() {
    let folder = Folder::new();
    let whole = std::fs::read(folder.path("model.onnx")).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x15;
        folder.write("model.onnx", &bytes);
        if let Ok(mut classifier) = folder.load(Limits::default()) {
            let _ = classifier.probabilities(&["good film", "bad"]);
        }
    }
}

#[test]
fn labels_that_do_not_fit_are_told() {
    let said = |config: &str| {
        let folder = Folder::new();
        folder.write("config.json", config.as_bytes());
        folder.error()
    };
    let labels = r#""id2label": {"0": "up", "1": "down"}"#;
    assert_eq!(
        said(r#"{"id2label": {"0": "a", "1": "b", "2": "c"}}"#),
        "model.onnx: the graph gives 2 numbers for a text, and config.json names 3 labels"
    );
    assert_eq!(
        said("{}"),
        r#"config.json: id2label is missing: it must name the labels, as in {"0": "negative", "1": "positive"}"#
    );
    assert_eq!(said(r#"{"id2label": {"0": "a", "2": "b"}}"#), "config.json: id2label has 2 labels and none with the number 1");
    assert_eq!(said(r#"{"id2label": {"0": "a"}}"#), "config.json: one label alone, of which every text has one, says nothing");
    let regression = format!(r#"{{{labels}, "problem_type": "regression"}}"#);
    assert_eq!(said(&regression), "config.json: problem_type regression is not one of classification");
}

#[test]
fn a_graph_that_is_no_classifier_is_told() {
    let folder = Folder::new();
    let said = |change: &dyn Fn(&mut tract_onnx::pb::GraphProto)| {
        let mut graph = folder::graph();
        change(&mut graph);
        folder.write("model.onnx", &folder::model(graph));
        folder.error()
    };
    assert_eq!(
        said(&|graph| graph.node[7].op_type = "Fancy".into()),
        "model.onnx: the graph needs what only ONNX Runtime has: Fancy (say where it is in ORT_DYLIB_PATH)"
    );
    assert_eq!(
        said(&|graph| graph.input.push(folder::value("pixel_values", DataType::Float, &["texts"]))),
        "model.onnx: the graph asks for pixel_values: only input_ids, attention_mask and token_type_ids can be given"
    );
    assert_eq!(
        said(&|graph| graph.input[1] = folder::value("attention_mask", DataType::Float, &["texts", "tokens"])),
        "model.onnx: the graph's attention_mask is F32, not INT64"
    );
    assert_eq!(said(&|graph| drop(graph.output.pop())), "model.onnx: the graph gives [1, 1, 2] numbers for 1 texts of 2 labels");
}

#[test]
fn limits_that_cannot_be_are_told() {
    let folder = Folder::new();
    let said = |limits| folder.load(limits).err().unwrap();
    assert!(said(Limits { batch: 0, ..Limits::default() }).starts_with("a batch of 0"));
    assert!(said(Limits { max_tokens: 0, ..Limits::default() }).contains("0 tokens of a text leave no room"));
    let missing = Limits { runtime: Some("missing/libonnxruntime.so".into()), ..Limits::default() };
    assert!(said(missing).contains("ONNX Runtime of missing/libonnxruntime.so cannot be used"));
    if std::env::var_os("ORT_DYLIB_PATH").is_none() {
        assert!(said(Limits { device: Device::Cuda, ..Limits::default() }).contains("cuda needs ONNX Runtime"));
    }
}
