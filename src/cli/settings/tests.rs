use clap::{CommandFactory, FromArgMatches, Parser};

use super::*;
use crate::cli::arguments::{Arguments, Command, SchemaCommand, Secret, shown_defaults};
use crate::schema::{SchemaId, SchemaVersion, SubjectNameStrategy};

const RUN: [&str; 4] = ["k2-produce", "--topic", "trades", "t.csv"];

fn run(flags: &[&str]) -> Settings {
    run_in(flags, &Environment::default())
}

fn run_in(flags: &[&str], environment: &Environment) -> Settings {
    let typed = Arguments::parse_from([&RUN, flags].concat());
    Settings::of_run(typed.produce, environment).unwrap_or_else(|_| panic!("{flags:?}"))
}

fn check(flags: &[&str]) -> Result<Settings, Failure> {
    let typed = Arguments::parse_from([&["k2-produce", "schema", "check"], flags].concat());
    match typed.command {
        Some(Command::Schema(schema)) => match schema.command {
            SchemaCommand::Check(check) => Settings::of_check(*check, &Environment::default()),
            _ => unreachable!("the command is a check"),
        },
        _ => unreachable!("the command is a check"),
    }
}

fn kafka(settings: &Settings) -> (&str, u64) {
    match &settings.destination {
        Destination::Nowhere { .. } => panic!("a run goes to a topic"),
        Destination::Kafka {
            producer,
            max_failures,
        } => (&producer.bootstrap_servers, *max_failures),
    }
}

#[test]
fn defaults_are_those_of_the_help() {
    let from_help = Arguments::from_arg_matches(
        &shown_defaults(Arguments::command())
            // The help also has the defaults of options that need it.
            .try_get_matches_from([&RUN[..], &["--exactly-once"]].concat())
            .unwrap(),
    )
    .unwrap();
    let from_help = Settings::of_run(from_help.produce, &Environment::default()).unwrap_or_else(|_| panic!());
    let decided = run(&[]);
    for settings in [from_help, decided] {
        assert_eq!(kafka(&settings), ("localhost:9092", 0));
        assert_eq!(settings.subject.strategy, SubjectNameStrategy::Topic);
        assert_eq!(settings.subject.version, SchemaVersion::Latest);
        assert_eq!(
            settings.mapping.rules().json_encoding,
            crate::mapping::rules::JsonEncoding::Auto
        );
        assert_eq!(settings.input.encoding, Encoding::Utf8);
        assert_eq!(settings.bad_rows.budget, ErrorBudget::Rows(0));
    }
}

#[test]
fn an_upper_layer_overrides_a_lower_one() {
    let layer = |flags: &[&str]| Layer::from(Arguments::parse_from([&RUN, flags].concat()).produce);
    let chosen = layer(&["--limit", "1", "--no-key", "--label", "a=1", "-X", "linger.ms=1"]).over(layer(&[
        "--limit",
        "2",
        "--key",
        "symbol",
        "--label",
        "b=2",
        "-X",
        "linger.ms=2",
        "--rejects",
        "bad.csv",
        "--strict-columns",
    ]));
    assert_eq!(chosen.input.limit, Some(1));
    assert!(chosen.input.strict_columns);
    assert!(
        chosen.message.no_key && chosen.message.key.is_none(),
        "a key is chosen as a whole"
    );
    assert_eq!(chosen.output.labels, ["a=1"]);
    assert_eq!(
        chosen.kafka.connection.properties.last().unwrap().1,
        "1",
        "the last property wins"
    );
    assert_eq!(chosen.bad_rows.rejects, Some("bad.csv".into()));

    let chosen = layer(&["--schema-id", "7"]).over(layer(&["--schema-file", "s.avsc", "--subject", "s"]));
    assert_eq!((chosen.subject.schema_id, chosen.schema_file), (Some(7), None));
    assert_eq!(chosen.subject.subject, None, "a schema is chosen as a whole");
}

#[test]
fn a_credentials_file_goes_before_the_environment() {
    let mut lower = Layer::default();
    lower.registry.credentials.token = Some(Secret("secret".to_owned()));
    let typed =
        Layer::from(Arguments::parse_from([&RUN, &["--registry-user-file", "user"][..]].concat()).produce);
    let chosen = typed.over(lower);
    assert_eq!(chosen.registry.user_file, Some("user".into()));
    assert_eq!(chosen.registry.credentials.token, None);
}

#[test]
fn the_error_budget_depends_on_the_command() {
    let budget = |settings: &Settings| (settings.bad_rows.budget, settings.bad_rows.budget_is_chosen);
    assert_eq!(budget(&run(&[])), (ErrorBudget::Rows(0), false));
    assert_eq!(
        budget(&run(&["--rejects", "bad.csv"])),
        (ErrorBudget::Unlimited, false)
    );
    assert_eq!(budget(&run(&["--max-errors", "0"])), (ErrorBudget::Rows(0), true));
    let check = check(&["--topic", "t", "t.csv"]).unwrap_or_else(|_| panic!());
    assert_eq!(budget(&check), (ErrorBudget::Unlimited, true));
}

#[test]
fn bad_rows_are_printed_unless_a_file_keeps_them() {
    let shown = |flags: &[&str]| run(flags).bad_rows.shown;
    for (flags, expected) in [
        (&[][..], 0),
        (&["--max-errors", "0"], 0),
        (&["--max-errors", "100%"], 1_000),
        (&["--max-errors", "100%", "--show-errors", "5"], 5),
        (&["--dry-run", "--max-errors", "100%"], 1_000),
        (
            &["--dry-run", "--max-errors", "100%", "--show-errors", "all"],
            u64::MAX,
        ),
        (&["--max-errors", "100%", "--rejects", "bad.csv"], 0),
        (&["--dry-run", "--max-errors", "100%", "--rejects", "bad.csv"], 0),
    ] {
        assert_eq!(shown(flags), expected, "{flags:?}");
    }
    let mut on_terminal = Environment::default();
    on_terminal.can_redraw = true;
    let settings = run_in(&["--dry-run", "--max-errors", "100%"], &on_terminal);
    assert_eq!(settings.bad_rows.shown, 20);
    let check = check(&["--topic", "t", "t.csv"]).unwrap_or_else(|_| panic!());
    assert_eq!(check.bad_rows.shown, 1_000);
}

#[test]
fn a_check_needs_no_topic() {
    let settings = check(&["--schema-id", "7", "t.csv"]).unwrap_or_else(|_| panic!());
    assert!(settings.is_dry_run());
    assert_eq!(
        (settings.subject.topic, settings.subject.id),
        (None, Some(SchemaId::new(7)))
    );
    let failure = check(&["t.csv"]).err().expect("no schema is given");
    assert_eq!(failure.exit.code(), 2);
    assert!(check(&["--schema-file", "s.avsc", "t.csv"]).is_ok());
}

#[test]
fn the_progress_suits_the_terminal() {
    use crate::cli::progress::ProgressMode;
    let mut on_terminal = Environment::default();
    on_terminal.can_redraw = true;
    assert_eq!(run_in(&[], &on_terminal).output.progress, ProgressMode::Bar);
    assert_eq!(run(&[]).output.progress, ProgressMode::Lines);
    assert_eq!(run_in(&["-q"], &on_terminal).output.progress, ProgressMode::Quiet);
}

#[test]
fn brokers_come_from_the_flag_else_the_variable_else_the_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "bootstrap.servers=of-file:1\nlinger.ms=7\n").unwrap();
    let of_file = ["-F", file.path().to_str().unwrap()];
    let mut environment = Environment::default();
    assert_eq!(kafka(&run(&of_file)).0, "of-file:1");
    environment.bootstrap_servers = Some("of-variable:1".to_owned());
    let settings = run_in(&of_file, &environment);
    assert_eq!(kafka(&settings).0, "of-variable:1");
    let typed = [&of_file[..], &["-b", "typed:1", "-X", "linger.ms=8"]].concat();
    let settings = run_in(&typed, &environment);
    assert_eq!(kafka(&settings).0, "typed:1");
    let Destination::Kafka { producer, .. } = &settings.destination else {
        panic!("a run goes to a topic")
    };
    let linger = |producer: &ProducerSettings| {
        let config = producer.client_config().unwrap();
        config.get("queue.buffering.max.ms").unwrap().to_owned()
    };
    assert_eq!(linger(producer), "8", "`-X` overrides the file");
}

#[test]
fn an_error_in_the_brokers_names_their_origin() {
    let failure = |flags: &[&str], variable: Option<&str>| {
        let mut environment = Environment::default();
        environment.bootstrap_servers = variable.map(str::to_owned);
        let typed = Arguments::parse_from([&RUN, flags].concat());
        let failure = Settings::of_run(typed.produce, &environment).err();
        format!("{:?}", failure.expect("no broker is named"))
    };
    assert!(failure(&["-b", ","], None).contains("`-b`: no broker is named"));
    let said = failure(&[], Some("a:99999"));
    assert!(
        said.contains("`K2_KAFKA_BOOTSTRAP_SERVERS`: broker `a:99999`"),
        "{said}"
    );
}

#[test]
fn avros_json_form_cannot_be_combined_with_another_one() {
    let decide = |flags: &[&str]| {
        let flags = [&["--json-encoding", "avro"], flags].concat();
        let typed = Arguments::parse_from([&RUN[..], &flags].concat());
        Settings::of_run(typed.produce, &Environment::default())
    };
    for flags in [
        &["--bytes-encoding", "hex"],
        &["--epoch-unit", "s"],
        &["--integer-date", "yymmdd"],
        &["--integer-time", "hhmmss"],
    ] {
        let failure = decide(flags).err().unwrap_or_else(|| panic!("{flags:?}"));
        assert_eq!(failure.exit, Exit::Usage, "{flags:?}");
    }
    for flags in [
        &["--bytes-encoding", "latin1"],
        &["--integer-date", "days"],
        &["--integer-time", "unit"],
        &["--epoch-years", "1970-2100"],
    ] {
        assert!(decide(flags).is_ok(), "{flags:?}");
    }
}
