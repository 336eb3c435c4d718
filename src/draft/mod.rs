//! First drafts, for a person to complete: rows and a schema -> a mapping file, rows -> a schema.
//!
//! A draft never guesses silently: what is chosen has its evidence in a comment, and what could be read in several ways
//! is a comment to choose from. What a value means is asked of `encode`. Nothing is read or printed here.

pub(crate) mod mapping;
mod sample;
pub(crate) mod schema;

pub(crate) use sample::{Sample, Source};
