//! Foreign bytes in place of a datum, as `show` and `verify` find them on a topic: a datum of a schema drawn from the bytes
//! with changes, or any bytes. What is decoded is what apache-avro decodes, and JSON that a load reads as the same value,
//! or rejects.

use k2_produce::fuzzing::{field_ends, message_json};
use k2_produce::schema::RegisteredSchema;

use crate::encoder::OurSchema;
use crate::pairs::{BytesEncoding, Case, JsonForm, Manner};
use crate::random::Random;
use crate::rows::Decoder;

/// How `show` writes values.
const SHOWN: Manner = Manner {
    bytes: BytesEncoding::Base64,
    form: JsonForm::Either,
    epoch: None,
};

pub(crate) fn run(data: &[u8]) {
    let mut random = Random::of(data);
    let case = Case::draw(&mut random);
    let Some(mut decoder) = Decoder::new(&case) else {
        return;
    };
    let schema = RegisteredSchema::from_text("datum-value", &case.text).expect("the schema is valid");
    let ours = OurSchema::parse(&case.text).expect("the schema is valid");
    let pair = case.pair(&mut random);
    let datum = match ours.encode(&pair.input, &pair.manner) {
        Ok(datum) if random.bool() => datum,
        Ok(datum) => random.changed(&datum),
        Err(_) => random.rest().to_vec(),
    };
    let shown = message_json(&schema, &datum);
    let ends = field_ends(&schema, &datum);
    if let Some(ends) = &ends {
        assert!(
            ends.is_sorted() && ends.last().is_none_or(|end| *end == datum.len()),
            "{ends:?}"
        );
    }
    let Ok(json) = shown else { return };
    let Some(verdict) = decoder.decode(&datum) else {
        return;
    };
    assert_eq!(
        (&verdict.error, verdict.left),
        (&None, 0),
        "{json}\n{}",
        case.text
    );
    assert!(
        ends.is_some(),
        "a datum of a record has fields: {datum:x?}\n{}",
        case.text
    );

    // A map may have an entry that looks like a wrapper. `show` itself finds that out by reading what it has written.
    let Ok(read) = ours.encode_jsonl(json.to_string().as_bytes(), &SHOWN) else {
        return;
    };
    if !case.text.contains("\"map\"") {
        let again = decoder.decode(&read).expect("it decoded the other datum");
        assert_eq!(again.value, verdict.value, "{json}\n{}", case.text);
    }
}
