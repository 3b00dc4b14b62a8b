//! KafkaFilRouge's own convention for a model: a folder with `NAME_inference.py`, which has `load_model` and `inference`, with the
//! model's file, `requirements.txt`, and variables that say what is what.
//!
//! Such a folder is a model of kind `process`: a program of ours, in Python, loads theirs and speaks for it.

#[cfg(test)]
mod tests;

use crate::manifest::Program;
use crate::{Error, Kind, Manifest, Result, Type};
use std::collections::BTreeMap;
use std::path::Path;

/// Speaks for a model of theirs.
const SPEAKER: &str = include_str!("seed/speaker.py");

/// Makes the virtual environment once for what `requirements.txt` says, however many processes start; then becomes Python.
const STARTER: &str = r#"set -e
python=python3
if [ -f requirements.txt ]; then
    wanted=$(sha256sum < requirements.txt | cut -c1-16)
    exec 9> .venv.lock
    flock 9
    if [ ! -f ".venv/ready-$wanted" ]; then
        rm -rf .venv
        python3 -m venv .venv >&2 9>&-
        .venv/bin/pip install -q --disable-pip-version-check -r requirements.txt >&2 9>&-
        touch ".venv/ready-$wanted"
    fi
    exec 9>&-
    python=.venv/bin/python
fi
exec "$python" -uc "$@""#;

/// Marks a command that is to be made.
const THEIRS: &str = "@inference";

const SUFFIX: &str = "_inference.py";

/// To make a virtual environment, and to load a large model, takes a while.
const START_S: f64 = 1800.0;

/// The manifest of such a folder, if it is one.
pub fn manifest(folder: &Path) -> Result<Option<Manifest>> {
    let files = files(folder)?;
    let scripts: Vec<&String> = files.iter().filter(|name| name.ends_with(SUFFIX)).collect();
    let variables = variables(folder, &files)?;
    let module = match (variables.get("INFERENCE_PYTHON_FILE"), scripts.as_slice()) {
        (Some(module), _) => module.trim_end_matches(".py").to_owned(),
        (None, [script]) => script.trim_end_matches(".py").to_owned(),
        (None, []) => return Ok(None),
        (None, _) => {
            return Err(Error::at(folder, format!("there are several of NAME{SUFFIX}: INFERENCE_PYTHON_FILE may say which")));
        }
    };
    // Theirs is named by what stands before the first underscore.
    let name = module.split('_').next().unwrap_or_default().to_owned();
    let of = match variables.get("CONSUMERS_LIST") {
        Some(list) => listed(list, &name).map_err(|why| Error::at(folder, format!("CONSUMERS_LIST: {why}")))?,
        None => Type::Float,
    };
    let class = variables.get("INFERENCE_CLASSIFIER_NAME").map_or("None", String::as_str);
    let model = match variables.get("INFERENCE_PYTHON_MODEL") {
        Some(model) => model.clone(),
        None => weights(&files).unwrap_or_default(),
    };
    let command = [THEIRS, &module, &model, class, of.word()].map(str::to_owned).to_vec();
    let process = Some(Program { command, timeout_s: 30.0, start_s: START_S, batch: 8, replicas: 1 });
    let about = format!("{module}.py, as in KafkaFilRouge");
    let manifest = Manifest {
        output: name.clone(),
        name,
        version: version(folder),
        of,
        kind: Kind::Process,
        languages: vec![],
        about,
        licence: String::new(),
        learned_from: vec![],
        made_by: String::new(),
        classes: BTreeMap::new(),
        quality: BTreeMap::new(),
        process,
        onnx: None,
    };
    manifest.checked(folder).map(Some)
}

/// The version: what stands behind an `@` in the folder's name, or 1.
fn version(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.split_once('@').map_or_else(|| "1".to_owned(), |(_, version)| version.to_owned())
}

fn files(folder: &Path) -> Result<Vec<String>> {
    let names = std::fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<std::io::Result<Vec<_>>>()
    });
    let mut names = names.map_err(|error| Error::at(folder, error))?;
    names.sort();
    Ok(names)
}

/// The model's file, where only one can be it.
fn weights(files: &[String]) -> Option<String> {
    let ends = [".pth", ".pth.tar", ".pt", ".pkl", ".joblib", ".bin", ".onnx", ".safetensors"];
    let mut found = files.iter().filter(|name| ends.iter().any(|end| name.ends_with(end)));
    found.next().filter(|_| found.next().is_none()).cloned()
}

/// What the folder's `.env` says, else that of the folder of models, else that of the one around it.
/// Those that name a file that is not in the folder are of another one.
fn variables(folder: &Path, files: &[String]) -> Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for place in folder.ancestors().take(3).collect::<Vec<_>>().into_iter().rev() {
        let path = place.join(".env");
        let is_own = place == folder;
        let is_of_here = |(name, value): &(String, String)| match name.as_str() {
            "INFERENCE_PYTHON_FILE" => is_own || files.contains(&format!("{}.py", value.trim_end_matches(".py"))),
            "INFERENCE_PYTHON_MODEL" => is_own || files.contains(value),
            _ => true,
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => variables.extend(variables_in(&text).filter(is_of_here)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::at(&path, error)),
        }
    }
    let names = ["CONSUMERS_LIST", "INFERENCE_PYTHON_FILE", "INFERENCE_PYTHON_MODEL", "INFERENCE_CLASSIFIER_NAME"];
    variables.retain(|name, _| names.contains(&name.as_str()));
    Ok(variables)
}

/// The variables of a `.env` file: `NAME=value` lines, quotes around the value optional.
pub fn variables_in(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs.map(|(name, value)| {
        let value = value.trim();
        let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
        (name.trim().to_owned(), inner('\'').or_else(|| inner('"')).unwrap_or(value).to_owned())
    })
}

/// What a model's scores are, by `{"offense": "integer", 'sentiment': 'float'}`.
fn listed(list: &str, name: &str) -> std::result::Result<Type, String> {
    let entry = dictionary(list)?.into_iter().find(|(key, _)| key == name);
    match entry.as_ref().map(|(_, value)| value.as_str()) {
        Some("integer") => Ok(Type::Integer),
        Some("float") => Ok(Type::Float),
        Some("text") => Ok(Type::Text),
        Some(other) => Err(format!("`{other}` is none of integer, float, text")),
        None => Err(format!("it says nothing of `{name}`")),
    }
}

/// The entries of a dictionary of words or numbers, as Python writes it.
pub fn dictionary(text: &str) -> std::result::Result<Vec<(String, String)>, String> {
    let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let inner = inner.ok_or_else(|| format!("`{text}` is no dictionary, as {{\"name\": \"float\"}}"))?;
    let bare = |word: &str| word.trim().trim_matches(['"', '\'']).to_owned();
    let entry = |entry: &str| match entry.split_once(':') {
        Some((key, value)) => Ok((bare(key), bare(value))),
        None => Err(format!("`{}` has no colon", entry.trim())),
    };
    inner.split(',').filter(|part| !part.trim().is_empty()).map(entry).collect()
}

/// A command that can be run: one of theirs becomes ours that speaks for it.
pub fn prepared(folder: &Path, command: &[String]) -> Result<Vec<String>> {
    let Some((first, theirs)) = command.split_first().filter(|(first, _)| *first == THEIRS) else { return Ok(command.to_vec()) };
    if let [_, model, ..] = theirs
        && !model.is_empty()
        && !folder.join(model).exists()
    {
        return Err(Error::at(&folder.join(model), "the model's file is not there"));
    }
    let own = ["sh", "-c", STARTER, first, SPEAKER].map(str::to_owned);
    Ok(own.into_iter().chain(theirs.iter().cloned()).collect())
}
