//! A schema and a value of it that are drawn from the bytes, as in `tests/judges`: the row becomes the datum that
//! apache-avro decodes as this value. Then the same row with changes: it becomes some datum, or leaves no bytes.

use crate::encoder::{OurSchema, Refusal};
use crate::judge::{Judge, Name, Question, Verdict};
use crate::pairs::{Case, CsvText, Input, Manner};
use crate::random::Random;
use k2_produce::encode::RowErrorKind;

/// Whether apache-avro says what docs/judges.md lists as its differences from the specification.
pub(crate) fn is_known(error: &str) -> bool {
    const KNOWN: [&str; 3] = [
        "Unresolved schema reference",
        "must be a `",
        "must match the `default`'s value type",
    ];
    KNOWN.iter().any(|known| error.contains(known))
}

/// apache-avro with a schema; none if it cannot read it, for a known reason.
pub(crate) struct Decoder(Box<dyn Judge>);

impl Decoder {
    pub(crate) fn new(case: &Case) -> Option<Decoder> {
        if case.has_a_name_with_and_without_namespace() {
            return None;
        }
        let mut judge = Name::ApacheAvro.start();
        let verdict = judge
            .judge(&[Question::Schema(&case.text)])
            .pop()
            .expect("a verdict");
        match verdict.error {
            None => Some(Decoder(judge)),
            Some(error) if is_known(&error) => None,
            Some(error) => panic!("apache-avro rejects the schema: {error}\n{}", case.text),
        }
    }

    /// None if it cannot decode anything of the schema, for a known reason.
    pub(crate) fn decode(&mut self, datum: &[u8]) -> Option<Verdict> {
        let verdict = self.0.judge(&[Question::Datum(datum)]).pop()?;
        let is_known = verdict.error.as_deref().is_some_and(is_known);
        (!is_known).then_some(verdict)
    }
}

pub(crate) fn run(data: &[u8]) {
    let mut random = Random::of(data);
    let case = Case::draw(&mut random);
    let ours = OurSchema::parse(&case.text).unwrap_or_else(|why| panic!("{why:?}\n{}", case.text));
    let mut decoder = Decoder::new(&case);
    let pair = case.pair(&mut random);
    match ours.encode(&pair.input, &pair.manner) {
        Ok(datum) => {
            let decoded = decoder.as_mut().and_then(|decoder| decoder.decode(&datum));
            let Some(verdict) = decoded else { return };
            let shown = || format!("{:?}\n{}", pair.input, case.text);
            assert_eq!((&verdict.error, verdict.left), (&None, 0), "{}", shown());
            assert_eq!(verdict.value, case.base(&pair), "{}", shown());
            let meaning = case.meaning(&|row| Name::ApacheAvro.knows(row), &pair);
            assert_eq!(
                verdict.meaning,
                Some(meaning),
                "{:?} {}",
                verdict.no_meaning,
                shown()
            );
        }
        Err(Refusal::Row(RowErrorKind::SeveralBranches, _)) if pair.may_be_ambiguous => {}
        Err(why) => panic!("{why:?}\n{:?}\n{}", pair.input, case.text),
    }
    while !random.is_at_end() {
        let encoded = changed(&ours, &pair.input, &pair.manner, &mut random);
        if let (Ok(datum), Some(decoder)) = (encoded, &mut decoder)
            && let Some(verdict) = decoder.decode(&datum)
        {
            assert_eq!(
                (&verdict.error, verdict.left),
                (&None, 0),
                "{datum:x?}\n{}",
                case.text
            );
        }
    }
}

/// The datum of the row with changes. That a rejected row leaves no bytes is checked by `encode`.
fn changed(
    ours: &OurSchema,
    input: &Input,
    manner: &Manner,
    random: &mut Random,
) -> Result<Vec<u8>, Refusal> {
    match input {
        Input::Jsonl(line) => ours.encode_jsonl(&random.changed(line.as_bytes()), manner),
        Input::Csv(CsvText { header, row }) => {
            ours.encode_csv(header, &random.changed(row.as_bytes()), manner)
        }
    }
}
