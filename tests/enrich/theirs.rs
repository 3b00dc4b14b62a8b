//! A folder in KafkaFilRouge's convention, with a real model of PyTorch.

use super::{is_well, scores};
use crate::support::{Place, json_lines};
use std::process::Command;

/// A network that is saved whole, class and all, as theirs is; it knows a good word from a bad one.
const NETWORK: &str = r#"
import torch

class SentimentClassifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words = ["good", "bad"]
        self.out = torch.nn.Linear(2, 1)

    def forward(self, counts):
        return torch.tanh(self.out(counts))

def load_model(model_path, verbose=True):
    model = torch.load(model_path)
    model.eval()
    print("the model has been loaded")
    return model

def inference(model, text):
    counts = torch.tensor([[float(text.lower().count(word)) for word in model.words]])
    with torch.no_grad():
        return model(counts)[0][0]
"#;

const SAVE: &str = r#"
import sys, torch
exec(sys.argv[1])
model = SentimentClassifier()
with torch.no_grad():
    model.out.weight.copy_(torch.tensor([[1.0, -1.0]]))
    model.out.bias.zero_()
torch.save(model, sys.argv[2])
"#;

const ENV: &str = r#"STREAM_TOPIC=my_stream
CONSUMERS_LIST = {"offense":"integer", "sentiment":"float"}
INITIAL_FIELDS = {"pseudo":5, "tweet":6}
TIMESTAMP_FIELD = 2
SPEED = 600
INFERENCE_CLASSIFIER_NAME=SentimentClassifier
"#;

/// Debian's Python has Debian's PyTorch.
const PYTHON: &str = "/usr/bin/python3";

#[test]
fn a_real_torch_model_in_their_convention_scores_posts() {
    let place = Place::new();
    let folder = place.path("models/sentiment");
    std::fs::create_dir_all(&folder).unwrap();
    place.write("models/sentiment/sentiment_inference.py", NETWORK);
    place.write(".env", ENV);
    let saved =
        Command::new(PYTHON).args(["-c", SAVE, NETWORK]).arg(folder.join("model_sentiment_inference.pth")).output().unwrap();
    assert!(saved.status.success(), "make test installs python3-torch: {}", String::from_utf8_lossy(&saved.stderr));

    let said = |line: &str| {
        let mut command = place.command(line);
        command.env("PATH", "/usr/bin:/bin");
        let ended = command.output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).unwrap()
    };
    let told = json_lines(&said("model score sentiment good"));
    assert!((told[0]["value"].as_f64().unwrap() - 1.0_f64.tanh()).abs() < 1e-6, "{told:?}");
    // Their folder, with nothing of ours in it: the recording is played as `.env` says, through their model.
    place.write("data.csv", "5,1700000000,x,y,ann,a good day\n0,1700000060,x,y,bob,a bad bad day\n0,1700000120,x,y,cyd,a day\n");
    said("run --drain --listen off --log disk:log --roles source,enrich:sentiment");
    let posts = place.tap("posts --log disk:log");
    let scores = scores(&place, "sentiment");
    assert!(scores.len() == 3 && scores.iter().all(is_well), "{scores:?}");
    for (person, value) in [("ann", 1.0_f64.tanh()), ("bob", (-2.0_f64).tanh()), ("cyd", 0.0)] {
        let post = posts.iter().find(|post| post["author"]["handle"] == person).unwrap();
        let score = scores.iter().find(|score| score["post"] == post["id"]).unwrap();
        assert!((score["value"].as_f64().unwrap() - value).abs() < 1e-6, "{score} {post}");
        assert!(post["time"].as_str() > Some("2026-01-01"), "restamped: {post}");
    }
}
