//! x
pub(crate) struct Paced;
