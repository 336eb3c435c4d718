//! Where each field of a schema comes from.

pub mod binding;
