//! The rights that docs/kafka.md lists: with them each command does its work, and without one of them it says which.

use std::process::Command;

use crate::kafka::{Secured, secured};
use crate::support::{TestEnv, done, fixture, unique};
use crate::tls_and_rights::USER;

/// A right: the kind of resource, its name in this test, and an operation.
type Right = (&'static str, &'static str, &'static str);

const WRITE: Right = ("--topic", "rows", "Write");
const READ: Right = ("--topic", "rows", "Read");
const READ_CHECKPOINTS: Right = ("--topic", "checkpoints", "Read");
const WRITE_CHECKPOINTS: Right = ("--topic", "checkpoints", "Write");
const TRANSACTIONS: Right = ("--transactional-id", "of load", "Write");

/// The topics of a test, and the user who has no rights yet.
struct Place {
    env: TestEnv,
    topic: String,
    checkpoints: String,
}

impl Place {
    fn new(kafka: &Secured) -> Place {
        let place = Place {
            env: TestEnv::new(),
            topic: kafka.topic("rights", 1, "schemas/trade_v2.avsc"),
            checkpoints: unique("rights-checkpoints"),
        };
        place.env.write("ca.pem", &kafka.authority);
        kafka.create_topic(&place.checkpoints, 1, &["cleanup.policy=compact"]);
        place
    }

    /// The name of a load in this mode.
    fn load(&self, mode: &str) -> String {
        match mode {
            "--atomic" => format!("atomic/{}", self.topic),
            _ => self.topic.clone(),
        }
    }

    fn allow(&self, kafka: &Secured, rights: &[Right], mode: &str) {
        for (kind, resource, operation) in rights {
            let resource = match *resource {
                "rows" => self.topic.clone(),
                "checkpoints" => self.checkpoints.clone(),
                _ => format!("k2-produce.{}", self.load(mode)),
            };
            let right = ["--user", "loader", kind, &resource, "--operation", operation];
            kafka.witness(&[&["allow"], &right[..]].concat());
        }
    }

    /// A command with the arguments, in which `TOPIC`, `CHECKPOINTS`, `LOAD` and `FILE` stand for those of the test.
    fn command(&self, mut command: Command, arguments: &[&str], mode: &str) -> Command {
        for argument in arguments {
            command.arg(match *argument {
                "TOPIC" => self.topic.clone(),
                "CHECKPOINTS" => self.checkpoints.clone(),
                "LOAD" => self.load(mode),
                "FILE" => fixture("trades/trades_v2.jsonl"),
                argument => argument.to_owned(),
            });
        }
        command
    }

    /// A command of the user.
    fn of_user(&self, kafka: &Secured) -> Command {
        let mut command = self.env.command_on(kafka);
        command.env("K2_KAFKA_BOOTSTRAP_SERVERS", kafka.listener("SECURED"));
        command.env("K2_KAFKA_SASL_PASSWORD", "correct");
        command
    }
}

const PLAIN: [&str; 3] = ["--topic", "TOPIC", "FILE"];
const ONCE: [&str; 8] = [
    "--topic",
    "TOPIC",
    "--exactly-once",
    "--load-name",
    "LOAD",
    "--checkpoint-topic",
    "CHECKPOINTS",
    "FILE",
];

#[test]
fn each_command_needs_the_rights_that_are_documented_and_names_one_that_is_missing() {
    let kafka = secured();
    let atomic: Vec<&str> = vec![
        "--topic",
        "TOPIC",
        "--atomic",
        "--checkpoint-topic",
        "CHECKPOINTS",
        "FILE",
    ];
    let of_load = &[WRITE, READ_CHECKPOINTS, WRITE_CHECKPOINTS, TRANSACTIONS][..];
    let of = ["--checkpoint-topic", "CHECKPOINTS"];
    for (arguments, mode, rights) in [
        (PLAIN.to_vec(), "", &[WRITE][..]),
        (ONCE.to_vec(), "", of_load),
        (atomic, "--atomic", of_load),
        ([&PLAIN[..], &["--if-empty"]].concat(), "", &[WRITE, READ]),
        ([&["verify"], &PLAIN[..]].concat(), "", &[READ]),
        (vec!["show", "--topic", "TOPIC", "--last", "1"], "", &[READ]),
        ([&["loads"], &of[..]].concat(), "", &[READ_CHECKPOINTS]),
        (
            [&["loads", "show", "LOAD"], &of[..]].concat(),
            "",
            &[READ_CHECKPOINTS],
        ),
        (
            [&["loads", "forget", "--yes", "LOAD"], &of[..]].concat(),
            "",
            &[READ_CHECKPOINTS, WRITE_CHECKPOINTS, TRANSACTIONS],
        ),
    ] {
        let is_load = arguments[0] == "--topic";
        let arguments = match mode {
            "--atomic" => [&arguments[..], &["--load-name", "TOPIC"]].concat(),
            _ => arguments,
        };
        for missing in rights.iter().map(Some).chain([None]) {
            let place = Place::new(&kafka);
            let granted: Vec<Right> = rights
                .iter()
                .filter(|right| Some(*right) != missing)
                .copied()
                .collect();
            place.allow(&kafka, &granted, mode);
            if !is_load {
                // By somebody who may do everything.
                done(&mut place.command(place.env.command_on(&kafka), &ONCE, mode)).expect(0);
            }
            let mut command = place.command(place.of_user(&kafka), &arguments, mode);
            let ended = done(command.args(USER));
            println!("{arguments:?} without {missing:?}: {}", ended.stderr);
            match missing {
                None => _ = ended.expect(0),
                Some((kind, _, operation)) => {
                    let resource = match *kind {
                        "--topic" => "topic",
                        _ => "transactional id",
                    };
                    ended
                        .expect(4)
                        .says("the user needs")
                        .says(operation)
                        .says(resource);
                }
            }
        }
    }
}
