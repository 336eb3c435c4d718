//! Settings for reading an input.

use std::sync::Arc;

use super::decode::Encoding;
use crate::record::{Dialect, Format, JsonShape};

/// The default limit of the length of a row, in bytes.
pub const DEFAULT_MAX_ROW_BYTES: usize = 1 << 20;

/// Settings for reading an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadSettings {
    /// The format of its rows; if none, the extension of the file name decides.
    pub format: Option<Format>,
    /// The CSV dialect, if its rows are CSV.
    pub dialect: Dialect,
    /// Where its rows are in JSON values, if its rows are JSON.
    pub json: Arc<JsonShape>,
    /// Its encoding.
    pub encoding: Encoding,
    /// The maximum length of a row in bytes, without its line terminator and counted in UTF-8 if the file is UTF-16. It
    /// keeps an unclosed quote from filling the memory.
    pub max_row_bytes: usize,
}

impl Default for ReadSettings {
    fn default() -> ReadSettings {
        ReadSettings {
            format: None,
            dialect: Dialect::default(),
            json: Arc::default(),
            encoding: Encoding::default(),
            max_row_bytes: DEFAULT_MAX_ROW_BYTES,
        }
    }
}
