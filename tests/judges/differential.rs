//! Random schemas and values, encoded by us, decoded by three others, compared with the value that was drawn.
//!
//! `K2_TEST_PAIRS` says how many, `K2_TEST_SEED` repeats a run; both are printed.

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

/// Values of each schema.
const VALUES: u64 = 4;
/// Schemas that are held at once.
const CHUNK: u64 = 250;

#[test]
fn pairs_are_read_back_as_they_were_meant() {
    let pairs = number("K2_TEST_PAIRS").unwrap_or(10_000);
    let seed = number("K2_TEST_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    // Past the test harness, which keeps what a test prints to itself unless it fails.
    let say = |text: String| _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
    say(format!("judges: {pairs} pairs, K2_TEST_SEED={seed}"));
    let begun = Instant::now();
    let mut session = Session::new();
    let schemas = pairs.div_ceil(VALUES);
    for first in (0..schemas).step_by(CHUNK as usize) {
        session.chunk(seed, first..schemas.min(first + CHUNK));
    }
    say(format!(
        "judges: {} pairs of {schemas} schemas, {} as CSV, {} rejected as ambiguous, {} read back from JSON, judged in {:.0} s; {} differences{}",
        session.pairs,
        session.as_csv,
        session.ties,
        session.read_back,
        begun.elapsed().as_secs_f64(),
        session.differences.values().map(|(count, _)| count).sum::<u64>(),
        session.not_taken(),
    ));
    assert!(session.differences.is_empty(), "K2_TEST_SEED={seed}\n{session}");
    assert!(session.pairs >= pairs);
    assert!(session.read_back > pairs / 2, "{}", session.read_back);
    if pairs >= 10_000 {
        session.assert_every_type_has_two_judges();
    }
}

#[test]
fn the_table_of_judges_is_the_one_in_the_documentation() {
    let document = std::fs::read_to_string(repository("docs/judges.md")).unwrap();
    assert!(
        document.contains(&judge::table()),
        "docs/judges.md wants this table:\n{}",
        judge::table()
    );
    assert!(document.contains(NOT_ASKED));
    assert!(document.contains(OTHER_DIGITS));
    for known in KNOWN {
        assert!(
            document.contains(known.says),
            "docs/judges.md does not tell of `{}`",
            known.says
        );
    }
}

/// What a judge cannot do although the specification asks for it: told in docs/judges.md, and counted.
struct Known {
    judge: Name,
    /// Stands in what the judge says.
    says: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        judge: Name::ApacheAvro,
        says: "Unresolved schema reference",
    },
    Known {
        judge: Name::ApacheAvro,
        says: "must be a `",
    },
    Known {
        judge: Name::ApacheAvro,
        says: "must match the `default`'s value type",
    },
    Known {
        judge: Name::Fastavro,
        says: "OverflowError: ",
    },
    Known {
        judge: Name::Fastavro,
        says: "ValueError: ordinal must be >= 1",
    },
    Known {
        judge: Name::Java,
        says: "java.lang.NullPointerException",
    },
];

/// Why apache-avro is not asked about some schemas: where it takes one type for the other it may decode for ever.
const NOT_ASKED: &str = "the same short name without a namespace and within one";

fn is_asked(judge: Name, case: &Case) -> bool {
    judge != Name::ApacheAvro || !case.has_a_name_within_and_without_a_namespace()
}

/// What Java before 19 writes for some floats and doubles.
const OTHER_DIGITS: &str = "JDK-4511638";

fn is_known(judge: Name, message: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|known| known.judge == judge && message.contains(known.says))
        .map(|known| known.says)
}

/// A pair that was encoded.
struct Encoded {
    schema: usize,
    pair: Pair,
    datum: Vec<u8>,
}

/// A run: the judges, and what they have found.
struct Session {
    judges: Vec<(Name, Box<dyn Judge>)>,
    pairs: u64,
    as_csv: u64,
    /// Rows that were rejected because they can be read in two ways.
    ties: u64,
    /// Values that a judge wrote in Avro's JSON encoding and that were read again.
    read_back: u64,
    coverage: Coverage,
    /// By judge and what it says: how often, and whether it is the schema or one datum that it does not take.
    known: BTreeMap<(Name, &'static str), u64>,
    /// By who and what: how often, and the shortest example.
    differences: BTreeMap<String, (u64, String)>,
}

impl Session {
    fn new() -> Session {
        Session {
            judges: Name::ALL.map(|name| (name, name.start())).into_iter().collect(),
            pairs: 0,
            as_csv: 0,
            ties: 0,
            read_back: 0,
            coverage: Coverage::default(),
            known: BTreeMap::new(),
            differences: BTreeMap::new(),
        }
    }

    /// Each schema has a seed of its own, so chunks of another size make the same pairs.
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
                .map(|judging| judging.join().expect("the judge does not fail"))
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
                Err(Refusal::Row(RowErrorKind::SeveralBranches, _)) if pair.may_tie => self.ties += 1,
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
                    self.difference(judge, "does not take the schema", &error, case, encoded);
                }
            }
            let verdict = verdicts.next().expect("a verdict for each datum");
            if taken {
                self.judged(judge, case, encoded, verdict);
            }
        }
        assert!(verdicts.next().is_none(), "as many verdicts as questions");
    }

    fn judged(&mut self, judge: Name, case: &Case, encoded: &Encoded, verdict: Verdict) {
        if let Some(error) = &verdict.error {
            return self.difference(judge, "cannot decode", error, case, encoded);
        }
        for row in case.types() {
            self.coverage.count(&row, judge);
        }
        let unlike = |expected: &Json, said: &Json| format!("expected {expected}\n  said     {said}");
        let expected = case.base(&encoded.pair);
        if verdict.value != expected {
            let text = unlike(&expected, &verdict.value);
            self.difference(judge, "decodes another value", &text, case, encoded);
        }
        if verdict.left > 0 {
            let text = format!("{} bytes", verdict.left);
            self.difference(judge, "leaves bytes behind", &text, case, encoded);
        }
        if let Some(bytes) = &verdict.rewritten {
            self.difference(judge, "writes other bytes", bytes, case, encoded);
        }
        // Of a value without a scalar Java's encoder writes nothing at all.
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
                self.difference(judge, "understands another meaning", &text, case, encoded);
            }
            None => {
                let text = verdict.no_meaning.expect("it says why");
                self.difference(judge, "has no meaning", &text, case, encoded);
            }
        }
    }

    /// What a judge writes in Avro's own JSON form must be read as the same datum where this form is declared.
    fn read_back(&mut self, judge: Name, json: &str, case: &Case, encoded: &Encoded) {
        let ours = OurSchema::parse(&case.text).expect("it was parsed before");
        let manner = Manner {
            form: JsonForm::Avro,
            ..Manner::STRICT
        };
        self.read_back += 1;
        match ours.encode_jsonl(json.as_bytes(), &manner) {
            Ok(datum) if datum == encoded.datum => {}
            // The judge's digits are not those of the value, though they lead to it.
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
            Refusal::Schema(why) => ("we refuse the schema", why),
            Refusal::Row(_, why) => ("we reject the row", why),
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
        // Two values are as good as any two: what stands in them makes no kind of its own.
        let kind = if what.contains("other") {
            String::new()
        } else {
            kind_of(said)
        };
        self.note(format!("{}: {what} {kind}", judge.words()), example);
    }

    fn note(&mut self, what: String, example: String) {
        let (count, shortest) = self.differences.entry(what).or_default();
        *count += 1;
        if shortest.is_empty() || example.len() < shortest.len() {
            *shortest = example;
        }
    }

    fn not_taken(&self) -> String {
        self.known
            .iter()
            .map(|((judge, says), count)| format!("; {} {count} times: {says}", judge.words()))
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

/// A message without what stands in backticks or brackets and without digits, cut: similar ones have that in common.
fn kind_of(message: &str) -> String {
    let without_names: Vec<&str> = message.split(['`', '(']).step_by(2).collect();
    let line = without_names
        .join("..")
        .replace(|character: char| character.is_ascii_digit(), "");
    line.lines().next().unwrap_or_default().chars().take(40).collect()
}

/// The questions: each schema before its data.
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

/// A pair for people.
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
