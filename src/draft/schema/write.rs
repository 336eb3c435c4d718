//! The schema for what is known of some rows.

use serde_json::{Map, Value, json};

use super::Inferred;
use super::names::{self, Names};
use super::survey::{Object, Rows, Shape, Survey};
use super::values::Values;
use crate::encode::PossibleType;
use crate::report::figures::{count, count_of};
use crate::schema::TimeUnit;

/// The most digits of a decimal: those that fit 128 bits, which other programs have as their limit.
const MAX_PRECISION: usize = 38;

/// Digits that decimals may have beyond those that were seen.
const ROOM_BEFORE_POINT: usize = 3;
const ROOM_AFTER_POINT: usize = 2;

/// The least precision of decimals with a fraction: the digits that fit 64 bits.
const MIN_PRECISION: usize = 18;

/// Numbers of JSON with a longer fraction are most likely printed doubles: 0.30000000000000004.
const MAX_FRACTION: usize = 12;

/// The schema; `name` is the full name of its record.
pub(super) fn schema(survey: &Survey, name: &str) -> Inferred {
    let (namespace, short) = match name.rsplit_once('.') {
        Some((namespace, short)) => (Some(namespace), short),
        None => (None, name),
    };
    let mut writer = Writer {
        records: Names::default(),
        needs_plain_json: false,
    };
    writer.records.reserve(short);
    let rows = survey.rows;
    let shapes: Vec<(&String, &Shape)> = match &survey.kind {
        Rows::Columns { names, columns, .. } => names.iter().zip(columns).collect(),
        Rows::Objects(object) => object.fields.iter().map(|(name, shape)| (name, shape)).collect(),
    };
    let mut legal = Names::default();
    for (name, _) in shapes.iter().filter(|(name, _)| names::is_legal(name)) {
        legal.reserve(name);
    }
    let mut renamed = Vec::new();
    let mut fields = Vec::new();
    for (index, (name, shape)) in shapes.iter().enumerate() {
        let field = match names::is_legal(name) {
            true => (*name).clone(),
            false => legal.legal(name, index + 1),
        };
        let (original, is_renamed) = (name.as_str(), field != **name);
        fields.push(writer.field(&field, is_renamed.then_some(original), shape, rows));
        if is_renamed {
            renamed.push(((*name).clone(), field));
        }
    }
    let mut record = Map::new();
    record.insert("type".to_owned(), json!("record"));
    record.insert("name".to_owned(), json!(short));
    if let Some(namespace) = namespace {
        record.insert("namespace".to_owned(), json!(namespace));
    }
    let doc = format!(
        "Inferred from {}; check each type.",
        count_of(rows, "row", "rows")
    );
    record.insert("doc".to_owned(), json!(doc));
    let fields_count = fields.len();
    record.insert("fields".to_owned(), Value::Array(fields));
    Inferred {
        text: format!("{:#}\n", Value::Object(record)),
        renamed,
        fields: fields_count,
        rows,
        needs_plain_json: writer.needs_plain_json,
    }
}

struct Writer {
    /// The names of the records so far.
    records: Names,
    /// Whether an object could be taken for the wrapper of a branch.
    needs_plain_json: bool,
}

/// A type, with what it was inferred from.
struct Typed {
    avro: Value,
    evidence: String,
}

impl Typed {
    fn new(avro: impl Into<Value>, evidence: impl Into<String>) -> Typed {
        Typed {
            avro: avro.into(),
            evidence: evidence.into(),
        }
    }
}

impl Writer {
    /// A field of a record of which there were `total`.
    fn field(&mut self, name: &str, original: Option<&str>, shape: &Shape, total: u64) -> Value {
        let is_nullable = shape.nulls > 0 || shape.count < total || shape.count == 0;
        let typed = self.typed(name, shape, is_nullable);
        let present = shape.count - shape.nulls;
        let mut doc = match present {
            0 => format!("no value in {}", count_of(total, "row", "rows")),
            _ => format!(
                "{} of {} values: {}",
                count(present),
                count(total),
                typed.evidence
            ),
        };
        if let Some(original) = original {
            let original = crate::escape::printable(original.as_bytes(), 60);
            doc = format!("`{original}` in the file; {doc}");
        }
        let mut field = Map::new();
        field.insert("name".to_owned(), json!(name));
        field.insert("type".to_owned(), typed.avro);
        if is_nullable {
            field.insert("default".to_owned(), Value::Null);
        }
        field.insert("doc".to_owned(), json!(doc));
        Value::Object(field)
    }

    /// The type of some values: the only one that they need, or a union.
    fn typed(&mut self, name: &str, shape: &Shape, is_nullable: bool) -> Typed {
        let mut branches = scalars(shape);
        if let Some(items) = &shape.items {
            branches.push(self.array(name, items));
        }
        if let Some(object) = &shape.object {
            branches.push(self.object(name, object));
        }
        if branches.is_empty() {
            branches.push(Typed::new("string", "texts"));
        }
        let evidence: Vec<&str> = branches.iter().map(|branch| branch.evidence.as_str()).collect();
        let evidence = evidence.join("; ");
        let mut types: Vec<Value> = branches.into_iter().map(|branch| branch.avro).collect();
        if is_nullable {
            types.insert(0, json!("null"));
        }
        if let (Some(object), true) = (&shape.object, types.len() > 1) {
            let branches = types
                .iter()
                .filter_map(|own| own.get("type").unwrap_or(own).as_str());
            self.needs_plain_json |= branches
                .into_iter()
                .any(|branch| object.only_keys.contains(branch));
        }
        match types.len() {
            1 => Typed::new(types.remove(0), evidence),
            _ => Typed::new(types, evidence),
        }
    }

    fn array(&mut self, name: &str, items: &Shape) -> Typed {
        let typed = self.typed(name, items, items.nulls > 0);
        let evidence = match items.count - items.nulls {
            0 => "arrays without a value".to_owned(),
            _ => format!("arrays of {}", typed.evidence),
        };
        Typed::new(json!({"type": "array", "items": typed.avro}), evidence)
    }

    fn object(&mut self, name: &str, object: &Object) -> Typed {
        let values = object.values.as_deref();
        if values.is_some() || object.fields.is_empty() {
            let no_value = Shape::default();
            let values = values.unwrap_or(&no_value);
            let typed = self.typed(name, values, values.nulls > 0);
            let evidence = "objects with keys that cannot be names of fields, or without any";
            return Typed::new(json!({"type": "map", "values": typed.avro}), evidence);
        }
        let mut record = names::of_record(name);
        // An object with only this key would be taken for the wrapper of a union's branch.
        while object.fields.iter().any(|(key, _)| *key == record) {
            record.push_str("Record");
        }
        let record = self.records.unused(&record);
        let fields = object.fields.iter();
        let fields: Vec<Value> = fields
            .map(|(name, shape)| self.field(name, None, shape, object.count))
            .collect();
        Typed::new(
            json!({"type": "record", "name": record, "fields": fields}),
            "objects",
        )
    }
}

/// The types of texts, numbers and booleans. Different kinds are text if they are all texts. Numbers of JSON are not
/// accepted by a string, so they keep a branch of their own.
fn scalars(shape: &Shape) -> Vec<Typed> {
    let mut types = Vec::new();
    let (texts, numbers) = (&shape.texts, &shape.numbers);
    let mut together = texts.clone();
    together.merge(numbers.clone());
    let shared = match (texts.count > 0, numbers.count > 0, shape.booleans > 0) {
        (true, true, false) => exact(&together, Origin::Json),
        (true, false, true) => Some(Typed::new("boolean", "true or false"))
            .filter(|_| texts.possible.contains(PossibleType::Boolean)),
        _ => None,
    };
    if let Some(shared) = shared {
        types.push(shared);
        return types;
    }
    if texts.count > 0 {
        let is_alone = numbers.count == 0 && shape.booleans == 0;
        let own = exact(texts, Origin::Text).filter(|_| is_alone);
        types.push(own.unwrap_or_else(|| Typed::new("string", why_text(texts))));
    }
    if numbers.count > 0 {
        // What no other type holds has an exponent beyond that of a double.
        types.push(exact(numbers, Origin::Json).unwrap_or_else(big_decimal));
    }
    if shape.booleans > 0 {
        types.push(Typed::new("boolean", "true or false"));
    }
    types
}

/// Whether values are texts, which can stay texts, or numbers of JSON are among them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Text,
    Json,
}

/// The type other than string that holds these values exactly.
fn exact(values: &Values, origin: Origin) -> Option<Typed> {
    let logical = |base: &str, name: String| json!({"type": base, "logicalType": name});
    Some(match values.possible.preferred()? {
        PossibleType::Boolean => Typed::new("boolean", "true or false"),
        PossibleType::Long => {
            let (least, most) = values.range.unwrap_or_default();
            Typed::new("long", format!("integers between {least} and {most}"))
        }
        PossibleType::Decimal => return decimal(values, origin),
        PossibleType::Double => Typed::new("double", format!("numbers, such as {}", example(values))),
        PossibleType::BigDecimal => return (origin == Origin::Json).then(big_decimal),
        PossibleType::Date => Typed::new(
            logical("int", "date".to_owned()),
            format!("dates, such as {}", example(values)),
        ),
        PossibleType::TimeOfDay(unit) => {
            let base = if unit == TimeUnit::Millis { "int" } else { "long" };
            Typed::new(
                logical(base, format!("time-{}", unit.suffix())),
                format!("times of day, such as {}", example(values)),
            )
        }
        PossibleType::Timestamp(unit) => Typed::new(
            logical("long", format!("timestamp-{}", unit.suffix())),
            format!("times with a zone, such as {}", example(values)),
        ),
        PossibleType::LocalTimestamp(unit) => Typed::new(
            logical("long", format!("local-timestamp-{}", unit.suffix())),
            format!("times without a zone, such as {}", example(values)),
        ),
        PossibleType::Uuid => Typed::new(
            logical("string", "uuid".to_owned()),
            format!("UUIDs, such as {}", example(values)),
        ),
    })
}

fn example(values: &Values) -> &str {
    values.example.as_deref().unwrap_or_default()
}

fn big_decimal() -> Typed {
    let avro = json!({"type": "bytes", "logicalType": "big-decimal"});
    Typed::new(avro, "numbers that neither a decimal nor a double holds")
}

/// A decimal with room for more digits; another type if there are too many.
fn decimal(values: &Values, origin: Origin) -> Option<Typed> {
    let (whole, fraction) = (values.whole, values.fraction);
    let has_double = values.possible.contains(PossibleType::Double);
    let is_printed_double = origin == Origin::Json && fraction > MAX_FRACTION && has_double;
    if whole + fraction > MAX_PRECISION || is_printed_double {
        return match (origin, has_double) {
            (Origin::Text, _) => None,
            (Origin::Json, true) => Some(Typed::new(
                "double",
                format!("numbers, such as {}", example(values)),
            )),
            (Origin::Json, false) => Some(big_decimal()),
        };
    }
    if values.decimals == 0 {
        let precision = (whole + ROOM_BEFORE_POINT).min(MAX_PRECISION);
        let evidence =
            format!("integers of up to {whole} digits, more than 64 bits hold; {precision} are allowed");
        return Some(Typed::new(decimal_type(precision, 0), evidence));
    }
    let scale = (fraction + ROOM_AFTER_POINT).min(MAX_PRECISION - whole);
    let precision = (whole + ROOM_BEFORE_POINT + scale).clamp(MIN_PRECISION, MAX_PRECISION);
    let evidence = format!(
        "decimal numbers with up to {} before and {fraction} after the point; {} and {scale} are allowed",
        count_of(whole as u64, "digit", "digits"),
        precision - scale
    );
    Some(Typed::new(decimal_type(precision, scale), evidence))
}

fn decimal_type(precision: usize, scale: usize) -> Value {
    json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
}

/// Why texts are only texts.
fn why_text(values: &Values) -> String {
    let numbers = values.integers + values.decimals;
    let digits = values.whole + values.fraction;
    match (&values.padded, &values.other) {
        (Some(padded), None) => {
            format!("digits with leading zeros, such as {padded}, which numbers would lose")
        }
        (_, Some(other)) if numbers > 0 => {
            format!(
                "{} and other texts, such as {other}",
                count_of(numbers, "number", "numbers")
            )
        }
        (None, None) if digits > MAX_PRECISION => {
            format!("numbers with up to {digits} digits, more than the {MAX_PRECISION} of a decimal")
        }
        _ => format!(
            "texts of up to {}, such as {}",
            count_of(values.longest as u64, "byte", "bytes"),
            example(values)
        ),
    }
}
