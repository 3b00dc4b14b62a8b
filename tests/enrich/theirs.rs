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

/// Debian's Python has Debian's PyTorch.
const PYTHON: &str = "/usr/bin/python3";

#[test]
fn a_real_torch_model_in_their_convention_scores_posts() {
    let place = Place::new();
    let folder = place.path("models/sentiment");
    std::fs::create_dir_all(&folder).unwrap();
    place.write("models/sentiment/sentiment_inference.py", NETWORK);
    place.write(
        ".env",
        "CONSUMERS_LIST = {\"offense\":\"integer\", \"sentiment\":\"float\"}\nINFERENCE_CLASSIFIER_NAME=SentimentClassifier\n",
    );
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
    let rows = "1,1700000000,x,y,ann,a good day\n2,1700000060,x,y,bob,a bad bad day\n3,1700000120,x,y,cyd,a day\n";
    place.write("data.csv", rows);
    let posts = ["text,created_at,id,user\n".to_owned()].into_iter().chain(rows.lines().map(|row| {
        let fields: Vec<&str> = row.split(',').collect();
        format!("{},{},{},{}\n", fields[5], fields[1], fields[0], fields[4])
    }));
    place.write("posts.csv", posts.collect::<String>());
    said("run --drain --listen off --log disk:log --source replay:posts.csv?speed=max --roles source,enrich:sentiment");
    let scores = scores(&place, "sentiment");
    assert!(scores.len() == 3 && scores.iter().all(is_well), "{scores:?}");
    let of = |post: &str| scores.iter().find(|score| score["post"] == post).unwrap()["value"].as_f64().unwrap();
    assert!((of("2") - (-2.0_f64).tanh()).abs() < 1e-6 && of("3") == 0.0, "{scores:?}");
}
