//! Decodes a message to JSON text, or says why it cannot.
//!
//! Checks the Confluent header (magic byte 0, schema id) and decodes the datum with apache-avro, so that the output
//! does not depend on the code that wrote it.

use super::printable::printable_json;
use super::subjects::Subjects;
use crate::decode::{self, Form};

const MAGIC_BYTE: u8 = 0;
const HEADER_BYTES: usize = 5;

/// Decodes the record in `payload` to one line of JSON that is safe to print.
pub(super) fn decode(payload: &[u8], subjects: &Subjects) -> Result<String, String> {
    let Some((header, datum)) = payload.split_first_chunk::<HEADER_BYTES>() else {
        return Err(format!(
            "{} bytes are too few for a magic byte and a schema id",
            payload.len()
        ));
    };
    let [magic, id @ ..] = *header;
    if magic != MAGIC_BYTE {
        return Err(format!("the first byte is {magic:#04x}, not the magic byte 0"));
    }
    let id = u32::from_be_bytes(id);
    let schema = subjects
        .schema(id)
        .ok_or_else(|| format!("schema id {id} is not registered"))?;

    let json = decode::value(&schema.avro, &[], datum, Form::Shown)
        .map_err(|reason| format!("not a datum of schema {id}: {reason}"))?;
    Ok(printable_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects() -> Subjects {
        let mut subjects = Subjects::default();
        subjects
            .register(
                "t-value",
                r#"{"type":"record","name":"T","fields":[{"name":"a","type":"string"}]}"#,
            )
            .unwrap();
        subjects
    }

    #[test]
    fn a_framed_datum_is_shown_as_json() {
        let message = b"\0\0\0\0\x01\x06B\x1bP";
        assert_eq!(decode(message, &subjects()), Ok(r#"{"a":"B\u001bP"}"#.to_owned()));
    }

    #[test]
    fn a_message_that_is_not_a_framed_datum_gives_the_reason() {
        for (payload, reason) in [
            (
                &b"\0\0\0"[..],
                "3 bytes are too few for a magic byte and a schema id",
            ),
            (b"{\"a\":1}", "the first byte is 0x7b, not the magic byte 0"),
            (b"\0\0\0\0\x09\x02A", "schema id 9 is not registered"),
            (
                b"\0\0\0\0\x01\x02AA",
                "not a datum of schema 1: extra bytes after it: 1",
            ),
            (b"\0\0\0\0\x01", "not a datum of schema 1: "),
            (b"\0\0\0\0\x01\x06A", "not a datum of schema 1: "),
            (b"\0\0\0\0\x01\x02\xff", "not a datum of schema 1: "),
        ] {
            let error = decode(payload, &subjects()).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
