//! Runs each target on the inputs that are kept in `fuzz/corpus`, so that targets and findings stay as they are.

use std::path::Path;

use crate::TARGETS;

/// The most bytes of all inputs together.
const MAX_BYTES: u64 = 300_000;

fn corpus() -> std::path::PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let within = here.join("fuzz/corpus");
    if within.exists() {
        within
    } else {
        here.join("corpus")
    }
}

/// The inputs of a target, by name.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = corpus().join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn every_target_passes_on_its_corpus() {
    let (mut bytes, mut failed) = (0, Vec::new());
    for (target, run) in TARGETS {
        let inputs = inputs(target);
        assert!(!inputs.is_empty(), "{target} has no inputs");
        for (name, data) in inputs {
            bytes += data.len() as u64;
            if std::panic::catch_unwind(|| run(&data)).is_err() {
                failed.push(format!("fuzz/corpus/{target}/{name}"));
            }
        }
    }
    assert_eq!(failed, Vec::<String>::new());
    assert!(bytes <= MAX_BYTES, "{bytes} bytes are too many to keep");
}

#[test]
fn every_target_passes_on_empty_and_on_short_inputs() {
    for (_, run) in TARGETS {
        run(b"");
        for byte in 0..=u8::MAX {
            run(&[byte]);
        }
    }
}

#[test]
fn every_target_has_an_executable() {
    let manifest = corpus().join("../Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    for (target, _) in TARGETS {
        assert!(
            manifest.contains(&format!("path = \"targets/{target}.rs\"")),
            "{target}"
        );
    }
}
