//! How cascades stand: the board, how far time has come in what it was told, and where in the log there is more of a row.

mod places;
pub mod shown;

#[cfg(test)]
mod tests;

pub use places::{More, Place, Places};

use domain::{Board, Estimate, Prediction, Series, Size};
use flow::{Broken, Heard, Timestamp, Value};

/// So many cascades that go on are kept, and so many that have ended.
pub const ROWS: usize = 1_000;
/// Of so many cascades it is kept where there is more of them: what is said of one comes before it is on the board.
const PLACES: usize = 20_000;

/// How cascades stand.
#[derive(Debug)]
pub struct Standings {
    /// The board.
    pub board: Board,
    /// Where there is more of what is on the board.
    pub places: Places,
    /// The newest time of a prediction or a size: the "now" of what is shown.
    pub newest: Option<Timestamp>,
}

impl Default for Standings {
    fn default() -> Self {
        Standings { board: Board::new(ROWS), places: Places::new(PLACES), newest: None }
    }
}

impl Standings {
    /// Takes a record in; whether that changes what is shown.
    pub fn take(&mut self, heard: &Heard<'_>) -> Result<bool, Broken> {
        let Some(value) = heard.record.value else { return Ok(false) };
        match heard.topic {
            Series::TOPIC | Estimate::TOPIC => {
                let board = &self.board;
                self.places.take(heard, value, |cascade| board.row(cascade).is_some())?;
                Ok(false)
            }
            topic => {
                if [<Prediction<'_>>::TOPIC, <Size<'_>>::TOPIC].contains(&topic) {
                    self.newest = self.newest.max(Some(heard.record.time));
                }
                self.board.hear(topic, heard.format, value)
            }
        }
    }
}
