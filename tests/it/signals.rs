//! Ctrl-C, TERM and HUP: rows that were read are delivered, the counts are correct, and later events do not change the
//! outcome.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use k2_produce::sandbox::Sandbox;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture, spawn_piped};

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Starts a run with an endless input, and waits until rows are on the topic.
fn endless(env: &TestEnv, topic: &str) -> (Child, Child) {
    env.generate("trades.csv", "trade", "csv", 20_000);
    let header = env.read("trades.csv").lines().next().unwrap().to_owned();
    let script = format!("echo '{header}'; while :; do tail -n +2 trades.csv; sleep 0.05; done");
    let mut feeder = Command::new("sh")
        .args(["-c", &script])
        .current_dir(env.path("."))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut command = env.command_on_stack();
    command.args(["--topic", topic, "--format", "csv", "--summary", "json", "-"]);
    command
        .stdin(feeder.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    stack().await_records(topic, 1);
    (child, feeder)
}

fn interrupted(name: &str, status: i32) {
    let env = TestEnv::new();
    let topic = stack().topic("signal", 3, "schemas/trade.avsc");
    let (child, mut feeder) = endless(&env, &topic);
    signal(&child, name);
    let output = child.wait_with_output().unwrap();
    feeder.kill().unwrap();
    feeder.wait().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(
        stderr.contains("stopped: by a signal; everything before -:"),
        "{stderr}"
    );
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = &summary["rows"];
    assert_eq!(counts["read"], counts["delivered"], "{counts}");
    let records = stack().witness(&["batches", "--topic", &topic])[0]["records"].clone();
    assert_eq!(
        records, counts["delivered"],
        "the rows counted in the summary are on the topic"
    );
}

#[test]
fn ctrl_c_ends_in_order_with_130() {
    interrupted("-INT", 130);
}

#[test]
fn term_ends_in_order_with_143() {
    interrupted("-TERM", 143);
}

/// Waits until the process handles TERM.
fn await_handler(child: &Child) {
    const TERM: u64 = 1 << (15 - 1);
    let status = format!("/proc/{}/status", child.id());
    loop {
        let status = std::fs::read_to_string(&status).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
        if caught & TERM != 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The phase of a run in which the signal arrives, with the event at the same time.
enum Phase {
    /// The run waits for the header on standard input, which ends.
    Header,
    /// The run has read this much from standard input, which ends.
    Rows(&'static str),
    /// The run waits for a registry, which closes the connection.
    Registry,
    /// The run connects to a broker, which closes the connection.
    Broker,
}

const HEADER: &str =
    "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";

/// A signal arrives at the same time as another event with the same cause. The signal decides the outcome.
fn signal_in(phase: &Phase, round: u64) {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    env.write(
        "t.csv",
        format!("{HEADER}BHP,1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z\n"),
    );
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let registry = format!("http://{address}");
    let mut command = env.command();
    command.args(["--topic", "t", "--summary", "json", "--metrics-file", "m.prom"]);
    match phase {
        Phase::Header | Phase::Rows(_) => {
            command.args(["--dry-run", "--format", "csv", "--schema-file", &schema, "-"])
        }
        Phase::Registry => command.args(["--dry-run", "-r", &registry, "t.csv"]),
        Phase::Broker => {
            let sandbox = sandbox();
            command.args(["-b", &address, "-r", &sandbox.registry_url(), "t.csv"])
        }
    };
    let mut child = spawn_piped(&mut command);
    await_handler(&child);
    let mut input = child.stdin.take().unwrap();
    let mut connection = None;
    match phase {
        Phase::Header => {}
        Phase::Rows(rows) => input.write_all(format!("{HEADER}{rows}").as_bytes()).unwrap(),
        Phase::Registry | Phase::Broker => connection = Some(server.accept().unwrap()),
    }
    std::thread::sleep(Duration::from_micros(round * 700));
    signal(&child, "-TERM");
    drop((input, connection, server));
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(143), "{stderr}");
    assert!(!stderr.contains("error:"), "{stderr}");
    assert!(stderr.contains("stopped: by a signal"), "{stderr}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["exit_status"], 143, "{summary}");
    assert!(
        env.read("m.prom")
            .contains("k2_kafka_run_exit_status{topic=\"t\"} 143\n")
    );
}

/// The sandbox shared by the tests of this file.
fn sandbox() -> &'static Sandbox {
    static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
        let schema = std::fs::read_to_string(fixture("schemas/trade.avsc")).unwrap();
        Sandbox::start("t", &schema, 1).unwrap()
    });
    &SANDBOX
}

const ROUNDS: u64 = 20;

#[test]
fn a_signal_at_the_end_of_an_empty_input_decides() {
    (0..ROUNDS).for_each(|round| signal_in(&Phase::Header, round));
}

#[test]
fn a_signal_at_the_end_of_the_input_decides() {
    let row = "BHP,1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z\n";
    (0..ROUNDS).for_each(|round| signal_in(&Phase::Rows(row), round));
}

#[test]
fn a_row_that_the_signal_truncated_is_not_a_bad_row() {
    (0..ROUNDS).for_each(|round| signal_in(&Phase::Rows("BHP,1,2014-03-10T10:0"), round));
}

#[test]
fn a_signal_during_a_registry_request_decides() {
    (0..ROUNDS).for_each(|round| signal_in(&Phase::Registry, round));
}

#[test]
fn a_signal_while_connecting_to_a_broker_decides() {
    (0..ROUNDS).for_each(|round| signal_in(&Phase::Broker, round));
}

/// Ctrl-C with `cat trades.csv | k2-produce`: the end of the input, possibly within a row, is not the end of the run.
#[test]
fn ctrl_c_for_a_whole_pipeline_ends_in_order() {
    let sandbox = sandbox();
    let env = TestEnv::new();
    env.generate("trades.csv", "trade", "csv", 200);
    let trades = env.read("trades.csv");
    for round in 0..ROUNDS {
        let mut command = env.command();
        command.args(["--topic", "t", "--format", "csv", "--summary", "json", "-"]);
        command.args(["-b", &sandbox.bootstrap_servers(), "-r", &sandbox.registry_url()]);
        let mut child = spawn_piped(&mut command);
        let mut input = child.stdin.take().unwrap();
        input.write_all(&trades.as_bytes()[..10_000]).unwrap();
        // It arrives somewhere between the check of the topic and the last report.
        std::thread::sleep(Duration::from_millis(200 + 5 * round));
        signal(&child, "-INT");
        drop(input);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert!(!stderr.contains("error:"), "{stderr}");
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["rows"]["read"], summary["rows"]["delivered"], "{stderr}");
    }
}

#[test]
fn hup_ends_in_order_with_129_and_a_second_one_adds_nothing() {
    let env = TestEnv::new();
    let sandbox = sandbox();
    let mut command = env.command();
    command.args(["--topic", "t", "--format", "csv", "--summary", "json", "-"]);
    command.args(["-b", &sandbox.bootstrap_servers(), "-r", &sandbox.registry_url()]);
    let mut child = spawn_piped(&mut command);
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(std::fs::read(fixture("trades/trades.csv")).unwrap().as_slice())
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..3 {
        signal(&child, "-HUP");
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(129), "{stderr}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["rows"]["unknown"], 0, "{stderr}");
    drop(input);
}

/// `nohup` ignores HUP, and a shell ignores INT for the jobs that it puts in the background.
#[test]
fn signals_that_were_ignored_at_the_start_remain_ignored() {
    let env = TestEnv::new();
    let mut command = env.command();
    let schema = fixture("schemas/trade.avsc");
    command.args([
        "--topic",
        "t",
        "--dry-run",
        "--format",
        "csv",
        "--schema-file",
        &schema,
        "-",
    ]);
    // SAFETY: between fork and exec only `signal` is called, which may be called there.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_IGN);
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
            Ok(())
        });
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    await_handler(&child);
    signal(&child, "-INT");
    signal(&child, "-HUP");
    let mut input = child.stdin.take().unwrap();
    input.write_all(HEADER.as_bytes()).unwrap();
    input
        .write_all(b"BHP,1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z\n")
        .unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("1 fit"), "{stderr}");
}
