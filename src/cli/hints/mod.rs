//! Hints in words: the lower layers describe what would help as data, and this folder names the flags and commands.

pub(super) mod encode;
pub(super) mod input;
pub(super) mod kafka;
pub(super) mod rejects;
pub(super) mod schema;
