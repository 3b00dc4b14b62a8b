//! A classifier small enough to compute by hand: the mean of its tokens' rows, times a table, plus a row.

use prost::Message;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{Tensor, Value};
use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto};
use tract_onnx::pb::{TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType};

pub const WORDS: [&str; 6] = ["[PAD]", "[UNK]", "good", "bad", "film", "rain"];
/// A row for each word.
pub const ROWS: [[f32; 2]; 6] = [[9.0, -9.0], [0.0, 0.1], [2.0, -1.0], [-2.0, 1.5], [0.3, 0.2], [-0.5, 0.4]];
pub const TABLE: [[f32; 2]; 2] = [[1.0, -1.0], [-0.5, 0.75]];
pub const PLUS: [f32; 2] = [0.1, -0.2];

pub struct Folder {
    folder: TempDir,
}

impl Folder {
    pub fn new() -> Folder {
        let folder = Folder { folder: tempfile::tempdir().unwrap() };
        folder.write("model.onnx", &model(graph()));
        folder.write("tokenizer.json", tokenizer().as_bytes());
        folder.write("config.json", br#"{"id2label": {"0": "up", "1": "down"}, "pad_token_id": 0}"#);
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn load(&self, limits: crate::Limits) -> Result<crate::Classifier, String> {
        load(self.folder.path(), limits)
    }

    /// What is said of the folder, with its own path taken out.
    pub fn error(&self) -> String {
        let error = self.load(crate::Limits::default()).err().unwrap();
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

pub fn load(folder: &Path, limits: crate::Limits) -> Result<crate::Classifier, String> {
    let path = |name: &str| folder.join(name);
    crate::Classifier::load(&path("model.onnx"), &path("tokenizer.json"), &path("config.json"), limits)
}

/// Words apart by blanks, as their numbers, and nothing before or after.
fn tokenizer() -> String {
    let words: Vec<String> = WORDS.iter().enumerate().map(|(at, word)| format!("\"{word}\": {at}")).collect();
    format!(
        r#"{{"version": "1.0", "truncation": {{"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}},
        "padding": null, "added_tokens": [], "normalizer": {{"type": "Lowercase"}}, "pre_tokenizer": {{"type": "Whitespace"}},
        "post_processor": null, "decoder": null,
        "model": {{"type": "WordLevel", "vocab": {{{}}}, "unk_token": "[UNK]"}}}}"#,
        words.join(", ")
    )
}

pub fn model(graph: GraphProto) -> Vec<u8> {
    let opset_import = vec![OperatorSetIdProto { domain: String::new(), version: 13 }];
    ModelProto { ir_version: 8, opset_import, graph: Some(graph), ..Default::default() }.encode_to_vec()
}

pub fn graph() -> GraphProto {
    let flat = |rows: &[[f32; 2]]| rows.iter().flatten().copied().collect::<Vec<f32>>();
    let initializer = vec![
        floats("rows", &[6, 2], flat(&ROWS)),
        floats("table", &[2, 2], flat(&TABLE)),
        floats("plus", &[2], PLUS.to_vec()),
        TensorProto {
            name: "one".into(),
            dims: vec![1],
            data_type: DataType::Int64.into(),
            int64_data: vec![1],
            ..Default::default()
        },
        TensorProto {
            name: "two".into(),
            dims: vec![1],
            data_type: DataType::Int64.into(),
            int64_data: vec![2],
            ..Default::default()
        },
    ];
    let flag = |name: &str, value| integer(name, value);
    let node = vec![
        node("Gather", &["rows", "input_ids"], "words", vec![]),
        node("Cast", &["attention_mask"], "seen", vec![flag("to", DataType::Float as i64)]),
        node("Unsqueeze", &["seen", "two"], "wide", vec![]),
        node("Mul", &["words", "wide"], "kept", vec![]),
        node("ReduceSum", &["kept", "one"], "sum", vec![flag("keepdims", 0)]),
        node("ReduceSum", &["seen", "one"], "count", vec![flag("keepdims", 1)]),
        node("Div", &["sum", "count"], "mean", vec![]),
        node("Gemm", &["mean", "table", "plus"], "logits", vec![]),
    ];
    let input = ["input_ids", "attention_mask"].map(|name| value(name, DataType::Int64, &["texts", "tokens"]));
    let output =
        vec![value("kept", DataType::Float, &["texts", "tokens", "2"]), value("logits", DataType::Float, &["texts", "2"])];
    GraphProto { name: "mean".into(), node, initializer, input: input.to_vec(), output, ..Default::default() }
}

fn floats(name: &str, dims: &[i64], float_data: Vec<f32>) -> TensorProto {
    TensorProto { name: name.into(), dims: dims.to_vec(), data_type: DataType::Float.into(), float_data, ..Default::default() }
}

pub fn node(kind: &str, input: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    let input = input.iter().map(|name| (*name).to_owned()).collect();
    NodeProto { op_type: kind.into(), name: output.into(), input, output: vec![output.into()], attribute, ..Default::default() }
}

fn integer(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int.into(), i, ..Default::default() }
}

/// A size is a number, or the name of a free one.
pub fn value(name: &str, kind: DataType, sizes: &[&str]) -> ValueInfoProto {
    let size = |size: &&str| {
        let fixed = size.parse().map(dimension::Value::DimValue);
        let value = Some(fixed.unwrap_or_else(|_| dimension::Value::DimParam((*size).to_owned())));
        Dimension { value, ..Default::default() }
    };
    let shape = Some(TensorShapeProto { dim: sizes.iter().map(size).collect() });
    let tensor = Tensor { elem_type: kind.into(), shape };
    let kind = TypeProto { value: Some(Value::TensorType(tensor)), ..Default::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..Default::default() }
}
