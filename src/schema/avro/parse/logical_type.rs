//! The logical type of a type, where it is valid (Avro 1.12, "Logical Types").

use serde_json::{Map, Value};

use crate::schema::avro::{Base, Logical, TimeUnit};

/// The logical type of `object` with the base type `base`. One that is unknown, or not valid there, is ignored
/// (Avro 1.12, "Logical Types").
pub(in crate::schema::avro) fn logical(object: &Map<String, Value>, base: &Base) -> Option<Logical> {
    let name = object.get("logicalType")?.as_str()?;
    let found = match (name, base) {
        ("decimal", Base::Bytes) => return decimal(object, None),
        ("decimal", Base::Fixed { size, .. }) => return decimal(object, Some(*size)),
        ("big-decimal", Base::Bytes) => Logical::BigDecimal,
        ("uuid", Base::String | Base::Fixed { size: 16, .. }) => Logical::Uuid,
        ("date", Base::Int) => Logical::Date,
        ("time-millis", Base::Int) => Logical::TimeOfDay(TimeUnit::Millis),
        ("time-micros", Base::Long) => Logical::TimeOfDay(TimeUnit::Micros),
        ("timestamp-millis", Base::Long) => Logical::Timestamp(TimeUnit::Millis),
        ("timestamp-micros", Base::Long) => Logical::Timestamp(TimeUnit::Micros),
        ("timestamp-nanos", Base::Long) => Logical::Timestamp(TimeUnit::Nanos),
        ("local-timestamp-millis", Base::Long) => Logical::LocalTimestamp(TimeUnit::Millis),
        ("local-timestamp-micros", Base::Long) => Logical::LocalTimestamp(TimeUnit::Micros),
        ("local-timestamp-nanos", Base::Long) => Logical::LocalTimestamp(TimeUnit::Nanos),
        ("duration", Base::Fixed { size: 12, .. }) => Logical::Duration,
        _ => return None,
    };
    Some(found)
}

fn decimal(object: &Map<String, Value>, size: Option<usize>) -> Option<Logical> {
    let whole = |attribute: &str| object.get(attribute)?.as_u64();
    let precision = whole("precision").filter(|precision| *precision > 0)?;
    let scale = match object.get("scale") {
        None => 0,
        Some(_) => whole("scale")?,
    };
    // A fixed of n bytes has room for any number of floor(log10(2^(8n-1) - 1)) digits.
    let most = size.map_or(i32::MAX as u64, |size| {
        (std::f64::consts::LOG10_2 * (8.0 * size as f64 - 1.0))
            .floor()
            .max(0.0) as u64
    });
    (scale <= precision && precision <= most).then_some(Logical::Decimal {
        precision: precision as usize,
        scale: scale as usize,
    })
}
