use std::str::FromStr;

use bigdecimal::BigDecimal;
use proptest::prelude::*;

use super::super::FunctionFaultKind;
use super::*;

type Binary = fn(&[u8], &[u8], &mut Vec<u8>) -> Result<(), Box<FunctionFault>>;

fn result(of: Binary, left: &str, right: &str) -> Result<String, FunctionFaultKind> {
    let mut out = b"kept".to_vec();
    let result = of(left.as_bytes(), right.as_bytes(), &mut out);
    assert!(out.starts_with(b"kept") && (result.is_ok() || out.len() == 4));
    result.map_err(|fault| fault.kind)?;
    Ok(String::from_utf8(out.split_off(4)).unwrap())
}

fn negated(text: &str) -> String {
    let mut out = Vec::new();
    negate(text.as_bytes(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn results_are_exact_and_keep_their_scale() {
    let table: [(Binary, &str, &str, &str); 18] = [
        (add, "40.20", "1", "41.20"),
        (add, "0.1", "0.2", "0.3"),
        (add, "-0.05", "0.05", "0.00"),
        (add, "1e3", ".5", "1000.5"),
        (add, "4.02e1", "5.", "45.2"),
        (add, "1e-3", "1", "1.001"),
        (add, "0e999999999999", "7", "7"),
        (add, "9223372036854775807", "1", "9223372036854775808"),
        (
            add,
            "170141183460469231731687303715884105727",
            "1",
            "170141183460469231731687303715884105728",
        ),
        (subtract, "+1", "1.000", "0.000"),
        (subtract, "007", "10", "-3"),
        (subtract, "0", "0.001", "-0.001"),
        (
            subtract,
            "-170141183460469231731687303715884105728",
            "0.1",
            "-170141183460469231731687303715884105728.1",
        ),
        (multiply, "40.20", "100", "4020.00"),
        (multiply, "-0.5", "0.50", "-0.250"),
        (multiply, "-5", "0", "0"),
        (multiply, "1e3", "1.5", "1500.0"),
        (
            multiply,
            "99999999999999999999.9",
            "-99999999999999999999.9",
            "-9999999999999999999980000000000000000000.01",
        ),
    ];
    for (of, left, right, expected) in table {
        assert_eq!(result(of, left, right).as_deref(), Ok(expected), "{left} {right}");
    }
    for (text, expected) in [
        ("1.50", "-1.50"),
        ("-2e2", "200"),
        ("0.0", "0.0"),
        ("-0", "0"),
        ("+.5", "-0.5"),
    ] {
        assert_eq!(negated(text), expected, "{text}");
    }
}

#[test]
fn comparison_is_numeric() {
    for (left, right, expected) in [
        ("1.0", "1", Ordering::Equal),
        ("-0", "0.000", Ordering::Equal),
        ("1e2", "100.0", Ordering::Equal),
        ("0e99999", "0", Ordering::Equal),
        ("9", "10", Ordering::Less),
        ("-9", "-10", Ordering::Greater),
        ("1e999", "1e-999", Ordering::Greater),
        ("-1e40", "1", Ordering::Less),
    ] {
        assert_eq!(
            compare(left.as_bytes(), right.as_bytes()),
            Ok(expected),
            "{left} {right}"
        );
    }
}

#[test]
fn an_operand_that_is_not_a_number_or_too_long_is_named() {
    for text in [
        "", "-", ".", "e5", "1e", "1e+", "1,000", " 1", "0x10", "NaN", "Infinity", "１", "--1",
    ] {
        assert_eq!(
            result(add, text, "1"),
            Err(FunctionFaultKind::NotANumber),
            "{text}"
        );
        assert_eq!(
            result(multiply, "1", text),
            Err(FunctionFaultKind::NotANumber),
            "{text}"
        );
    }
    let long = "9".repeat(1001);
    let fine = format!(".{}", "0".repeat(1001));
    for text in [
        "1e1000",
        "-1e99999999999999999999",
        "1e-1001",
        "0e-1001",
        &long,
        &fine,
    ] {
        assert_eq!(
            result(subtract, "1", text),
            Err(FunctionFaultKind::OutOfRange),
            "{text}"
        );
    }
    let tenth = format!("0.1{}", "0".repeat(999));
    assert_eq!(result(multiply, "1e999", "1e-1000"), Ok(tenth));
    let fault = add(b"1", b"12:30", &mut Vec::new()).unwrap_err();
    assert_eq!(fault.reason, "expected a number, found `12:30`");
    let fault = compare(b"1e4000", b"1").unwrap_err();
    assert_eq!(
        fault.reason,
        "`1e4000` has more than 1000 digits before or after the decimal point"
    );
}

/// Numbers that cross the limits of 64 and 128 bits, with and without an exponent.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+]?[0-9]{1,8}(\\.[0-9]{0,8})?",
        "[-+]?[0-9]{15,45}(\\.[0-9]{0,45})?",
        "[-+]?[0-9]{0,5}\\.[0-9]{1,30}(e[-+]?[0-9]{1,2})?",
        "[-+]?[0-9]{1,10}E-?[0-9]{1,2}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn results_are_those_of_bigdecimal(left in number(), right in number()) {
        let (a, b) = (BigDecimal::from_str(&left).unwrap(), BigDecimal::from_str(&right).unwrap());
        let table: [(Binary, BigDecimal); 3] = [(add, &a + &b), (subtract, &a - &b), (multiply, &a * &b)];
        for (of, expected) in table {
            let text = result(of, &left, &right).unwrap();
            prop_assert_eq!(BigDecimal::from_str(&text).unwrap(), expected, "{}", text);
            prop_assert!(!text.contains(['e', 'E', '+']) && !text.starts_with('.'));
            prop_assert!(text.trim_start_matches('-') == "0" || !text.trim_start_matches('-').starts_with("00"));
        }
        prop_assert_eq!(BigDecimal::from_str(&negated(&left)).unwrap(), -&a);
        prop_assert_eq!(compare(left.as_bytes(), right.as_bytes()).unwrap(), a.cmp(&b));
    }

    #[test]
    fn the_scale_is_that_of_the_operands(left in "[0-9]{1,30}(\\.[0-9]{1,30})?", right in "-?[0-9]{1,30}(\\.[0-9]{1,30})?") {
        let scale = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let (a, b) = (scale(&left), scale(&right));
        prop_assert_eq!(scale(&result(add, &left, &right).unwrap()), a.max(b));
        prop_assert_eq!(scale(&result(multiply, &left, &right).unwrap()), a + b);
    }

    #[test]
    fn any_bytes_are_a_number_or_have_a_reason(left in any::<Vec<u8>>(), right in "[-+.0-9eE]{0,10}") {
        for of in [add as Binary, subtract, multiply] {
            let _ = of(&left, right.as_bytes(), &mut Vec::new());
            let _ = of(right.as_bytes(), right.as_bytes(), &mut Vec::new());
        }
        let _ = negate(&left, &mut Vec::new());
        let _ = compare(&left, right.as_bytes());
    }
}
