//! A missing broker, topic, registry or subject.

use std::time::{Duration, Instant};

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

#[test]
fn a_missing_broker_is_one_error_within_ten_seconds() {
    let env = TestEnv::new();
    let topic = stack().topic("broker", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "-b",
        "127.0.0.1:1",
        &fixture("trades/trades.csv"),
    ]);
    let started = Instant::now();
    let done = crate::support::done(&mut command).expect(4);
    assert!(
        started.elapsed() < Duration::from_secs(12),
        "{:?}",
        started.elapsed()
    );
    let done = done.says("no broker answered at 127.0.0.1:1");
    assert_eq!(
        done.stderr
            .lines()
            .filter(|line| line.starts_with("error:"))
            .count(),
        1,
        "{}",
        done.stderr
    );
}

#[test]
fn a_warning_about_the_configuration_precedes_the_error_that_it_may_explain() {
    let env = TestEnv::new();
    let topic = stack().topic("mechanism", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "-b",
        "127.0.0.1:1",
        "-X",
        "sasl.mechanism=PLAIN",
    ]);
    command.arg(fixture("trades/trades.csv"));
    let stderr = crate::support::done(&mut command).expect(4).stderr;
    let warnings: Vec<&str> = stderr
        .lines()
        .take_while(|line| !line.starts_with("error: no broker answered"))
        .filter(|line| line.starts_with("warning: "))
        .collect();
    let [warning] = warnings[..] else {
        panic!("{stderr}")
    };
    assert!(
        warning.contains("`security.protocol` is not configured for SASL"),
        "{stderr}"
    );
}

#[test]
fn a_missing_topic_is_an_error_that_names_the_nearest() {
    let env = TestEnv::new();
    let topic = stack().topic("near", 1, "schemas/trade.avsc");
    let wrong = format!("{topic}x");
    let subject = format!("{topic}-value");
    env.run_on_stack(&[
        "--topic",
        &wrong,
        "--subject",
        &subject,
        &fixture("trades/trades.csv"),
    ])
    .expect(4)
    .says(&format!("topic `{wrong}` does not exist"))
    .says(&topic);
}

#[test]
fn a_missing_subject_is_an_error_with_the_registrys_code() {
    let env = TestEnv::new();
    let topic = crate::support::unique("subject");
    env.run_on_stack(&["--topic", &topic, &fixture("trades/trades.csv")])
        .expect(4)
        .says(&format!(
            "subject `{topic}-value` is not in the registry at http://127.0.0.1:"
        ))
        .says("(40401)");
}

#[test]
fn a_missing_registry_is_an_error() {
    let env = TestEnv::new();
    env.run(&["--topic", "t", &fixture("trades/trades.csv")])
        .expect(4)
        .says("http://127.0.0.1:1");
}

#[test]
fn a_wrong_base_path_of_the_registry_is_distinguished_from_a_missing_subject() {
    let env = TestEnv::new();
    let bare = stack().registry_url.replace("/apis/ccompat/v7", "");
    let done = env
        .run_on_stack(&["--topic", "t", "-r", &bare, &fixture("trades/trades.csv")])
        .expect(4);
    done.says("/apis/ccompat/v7");
}

#[test]
fn a_registry_that_does_not_answer_is_waited_for_as_long_as_asked() {
    let env = TestEnv::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let started = Instant::now();
    let arguments = [
        "--topic",
        "t",
        "--dry-run",
        &fixture("trades/trades.csv"),
        "-r",
        &url,
    ];
    env.run_on_stack(&[&arguments[..], &["--registry-timeout", "700ms"]].concat())
        .expect(4)
        .says(&format!(
            "the registry at {url} took too long: no response within 0.7 s\n"
        ))
        .says("hint: try again, or wait longer with `--registry-timeout`, or work without the registry: ");
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_millis(700), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(8), "{elapsed:?}");
}
