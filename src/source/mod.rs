//! Bytes to blocks of whole rows.
//!
//! An [`Input`] is one file, or standard input, whose format and header are known before the first row is sent;
//! its [`BlockReader`] cuts it into [`Block`]s. Only this cutting is sequential: what a row's parts are is left to
//! whoever takes the block.

mod block;
mod error;
mod header;
mod input;

pub use block::{Block, BlockReader, MAX_ROW_BYTES};
pub use error::{SourceError, SourceErrorKind};
pub use header::Header;
pub use input::Input;
