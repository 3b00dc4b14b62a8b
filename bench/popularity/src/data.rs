//! Cascades, as folders with `data.csv` and `index.csv` have them.

use ml::hawkes::{Cascade, Fit, Forecast, Moments, Prior, Search, Finished, Population};
use std::error::Error;
use std::path::Path;

/// All there is of a cascade.
#[derive(Clone, Debug)]
pub struct Whole {
    pub times: Vec<f64>,
    pub marks: Vec<f64>,
}

/// `time,magnitude,...` rows, and the first and last row of each cascade, counted from 1.
pub fn read(folder: &Path) -> Result<Vec<Whole>, Box<dyn Error>> {
    let data = std::fs::read_to_string(folder.join("data.csv"))?;
    let mut rows = vec![];
    for line in data.lines().skip(1) {
        let mut cells = line.split(',').map(str::parse::<f64>);
        let (Some(time), Some(mark)) = (cells.next(), cells.next()) else { return Err(format!("a row is {line:?}").into()) };
        rows.push((time?, mark?.max(0.0)));
    }
    let index = std::fs::read_to_string(folder.join("index.csv"))?;
    let mut wholes = vec![];
    for line in index.lines().skip(1) {
        let mut cells = line.split(',').map(str::parse::<usize>);
        let (Some(Ok(first)), Some(Ok(last))) = (cells.next(), cells.next()) else { return Err(format!("an index is {line:?}").into()) };
        let mut events = rows.get(first.saturating_sub(1)..last).ok_or("an index beyond the rows")?.to_vec();
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let start = events.first().map_or(0.0, |event| event.0);
        wholes.push(Whole { times: events.iter().map(|event| event.0 - start).collect(), marks: events.iter().map(|event| event.1).collect() });
    }
    Ok(wholes)
}

pub const WEEK: f64 = 604_800.0;
pub const SILENCE: f64 = 1800.0;

impl Whole {
    pub fn week(&self) -> usize {
        self.times.partition_point(|time| *time <= WEEK)
    }

    /// Up to the first silence.
    pub fn term(&self) -> usize {
        let gap = self.times.iter().zip(self.times.iter().skip(1)).position(|(a, b)| b - a >= SILENCE);
        gap.map_or(self.times.len(), |gap| gap + 1)
    }

    pub fn until(&self, end: f64) -> Option<Cascade<'_>> {
        let n = self.times.partition_point(|time| *time <= end);
        Cascade::new(self.times.get(..n)?, self.marks.get(..n)?, end).ok()
    }
}

pub struct Seen {
    pub fit: Fit,
    pub forecast: Forecast,
    pub mean_mark: f64,
}

pub fn judge(cascade: &Cascade<'_>, population: &Population) -> Seen {
    let moments = population.moments().unwrap_or(Moments::constant(1.0));
    let search = Search::new(moments.mean).with_prior(population.prior_or_broad(moments.mean));
    let fit = search.fit(cascade);
    let forecast = search.forecast(cascade, &fit, moments);
    Seen { fit, forecast, mean_mark: moments.mean }
}

pub fn finished(whole: &Whole, size: usize, fit: Fit) -> Finished {
    let marks = whole.marks.get(..size).unwrap_or_default();
    Finished {
        reposts: size.saturating_sub(1) as u64,
        reach: marks.iter().sum(),
        reposters_reach: marks.iter().skip(1).sum(),
        squares: marks.iter().skip(1).map(|mark| mark * mark).sum(),
        fit: Some(fit),
    }
}

pub fn broad(mean: f64) -> Prior {
    Prior::broad(mean)
}
