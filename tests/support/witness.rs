//! A JVM with Java's own Kafka and Avro libraries, which runs one command after the other.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A running `tests/stack/witness serve`. It ends with its standard input, so with this value or this process.
pub(crate) struct Witness {
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    _process: Child,
}

impl Witness {
    /// Starts `command`, which is `tests/stack/witness` with the stack's addresses.
    pub(crate) fn start(mut command: Command) -> Witness {
        let mut process = command
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the witness starts");
        Witness {
            questions: process.stdin.take().expect("its input is piped"),
            answers: BufReader::new(process.stdout.take().expect("its output is piped")),
            _process: process,
        }
    }

    /// Runs a command and passes each value that it prints to `see`; fails with the reason of the witness.
    pub(crate) fn ask(&mut self, arguments: &[&str], mut see: impl FnMut(Value)) -> Result<(), String> {
        writeln!(self.questions, "{}", json!(arguments)).map_err(|error| error.to_string())?;
        let mut line = String::new();
        loop {
            line.clear();
            match self.answers.read_line(&mut line) {
                Ok(0) => return Err("the witness ended".to_owned()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
            match line.trim_end().strip_prefix('=') {
                Some("") => return Ok(()),
                Some(reason) => return Err(reason.to_owned()),
                None => see(serde_json::from_str(&line).expect("a line of JSON")),
            }
        }
    }
}
