use super::*;
use crate::{Answer, Book};
use domain::Worth;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A model that is a number, added to the length of a text.
const SCRIPT: &str = "import pickle\nclass Longer:\n    pass\ndef load_model(path):\n    print('loaded', path)\n    return pickle.load(open(path, 'rb'))\ndef inference(model, text):\n    print('asked')\n    if text == 'bad':\n        raise ValueError('bad text')\n    return len(text) + model.more\n";

fn longer(env: &str) -> tempfile::TempDir {
    let folder = folder(&[("length_inference.py", SCRIPT), (".env", env)]);
    let save = "import pickle, sys\nclass Longer: pass\nlonger = Longer()\nlonger.more = 0.5\npickle.dump(longer, open(sys.argv[1], 'wb'))";
    let saved = std::process::Command::new("python3").args(["-c", save]).arg(folder.path().join("model.pth")).status().unwrap();
    assert!(saved.success());
    folder
}

#[test]
fn a_folder_of_theirs_is_a_model() {
    let folder = longer("CONSUMERS_LIST = {\"offense\":\"integer\", 'length': 'float'}\nINFERENCE_CLASSIFIER_NAME=Longer\n");
    let book = Book::open(folder.path()).unwrap();
    assert_eq!((book.manifest.name.as_str(), book.manifest.of, book.manifest.kind), ("length", Type::Float, Kind::Process));
    let answers = book.scorer().unwrap().score(&["four", "bad", "été"]);
    let none: Answer = Err("it has no score".into());
    assert_eq!(answers, [Ok(Worth::Float(4.5)), none, Ok(Worth::Float(3.5))]);
}

#[test]
fn without_its_class_it_says_what_it_lacks() {
    let folder = longer("");
    let mut scorer = Book::open(folder.path()).unwrap().scorer().unwrap();
    let why = scorer.score(&["four"]).remove(0).unwrap_err();
    assert!(why.contains("ended with exit status: 1") && why.contains("Longer"), "{why}");
}

#[test]
fn what_is_wrong_with_a_folder_is_said() {
    let said = |files: &[(&str, &str)]| match Book::open(folder(files).path()).and_then(|book| book.scorer().map(drop)) {
        Ok(()) => String::new(),
        Err(error) => error.0,
    };
    let script = ("a_inference.py", "");
    assert_eq!(said(&[script]), "");
    assert!(said(&[script, ("b_inference.py", "")]).contains("INFERENCE_PYTHON_FILE may say which"));
    assert!(said(&[script, (".env", "INFERENCE_PYTHON_MODEL=a.pth")]).ends_with("a.pth: the model's file is not there"));
    let list = |list: &str| said(&[script, (".env", &format!("CONSUMERS_LIST={list}"))]);
    assert!(list("{\"b\": \"float\"}").contains("it says nothing of `a`"));
    assert!(list("{\"a\": \"real\"}").contains("`real` is none of integer, float, text"));
    assert!(list("[a]").contains("is no dictionary"));
    assert!(list("{a}").contains("`a` has no colon"));
    assert_eq!(list("{'a': 'text',}"), "");
}

#[test]
fn what_it_requires_is_put_into_an_environment_of_its_own_once() {
    let folder = longer("INFERENCE_CLASSIFIER_NAME=Longer\n");
    std::fs::write(folder.path().join("requirements.txt"), "# nothing\n").unwrap();
    let answers = |folder: &tempfile::TempDir| Book::open(folder.path()).unwrap().scorer().unwrap().score(&["four"]);
    assert_eq!(answers(&folder), [Ok(Worth::Float(4.5))]);
    let ready = || files(&folder.path().join(".venv")).unwrap().into_iter().filter(|name| name.starts_with("ready-"));
    let made = ready().next().unwrap();
    std::fs::write(folder.path().join(".venv/mark"), "").unwrap();
    assert_eq!(answers(&folder), [Ok(Worth::Float(4.5))]);
    assert!(folder.path().join(".venv/mark").exists(), "it is not made again");
    std::fs::write(folder.path().join("requirements.txt"), "no-such-package-of-anybody==1 --no-index\n").unwrap();
    let why = answers(&folder).remove(0).unwrap_err();
    assert!(why.contains("it has ended with"), "{why}");
    assert!(ready().all(|name| name != made) && ready().count() == 0, "what failed is tried again");
}

#[test]
fn the_variables_of_the_whole_are_heeded_where_they_are_of_this_folder() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join(".env"), "INFERENCE_PYTHON_FILE=a_inference\nINFERENCE_PYTHON_MODEL=a.pth\n").unwrap();
    for (name, file) in [("a@2", "a.pth"), ("b", "b.pth")] {
        let folder = place.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let module = name.split('@').next().unwrap();
        std::fs::write(folder.join(format!("{module}_inference.py")), "").unwrap();
        std::fs::write(folder.join(file), "").unwrap();
    }
    std::fs::create_dir(place.path().join("data")).unwrap();
    let of = |name: &str| manifest(&place.path().join(name)).unwrap().map(|found| (found.name, found.version));
    assert_eq!(of("a@2"), Some(("a".to_owned(), "2".to_owned())));
    assert_eq!(of("b"), Some(("b".to_owned(), "1".to_owned())));
    assert_eq!(of("data"), None);
}
