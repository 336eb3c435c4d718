//! The fields of a schema in words.

use apache_avro::Schema;
use serde_json::Value;

use crate::encode::type_words;
use crate::schema::printable;

/// One field, fit for a terminal.
pub(super) struct Field {
    pub(super) name: String,
    /// The type in words.
    pub(super) words: String,
    /// The default as JSON, where there is one.
    pub(super) default: Option<Value>,
    /// What the schema says of it, and the symbols of an enum.
    pub(super) remark: String,
}

/// The fields of the record, in its order.
pub(super) fn fields(schema: &Schema) -> Vec<Field> {
    let Schema::Record(record) = schema else {
        return Vec::new();
    };
    let fields = record.fields.iter();
    fields
        .map(|field| Field {
            name: printable(&field.name, 200),
            words: type_words(&field.schema),
            default: field.default.clone(),
            remark: remark(symbols(&field.schema), field.doc.as_deref()),
        })
        .collect()
}

/// What the schema says of the record.
pub(super) fn record_doc(schema: &Schema) -> Option<String> {
    let Schema::Record(record) = schema else {
        return None;
    };
    record.doc.as_deref().map(|doc| printable(doc, 500))
}

fn symbols(schema: &Schema) -> &[String] {
    match schema {
        Schema::Enum(schema) => &schema.symbols,
        Schema::Union(union) => {
            let mut of_branches = union.variants().iter().map(symbols);
            of_branches.find(|symbols| !symbols.is_empty()).unwrap_or(&[])
        }
        _ => &[],
    }
}

fn remark(symbols: &[String], doc: Option<&str>) -> String {
    let symbols = match symbols {
        [] => None,
        symbols => Some(printable(&symbols.join(", "), 300)),
    };
    let parts = symbols.into_iter().chain(doc.map(|doc| printable(doc, 300)));
    parts.collect::<Vec<_>>().join("; ")
}
