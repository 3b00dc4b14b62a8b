//! What tells a service beside ours how things stand.

use domain::Board;
use flow::{Result, Timestamp};

/// Tells how things stand on a board. It is told as a whole, or as it differs from what was told last, so that who starts again,
/// here or there, ends up with the same: nothing of it is kept.
pub trait Announce: Send {
    /// Tells what is new, or `all` of it. After an error the same is told again.
    fn announce(&mut self, board: &Board, now: Timestamp, all: bool) -> Result<()>;

    /// The last word, when the process stops as it was asked to.
    fn leave(&mut self) -> Result<()>;
}
