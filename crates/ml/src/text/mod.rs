//! What posts say: [`clean`] makes texts alike, [`linear`] learns classes of them, [`lexicon`] knows how they sound, and [`quality`]
//! says how well all that is done.

pub mod clean;
pub mod lexicon;
pub mod linear;
pub mod quality;
