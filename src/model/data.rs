//! Labelled texts in CSV files.

use anyhow::{Context, Result, anyhow, bail};
use std::path::{Path, PathBuf};

/// A labelled text.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    pub text: String,
    /// Several stand with `|` between them in the file.
    pub labels: Vec<String>,
    /// What it is left out with, where one group at a time is.
    pub group: String,
}

/// The columns that count, by name, or by number from 1 in a file without a head.
#[derive(Clone, Debug)]
pub struct Columns {
    pub text: String,
    pub label: String,
    pub group: Option<String>,
}

/// Reads files whole, one after the other.
pub fn read_all(paths: &[PathBuf], columns: &Columns) -> Result<Vec<Labelled>> {
    let files = paths.iter().map(|path| read(path, columns)).collect::<Result<Vec<_>>>()?;
    Ok(files.into_iter().flatten().collect())
}

/// Reads a file whole. What is not UTF-8 is read as well as can be.
pub fn read(path: &Path, columns: &Columns) -> Result<Vec<Labelled>> {
    let failed = || format!("cannot read {}", path.display());
    let numbered = columns.text.parse::<usize>().is_ok();
    let mut reader = csv::ReaderBuilder::new().has_headers(!numbered).flexible(true).from_path(path).with_context(failed)?;
    let head = if numbered { csv::ByteRecord::new() } else { reader.byte_headers().with_context(failed)?.clone() };
    let names: Vec<String> = head.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let place = |column: &str| match column.parse::<usize>() {
        Ok(0) => Err(anyhow!("columns are counted from 1")),
        Ok(number) => Ok(number - 1),
        Err(_) => names
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| anyhow!("{} has no column `{column}`; there are {}", path.display(), names.join(", "))),
    };
    let (text, label) = (place(&columns.text)?, place(&columns.label)?);
    let group = columns.group.as_deref().map(place).transpose()?;
    let mut rows = vec![];
    for record in reader.byte_records() {
        let record = record.with_context(failed)?;
        let field = |at: usize| {
            let line = record.position().map_or(0, csv::Position::line);
            let field = record.get(at).with_context(|| format!("{}, line {line}: there is no column {}", path.display(), at + 1));
            field.map(|field| String::from_utf8_lossy(field).into_owned())
        };
        let labels = field(label)?.split('|').map(|label| label.trim().to_owned()).filter(|label| !label.is_empty()).collect();
        let group = group.map(field).transpose()?.unwrap_or_default();
        rows.push(Labelled { text: field(text)?, labels, group });
    }
    if rows.is_empty() {
        bail!("{} holds no texts", path.display());
    }
    Ok(rows)
}

/// The labels that there are, in order.
pub fn classes(rows: &[Labelled]) -> Vec<String> {
    let mut classes: Vec<String> = rows.iter().flat_map(|row| row.labels.clone()).collect();
    classes.sort();
    classes.dedup();
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_or_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, b"\xef\xbb\xbftext,kind,label\n\"a, \"\"b\"\"\",x,p|q\ncaf\xe9,y,\n").unwrap();
        let columns = |text: &str, label: &str| Columns { text: text.into(), label: label.into(), group: Some("kind".into()) };
        let rows = read(&path, &columns("text", "label")).unwrap();
        assert_eq!((rows[0].text.as_str(), rows[0].labels.as_slice()), ("a, \"b\"", &["p".to_owned(), "q".to_owned()][..]));
        assert_eq!((rows[1].text.as_str(), rows[1].labels.len(), rows[1].group.as_str()), ("caf\u{fffd}", 0, "y"));
        assert_eq!(classes(&rows), ["p", "q"]);
        let numbered = Columns { group: None, ..columns("1", "2") };
        assert_eq!(read(&path, &numbered).unwrap().len(), 3);
        let said = |text: &str, label: &str| format!("{:#}", read(&path, &columns(text, label)).unwrap_err());
        assert!(said("texts", "label").ends_with("has no column `texts`; there are text, kind, label"));
        assert!(said("0", "2").contains("counted from 1"));
    }
}
