//! Hints in words: the layers below say what would help, and here are the flags and commands for it.

pub(super) mod encode;
pub(super) mod input;
pub(super) mod kafka;
pub(super) mod rejects;
pub(super) mod schema;
