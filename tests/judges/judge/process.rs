//! A judge in another program: one process for all pairs, with one line per question and answer.
//! tests/stack/java/Judge.java describes the protocol.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value as Json;

use super::{Judge, Question, Verdict};
use crate::pairs::hex;
use crate::repository;

pub(crate) struct Process {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Apache Avro for Java.
    pub(crate) fn java() -> Process {
        Process::start(Command::new(repository("tests/stack/witness")).arg("judge"))
    }

    /// fastavro, from the Python that the test stack installs.
    pub(crate) fn fastavro() -> Process {
        Process::start(
            Command::new(repository("tests/stack/python")).arg(repository("tests/judges/fastavro_judge.py")),
        )
    }

    fn start(command: &mut Command) -> Process {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Process {
            questions: child.stdin.take().expect("it is piped"),
            answers: BufReader::new(child.stdout.take().expect("it is piped")),
            child,
        }
    }
}

impl Judge for Process {
    fn judge(&mut self, questions: &[Question<'_>]) -> Vec<Verdict> {
        let mut text = String::new();
        for question in questions {
            match question {
                Question::Schema(schema) => writeln!(text, "S {schema}"),
                Question::Datum(datum) => writeln!(text, "D {}", hex(datum)),
            }
            .expect("writing to a string succeeds");
        }
        text.push_str("F\n");
        let (pipe, answers) = (&mut self.questions, &mut self.answers);
        // Writes and reads concurrently: a pipe holds 64 KiB, so otherwise each side could wait for the other.
        std::thread::scope(|scope| {
            scope.spawn(move || {
                pipe.write_all(text.as_bytes())
                    .and_then(|()| pipe.flush())
                    .expect("the judge reads its questions");
            });
            let mut line = String::new();
            questions
                .iter()
                .map(|_| {
                    line.clear();
                    answers.read_line(&mut line).expect("its answers are UTF-8");
                    verdict(&line)
                })
                .collect()
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends at the end of its input, but a failed test does not wait for that.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn verdict(line: &str) -> Verdict {
    let mut answer: Json = serde_json::from_str(line)
        .unwrap_or_else(|error| panic!("the judge has ended, or its answer is not JSON ({error}): {line}"));
    let text = |answer: &Json, key: &str| answer[key].as_str().map(str::to_owned);
    Verdict {
        error: text(&answer, "error"),
        no_meaning: text(&answer, "no_meaning"),
        left: answer["left"].as_u64().unwrap_or_default(),
        rewritten: text(&answer, "rewritten"),
        json: text(&answer, "json"),
        no_rewriting: text(&answer, "no_rewriting"),
        meaning: answer.get_mut("meaning").map(Json::take),
        value: answer.get_mut("value").map(Json::take).unwrap_or_default(),
    }
}
