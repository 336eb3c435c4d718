//! Files and schemas that are broken, hostile or only unusual: each ends in rows, in precise errors of rows or in one clear
//! error, within limits of time and memory.
//!
//! The cases are those of the table in docs/reliability.md. Each file is read twice: as a run that stops at the first bad
//! row, and as one that tolerates all.

mod compressed;
mod paths;
mod schemas;
mod text;

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Done, TestEnv, done, repository};

/// The heap of a run, in KiB. Larger requests fail, and end the process.
const MEMORY: &str = "100000";
const TIME: Duration = Duration::from_secs(60);

const HEADER: &str = "symbol,note,volume\n";
const ROW: &str = "BHP,a,1\n";
const SCHEMA: &str = r#"{"type":"record","name":"Trade","fields":[{"name":"symbol","type":"string"},
    {"name":"note","type":["null","string"],"default":null},{"name":"volume","type":"long"}]}"#;

/// A file, and how a run with it ends.
struct Case {
    /// Its row in docs/reliability.md.
    name: &'static str,
    file: &'static str,
    schema: String,
    status: i32,
    /// What the run says on standard error.
    says: &'static str,
}

fn case(name: &'static str, file: &'static str, status: i32, says: &'static str) -> Case {
    let schema = SCHEMA.to_owned();
    Case {
        name,
        file,
        schema,
        status,
        says,
    }
}

/// Runs a command of the binary with limited memory and time, and without root's right to read every file.
fn limited(env: &TestEnv, arguments: &[&str]) -> Done {
    const SCRIPT: &str = "ulimit -d $0; \
        [ $(id -u) != 0 ] || set -- setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all \"$@\"; \
        exec timeout 60 \"$@\"";
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT, MEMORY, env!("CARGO_BIN_EXE_k2-produce")])
        .args(arguments);
    done(command.current_dir(env.path("")))
}

fn expect_outcomes(env: &TestEnv, cases: &[Case]) {
    let document = std::fs::read_to_string(repository("docs/reliability.md")).unwrap();
    let mut faults = Vec::new();
    for case in cases {
        let Case {
            name,
            file,
            status,
            says,
            ..
        } = case;
        if !document.contains(&format!("| {name} |")) {
            faults.push(format!("{name}: not in docs/reliability.md"));
        }
        env.write("schema.avsc", &case.schema);
        let run = [
            "--topic",
            "t",
            "--dry-run",
            "--no-key",
            "--schema-file",
            "schema.avsc",
            file,
        ];
        let started = Instant::now();
        let stopped = limited(env, &run);
        if stopped.status != *status || !stopped.stderr.contains(says) {
            let stderr = &stopped.stderr;
            faults.push(format!(
                "{name}: status {}; expected {status}, `{says}`\n{stderr}",
                stopped.status
            ));
        }
        let tolerant = limited(
            env,
            &[&run[..], &["--max-errors", "100%", "--summary", "json"]].concat(),
        );
        for done in [&stopped, &tolerant] {
            if started.elapsed() >= TIME
                || ![0, 1, 2, 3].contains(&done.status)
                || done.stderr.contains("panicked")
            {
                let took = started.elapsed();
                faults.push(format!(
                    "{name}: status {} after {took:?}\n{}",
                    done.status, done.stderr
                ));
            }
        }
        if tolerant.status < 2 {
            assert_eq!(tolerant.json()["balanced"], true, "{name}: {}", tolerant.stdout);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Otherwise the limits of the other tests would prove nothing.
#[test]
fn a_run_that_needs_more_memory_than_the_limit_fails() {
    let env = TestEnv::new();
    env.write("schema.avsc", SCHEMA);
    env.write("gigabyte.csv", HEADER);
    std::fs::File::options()
        .append(true)
        .open(env.path("gigabyte.csv"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    let run = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        "schema.avsc",
        "--max-row-bytes",
        "1073741824",
    ];
    let failed = limited(&env, &[&run[..], &["gigabyte.csv"]].concat());
    assert!(![0, 1, 2, 3].contains(&failed.status), "{failed:?}");
}
