//! How an input is to be read.

use super::decode::Encoding;
use crate::record::{Dialect, Format};

/// The longest row that is read, in bytes, unless another limit is set.
pub const DEFAULT_MAX_ROW_BYTES: usize = 1 << 20;

/// How an input is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadSettings {
    /// The format of its rows; without it, the extension of the file's name says it.
    pub format: Option<Format>,
    /// How its rows are written if they are CSV.
    pub dialect: Dialect,
    /// What its bytes stand for.
    pub encoding: Encoding,
    /// The most bytes that a row may have without its line terminator, as UTF-8 where the file is UTF-16. A quote that is
    /// never closed must not fill the memory.
    pub max_row_bytes: usize,
}

impl Default for ReadSettings {
    fn default() -> ReadSettings {
        ReadSettings {
            format: None,
            dialect: Dialect::default(),
            encoding: Encoding::default(),
            max_row_bytes: DEFAULT_MAX_ROW_BYTES,
        }
    }
}
