//! Bytes to blocks of whole rows.
//!
//! An [`Input`] is one file, or standard input, whose format and header are known before the first row is sent;
//! its [`BlockReader`] cuts it into [`Block`]s. Only this cutting is sequential: what a row's parts are is left to
//! whoever takes the block.
//!
//! `location` is where bytes come from, `identity` and `regular_file` whether they still come from the same file,
//! `decode` what they stand for. A row's position is known in all the units in which it can be found again, so that another reader can
//! start there.

mod block;
mod decode;
mod error;
mod format;
mod header;
mod hint;
mod identity;
mod location;
mod opened;
mod read_settings;
mod regular_file;
mod unreadable;

pub use block::{Block, BlockReader};
pub(crate) use decode::Malformed;
pub use decode::{ByteOrder, Encoding};
pub use error::{InputError, InputErrorKind};
pub use header::{Header, Layout};
pub use hint::{Hint, JsonForm};
pub use identity::{Change, Identity};
pub use location::Location;
pub use opened::Input;
pub use read_settings::{DEFAULT_MAX_ROW_BYTES, ReadSettings};
