//! Cascades, as folders with `data.csv` and `index.csv` have them.

use ml::hawkes::Cascade;
use std::error::Error;
use std::path::Path;

type Trouble = Box<dyn Error>;

/// A cascade ends after so many seconds of silence.
pub const SILENCE: f64 = 1800.0;
/// Or is cut after a week.
pub const WEEK: f64 = 604_800.0;

/// All there is of a cascade.
#[derive(Clone, Debug)]
pub struct Whole {
    pub times: Vec<f64>,
    pub marks: Vec<f64>,
    /// Who wrote the first post; empty where that is not known.
    pub author: String,
}

/// Which size counts as the final one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// At the first silence: what a running collector says.
    Silence,
    /// After a week.
    Week,
}

impl End {
    pub fn name(self) -> &'static str {
        if self == End::Silence { "term" } else { "7d" }
    }

    pub fn silence(self) -> f64 {
        if self == End::Silence { SILENCE } else { WEEK }
    }
}

impl Whole {
    pub fn size(&self, end: End) -> usize {
        match end {
            End::Week => self.times.partition_point(|time| *time <= WEEK),
            End::Silence => {
                let gaps = self.times.iter().zip(self.times.iter().skip(1)).map(|(from, to)| to - from);
                gaps.take_while(|gap| *gap < SILENCE).count() + 1
            }
        }
    }

    pub fn until(&self, end: f64) -> Option<Cascade<'_>> {
        let n = self.times.partition_point(|time| *time <= end);
        Cascade::new(self.times.get(..n)?, self.marks.get(..n)?, end).ok()
    }
}

/// `time,magnitude,...` rows, and the first and last row of each cascade, counted from 1.
pub fn read(folder: &Path) -> Result<Vec<Whole>, Trouble> {
    let data = std::fs::read_to_string(folder.join("data.csv"))?;
    let rows = data.lines().skip(1).map(row).collect::<Result<Vec<_>, _>>()?;
    let index = std::fs::read_to_string(folder.join("index.csv"))?;
    index.lines().skip(1).map(|line| whole(&rows, line)).collect()
}

/// A post: when, its mark, by whom.
type Row<'a> = (f64, f64, &'a str);

fn row(line: &str) -> Result<Row<'_>, Trouble> {
    let mut cells = line.split(',');
    let (Some(time), Some(mark)) = (cells.next(), cells.next()) else { return Err(format!("no row: {line:?}").into()) };
    Ok((time.parse()?, mark.parse::<f64>()?.max(0.0), cells.next().unwrap_or_default()))
}

fn whole(rows: &[Row<'_>], line: &str) -> Result<Whole, Trouble> {
    let mut cells = line.split(',').map(str::parse::<usize>);
    let (Some(first), Some(last)) = (cells.next(), cells.next()) else { return Err(format!("no cascade: {line:?}").into()) };
    let mut events = rows.get(first?.saturating_sub(1)..last?).ok_or("a cascade beyond the last row")?.to_vec();
    events.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (start, author) = events.first().map_or((0.0, ""), |event| (event.0, event.2));
    let times = events.iter().map(|event| event.0 - start).collect();
    Ok(Whole { times, marks: events.iter().map(|event| event.1).collect(), author: author.to_owned() })
}
