//! `pushgateway`: how far off predictions are and which cascades will be large, as groups of a Prometheus Pushgateway.

#[cfg(test)]
mod tests;

use crate::{Announce, Service};
use domain::Board;
use flow::{Error, Result, Timestamp};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Keeps two groups there, each replaced as a whole: so what is no longer on the board is no longer there.
pub struct Pushgateway {
    service: Service,
    accuracy: Group,
    predictions: Group,
    top: usize,
}

/// A group of metrics: all those of a job.
struct Group {
    path: String,
    /// What the gateway has; unknown at first, and after an error.
    told: Option<String>,
}

impl Group {
    fn new(key: &str, job: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
        if job.is_empty() || !job.chars().all(plain) {
            return Err(Error::Refused(format!("{key}: `{job}` is no name of a job: letters, digits and _-.: only")));
        }
        Ok(Group { path: format!("/metrics/job/{job}"), told: None })
    }

    fn tell(&mut self, service: &Service, text: String, all: bool) -> Result<()> {
        if !all && self.told.as_ref() == Some(&text) {
            return Ok(());
        }
        self.told = None;
        // A group without metrics would still be told of, by the time of its push.
        if text.is_empty() {
            service.delete(&self.path)?
        } else {
            service.put(&self.path, TEXT, &text)?
        }
        self.told = Some(text);
        Ok(())
    }
}

impl Pushgateway {
    /// Tells this gateway of accuracy as one job and of the `top` largest cascades as another.
    pub fn new(service: Service, jobs: [&str; 2], top: usize) -> Result<Self> {
        let [accuracy, predictions] = jobs;
        if accuracy == predictions {
            return Err(Error::Refused(format!(
                "pushgateway: the two jobs are both called `{accuracy}`, and one would undo the other"
            )));
        }
        let accuracy = Group::new("pushgateway.accuracy_job", accuracy)?;
        let predictions = Group::new("pushgateway.prediction_job", predictions)?;
        Ok(Pushgateway { service, accuracy, predictions, top })
    }
}

impl Announce for Pushgateway {
    fn announce(&mut self, board: &Board, _now: Timestamp, all: bool) -> Result<()> {
        self.accuracy.tell(&self.service, board.accuracy_metrics(), all)?;
        self.predictions.tell(&self.service, board.cascade_metrics(self.top), all)
    }

    /// A gateway shows the last values for ever. A prediction that nobody looks after is wrong soon; how far off they were stays true.
    fn leave(&mut self) -> Result<()> {
        self.predictions.tell(&self.service, String::new(), false)
    }
}
