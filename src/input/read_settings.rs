//! How an input is to be read.

use super::decode::Encoding;
use crate::record::{Dialect, Format};

/// How an input is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadSettings {
    /// The format of its rows; without it, the extension of the file's name says it.
    pub format: Option<Format>,
    /// How its rows are written if they are CSV.
    pub dialect: Dialect,
    /// What its bytes stand for.
    pub encoding: Encoding,
}
