//! Messages -> JSON, decoded by apache-avro, so that what is shown does not depend on the code that wrote it.
//!
//! `message` recognizes what a key or a value is, [`value`] decodes a datum, and `json` writes its value.

mod json;
mod limits;
mod logical;
mod message;
mod uuids;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::ResolvedSchema;
use serde_json::Value as Json;

use json::Converter;
pub(crate) use json::{Form, Wrappers};
pub(crate) use logical::{Unit, hex, timestamp};
pub(crate) use message::{Content, Decoder, HEADER_BYTES, Part};

use crate::schema::AvroSchema;

/// A schema, parsed to decode its data.
pub(crate) struct DatumSchema {
    schema: Schema,
    /// The schemas to which it refers.
    references: Vec<Schema>,
}

impl DatumSchema {
    /// The schema of this text. `references` are the texts of the schemas to which it refers.
    ///
    /// # Errors
    /// apache-avro cannot read the schema.
    pub(crate) fn parse(text: &str, references: &[String]) -> Result<DatumSchema, String> {
        let avro = |error: apache_avro::Error| error.to_string();
        let (schema, references) = match references {
            [] => (Schema::parse_str(text).map_err(avro)?, Vec::new()),
            references => Schema::parse_str_with_list(text, references).map_err(avro)?,
        };
        Ok(DatumSchema { schema, references })
    }

    /// The datum as JSON.
    ///
    /// # Errors
    /// It is not a datum of the schema, or more than one.
    pub(crate) fn json(&self, datum: &[u8], form: Form) -> Result<Json, String> {
        value(&self.schema, &self.references, datum, form)
    }
}

/// A datum of `schema` as JSON.
///
/// # Errors
/// It is not a datum of the schema, or more than one.
pub(crate) fn value(
    schema: &Schema,
    references: &[Schema],
    mut datum: &[u8],
    form: Form,
) -> Result<Json, String> {
    let avro = |error: apache_avro::Error| error.to_string();
    // A type may be named again within the schema that defines it, so that schema is among those that resolve names.
    let all: Vec<&Schema> = std::iter::once(schema).chain(references).collect();
    let read: Vec<_> = all.iter().map(|schema| uuids::as_texts(schema)).collect();
    let resolved =
        ResolvedSchema::new_with_schemata(read.iter().map(AsRef::as_ref).collect()).map_err(avro)?;
    let reader = GenericDatumReader::builder(&read[0])
        .resolved_writer_schemata(resolved)
        .build()
        .map_err(avro)?;
    let value = reader.read_value(&mut datum).map_err(avro)?;
    if !datum.is_empty() {
        return Err(format!("extra bytes after it: {}", datum.len()));
    }
    let resolved = ResolvedSchema::new_with_schemata(all).map_err(avro)?;
    let converter = Converter {
        names: resolved.get_names(),
        form,
    };
    converter.of_value(&value, schema, None)
}

/// Finds where each field of a datum of a record ends; returns whether the bytes are a datum of the schema.
pub(crate) fn field_ends(schema: &AvroSchema, datum: &[u8], ends: &mut Vec<usize>) -> bool {
    limits::field_ends(schema, datum, ends)
}

/// A datum of the schema with this text as one line of JSON that is safe to print. `references` are the texts of the
/// schemas to which it refers.
///
/// # Errors
/// It is not a datum of the schema.
pub(crate) fn datum_json(text: &str, references: &[String], datum: &[u8]) -> Result<String, String> {
    let json = DatumSchema::parse(text, references)?.json(datum, Form::Shown)?;
    Ok(crate::escape::json(&json.to_string()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_may_be_named_again_in_a_union() {
        let schema = r#"{"type":"record","name":"T","namespace":"k2","fields":[
            {"name":"a","type":{"type":"enum","name":"Side","symbols":["BUY","SELL"]}},
            {"name":"b","type":["null","string","Side","T"]}]}"#;
        let datum = [0, 6, 2, 4, 2];
        assert_eq!(
            datum_json(schema, &[], &datum),
            Ok(r#"{"a":"BUY","b":{"a":"SELL","b":"SELL"}}"#.to_owned())
        );
        let loadable = DatumSchema::parse(schema, &[])
            .unwrap()
            .json(&datum, Form::Loadable(Wrappers::WhereNeeded))
            .unwrap();
        assert_eq!(
            loadable.to_string(),
            r#"{"a":"BUY","b":{"k2.T":{"a":"SELL","b":{"k2.Side":"SELL"}}}}"#
        );
    }

    #[test]
    fn a_uuid_in_a_string_is_the_text_that_it_is() {
        let schema = r#"{"type":"record","name":"T","fields":[
            {"name":"a","type":["null",{"type":"string","logicalType":"uuid"}]},
            {"name":"b","type":{"type":"array","items":{"type":"string","logicalType":"uuid"}}}]}"#;
        let upper = "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6";
        let datum = [b"\x02\x48", upper.as_bytes(), b"\x02\x02x\0"].concat();
        let expected = format!(r#"{{"a":"{upper}","b":["x"]}}"#);
        assert_eq!(datum_json(schema, &[], &datum), Ok(expected));
    }
}
