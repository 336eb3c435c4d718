//! What would help, in words: the modules below `cli` say it as data, since only `cli` knows the flags.

pub(super) mod input;
