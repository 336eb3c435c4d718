//! Numbers for people: separators, units, three significant digits. Machines get plain numbers.

/// A count with separators: `1,000,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with the name of what is counted: `1 row`, `2,000 rows`.
pub fn count_of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// An amount of bytes in decimal units: `88.1 MB`.
pub fn bytes(number: u64) -> String {
    if number < 1_000 {
        return format!("{number} B");
    }
    let mut value = number as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        // 999.95 would be shown as `1000.0`.
        if value < 999.95 {
            break;
        }
        value /= 1_000.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

/// A rate per second, without the name of the thing: `950`, `85,012`, `730k`, `1.02M`.
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second <= 0.0 {
        return "0".to_owned();
    }
    if per_second < 99_999.5 {
        return count(per_second.round() as u64);
    }
    if per_second < 999_500.0 {
        return format!("{:.0}k", per_second / 1e3);
    }
    if per_second < 9_995_000.0 {
        return format!("{:.2}M", per_second / 1e6);
    }
    format!("{:.1}M", per_second / 1e6)
}

/// How long something took: `0.98 s`, `12.3 s`, `4 min 05 s`, `1 h 02 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = at_least_zero(seconds);
    if seconds < 9.995 {
        return format!("{seconds:.2} s");
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    minutes(seconds)
}

/// An estimated duration, rounded accordingly: `0.3 s`, `12 s`, `4 min 05 s`.
pub fn time_left(seconds: f64) -> String {
    let seconds = at_least_zero(seconds);
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    if seconds < 59.5 {
        return format!("{seconds:.0} s");
    }
    minutes(seconds)
}

fn minutes(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    if whole < 3_600 {
        return format!("{} min {:02} s", whole / 60, whole % 60);
    }
    let minutes = (seconds / 60.0).round() as u64;
    format!("{} h {:02} min", count(minutes / 60), minutes % 60)
}

fn at_least_zero(seconds: f64) -> f64 {
    if seconds.is_finite() && seconds > 0.0 {
        seconds
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        let table = [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (1_000_000, "1,000,000"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ];
        for (number, text) in table {
            assert_eq!(count(number), text);
        }
        assert_eq!(count_of(1, "row", "rows"), "1 row");
        assert_eq!(count_of(0, "row", "rows"), "0 rows");
    }

    #[test]
    fn bytes_have_decimal_units() {
        let table = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (88_100_000, "88.1 MB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (100_000_000_000, "100.0 GB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (number, text) in table {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn rates_keep_three_digits() {
        let table = [
            (0.0, "0"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
            (950.4, "950"),
            (85_012.0, "85,012"),
            (730_112.0, "730k"),
            (999_499.0, "999k"),
            (999_500.0, "1.00M"),
            (1_020_408.0, "1.02M"),
            (12_340_000.0, "12.3M"),
        ];
        for (per_second, text) in table {
            assert_eq!(rate(per_second), text);
        }
    }

    #[test]
    fn durations_never_show_sixty_seconds() {
        let table = [
            (0.0, "0.00 s", "0.0 s"),
            (-1.0, "0.00 s", "0.0 s"),
            (0.984, "0.98 s", "1.0 s"),
            (0.3, "0.30 s", "0.3 s"),
            (12.34, "12.3 s", "12 s"),
            (59.96, "1 min 00 s", "1 min 00 s"),
            (245.0, "4 min 05 s", "4 min 05 s"),
            (3_599.6, "1 h 00 min", "1 h 00 min"),
            (3_720.0, "1 h 02 min", "1 h 02 min"),
            (360_000.0, "100 h 00 min", "100 h 00 min"),
        ];
        for (seconds, took, left) in table {
            assert_eq!(duration(seconds), took);
            assert_eq!(time_left(seconds), left);
        }
    }
}
