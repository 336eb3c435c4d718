//! Bytes -> blocks of whole rows.
//!
//! An [`Input`] is one file, or standard input. Its format and header are known before the first row is sent. Its
//! [`BlockReader`] cuts it into [`Block`]s. Only this step is sequential; rows are split into their parts by the
//! receiver of a block.
//!
//! `location` opens the source of the bytes, `archive` a file in a zip archive; `identity` and `regular_file` check that
//! it is still the same file, `compressed` decompresses it, `decode` handles encodings, and `unnest` finds rows that are
//! parts of JSON values. The position of a row is kept in every unit in which it can be found again, so that another
//! reader can start there.

mod archive;
mod block;
mod compressed;
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
mod unnest;
mod unreadable;

pub use archive::Archives;
pub(crate) use archive::{MemberFile, Obstacle, divided as divided_archive, members as archive_members};
pub use block::{Block, BlockReader, Origins};
pub(crate) use decode::Malformed;
pub use decode::{ByteOrder, Encoding};
pub use error::{InputError, InputErrorKind};
pub(crate) use format::of_name as format_of_name;
pub(crate) use header::other_delimiter;
pub use header::{Header, Layout};
pub use hint::Hint;
pub use identity::{Change, FileId, Identity};
pub use location::{Location, Member};
pub use opened::Input;
pub use read_settings::{DEFAULT_MAX_ROW_BYTES, ReadSettings};
#[doc(hidden)]
pub use unnest::{UnnestedRows, unnested_rows};
