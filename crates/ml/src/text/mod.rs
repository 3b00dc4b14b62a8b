//! What posts say: [`clean`] makes texts alike, [`linear`] learns classes of them, [`lexicon`] knows how they sound, [`language`] in
//! which language they are, and [`quality`] how well all that is done.

pub mod clean;
pub mod language;
pub mod lexicon;
pub mod linear;
pub mod quality;
