//! What differs is more than fits into memory: verdicts are the same, and nothing remains of the temporary files.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::{HEADER, differences, rows};
use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, ended, signal, spawn_piped};

/// More rows than a step keeps in memory; a multiple of the number of keys.
const ROWS: u64 = 130_000;

/// A topic with the rows 1 to [`ROWS`], and a folder for temporary files.
struct Loaded {
    env: TestEnv,
    topic: String,
}

impl Loaded {
    fn new() -> Loaded {
        let env = TestEnv::new();
        let topic = stack().topic("verify-spilled", 3, "schemas/trade.avsc");
        env.write("t.csv", format!("{HEADER}{}", rows(1..=ROWS)));
        env.run_on_stack(&["--topic", &topic, "t.csv"]).expect(0);
        std::fs::create_dir(env.path("temporary")).unwrap();
        Loaded { env, topic }
    }

    fn verify(&self, file: &str) -> Command {
        let mut command = self.env.command_on_stack();
        command.args(["verify", "--topic", &self.topic, "--json", file]);
        command.env("TMPDIR", self.env.path("temporary"));
        command
    }

    fn verified(&self, file: &str, content: String) -> Done {
        self.env.write(file, content);
        let done = done(&mut self.verify(file));
        self.assert_nothing_remains();
        done
    }

    #[track_caller]
    fn assert_nothing_remains(&self) {
        let remaining = std::fs::read_dir(self.env.path("temporary")).unwrap().count();
        assert_eq!(remaining, 0);
    }
}

#[test]
fn rows_that_are_all_missing_or_different_or_in_another_order_are_found() {
    let loaded = Loaded::new();
    let others = format!("{HEADER}{}", rows(1_000_001..=1_000_000 + ROWS));
    let json = loaded.verified("others.csv", others).expect(1).json();
    assert_eq!(
        differences(&json),
        [("different", ROWS)],
        "as many of each key: each row was changed"
    );
    assert_eq!(json["shown"][0]["line"], 2);
    assert_eq!(json["shown"][0]["fields"][0]["field"], "sequence_number");
    // A row more of each key.
    let more = format!("{HEADER}{}", rows(1_000_001..=1_000_005 + ROWS));
    let json = loaded.verified("more.csv", more).expect(1).json();
    assert_eq!(differences(&json), [("missing", ROWS + 5), ("foreign", ROWS)]);
    // From the last row to the first: others of its key passed each row.
    let reversed: Vec<String> = rows(1..=ROWS)
        .lines()
        .rev()
        .map(|row| format!("{row}\n"))
        .collect();
    let json = loaded
        .verified("reversed.csv", format!("{HEADER}{}", reversed.concat()))
        .expect(1)
        .json();
    let [("out_of_order", moved)] = differences(&json)[..] else {
        panic!("{json:#}");
    };
    assert_eq!(json["rows"]["equal"].as_u64().unwrap() + moved, ROWS);
    assert!(moved >= ROWS - 30, "{moved}");
    // Twice: the second copy of each row is missing.
    let twice = format!("{HEADER}{}{}", rows(1..=ROWS), rows(1..=ROWS));
    let json = loaded.verified("twice.csv", twice).expect(1).json();
    assert_eq!(differences(&json), [("missing", ROWS)]);
    assert_eq!(json["rows"]["equal"], ROWS);
}

#[test]
fn a_temporary_file_that_cannot_be_created_or_written_has_the_systems_reason() {
    let loaded = Loaded::new();
    let others = format!("{HEADER}{}", rows(1_000_001..=1_000_000 + ROWS));
    loaded.env.write("others.csv", others);
    let missing = loaded.env.path("nowhere");
    done(loaded.verify("others.csv").env("TMPDIR", &missing))
        .expect(3)
        .says(&format!(
            "error: what differs cannot be kept in temporary files of the folder `{}`: no such file or directory\n",
            missing.display()
        ))
        .says("hint: name a folder with more room by the variable `TMPDIR`");
    // A file cannot grow beyond two megabytes, as on a full disk.
    let verify = loaded.verify("others.csv");
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""])
        .arg(verify.get_program())
        .args(verify.get_args())
        .current_dir(loaded.env.path(""));
    for (name, value) in verify.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    done(&mut limited)
        .expect(3)
        .says("temporary files of the folder")
        .says(": file too large\n");
    loaded.assert_nothing_remains();
    // Nothing is written if nothing differs.
    done(loaded.verify("t.csv").env("TMPDIR", &missing)).expect(0);
}

#[test]
fn nothing_remains_of_temporary_files_after_a_signal() {
    let loaded = Loaded::new();
    let others = format!("{HEADER}{}", rows(1_000_001..=1_000_000 + ROWS));
    loaded.env.write("others.csv", others);
    for (name, status) in [("-INT", Some(130)), ("-TERM", Some(143)), ("-KILL", None)] {
        let verify = spawn_piped(&mut loaded.verify("others.csv"));
        await_temporary_file(&verify, &loaded.env.path("temporary"));
        signal(&verify, name);
        let ended = ended(verify);
        if let Some(status) = status {
            ended
                .expect(status)
                .says("stopped: by a signal, before the comparison was complete");
        }
        loaded.assert_nothing_remains();
    }
}

/// Waits until the process has an open file of this folder.
fn await_temporary_file(process: &Child, folder: &Path) {
    let descriptors = format!("/proc/{}/fd", process.id());
    let folder = folder.canonicalize().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut open = std::fs::read_dir(&descriptors).into_iter().flatten().flatten();
        if open.any(|file| std::fs::read_link(file.path()).is_ok_and(|file| file.starts_with(&folder))) {
            return;
        }
        assert!(Instant::now() < deadline, "no temporary file was opened");
        std::thread::sleep(Duration::from_millis(1));
    }
}
