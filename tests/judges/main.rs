//! Other libraries check the encoding: apache-avro (Rust), fastavro (Python) and Apache Avro for Java. No test uses
//! k2-produce's own decoder. jiff and Python check the date formats of mappings.

mod avro_project;
mod cells;
mod date_formats;
mod differential;
mod encoder;
mod golden;
mod judge;
mod pairs;
mod random;

/// A file of the repository.
fn repository(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
