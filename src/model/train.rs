//! `goshawk model train`: a linear model of labelled texts, as a folder.

use super::data::{self, Labelled};
use super::eval::decided;
use super::quality::{Quality, mean};
use crate::cli::Train;
use crate::print;
use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use ml::text::lexicon;
use ml::text::linear::{Lexicon, Linear, Progress, Training, train as learn};
use ml::text::quality::{leave_one_out, stratified};
use models::{Kind, Manifest, Type};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Mutex;
use std::thread::available_parallelism;

/// The numbers of the texts to learn from, and of those to be told.
type Fold = (Vec<usize>, Vec<usize>);

pub fn train(arguments: &Train) -> Result<()> {
    let rows = data::read_all(&arguments.table.data, &arguments.table.columns())?;
    let recipe = recipe(arguments)?;
    let classes = classes(&rows, recipe.classes)?;
    let mut training = recipe.training;
    training.multi_label |= rows.iter().any(|row| row.labels.len() > 1);
    let unlabelled = rows.iter().filter(|row| row.labels.is_empty()).count();
    if unlabelled > 0 && !training.multi_label {
        bail!("{unlabelled} texts have no label; where a text may have none, the recipe says multi_label = true");
    }
    let lexicon = words(recipe.lexicon.as_deref())?;
    let worths = worths(arguments, &classes)?;
    let job = Job { rows: &rows, classes: &classes, training: &training, lexicon: &lexicon };
    let mut quality = BTreeMap::new();
    if arguments.folds == 1 {
        bail!("--folds 1 leaves nothing to learn from; give 2 or more");
    }
    if arguments.folds > 0 || arguments.table.group.is_some() {
        let means = job.cross_validated(&folds(arguments, &rows, &classes))?;
        print(&means.iter().map(|(name, value)| format!("{:<22}{value:.4}  (mean of the folds)\n", *name)).collect::<String>())?;
        quality.extend(means.iter().map(|(name, value)| (format!("cross-validation {name}"), rounded(*value))));
    }
    let Some(folder) = &arguments.out else {
        if quality.is_empty() {
            bail!("there is nothing to do: --out FOLDER says where the model goes, --folds N has it cross-validated");
        }
        return Ok(());
    };
    let all: Vec<usize> = (0..rows.len()).collect();
    let bar = bar(&training, classes.len(), 1);
    let linear = job.learned(&all, &bar)?;
    bar.finish_and_clear();
    let mut manifest = manifest(arguments, folder, worths)?;
    manifest.quality = quality;
    if let Some(test) = &arguments.test {
        let test_rows = data::read(test, &arguments.table.columns())?;
        let measured = decided(&mut *models::deciding(linear.clone()), &test_rows, &data::classes(&test_rows))?;
        print(&measured.table())?;
        manifest.quality.extend(measured.measures.iter().map(|(name, value)| (format!("test {name}"), rounded(*value))));
    }
    write(folder, &manifest, &linear.write())?;
    print(&format!("{} {} stands in {}\n", manifest.name, manifest.version, folder.display()))
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// How a model learns.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Recipe {
    /// The classes in an order; by name otherwise.
    classes: Option<Classes>,
    /// What is known of words beforehand: `vader`.
    lexicon: Option<String>,
    training: Training,
    /// What was reached with it, and by whom else: for people.
    metric: Option<toml::Value>,
    measured_by: Option<toml::Value>,
    reached: Option<toml::Value>,
    beside: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Classes {
    All(String),
    These(Vec<String>),
}

/// The recipe in a file, or in one of its sections: `FILE:SECTION`.
fn recipe(arguments: &Train) -> Result<Recipe> {
    let Some(place) = &arguments.recipe else { return Ok(Recipe::default()) };
    let (path, section) = place.rsplit_once(':').map_or((place.as_str(), None), |(path, section)| (path, Some(section)));
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let wrong = |error: toml::de::Error| anyhow!("{place}: {}", error.to_string().trim_end());
    let Some(section) = section else { return toml::from_str(&text).map_err(wrong) };
    let mut table: toml::Table = toml::from_str(&text).map_err(wrong)?;
    let known = table.keys().cloned().collect::<Vec<_>>().join(", ");
    let recipe = table.remove(section).ok_or_else(|| anyhow!("{path} has no recipe `{section}`; there are {known}"))?;
    recipe.try_into().map_err(wrong)
}

fn classes(rows: &[Labelled], wanted: Option<Classes>) -> Result<Vec<String>> {
    let found = data::classes(rows);
    match wanted {
        None => Ok(found),
        Some(Classes::All(all)) if all == "all" => Ok(found),
        Some(Classes::All(other)) => bail!("classes: `{other}` is neither a list nor \"all\""),
        Some(Classes::These(these)) => match found.iter().find(|class| !these.contains(class)) {
            Some(class) => bail!("the recipe does not know class `{class}`; it has {}", these.join(", ")),
            None => Ok(these),
        },
    }
}

fn words(name: Option<&str>) -> Result<Lexicon> {
    match name {
        None => Ok(Lexicon::default()),
        Some("vader") => Ok(Lexicon::new(lexicon::Lexicon::vaders_words().map(|(word, rating)| (word, rating as f32)))),
        Some(other) => bail!("lexicon: `{other}` is not vader"),
    }
}

/// What each class counts for: `--classes negative=-1,positive=1`.
fn worths(arguments: &Train, classes: &[String]) -> Result<BTreeMap<String, f64>> {
    let mut worths = BTreeMap::new();
    for entry in &arguments.classes {
        let (class, worth) = entry.split_once('=').ok_or_else(|| anyhow!("--classes: `{entry}` is not CLASS=NUMBER"))?;
        let worth = worth.parse().map_err(|_| anyhow!("--classes: `{worth}` is no number"))?;
        worths.insert(class.to_owned(), worth);
    }
    let lacks = |class: &&String| !worths.contains_key(*class) && class.parse::<f64>().is_err();
    if arguments.of != "text"
        && let Some(class) = classes.iter().find(lacks)
    {
        bail!("--type {} needs a number for each class: --classes {class}=NUMBER,...", arguments.of);
    }
    Ok(worths)
}

fn folds(arguments: &Train, rows: &[Labelled], classes: &[String]) -> Vec<Fold> {
    if arguments.table.group.is_some() {
        let groups: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
        return leave_one_out(&groups).into_iter().map(|(_, others, own)| (others, own)).collect();
    }
    let first = |row: &Labelled| row.labels.first().and_then(|label| classes.iter().position(|class| class == label));
    let labels: Vec<u32> = rows.iter().map(|row| first(row).map_or(u32::MAX, |at| at as u32)).collect();
    let folds = stratified(&labels, arguments.folds, 1);
    let split = |fold: u32| {
        let (own, others) = (0..rows.len()).partition(|at| folds.get(*at) == Some(&fold));
        (others, own)
    };
    (0..arguments.folds).map(split).collect()
}

struct Job<'a> {
    rows: &'a [Labelled],
    classes: &'a [String],
    training: &'a Training,
    lexicon: &'a Lexicon,
}

impl Job<'_> {
    fn learned(&self, from: &[usize], bar: &ProgressBar) -> Result<Linear> {
        let rows: Vec<&Labelled> = from.iter().filter_map(|at| self.rows.get(*at)).collect();
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let number = |label: &String| self.classes.iter().position(|class| class == label).map(|at| at as u32);
        let labels: Vec<Vec<u32>> = rows.iter().map(|row| row.labels.iter().filter_map(number).collect()).collect();
        let mut fits_told = 0;
        let mut go_on = |progress: Progress| {
            if let Progress::Fitting { fits, .. } = progress {
                bar.inc(u64::from(fits as u32 - fits_told));
                fits_told = fits as u32;
            }
            true
        };
        learn(&texts, &labels, self.classes, self.training, self.lexicon, &mut go_on).map_err(|why| anyhow!("{why}"))
    }

    /// Several folds at a time.
    fn cross_validated(&self, folds: &[Fold]) -> Result<BTreeMap<&'static str, f64>> {
        let bar = bar(self.training, self.classes.len(), folds.len());
        let (left, done) = (Mutex::new(folds.iter()), Mutex::new(vec![]));
        let next = || left.lock().ok().and_then(|mut left| left.next());
        let work = || {
            while let Some((others, own)) = next() {
                let quality = self.learned(others, &bar).and_then(|linear| self.measured(&linear, own));
                if let Ok(mut done) = done.lock() {
                    done.push(quality);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..available_parallelism().map_or(2, usize::from).min(folds.len()) {
                scope.spawn(work);
            }
        });
        bar.finish_and_clear();
        let done = done.into_inner().map_err(|_| anyhow!("a fold has failed"))?;
        Ok(mean(&done.into_iter().collect::<Result<Vec<Quality>>>()?))
    }

    fn measured(&self, linear: &Linear, own: &[usize]) -> Result<Quality> {
        let rows: Vec<Labelled> = own.iter().filter_map(|at| self.rows.get(*at)).cloned().collect();
        decided(&mut *models::deciding(linear.clone()), &rows, self.classes)
    }
}

fn bar(training: &Training, classes: usize, models: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let columns = if classes == 2 && !training.multi_label { 1 } else { classes };
    let fits = columns * (training.rounds as usize + 1) * models;
    let style = ProgressStyle::with_template("{wide_bar} {percent} %  {eta} left");
    ProgressBar::new(fits as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn manifest(arguments: &Train, folder: &Path, classes: BTreeMap<String, f64>) -> Result<Manifest> {
    let last = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = arguments.name.clone().unwrap_or(last);
    let of = match arguments.of.as_str() {
        "integer" => Type::Integer,
        "float" => Type::Float,
        "text" => Type::Text,
        other => bail!("--type: `{other}` is none of integer, float, text"),
    };
    let manifest = Manifest {
        version: arguments.version.clone(),
        output: arguments.output.clone().unwrap_or_else(|| name.clone()),
        name,
        of,
        kind: Kind::Linear,
        languages: arguments.languages.clone(),
        about: arguments.about.clone(),
        licence: arguments.licence.clone(),
        learned_from: arguments.learned_from.clone(),
        made_by: arguments.made_by.clone(),
        classes,
        quality: BTreeMap::new(),
        process: None,
        onnx: None,
    };
    Ok(manifest.checked(folder)?)
}

fn write(folder: &Path, manifest: &Manifest, weights: &[u8]) -> Result<()> {
    let failed = || format!("cannot write into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    std::fs::write(folder.join("weights.bin"), weights).with_context(failed)?;
    std::fs::write(folder.join("model.toml"), toml::to_string(manifest)?).with_context(failed)
}
