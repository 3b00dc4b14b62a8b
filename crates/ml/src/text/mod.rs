//! What posts say: [`clean`] makes texts alike, [`linear`] learns classes of them, [`quality`] says how well.

pub mod clean;
pub mod linear;
pub mod quality;
