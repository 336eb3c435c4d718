//! Decodes a message to JSON text, or says why it cannot.
//!
//! Checks the Confluent header (magic byte 0, schema id) and decodes the datum with apache-avro, so that the output
//! does not depend on the code that wrote it. `json` converts the value to JSON.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::ResolvedSchema;

use super::json;
use super::printable::printable_json;
use super::subjects::Subjects;

const MAGIC_BYTE: u8 = 0;
const HEADER_BYTES: usize = 5;

/// Decodes the record in `payload` to one line of JSON that is safe to print.
pub(super) fn decode(payload: Option<&[u8]>, subjects: &Subjects) -> Result<String, String> {
    let payload = payload.ok_or("the message has no value")?;
    let Some((header, mut datum)) = payload.split_first_chunk::<HEADER_BYTES>() else {
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

    let avro = |error: apache_avro::Error| format!("not a datum of schema {id}: {error}");
    let reader = GenericDatumReader::builder(&schema.avro).build().map_err(avro)?;
    let value = reader.read_value(&mut datum).map_err(avro)?;
    if !datum.is_empty() {
        return Err(format!(
            "not a datum of schema {id}: extra bytes after it: {}",
            datum.len()
        ));
    }
    let names = ResolvedSchema::new(&schema.avro).map_err(avro)?;
    let json = json::of_value(&value, &schema.avro, names.get_names(), None)
        .map_err(|reason| format!("not a datum of schema {id}: {reason}"))?;
    Ok(printable_json(&json))
}

/// A datum of the schema with this text as one line of JSON that is safe to print. `references` are the texts of the
/// schemas that it refers to.
pub(crate) fn datum_json(text: &str, references: &[String], mut datum: &[u8]) -> Result<String, String> {
    let avro = |error: apache_avro::Error| error.to_string();
    let (schema, references) = match references {
        [] => (Schema::parse_str(text).map_err(avro)?, Vec::new()),
        references => Schema::parse_str_with_list(text, references).map_err(avro)?,
    };
    let all: Vec<&Schema> = references.iter().collect();
    let reader = GenericDatumReader::builder(&schema).writer_schemata(all.clone());
    let value = reader
        .map_err(avro)?
        .build()
        .map_err(avro)?
        .read_value(&mut datum);
    let value = value.map_err(avro)?;
    let names = ResolvedSchema::new_with_schemata(std::iter::once(&schema).chain(all).collect());
    let names = names.map_err(avro)?;
    json::of_value(&value, &schema, names.get_names(), None).map(|json| printable_json(&json))
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
        assert_eq!(
            decode(Some(message), &subjects()),
            Ok(r#"{"a":"B\u001bP"}"#.to_owned())
        );
    }

    #[test]
    fn a_message_that_is_not_a_framed_datum_gives_the_reason() {
        for (payload, reason) in [
            (None, "the message has no value"),
            (
                Some(&b"\0\0\0"[..]),
                "3 bytes are too few for a magic byte and a schema id",
            ),
            (Some(b"{\"a\":1}"), "the first byte is 0x7b, not the magic byte 0"),
            (Some(b"\0\0\0\0\x09\x02A"), "schema id 9 is not registered"),
            (
                Some(b"\0\0\0\0\x01\x02AA"),
                "not a datum of schema 1: extra bytes after it: 1",
            ),
            (Some(b"\0\0\0\0\x01"), "not a datum of schema 1: "),
            (Some(b"\0\0\0\0\x01\x06A"), "not a datum of schema 1: "),
            (Some(b"\0\0\0\0\x01\x02\xff"), "not a datum of schema 1: "),
        ] {
            let error = decode(payload, &subjects()).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
