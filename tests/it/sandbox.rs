//! The sandbox, as the README shows it.

use crate::support::{TestEnv, fixture};

#[test]
fn a_command_is_run_and_what_arrived_is_shown() {
    let env = TestEnv::new();
    let (schema, trades) = (fixture("schemas/trade.avsc"), fixture("trades/trades.csv"));
    let done = env.run(&[
        "sandbox",
        "--topic",
        "market.trades.raw",
        "--schema-file",
        &schema,
        "--",
        "k2-produce",
        "--topic",
        "market.trades.raw",
        &trades,
    ]);
    let done = done.expect(0).says("3,000 rows: 3,000 delivered");
    // Nothing that a user could do anything about interrupts the demonstration.
    assert!(!done.stderr.contains("note: "), "{}", done.stderr);
    assert!(
        done.stdout
            .starts_with("market.trades.raw: 3,000 messages in 3 partitions"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("\"price\":\"77.420000\""), "{}", done.stdout);
}

#[test]
fn the_commands_status_is_the_sandboxs() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    env.run(&[
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        &schema,
        "--",
        "sh",
        "-c",
        "exit 7",
    ])
    .expect(7);
    env.run(&[
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        "gone.avsc",
        "--",
        "true",
    ])
    .expect(2)
    .says("gone.avsc");
}
