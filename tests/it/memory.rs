//! Memory: the same for a file five times as long.

use std::process::Command;

use crate::support::{TestEnv, fixture};

/// Peak resident memory of a dry run, in KiB, as the kernel tells it of the child.
fn peak_kib(env: &TestEnv, file: &str) -> u64 {
    let schema = fixture("schemas/trade.avsc");
    let script = "\"$0\" \"$@\" 2>/dev/null & pid=$!; peak=0; \
        while kill -0 $pid 2>/dev/null; do \
            now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null); \
            [ -n \"$now\" ] && peak=$now; sleep 0.02; done; wait $pid && echo $peak";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_k2-produce")])
        .args(["--topic", "t", "--dry-run", "--schema-file", &schema, file])
        .current_dir(env.path("."))
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .expect("a number of KiB")
}

#[test]
fn memory_does_not_grow_with_the_file() {
    let env = TestEnv::new();
    env.generate("small.csv", "trade", "csv", 200_000);
    env.generate("large.csv", "trade", "csv", 1_000_000);
    let (small, large) = (peak_kib(&env, "small.csv"), peak_kib(&env, "large.csv"));
    assert!(
        large < small + 10 * 1024,
        "{small} KiB for 200,000 rows, {large} KiB for 1,000,000"
    );
    assert!(large < 150 * 1024, "{large} KiB");
}
