//! JSON numbers of two schemas, compared by their values.
//!
//! A number keeps its text in the schema, so that no digit of a default is lost. Registries rewrite numbers: Java's
//! parser turns `1e3` into `1000.0`, and fractions into doubles.

use serde_json::{Map, Number, Value};

/// The same JSON with each number in one notation: an integer of up to 64 bits unchanged, any other as the nearest
/// double. A number outside the range of doubles keeps its text.
pub(crate) fn with_uniform_numbers(json: &Value) -> Value {
    match json {
        Value::Number(number) => Value::Number(uniform(number)),
        Value::Array(values) => values.iter().map(with_uniform_numbers).collect(),
        Value::Object(object) => {
            let members = object.iter();
            let members = members.map(|(name, value)| (name.clone(), with_uniform_numbers(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn uniform(number: &Number) -> Number {
    // As a double, -0 differs from 0.
    let is_integer = (number.is_i64() || number.is_u64()) && number.as_str() != "-0";
    match number.as_f64().and_then(Number::from_f64) {
        Some(nearest) if !is_integer => nearest,
        _ => number.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        let uniform = |text: &str| with_uniform_numbers(&serde_json::from_str(text).unwrap()).to_string();
        for (one, other) in [
            ("1e3", "1000.0"),
            (r#"{"a": [1.50]}"#, r#"{"a": [1.5]}"#),
            ("0.1234567890123456789", "0.12345678901234568"),
            ("1E2", "1e2"),
        ] {
            assert_eq!(uniform(one), uniform(other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "1.0"),
            ("-0", "0"),
            ("9007199254740993", "9007199254740992"),
            ("18446744073709551615", "18446744073709551614"),
            ("1e400", "1e401"),
            ("1", "\"1\""),
        ] {
            assert_ne!(uniform(one), uniform(other), "{one} {other}");
        }
    }
}
