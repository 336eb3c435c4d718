//! The documents are correct: their commands, their links, the tests that they name.

mod blocks;
mod commands;
mod index;
mod links;
mod markdown;
mod semantics;
mod unsafe_code;
