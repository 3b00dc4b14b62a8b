//! What is learned from the words of a post.

pub mod language;
pub mod lexicon;
