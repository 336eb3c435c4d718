//! Which texts are a float or a double: tables, and an oracle that uses only exact decimals.

use std::num::NonZeroU64;

use bigdecimal::{BigDecimal, RoundingMode};
use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;
use RowErrorKind::{FloatPrecision, NotANumber, OutOfRange};

fn read<F: BinaryFloat>(text: &str) -> Result<F, RowErrorKind> {
    float(text.as_bytes(), &Rules::default()).map_err(|fault| fault.kind)
}

#[test]
fn a_double_is_read_as_programs_write_it() {
    for (text, value) in [
        ("0.1", 0.1),
        ("0.10", 0.1),
        ("40.2015678", 40.201_567_8),
        ("5.", 5.0),
        (".5e1", 5.0),
        ("0e-400", 0.0),
        ("1e23", 1e23),
        ("100000000000000000000000", 1e23),
        // All digits, and as many as `%.17g` prints.
        ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
        ("0.10000000000000001", 0.1),
        ("9007199254740992", 9_007_199_254_740_992.0),
        ("1679990340010084600", 1_679_990_340_010_084_608.0),
        ("1679990340010084608", 1_679_990_340_010_084_608.0),
        ("1152921504606846976", 1_152_921_504_606_846_976.0),
        // The smallest value: its shortest text, Java's text, and all digits that distinguish it.
        ("5e-324", 5e-324),
        ("4.9E-324", 5e-324),
        ("4.9406564584124654e-324", 5e-324),
        ("2.2250738585072014e-308", f64::MIN_POSITIVE),
        ("1.7976931348623157e308", f64::MAX),
        // Half-way between two numbers of 17 digits: C rounds to the even one, JavaScript up.
        ("1125899906842624.2", 4_503_599_627_370_497.0 / 4.0),
        ("1125899906842624.3", 4_503_599_627_370_497.0 / 4.0),
    ] {
        assert_eq!(read(text), Ok(value), "{text}");
    }
    assert_eq!(read::<f64>("-0").unwrap().to_bits(), (-0.0f64).to_bits());
    assert!(read::<f64>("NaN").unwrap().is_nan());
    assert_eq!(read("-Infinity"), Ok(f64::NEG_INFINITY));
}

#[test]
fn a_number_between_two_doubles_is_rejected() {
    for (text, kind) in [
        ("1679990340010084598", FloatPrecision),
        ("9007199254740993", FloatPrecision),
        ("9223372036854775809", FloatPrecision),
        ("0.1000000000000000055", FloatPrecision),
        ("5.0000000000000001", FloatPrecision),
        ("1.000000000000000005", FloatPrecision),
        // The nearest value is 5e-324, and its two-digit text is 4.9e-324.
        ("4.8e-324", FloatPrecision),
        ("1e-400", FloatPrecision),
        ("1e309", OutOfRange),
        ("inf", NotANumber),
        ("nan", NotANumber),
    ] {
        assert_eq!(read::<f64>(text), Err(kind), "{text}");
    }
}

#[test]
fn a_float_may_be_written_as_its_double() {
    for (text, value) in [
        ("0.1", 0.1),
        ("0.100000001", 0.1),
        ("0.10000000149011612", 0.1),
        ("0.100000001490116119384765625", 0.1),
        ("16777216", 16_777_216.0),
        ("1e-45", f32::from_bits(1)),
        ("1.4E-45", f32::from_bits(1)),
        ("3.4028235e38", f32::MAX),
        ("3.4028234663852886e38", f32::MAX),
    ] {
        assert_eq!(read(text), Ok(value), "{text}");
    }
    for (text, kind) in [
        ("16777217", FloatPrecision),
        ("0.10000000149", FloatPrecision),
        ("0.1000000015", FloatPrecision),
        // Just off half-way between two floats: through a double it would round to the even neighbour.
        ("1.00000017881393432617187499", FloatPrecision),
        ("1e-46", FloatPrecision),
        ("3.5e38", OutOfRange),
    ] {
        assert_eq!(read::<f32>(text), Err(kind), "{text}");
    }
}

#[test]
fn the_nearest_value_is_named_and_used_only_on_request() {
    let nearest = Rules {
        float_nearest: true,
        ..Rules::default()
    };
    for (text, reason, value) in [
        (
            "1679990340010084598",
            "the nearest double is 1679990340010084608",
            1.679_990_340_010_084_6e18,
        ),
        ("0.1000000000000000055", "the nearest double is 0.1", 0.1),
        ("1e-400", "the nearest double is 0", 0.0),
    ] {
        let fault = float::<f64>(text.as_bytes(), &Rules::default()).unwrap_err();
        assert_eq!(
            (fault.reason.as_str(), fault.hint),
            (reason, Some(Hint::FloatNearest))
        );
        assert_eq!(float(text.as_bytes(), &nearest), Ok(value), "{text}");
    }
    // Infinity is not the nearest value of any number.
    let fault = float::<f32>(b"3.5e38", &nearest).unwrap_err();
    assert_eq!(
        fault.reason,
        "must be between -3.4028235e+38 and 3.4028235e+38 (float)"
    );
    assert_eq!(
        float(b"1.00000017881393432617187499", &nearest),
        Ok(1.000_000_1f32)
    );
}

/// What the oracle needs to know about a type.
trait Oracle: BinaryFloat + PartialEq + std::fmt::Debug {
    /// The sign, and the value as an integer times a power of two.
    fn parts(self) -> (bool, u64, i32);
    fn neighbours(self) -> [Self; 2];
    fn is_finite_value(self) -> bool;

    fn exact(self) -> BigDecimal {
        let (negative, number, power) = self.parts();
        let number = BigInt::from(number);
        let number = if negative { -number } else { number };
        match u32::try_from(-power) {
            Ok(halves) => BigDecimal::new(number * BigInt::from(5).pow(halves), i64::from(halves)),
            Err(_) => BigDecimal::from(number << power),
        }
    }
}

impl Oracle for f64 {
    fn parts(self) -> (bool, u64, i32) {
        let bits = self.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        match exponent {
            0 => (self.is_sign_negative(), fraction, -1074),
            _ => (self.is_sign_negative(), fraction | 1 << 52, exponent - 1075),
        }
    }

    fn neighbours(self) -> [f64; 2] {
        [self.next_down(), self.next_up()]
    }

    fn is_finite_value(self) -> bool {
        self.is_finite()
    }
}

impl Oracle for f32 {
    fn parts(self) -> (bool, u64, i32) {
        f64::from(self).parts()
    }

    fn neighbours(self) -> [f32; 2] {
        [self.next_down(), self.next_up()]
    }

    fn is_finite_value(self) -> bool {
        self.is_finite()
    }
}

fn rounded(number: &BigDecimal, digits: u64, mode: RoundingMode) -> BigDecimal {
    number.with_precision_round(NonZeroU64::new(digits).unwrap(), mode)
}

/// The shortest decimal that is read as `value`, and of several the nearest; two if they are equally near.
fn shortest<F: Oracle>(value: F) -> Vec<BigDecimal> {
    let exact = value.exact();
    for digits in 1..=17 {
        let mut found: Vec<BigDecimal> = [RoundingMode::Down, RoundingMode::Up]
            .map(|mode| rounded(&exact, digits, mode))
            .into_iter()
            .filter(|candidate| {
                candidate
                    .to_scientific_notation()
                    .parse::<F>()
                    .ok()
                    .is_some_and(|read| read == value)
            })
            .collect();
        if !found.is_empty() {
            let distance = |candidate: &BigDecimal| (candidate - &exact).abs();
            let least = found.iter().map(distance).min().unwrap();
            found.retain(|candidate| distance(candidate) == least);
            return found;
        }
    }
    unreachable!("17 digits distinguish every value")
}

/// Whether the rule accepts `number`; `nearest` is its nearest value.
fn is_taken<F: Oracle>(number: &BigDecimal, nearest: F) -> bool {
    let exact = nearest.exact();
    let distance = |value: F| (value.exact() - number).abs();
    for neighbour in nearest.neighbours() {
        assert!(
            !neighbour.is_finite_value() || distance(nearest) <= distance(neighbour),
            "{number} is nearer to {neighbour:?} than to {nearest:?}"
        );
    }
    let is_rounding = |digits: u64| {
        [RoundingMode::HalfUp, RoundingMode::HalfDown]
            .iter()
            .any(|mode| rounded(&exact, digits, *mode) == *number)
    };
    let digits = number.normalized().digits();
    let is_shortest_double = || shortest(nearest.to_double()).contains(number);
    *number == exact
        || shortest(nearest).contains(number)
        || digits <= F::ROUND_TRIP_DIGITS as u64 && is_rounding(digits)
        || F::NAME == "float"
            && (is_shortest_double() || rounded(&exact, 17, RoundingMode::HalfEven) == *number)
}

fn judge<F: Oracle>(text: &str) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (digits, scale) = digits.parse::<BigDecimal>().unwrap().into_bigint_and_scale();
    let number = BigDecimal::new(digits, scale - exponent.parse::<i64>().unwrap());
    let zero = BigDecimal::from(0);
    match (read::<F>(text), text.parse::<F>().ok().unwrap()) {
        (Ok(value), nearest) => {
            assert_eq!(value, nearest, "{text}");
            assert!(
                number == zero || is_taken(&number, nearest),
                "{text} is not {nearest:?}"
            );
        }
        (Err(OutOfRange), nearest) => assert!(!nearest.is_finite_value(), "{text}"),
        (Err(FloatPrecision), nearest) => {
            assert!(
                number != zero && !is_taken(&number, nearest),
                "{text} is {nearest:?}"
            );
        }
        (Err(other), _) => panic!("{text}: {other:?}"),
    }
}

/// A value, near the limits of its type as often as anywhere else.
fn bits_of_doubles() -> impl Strategy<Value = f64> {
    let finite = |value: &f64| value.is_finite();
    prop_oneof![
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("finite", finite),
        (0..1u64 << 54).prop_map(f64::from_bits),
        any::<i64>().prop_map(|integer| integer as f64),
        (-9_999_999i32..9_999_999).prop_map(|number| f64::from(number) / 1000.0),
        (any::<u32>(), 50..70u32)
            .prop_map(|(number, power)| (f64::from(number) + 0.25) * 2f64.powi(power as i32 - 40)),
    ]
}

/// How a program may write the value, and slight changes of that.
fn texts() -> impl Strategy<Value = String> {
    let printed = (bits_of_doubles(), 0..24usize, any::<bool>(), -2..3i64).prop_map(
        |(value, digits, of_float, step)| {
            let of_float = of_float && (value as f32).is_finite();
            let value = if of_float { f64::from(value as f32) } else { value };
            let text = match digits {
                0 if of_float => format!("{:e}", value as f32),
                0 | 1 => format!("{value:e}"),
                _ => format!("{value:.*e}", digits - 1),
            };
            // Sometimes the last digit, or the one after it, is changed.
            let (digits, exponent) = text.split_once('e').unwrap();
            let scale = digits
                .split_once('.')
                .map_or(0, |(_, fraction)| fraction.len() as i64);
            let number: i128 = digits.replace('.', "").parse().unwrap();
            let exponent = exponent.parse::<i64>().unwrap() - scale;
            match step {
                2 => format!("{}e{}", number * 10 + 5, exponent - 1),
                step => format!("{}e{exponent}", number + i128::from(step)),
            }
        },
    );
    prop_oneof![
        3 => printed,
        1 => ("[1-9][0-9]{0,19}", -340..310i64).prop_map(|(digits, exponent)| format!("{digits}e{exponent}")),
        1 => "-?[0-9]{1,17}\\.[0-9]{1,9}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn texts_are_accepted_according_to_the_rule(text in texts()) {
        judge::<f64>(&text);
        judge::<f32>(&text);
    }

    #[test]
    fn printed_values_are_read_back(value in bits_of_doubles()) {
        for text in [format!("{value}"), format!("{value:e}"), format!("{value:.16e}"), format!("{value:.1074}")] {
            prop_assert_eq!(read::<f64>(&text), Ok(value), "{}", text);
        }
        let float = value as f32;
        let double = f64::from(float);
        for text in [format!("{float}"), format!("{float:.8e}"), format!("{double}"), format!("{double:.16e}")] {
            prop_assert!(!float.is_finite() || read::<f32>(&text) == Ok(float), "{}", text);
        }
    }
}
