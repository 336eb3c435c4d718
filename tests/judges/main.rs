//! Others judge what we encode: apache-avro (Rust), fastavro (Python) and Apache Avro for Java. Our own decoder has
//! no say here.

mod avro_project;
mod cells;
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
