//! What the documents say is so: their commands, their links, the tests that they name.

mod index;
mod links;
mod markdown;
mod semantics;
