//! No control characters from files, servers or arguments are printed on a terminal.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::json;

use crate::support::{Done, TestEnv, done, fixture};

/// Clears the screen, rings the bell, reverses and hides text, and begins a line that looks like a message of ours.
const HOSTILE: &str = "x\u{1b}[2J\u{9b}31m\u{7}\u{202e}\u{a0}\u{200b}\u{7f}\r\nhint: forged";

const HEADER: &str = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";
const ROW: &str = "BHP,1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z";

/// Fails if the command printed any of it unescaped.
#[track_caller]
fn assert_safe(what: &str, done: &Done) {
    for text in [&done.stdout, &done.stderr] {
        let acts = |character: char| {
            (character.is_control() && character != '\n')
                || ['\u{202e}', '\u{a0}', '\u{200b}'].contains(&character)
        };
        assert!(!text.contains(acts), "{what}: {text:?}");
        assert!(
            !text.lines().any(|line| line.starts_with("hint: forged")),
            "{what}: {text}"
        );
    }
}

/// The text in JSON.
fn in_json() -> String {
    json!(HOSTILE).to_string()
}

/// The text as a quoted cell.
fn in_quotes() -> String {
    format!("\"{HOSTILE}\"")
}

#[test]
fn arguments_are_echoed_safely() {
    let env = TestEnv::new();
    env.write("t.csv", format!("{HEADER}\n{ROW}\n"));
    for command in [
        &[][..],
        &["schema", "show"],
        &["schema", "check"],
        &["schema", "list"],
        &["schema", "compat"],
        &["sandbox"],
        &["loads"],
    ] {
        let help = env.run(&[command, &["--help"]].concat()).expect(0).stdout;
        let flags = help
            .split_whitespace()
            .filter(|word| word.starts_with('-') && word.len() > 1);
        let mut flags: Vec<&str> = flags.map(|flag| flag.trim_end_matches(',')).collect();
        flags.sort();
        flags.dedup();
        assert!(flags.len() > 3, "{help}");
        for flag in flags {
            let flag = flag.split(['=', '[']).next().unwrap();
            let given = format!("{flag}={HOSTILE}");
            let first: &[&str] = match command {
                [] => &["--topic", "t", "--dry-run", "t.csv"],
                command => command,
            };
            assert_safe(flag, &env.run(&[first, &[&given]].concat()));
        }
        assert_safe("an argument", &env.run(&[command, &[HOSTILE]].concat()));
        assert_safe(
            "a flag",
            &env.run(&[command, &[&format!("--{HOSTILE}")]].concat()),
        );
    }
    for variable in ["K2_KAFKA_SCHEMA_REGISTRY_URL", "K2_KAFKA_BOOTSTRAP_SERVERS"] {
        let mut command = env.command();
        command.env(variable, HOSTILE).args(["--topic", "t", "t.csv"]);
        assert_safe(variable, &done(&mut command));
    }
}

#[test]
fn headers_and_cells_are_shown_safely() {
    let env = TestEnv::new();
    let hostile = in_quotes();
    for header in [
        hostile.clone(),
        format!("{HEADER},{hostile}"),
        format!("{HEADER},{hostile},{hostile}"),
        HEADER.replace("symbol", "\"Sym\u{1b}\u{202e}bol\""),
        HEADER.replace("symbol", &hostile),
        format!("{HEADER},\"buyer\u{200b}\u{a0}id\""),
        format!("{hostile};{hostile}"),
        format!("{hostile}x,y"),
        format!("7,{hostile}"),
    ] {
        env.write("t.csv", format!("{header}\n{ROW}\n"));
        for flags in [&["t.csv"][..], &["t.csv", "--strict-columns"]] {
            assert_safe(&header, &env.dry_run(flags));
        }
    }
    for column in 0..8 {
        let cells = ROW.split(',').enumerate();
        let cells: Vec<&str> = cells
            .map(|(index, cell)| if index == column { &*hostile } else { cell })
            .collect();
        env.write("t.csv", format!("{HEADER}\n{}\n", cells.join(",")));
        for flags in [
            &["t.csv"][..],
            &["t.csv", "--max-errors", "100%"],
            &["t.csv", "--key", "venue"],
        ] {
            assert_safe(&format!("column {column}"), &env.dry_run(flags));
        }
    }
    env.write(HOSTILE, format!("{HEADER}\n{ROW},1\n"));
    assert_safe("a file's name", &env.dry_run(&["--format", "csv", HOSTILE]));
    let done = env.dry_run(&[
        "--format",
        "csv",
        "--max-errors",
        "1",
        "--label",
        "a=b",
        "--summary",
        "json",
        HOSTILE,
    ]);
    assert_safe("a summary", &done);
    let summary = done.json();
    assert_eq!(summary["rows"]["rejected"], 1);
}

#[test]
fn json_keys_and_values_are_shown_safely() {
    let env = TestEnv::new();
    let hostile = in_json();
    for line in [
        format!("{{{hostile}:1}}"),
        format!("{{{hostile}:1,{hostile}:1}}"),
        format!("{{\"symbol\":{hostile},\"price\":{hostile}}}"),
        format!("[{hostile}]"),
        HOSTILE.replace('\n', ""),
        format!("{{\"symbol\":\"{}\"}}", HOSTILE.replace('\n', "")),
    ] {
        env.write("t.jsonl", format!("{line}\n"));
        for flags in [
            &["t.jsonl"][..],
            &["t.jsonl", "--max-errors", "100%"],
            &["t.jsonl", "--ignore-unknown"],
        ] {
            assert_safe(&line, &env.dry_run(flags));
        }
    }
}

#[test]
fn schemas_are_shown_safely() {
    let env = TestEnv::new();
    env.write("t.csv", "f\nx\n");
    let field = |rest: serde_json::Value| {
        let mut field = json!({ "name": "f" });
        field
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        json!({ "type": "record", "name": "R", "doc": HOSTILE, "fields": [field] })
    };
    for schema in [
        field(json!({ "type": "string", "default": HOSTILE, "doc": HOSTILE })),
        field(json!({ "type": "bytes", "default": HOSTILE })),
        field(json!({ "type": { "type": "enum", "name": "E", "symbols": [HOSTILE] } })),
        field(json!({ "type": { "type": "enum", "name": "E", "symbols": ["A"], "default": HOSTILE } })),
        field(json!({ "type": { "type": "enum", "name": HOSTILE, "symbols": ["A"] } })),
        field(json!({ "type": HOSTILE })),
        field(json!({ "type": { "type": "long", "logicalType": HOSTILE } })),
        field(json!({ "type": "string", "aliases": [HOSTILE] })),
        field(json!({ "type": "string", HOSTILE: HOSTILE })),
        json!({ "type": "record", "name": HOSTILE, "fields": [] }),
        json!({ "type": "record", "name": "R", "namespace": HOSTILE, "fields": [] }),
        json!({ "type": "record", "name": "R", "fields": [{ "name": HOSTILE, "type": "string" }] }),
        json!(HOSTILE),
    ] {
        let text = schema.to_string();
        env.write("s.avsc", &text);
        assert_safe(&text, &env.run(&["schema", "show", "--schema-file", "s.avsc"]));
        let shown = env.run(&["schema", "show", "--json", "--schema-file", "s.avsc"]);
        assert_safe(&text, &shown);
        if shown.status == 0 {
            assert_eq!(
                shown.json()["schema"],
                schema,
                "the same JSON in other characters"
            );
        }
        assert_safe(
            &text,
            &env.run(&["schema", "check", "--schema-file", "s.avsc", "t.csv"]),
        );
    }
    env.write("s.avsc", HOSTILE);
    assert_safe(
        "no JSON",
        &env.run(&["schema", "show", "--schema-file", "s.avsc"]),
    );
}

#[test]
fn responses_of_a_registry_are_shown_safely() {
    let env = TestEnv::new();
    env.write("t.csv", format!("{HEADER}\n{ROW}\n"));
    let schema = fixture("schemas/trade.avsc");
    let message = json!({ "error_code": 40401, "message": HOSTILE }).to_string();
    let version =
        json!({ "subject": HOSTILE, "version": 1, "id": 1, "schema": HOSTILE, "schemaType": HOSTILE });
    for (status, body) in [
        ("404 Not Found", message.clone()),
        ("422 Unprocessable", message.clone()),
        ("401 Unauthorized", message),
        ("500 Error", HOSTILE.to_owned()),
        ("200 OK", format!("<html>{HOSTILE}")),
        ("200 OK", json!([HOSTILE]).to_string()),
        ("200 OK", version.to_string()),
        (
            "200 OK",
            json!({ "is_compatible": false, "messages": [HOSTILE] }).to_string(),
        ),
    ] {
        let url = registry(status, body.clone());
        for command in [
            &["schema", "list"][..],
            &["schema", "show", "--topic", "t"],
            &["schema", "show", "--subject", HOSTILE],
            &["schema", "compat", "--topic", "t", &schema],
            &["schema", "register", "--topic", "t", &schema],
            &["--topic", "t", "t.csv"],
        ] {
            let mut run = env.command();
            run.env("K2_KAFKA_SCHEMA_REGISTRY_URL", &url).args(command);
            assert_safe(&format!("{command:?}: {body}"), &done(&mut run));
        }
    }
}

/// A registry with the same response to every request; it ends with the process.
fn registry(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 65536]);
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close");
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn the_sandbox_shows_received_messages_safely() {
    let env = TestEnv::new();
    env.write(
        "s.avsc",
        r#"{"type":"record","name":"R","fields":[{"name":"symbol","type":"string"}]}"#,
    );
    env.write("t.csv", format!("symbol\n{}\n", in_quotes()));
    let done = env.run(&[
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        "s.avsc",
        "--",
        "k2-produce",
        "--topic",
        "t",
        "t.csv",
    ]);
    assert_safe("a record", &done);
    assert!(done.expect(0).stdout.contains(r"x\u001b[2J"));
}
