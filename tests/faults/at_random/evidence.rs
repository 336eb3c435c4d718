//! Keeps what is needed to understand a violation and to repeat its round.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::Violation;
use super::runs::Load;

/// Writes the plan, the files, what the runs printed, the topics and the logs of the brokers into a folder, and says where
/// it is.
pub(super) fn keep(load: &Load<'_>, Violation(problem): &Violation) -> String {
    let seed = load.plan.seed;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chaos/seed-{seed}"));
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("target/tmp can be written");
    copy(&load.env.path("."), &folder, |_| true);
    let text = format!("{problem}\n\ntopic {}\n{:#?}\n", load.topic, load.plan);
    fs::write(folder.join("violation.txt"), text).expect("the folder is writable");
    for (topic, name) in [
        (&*load.topic, "topic.jsonl"),
        ("k2-produce-checkpoints", "checkpoints.jsonl"),
    ] {
        let mut lines = String::new();
        // A topic that cannot be read is not a reason to keep nothing.
        _ = catch_unwind(AssertUnwindSafe(|| {
            load.cluster
                .see_each(topic, |record| lines.push_str(&format!("{record}\n")));
        }));
        fs::write(folder.join(name), lines).expect("the folder is writable");
    }
    let data = load.cluster.folder();
    copy(&data, &folder, |name| name.ends_with(".log"));
    let shortened: String = problem.chars().take(2_000).collect();
    format!(
        "{shortened}\nkept in {}\nrepeat it with `make chaos SEED={seed} ROUNDS=1`",
        folder.display()
    )
}

/// Copies the files of a folder whose names are wanted, without folders in it.
fn copy(from: &Path, to: &Path, is_wanted: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(from).expect("the folder exists").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_file() && is_wanted(&name) {
            fs::copy(entry.path(), to.join(&name)).expect("the folder is writable");
        }
    }
}
