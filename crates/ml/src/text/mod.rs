//! What is learned from the words of a post.

pub mod lexicon;
