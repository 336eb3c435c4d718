//! Fuzz targets: functions that are given any bytes, and panic if k2-produce does something wrong.
//!
//! This is the library of the fuzz targets (`fuzz/targets`), and also a test of the product (`cargo test --test fuzz`),
//! which runs each target on the inputs in `fuzz/corpus`. Schemas, values and judges are those of `tests/judges`, but what
//! they draw comes from the bytes.

mod cells;
mod checkpoint;
mod csv;
mod datum;
mod expressions;
mod input;
mod json;
mod mapping;
mod random;
mod registry;
#[cfg(test)]
mod replay;
mod rows;
mod schema;

#[path = "../../tests/judges/encoder.rs"]
#[allow(dead_code, reason = "shared with tests/judges")]
mod encoder;
#[path = "../../tests/judges/judge/mod.rs"]
#[allow(dead_code, reason = "shared with tests/judges")]
mod judge;
#[path = "../../tests/judges/pairs/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with tests/judges")]
mod pairs;
#[path = "../../tests/judges/cells/reading.rs"]
mod reading;

/// The name of a target, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 11] = [
    ("cells", cells::run),
    ("checkpoint", checkpoint::run),
    ("csv", csv::run),
    ("datum", datum::run),
    ("expressions", expressions::run),
    ("input", input::run),
    ("json", json::run),
    ("mapping", mapping::run),
    ("registry", registry::run),
    ("rows", rows::run),
    ("schema", schema::run),
];

/// Runs the target with this name.
///
/// # Panics
/// There is none, or k2-produce does something wrong.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a target");
    target(data);
}

/// A file of the repository.
fn repository(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What is said to the user is something, and not too much.
fn assert_message(text: &str) {
    assert!(
        !text.is_empty() && text.len() < 20_000,
        "{} bytes: {text}",
        text.len()
    );
}
