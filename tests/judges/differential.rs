//! Random schemas and values: encoded by k2-produce, decoded by three other libraries, and compared with the value that
//! was drawn.
//!
//! `K2_TEST_PAIRS` sets the number of pairs and `K2_TEST_SEED` repeats a run; both are printed.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::time::Instant;

use crate::random::{Random, number};
use serde_json::Value as Json;

use k2_produce::encode::RowErrorKind;

use crate::encoder::{OurSchema, Refusal};
use crate::judge::{self, Coverage, Judge, Name, Question, Verdict};
use crate::pairs::{Case, JsonForm, Manner, Pair, hex};
use crate::repository;

/// The number of values per schema.
const VALUES: u64 = 4;
/// The number of schemas in memory at once.
const CHUNK: u64 = 250;

#[test]
fn pairs_are_read_back_as_they_were_meant() {
    let pairs = number("K2_TEST_PAIRS").unwrap_or(10_000);
    let seed = number("K2_TEST_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    // Bypasses the test harness, which captures the output of a test that passes.
    let print = |text: String| _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
    print(format!("judges: {pairs} pairs, K2_TEST_SEED={seed}"));
    let begun = Instant::now();
    let mut session = Session::new();
    let schemas = pairs.div_ceil(VALUES);
    for first in (0..schemas).step_by(CHUNK as usize) {
        session.chunk(seed, first..schemas.min(first + CHUNK));
    }
    print(format!(
        "judges: {} pairs of {schemas} schemas, {} as CSV, {} rejected as ambiguous, {} read back from JSON, judged in {:.0} s; {} differences{}",
        session.pairs,
        session.as_csv,
        session.ambiguous,
        session.read_back,
        begun.elapsed().as_secs_f64(),
        session.differences.values().map(|(count, _)| count).sum::<u64>(),
        session.known_differences(),
    ));
    assert!(session.differences.is_empty(), "K2_TEST_SEED={seed}\n{session}");
    assert!(session.pairs >= pairs);
    assert!(session.read_back > pairs / 2, "{}", session.read_back);
    if pairs >= 10_000 {
        session.assert_every_type_has_two_judges();
    }
}

#[test]
fn the_table_of_judges_is_in_the_documentation() {
    let document = std::fs::read_to_string(repository("docs/judges.md")).unwrap();
    assert!(
        document.contains(&judge::table()),
        "docs/judges.md must contain this table:\n{}",
        judge::table()
    );
    assert!(document.contains(NOT_ASKED));
    assert!(document.contains(OTHER_DIGITS));
    for known in KNOWN {
        assert!(
            document.contains(known.message),
            "docs/judges.md does not mention `{}`",
            known.message
        );
    }
}

/// A difference between a judge and the specification that is listed in docs/judges.md. It is counted, not reported.
struct Known {
    judge: Name,
    /// A part of the judge's error message.
    message: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        judge: Name::ApacheAvro,
        message: "Unresolved schema reference",
    },
    Known {
        judge: Name::ApacheAvro,
        message: "must be a `",
    },
    Known {
        judge: Name::ApacheAvro,
        message: "must match the `default`'s value type",
    },
    Known {
        judge: Name::Fastavro,
        message: "OverflowError: ",
    },
    Known {
        judge: Name::Fastavro,
        message: "ValueError: ordinal must be >= 1",
    },
    Known {
        judge: Name::Java,
        message: "java.lang.NullPointerException",
    },
];

/// Why apache-avro is not given some schemas: it confuses types with the same short name, one with and one without a
/// namespace, and may then decode forever. docs/judges.md has the same words.
const NOT_ASKED: &str = "the same short name";

fn is_asked(judge: Name, case: &Case) -> bool {
    judge != Name::ApacheAvro || !case.has_a_name_with_and_without_namespace()
}

/// The digits that Java before 19 prints for some floats and doubles.
const OTHER_DIGITS: &str = "JDK-4511638";

fn is_known(judge: Name, message: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|known| known.judge == judge && message.contains(known.message))
        .map(|known| known.message)
}

/// A pair that was encoded.
struct Encoded {
    schema: usize,
    pair: Pair,
    datum: Vec<u8>,
}

/// A run: the judges and their findings.
struct Session {
    judges: Vec<(Name, Box<dyn Judge>)>,
    pairs: u64,
    as_csv: u64,
    /// Rows that were rejected because they are ambiguous.
    ambiguous: u64,
    /// Values that a judge wrote in Avro's JSON encoding and k2-produce read again.
    read_back: u64,
    coverage: Coverage,
    /// The number of known differences, by judge and message.
    known: BTreeMap<(Name, &'static str), u64>,
    /// Other differences by kind: their number, and the shortest example.
    differences: BTreeMap<String, (u64, String)>,
}

impl Session {
    fn new() -> Session {
        Session {
            judges: Name::ALL.map(|name| (name, name.start())).into_iter().collect(),
            pairs: 0,
            as_csv: 0,
            ambiguous: 0,
            read_back: 0,
            coverage: Coverage::default(),
            known: BTreeMap::new(),
            differences: BTreeMap::new(),
        }
    }

    /// Each schema has its own seed, so the pairs do not depend on the size of the chunks.
    fn chunk(&mut self, seed: u64, numbers: std::ops::Range<u64>) {
        let mut cases = Vec::new();
        let mut all = Vec::new();
        for number in numbers {
            let mut random = Random::with_seed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let case = Case::draw(&mut random);
            self.encode(&case, cases.len(), &mut random, &mut all);
            cases.push(case);
        }
        let questions = Name::ALL.map(|judge| questions(judge, &cases, &all));
        let verdicts: Vec<Vec<Verdict>> = std::thread::scope(|scope| {
            let running: Vec<_> = self
                .judges
                .iter_mut()
                .zip(&questions)
                .map(|((_, judge), questions)| scope.spawn(|| judge.judge(questions)))
                .collect();
            running
                .into_iter()
                .map(|judging| judging.join().expect("the judge does not panic"))
                .collect()
        });
        for (name, verdicts) in Name::ALL.into_iter().zip(verdicts) {
            self.compare(name, &cases, &all, verdicts);
        }
    }

    fn encode(&mut self, case: &Case, schema: usize, random: &mut Random, all: &mut Vec<Encoded>) {
        let ours = match OurSchema::parse(&case.text) {
            Ok(ours) => ours,
            Err(refusal) => {
                self.pairs += VALUES;
                return self.refused(case, None, &refusal);
            }
        };
        for _ in 0..VALUES {
            let pair = case.pair(random);
            self.pairs += 1;
            self.as_csv += u64::from(pair.is_csv());
            match ours.encode(&pair.input, &pair.manner) {
                Ok(datum) => all.push(Encoded { schema, pair, datum }),
                Err(Refusal::Row(RowErrorKind::SeveralBranches, _)) if pair.may_be_ambiguous => {
                    self.ambiguous += 1
                }
                Err(refusal) => self.refused(case, Some(&pair), &refusal),
            }
        }
    }

    fn compare(&mut self, judge: Name, cases: &[Case], all: &[Encoded], verdicts: Vec<Verdict>) {
        let mut verdicts = verdicts.into_iter();
        let mut at = None;
        let mut taken = true;
        for encoded in all {
            let case = &cases[encoded.schema];
            if !is_asked(judge, case) {
                *self.known.entry((judge, NOT_ASKED)).or_default() += 1;
                continue;
            }
            if at != Some(encoded.schema) {
                at = Some(encoded.schema);
                let verdict = verdicts.next().expect("a verdict for each schema");
                taken = verdict.error.is_none();
                if let Some(error) = verdict.error {
                    self.difference(judge, "rejects the schema", &error, case, encoded);
                }
            }
            let verdict = verdicts.next().expect("a verdict for each datum");
            if taken {
                self.judged(judge, case, encoded, verdict);
            }
        }
        assert!(verdicts.next().is_none(), "more verdicts than questions");
    }

    fn judged(&mut self, judge: Name, case: &Case, encoded: &Encoded, verdict: Verdict) {
        if let Some(error) = &verdict.error {
            return self.difference(judge, "cannot decode", error, case, encoded);
        }
        for row in case.types() {
            self.coverage.count(&row, judge);
        }
        let unlike = |expected: &Json, decoded: &Json| format!("expected {expected}\n  decoded  {decoded}");
        let expected = case.base(&encoded.pair);
        if verdict.value != expected {
            let text = unlike(&expected, &verdict.value);
            self.difference(judge, "decodes another value", &text, case, encoded);
        }
        if verdict.left > 0 {
            let text = format!("{} bytes", verdict.left);
            self.difference(judge, "leaves unread bytes", &text, case, encoded);
        }
        if let Some(bytes) = &verdict.rewritten {
            self.difference(judge, "writes other bytes", bytes, case, encoded);
        }
        // Java's encoder writes nothing for a value without a scalar.
        if let Some(json) = verdict.json.as_ref().filter(|json| !json.is_empty()) {
            self.read_back(judge, json, case, encoded);
        }
        if let Some(why) = &verdict.no_rewriting {
            self.difference(judge, "cannot write", why, case, encoded);
        }
        let expected = case.meaning(&|row| judge.knows(row), &encoded.pair);
        match &verdict.meaning {
            Some(meaning) if *meaning == expected => {}
            Some(meaning) => {
                let text = unlike(&expected, meaning);
                self.difference(judge, "gives another meaning", &text, case, encoded);
            }
            None => {
                let text = verdict.no_meaning.expect("a reason");
                self.difference(judge, "gives no meaning", &text, case, encoded);
            }
        }
    }

    /// Checks that a judge's output in Avro's JSON encoding is read as the same datum when this form is declared.
    fn read_back(&mut self, judge: Name, json: &str, case: &Case, encoded: &Encoded) {
        let ours = OurSchema::parse(&case.text).expect("it was parsed before");
        let manner = Manner {
            form: JsonForm::Avro,
            ..Manner::STRICT
        };
        self.read_back += 1;
        match ours.encode_jsonl(json.as_bytes(), &manner) {
            Ok(datum) if datum == encoded.datum => {}
            // The digits are not the value's own, but parse to it.
            Err(Refusal::Row(RowErrorKind::FloatPrecision, _))
                if ours
                    .encode_jsonl_nearest(json.as_bytes(), &manner)
                    .is_ok_and(|datum| datum == encoded.datum) =>
            {
                *self.known.entry((judge, OTHER_DIGITS)).or_default() += 1;
            }
            Ok(datum) => {
                let text = format!("{json}\n  read as  {}", hex(&datum));
                self.difference(
                    judge,
                    "writes JSON that is read as another datum",
                    &text,
                    case,
                    encoded,
                );
            }
            Err(refusal) => {
                let text = format!("{refusal:?}\n  json     {json}");
                self.difference(judge, "writes JSON that is rejected", &text, case, encoded);
            }
        }
    }

    fn refused(&mut self, case: &Case, pair: Option<&Pair>, refusal: &Refusal) {
        let (what, why) = match refusal {
            Refusal::Schema(why) => ("k2-produce rejects the schema", why),
            Refusal::Row(_, why) => ("k2-produce rejects the row", why),
        };
        let example = format!("{why}\n  {}", Shown { case, pair });
        self.note(format!("{what}: {}", kind_of(why)), example);
    }

    fn difference(&mut self, judge: Name, what: &str, said: &str, case: &Case, encoded: &Encoded) {
        if let Some(known) = is_known(judge, said) {
            *self.known.entry((judge, known)).or_default() += 1;
            return;
        }
        let shown = Shown {
            case,
            pair: Some(&encoded.pair),
        };
        let example = format!("{said}\n  {shown}\n  datum    {}", hex(&encoded.datum));
        // The values themselves do not distinguish one difference from another.
        let kind = if what.contains("other") {
            String::new()
        } else {
            kind_of(said)
        };
        self.note(format!("{}: {what} {kind}", judge.title()), example);
    }

    fn note(&mut self, what: String, example: String) {
        let (count, shortest) = self.differences.entry(what).or_default();
        *count += 1;
        if shortest.is_empty() || example.len() < shortest.len() {
            *shortest = example;
        }
    }

    fn known_differences(&self) -> String {
        self.known
            .iter()
            .map(|((judge, message), count)| format!("; {} {count} times: {message}", judge.title()))
            .collect()
    }

    fn assert_every_type_has_two_judges(&self) {
        for row in judge::rows() {
            let judges = Name::ALL
                .into_iter()
                .filter(|judge| self.coverage.of(row, *judge) > 0)
                .count();
            assert!(judges >= 2, "{row} was judged by {judges}");
        }
    }
}

/// The start of a message, without digits and text in backticks or parentheses, so that similar messages are equal.
fn kind_of(message: &str) -> String {
    let without_names: Vec<&str> = message.split(['`', '(']).step_by(2).collect();
    let line = without_names
        .join("..")
        .replace(|character: char| character.is_ascii_digit(), "");
    line.lines().next().unwrap_or_default().chars().take(40).collect()
}

/// The questions for a judge: each schema, followed by its data.
fn questions<'a>(judge: Name, cases: &'a [Case], all: &'a [Encoded]) -> Vec<Question<'a>> {
    let mut questions = Vec::new();
    let mut at = None;
    for encoded in all
        .iter()
        .filter(|encoded| is_asked(judge, &cases[encoded.schema]))
    {
        if at != Some(encoded.schema) {
            at = Some(encoded.schema);
            questions.push(Question::Schema(&cases[encoded.schema].text));
        }
        questions.push(Question::Datum(&encoded.datum));
    }
    questions
}

/// Displays a pair.
struct Shown<'a> {
    case: &'a Case,
    pair: Option<&'a Pair>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "schema   {}", self.case.text)?;
        match self.pair {
            Some(pair) => write!(
                formatter,
                "\n  input    {:?}\n  written  {:?}",
                pair.input, pair.manner
            ),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, (count, example)) in &self.differences {
            writeln!(formatter, "{count} times: {what}\n  {example}\n")?;
        }
        Ok(())
    }
}
