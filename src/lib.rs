//! Publishes trade files to Kafka as Avro.
//!
//! Data flows one way:
//!
//! ```text
//! source -> record -> encode -> publish -> report            schema feeds encode; pipeline joins them; cli decides
//! bytes     row's     Avro      Kafka      people and
//! to rows   fields    bytes     messages   machines
//! ```

pub mod cli;
pub mod encode;
mod escape;
pub mod pipeline;
pub mod publish;
pub mod record;
pub mod report;
pub mod sandbox;
pub mod schema;
pub mod source;
