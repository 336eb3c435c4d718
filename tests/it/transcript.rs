//! Replaces the parts of a command's output that differ between runs, so that transcripts can be compared.

/// A line with ` in 0.03 s (180 rows/s)` as ` in .. s (.. rows/s)`.
pub(crate) fn without_time(line: &str) -> String {
    match line.rsplit_once(" in ") {
        Some((front, back)) if back.contains(" rows/s)") => {
            let rest = back.split_once(" rows/s)").map_or("", |(_, rest)| rest);
            format!("{front} in .. s (.. rows/s){rest}")
        }
        _ => line.to_owned(),
    }
}

/// A line with `(id 17)` as `(id ..)`: a registry counts the schemas of all tests.
pub(crate) fn without_id(line: &str) -> String {
    let Some((front, back)) = line.split_once("(id ") else {
        return line.to_owned();
    };
    match back.split_once(')') {
        Some((id, rest)) if id.bytes().all(|byte| byte.is_ascii_digit()) => format!("{front}(id ..){rest}"),
        _ => line.to_owned(),
    }
}

/// Whether a line is progress, which a log gets every ten seconds, or about the time of a run of five seconds, so only on a
/// slow machine.
pub(crate) fn is_progress(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let is_share = first
        .strip_suffix('%')
        .is_some_and(|share| share.parse::<f64>().is_ok());
    if line.starts_with("time: ") || line.ends_with(" times as fast") {
        return true;
    }
    (is_share && line.contains(" rows/s")) || (first == "finishing" && line.contains(" delivered "))
}

#[test]
fn progress_is_distinguished_from_the_summary() {
    let progress =
        "71%  63.4 MB of 89.0 MB  661,338 delivered  0 rejected  0 failed  124k rows/s  2.3 s left";
    assert!(is_progress(progress));
    let finishing = "finishing  957,564 delivered  0 rejected  0 failed  124k rows/s  42,436 in flight";
    assert!(is_progress(finishing));
    assert!(!is_progress(
        "6 rows: 5 delivered, 1 rejected in 0.03 s (180 rows/s)"
    ));
    assert!(is_progress("time: client 95 %, publishing 5 %"));
    assert!(is_progress(
        "hint: `--preset throughput` sends larger batches: at most 2.0 times as fast"
    ));
    assert!(!is_progress("50% of rows may be rejected"));
}

#[test]
fn times_speeds_and_ids_are_replaced() {
    for (line, expected) in [
        (
            "6 rows: 5 delivered in 0.03 s (180 rows/s)",
            "6 rows: 5 delivered in .. s (.. rows/s)",
        ),
        (
            "1 row in 1 s (1.1M rows/s); more",
            "1 row in .. s (.. rows/s); more",
        ),
        ("version 1 (id 17); key symbol", "version 1 (id ..); key symbol"),
        ("a line (id of it) in time", "a line (id of it) in time"),
    ] {
        assert_eq!(without_id(&without_time(line)), expected);
    }
}
