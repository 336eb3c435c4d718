//! What a plan makes of a row, field by field: the text that is read, where it comes from, and the datum or its errors.
//!
//! For people: it allocates as it likes, and is not part of the row loop.

use std::sync::Arc;

use super::derived;
use super::encoder::{EncodedMessage, Encoder};
use super::error::RowError;
use super::header::HeaderValue;
use super::message_plan::MessagePlan;
use crate::mapping::{Binding, DerivationFault, Deriver, Expression, FieldSource, Mapping, RootSource};
use crate::record::json::{self, Kind, Node};
use crate::record::{Parts, Row, RowFormat};
use crate::schema::{AvroSchema, SchemaField};

/// Explains the rows of one input.
pub(crate) struct Explainer {
    encoder: Encoder,
    plan: Arc<MessagePlan>,
    deriver: Option<Deriver>,
    fields: Vec<ExplainedSource>,
}

/// A field, and where its value comes from.
struct ExplainedSource {
    path: String,
    from: String,
    expression: Expression,
}

/// What a row becomes.
pub(crate) struct ExplainedRow {
    /// The fields of the schema; those of a record that has no source of its own by their paths.
    pub(crate) fields: Vec<ExplainedField>,
    /// Whether the mapping leaves the row out.
    pub(crate) is_filtered: bool,
    /// Whether the mapping makes a tombstone of the row.
    pub(crate) is_tombstone: bool,
    /// The message, or why there is none.
    pub(crate) message: Result<ExplainedMessage, Box<RowError>>,
}

/// The parts of a message that depend on the row, without the registry's headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ExplainedMessage {
    /// The datum; empty for a tombstone.
    pub(crate) value: Vec<u8>,
    /// The text or the datum of the key.
    pub(crate) key: Option<Vec<u8>>,
    /// Names and values; null values are none.
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

/// The source of a field in one row.
pub(crate) struct ExplainedField {
    pub(crate) path: String,
    /// The text that is read; none if there is none, or if it could not be computed.
    pub(crate) text: Option<Vec<u8>>,
    pub(crate) from: String,
}

impl Explainer {
    /// Explains the rows of `binding`, which `plan` was compiled for.
    pub(crate) fn new(
        binding: &Binding<'_>,
        plan: Arc<MessagePlan>,
        mapping: &Mapping,
        format: RowFormat,
    ) -> Explainer {
        let deriver = binding.derivation().map(|derivation| Deriver::new(derivation));
        let mut fields = Vec::new();
        let avro = &binding.schema().avro;
        let header = binding.header().unwrap_or_default();
        match binding.root() {
            RootSource::Fields(sources) => {
                let of_record = avro.row_fields().unwrap_or_default();
                let names = Names { mapping, header };
                names.describe(avro, of_record, sources, "", &mut fields);
            }
            RootSource::Value(source) => fields.push(ExplainedSource {
                path: binding.schema().record_name().to_owned(),
                from: "the whole row".to_owned(),
                expression: source.expression.clone(),
            }),
        }
        if let Some(derivation) = binding.derivation() {
            let names = derivation.names().enumerate().skip(header.len());
            fields.extend(names.map(|(column, name)| ExplainedSource {
                path: name.to_owned(),
                from: derivation.part_source(column).to_owned(),
                expression: Expression::Column(column),
            }));
        }
        Explainer {
            encoder: Encoder::new(Arc::clone(&plan)).with_format(format),
            plan,
            deriver,
            fields,
        }
    }

    /// Explains a row without its line terminator, which is row `row` of its file and starts on line `number`.
    pub(crate) fn explain(&mut self, number: u64, row: u64, line: &[u8]) -> ExplainedRow {
        let mut datum = Vec::new();
        self.encoder.set_place(number, row);
        let mut encoded = self.encoder.encode_line(line, &mut datum);
        if let Some(deriver) = &mut self.deriver {
            deriver.set_place(number, row);
        }
        let (mut is_filtered, mut is_tombstone) = (false, false);
        let texts = match self.texts(line) {
            Ok((judged, texts)) => {
                match judged {
                    Ok(judged) => {
                        is_filtered = judged == Judged::Filtered;
                        is_tombstone = judged == Judged::Tombstone;
                    }
                    Err(error) => encoded = Err(error),
                }
                Some(texts)
            }
            Err(_) => None,
        };
        let fields = self.fields.iter().map(|field| ExplainedField {
            path: field.path.clone(),
            text: texts.as_ref().and_then(|texts| texts.of(&field.expression)),
            from: field.from.clone(),
        });
        ExplainedRow {
            fields: fields.collect(),
            is_filtered,
            is_tombstone,
            message: encoded.map(|message| self.message(&message, &datum)),
        }
    }

    fn message(&self, message: &EncodedMessage, bytes: &[u8]) -> ExplainedMessage {
        let value = &bytes[message.value.clone()];
        let key = message.key.as_ref().map(|key| &bytes[key.clone()]);
        let mut texts = self.encoder.headers().iter();
        let headers = self.plan.headers().iter().filter_map(|header| {
            let value = match &header.value {
                HeaderValue::Constant(text) => Some(text.clone().into_bytes()),
                HeaderValue::Row(_) | HeaderValue::Mapped(_) => {
                    let range = texts.next().expect("the encoder makes one for each");
                    range.as_ref().map(|range| bytes[range.clone()].to_vec())
                }
                HeaderValue::File | HeaderValue::Line | HeaderValue::Own => return None,
            };
            Some((header.name.clone(), value))
        });
        ExplainedMessage {
            value: value
                .get(self.plan.value.header_length()..)
                .unwrap_or_default()
                .to_vec(),
            key: key.map(|key| key[self.plan.key.header_length()..].to_vec()),
            headers: headers.collect(),
        }
    }

    /// What the conditions of the mapping say of the row, and its texts.
    fn texts(&mut self, line: &[u8]) -> Result<(Judgement, Texts), Box<RowError>> {
        let row = self.encoder.row(line)?;
        if let Some(deriver) = &mut self.deriver {
            let judged = judged(deriver, &row).map_err(|fault| derived::row_error(*fault));
            let texts = deriver.texts(&row).map_err(|fault| derived::row_error(*fault))?;
            return Ok((judged, Texts::Cells(texts)));
        }
        let texts = match row.parts {
            Parts::Csv(cells) => {
                let texts = cells.iter().map(|cell| Some(cell.text(row.bytes).into_owned()));
                Texts::Cells(texts.collect())
            }
            Parts::Json(nodes) => Texts::Json(row.bytes.to_vec(), nodes.to_vec()),
        };
        Ok((Ok(Judged::Record), texts))
    }
}

/// What the conditions of a mapping say of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    Record,
    Filtered,
    Tombstone,
}

/// What they say, or why they have no answer.
type Judgement = Result<Judged, Box<RowError>>;

fn judged(deriver: &mut Deriver, row: &Row<'_>) -> Result<Judged, Box<DerivationFault>> {
    Ok(match deriver.admits(row)? {
        false => Judged::Filtered,
        true if deriver.is_tombstone(row)? => Judged::Tombstone,
        true => Judged::Record,
    })
}

/// The names that sources are described with.
struct Names<'a> {
    mapping: &'a Mapping,
    header: &'a [String],
}

impl Names<'_> {
    fn describe(
        &self,
        avro: &AvroSchema,
        fields: &[SchemaField],
        sources: &[FieldSource],
        within: &str,
        described: &mut Vec<ExplainedSource>,
    ) {
        for (field, source) in fields.iter().zip(sources) {
            let path = format!("{within}{}", field.name);
            let from = match &source.expression {
                Expression::Record(sources) => {
                    let inner = avro.nullable(field.type_id);
                    let inner = inner.map_or(field.type_id, |(inner, _)| inner);
                    let fields = avro.fields(inner).unwrap_or_default();
                    self.describe(avro, fields, sources, &format!("{path}."), described);
                    continue;
                }
                Expression::Default => "its default".to_owned(),
                Expression::Null => "null: no column".to_owned(),
                Expression::Whole => "the whole row".to_owned(),
                Expression::Constant(_) => unreachable!("a binding has no datums"),
                Expression::Column(_) | Expression::Key(_) => match self.mapping.written(&path) {
                    Some(written) => written,
                    None => match &source.expression {
                        Expression::Column(column) => format!("the column {}", self.header[*column]),
                        _ => format!("the key {path}"),
                    },
                },
            };
            described.push(ExplainedSource {
                path,
                from,
                expression: source.expression.clone(),
            });
        }
    }
}

/// The texts of a row.
enum Texts {
    Cells(Vec<Option<Vec<u8>>>),
    /// The row, and its parts.
    Json(Vec<u8>, Vec<Node>),
}

impl Texts {
    fn of(&self, expression: &Expression) -> Option<Vec<u8>> {
        match (self, expression) {
            (Texts::Cells(texts), Expression::Column(column)) => texts.get(*column)?.clone(),
            (Texts::Json(row, nodes), Expression::Key(name)) => value_of(row, nodes, name),
            (Texts::Json(row, _), Expression::Whole) => Some(row.clone()),
            _ => None,
        }
    }
}

/// The text of the value of a key of the row's object, as it is written.
fn value_of(row: &[u8], nodes: &[Node], name: &str) -> Option<Vec<u8>> {
    let object = nodes.first().filter(|node| node.kind == Kind::Object)?;
    let mut key = 1;
    while key < object.next as usize {
        let node = nodes[key];
        let raw = &row[node.start as usize..node.end as usize];
        let mut text = Vec::new();
        match node.kind {
            Kind::EscapedString => json::unescape(raw, &mut text),
            _ => text.extend_from_slice(raw),
        }
        let value = nodes[key + 1];
        if text == name.as_bytes() {
            let quote = usize::from(matches!(value.kind, Kind::String | Kind::EscapedString));
            return Some(row[value.start as usize - quote..value.end as usize + quote].to_vec());
        }
        key = value.next as usize;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::HeaderSource;
    use crate::encode::{KeyChoice, MessageHeader, PlanSettings, Template};
    use crate::mapping::MapFile;
    use crate::record::Delimiters;
    use crate::schema::{RegisteredSchema, SchemaId};

    const TRADE: &str = r#"{"type": "record", "name": "Trade", "fields": [
        {"name": "symbol", "type": "string"}, {"name": "price", "type": "long"},
        {"name": "venue", "type": "string", "default": "ASX"}]}"#;

    type Shown = Vec<(String, Option<String>, String)>;

    fn explained(map: &str, header: Option<&[&str]>, line: &str) -> (Shown, Result<Vec<u8>, String>) {
        let schema = RegisteredSchema::from_text("t-value", TRADE).unwrap();
        let map = MapFile::parse("m.toml", map).unwrap();
        let mapping = Mapping::default().with_map(Arc::new(map));
        let binding = match header {
            Some(names) => {
                let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
                mapping.bind_columns(&names, &schema).unwrap()
            }
            None => mapping.bind_keys(&schema).unwrap(),
        };
        let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
        let format = RowFormat::Csv(Delimiters::RFC_4180);
        let mut explainer = Explainer::new(&binding, Arc::new(plan), &mapping, format);
        let row = explainer.explain(1, 1, line.as_bytes());
        let fields = row.fields.into_iter().map(|field| {
            let text = field.text.map(|text| String::from_utf8(text).unwrap());
            (field.path, text, field.from)
        });
        let message = row.message.map(|message| message.value);
        (fields.collect(), message.map_err(|error| error.to_string()))
    }

    #[test]
    fn a_message_is_shown_without_the_headers_of_the_registry() {
        let mut schema = RegisteredSchema::from_text("t-value", TRADE).unwrap();
        schema.id = Some(SchemaId::new(7));
        let mut key = RegisteredSchema::from_text("t-key", r#""string""#).unwrap();
        key.id = schema.id;
        let mapping = Mapping::default();
        let binding = mapping.bind_keys(&schema).unwrap();
        let avro = KeyChoice::Avro {
            schema: Box::new(key),
            field: Some("symbol".to_owned()),
        };
        for (key, expected) in [
            (KeyChoice::None, None),
            (KeyChoice::Default, Some(&b"BHP"[..])),
            (avro, Some(b"\x06BHP")),
        ] {
            let mut settings = PlanSettings::new(key);
            settings.headers = vec![MessageHeader {
                name: "of".to_owned(),
                source: HeaderSource::Template("{venue}.{price}".parse::<Template>().unwrap()),
            }];
            let plan = MessagePlan::compile(&binding, &settings).unwrap();
            let mut explainer = Explainer::new(&binding, Arc::new(plan), &mapping, RowFormat::Jsonl);
            let message = ExplainedMessage {
                value: b"\x06BHP\x0e\x06ASX".to_vec(),
                key: expected.map(<[u8]>::to_vec),
                headers: vec![("of".to_owned(), Some(b"ASX.7".to_vec()))],
            };
            let row = br#"{"symbol": "BHP", "price": 7}"#;
            assert_eq!(explainer.explain(1, 1, row).message, Ok(message));
        }
    }

    #[test]
    fn each_field_has_its_text_and_its_source() {
        let map = "[fields]\nsymbol = 'upper(Sym)'\n";
        let (fields, datum) = explained(map, Some(&["Sym", "price"]), "bhp,7");
        let owned = |path: &str, text: Option<&str>, from: &str| {
            (path.to_owned(), text.map(str::to_owned), from.to_owned())
        };
        let expected = [
            owned("symbol", Some("BHP"), "upper(Sym)"),
            owned("price", Some("7"), "the column price"),
            owned("venue", None, "its default"),
        ];
        assert_eq!(fields, expected);
        assert_eq!(datum.unwrap(), b"\x06BHP\x0e\x06ASX");
        let (fields, _) = explained("", None, r#"{"symbol": "a", "\u0070rice": 1}"#);
        assert_eq!(fields[1], owned("price", Some("1"), "the key price"));
    }

    #[test]
    fn a_bad_row_keeps_the_texts_of_its_good_fields() {
        let map = "[fields]\nsymbol = 'substring(Sym, 0, 1)'\nprice = 'number(Px, decimal = \",\")'\n";
        let (fields, datum) = explained(map, Some(&["Sym", "Px"]), "BHP,x");
        assert_eq!(fields[0].1.as_deref(), Some("B"));
        assert_eq!(fields[1].1, None);
        assert!(datum.is_err());
    }
}
