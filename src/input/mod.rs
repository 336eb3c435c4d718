//! Bytes to blocks of whole rows.
//!
//! An [`Input`] is one file, or standard input, whose format and header are known before the first row is sent;
//! its [`BlockReader`] cuts it into [`Block`]s. Only this cutting is sequential: what a row's parts are is left to
//! whoever takes the block.

mod block;
mod bytes;
mod encoding;
mod error;
mod header;
mod location;
mod unreadable;

pub use block::{Block, BlockReader, MAX_ROW_BYTES};
pub(crate) use encoding::Malformed;
pub use encoding::{ByteOrder, Encoding};
pub use error::{InputError, InputErrorKind};
pub use header::Header;
pub(crate) use header::encoding_hint;
pub use location::Input;
