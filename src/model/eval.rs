//! `goshawk model eval`: how good a text model is on labelled texts.

use super::data::{self, Columns, Labelled};
use super::found;
use super::quality::Quality;
use crate::cli::{Eval, Table};
use crate::config::Config;
use crate::print;
use anyhow::{Result, anyhow, bail};
use models::{Scorer, Type};

/// So many texts are asked about at a time.
const AT_A_TIME: usize = 256;

impl Table {
    pub fn columns(&self) -> Columns {
        Columns { text: self.text.clone(), label: self.label.clone(), group: self.group.clone() }
    }
}

pub fn eval(config: &Config, arguments: &Eval) -> Result<()> {
    let book = found(config, &arguments.name)?;
    let rows = data::read_all(&arguments.table.data, &arguments.table.columns())?;
    let mut scorer = book.scorer()?;
    let numbers: Option<Vec<f64>> = rows.iter().map(|row| row.labels.first()?.parse().ok()).collect();
    let quality = match numbers {
        Some(truth) if book.manifest.of == Type::Float && book.manifest.classes.is_empty() => {
            numbered(&mut *scorer, &rows, &truth)?
        }
        _ => decided(&mut *scorer, &rows, &data::classes(&rows))?,
    };
    match arguments.json {
        true => print(&(serde_json::to_string(&quality)? + "\n")),
        false => print(&quality.table()),
    }
}

fn numbered(scorer: &mut dyn Scorer, rows: &[Labelled], truth: &[f64]) -> Result<Quality> {
    let mut told = vec![];
    for rows in rows.chunks(AT_A_TIME) {
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        for answer in scorer.score(&texts) {
            match answer {
                Ok(worth) => told.push(worth.number().unwrap_or(0.0)),
                Err(why) => bail!("the model gave no score: {why}"),
            }
        }
    }
    Ok(Quality::of_numbers(truth, &told))
}

/// How good a model's decisions are.
pub fn decided(scorer: &mut dyn Scorer, rows: &[Labelled], classes: &[String]) -> Result<Quality> {
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let decided = texts.chunks(AT_A_TIME).flat_map(|texts| scorer.classes(texts)).collect::<std::result::Result<Vec<_>, _>>();
    let decided: Vec<Vec<String>> = decided.map_err(|why| anyhow!("the model gave no answer: {why}"))?;
    let pairs: Vec<_> = rows.iter().zip(&decided).map(|(row, decided)| (row.labels.as_slice(), decided.as_slice())).collect();
    Ok(match rows.iter().all(|row| row.labels.len() == 1) {
        true => Quality::of(classes, &pairs),
        false => Quality::of_several(classes, &pairs),
    })
}
