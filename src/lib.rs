//! Publishes trade files to Kafka as Avro.
//!
//! Data flows one way:
//!
//! ```text
//! input -> record -> encode -> kafka -> report       mapping and schema feed encode; load joins them; cli decides
//! bytes    row's     Avro      broker   people and
//! to rows  parts     bytes              machines
//! ```

// A library is silent: it neither prints nor looks at the environment nor ends the process.
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::exit,
        clippy::print_stderr,
        clippy::print_stdout
    )
)]

pub mod cli;
pub mod encode;
mod escape;
pub mod input;
pub mod kafka;
pub mod load;
pub mod mapping;
mod nearest;
pub mod record;
pub mod report;
pub mod sandbox;
pub mod schema;
mod table;
