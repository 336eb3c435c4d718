//! The line with an error, with carets under the value.
//!
//! ```text
//!  1042 | BHP,7078,ASX,2014-03-10T10:00:05.516Z,40.2015678,744
//!       |                                       ^^^^^^^^^^
//! ```

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::escape::Shown;

/// The maximum number of columns shown; longer lines are cut around the value.
const SHOWN_COLUMNS: usize = 100;

/// The minimum number of columns that is readable.
const FEWEST_COLUMNS: usize = 20;

/// The number of bytes examined on each side of the start of the value; a row may have a megabyte.
const NEARBY: usize = 1_000;

/// One character of the line as it is shown.
struct Piece {
    /// The end of its bytes in the line.
    end: usize,
    text: String,
    columns: usize,
}

/// Two lines (the second without a line feed): `line` unchanged, and carets under the bytes of `span`.
///
/// `screen` is the width of the terminal in columns, if there is one.
///
/// If the row has several lines, the one in which the value begins is shown, with its own number. `None` if there is
/// nothing to point at.
pub fn excerpt(line_number: u64, row: &[u8], span: Range<usize>, screen: Option<usize>) -> Option<String> {
    if span.start > row.len() || span.start > span.end {
        return None;
    }
    let (line_number, line_start) = line_of(line_number, row, span.start);
    let rest = &row[line_start..];
    let line = &rest[..rest
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(rest.len())];
    let start = span.start - line_start;
    let end = (span.end - line_start).min(line.len());
    if line.is_empty() || start > line.len() {
        return None;
    }

    let near = nearby(line, start);
    let (cut_before, cut_after) = (near.start > 0, near.end < line.len());
    let (start, end) = (start - near.start, end.min(near.end).max(near.start) - near.start);
    let pieces = pieces(&line[near]);
    let first = pieces.iter().take_while(|piece| piece.end <= start).count();
    let past = pieces.iter().take_while(|piece| piece.end < end).count() + 1;
    let past = if end > start {
        past.min(pieces.len())
    } else {
        first
    };
    let number = line_number.to_string();
    let shown_columns = screen.map_or(SHOWN_COLUMNS, |screen| {
        // ` 7 | `, and `…` on both sides.
        screen
            .saturating_sub(number.len() + 4 + 2)
            .clamp(FEWEST_COLUMNS, SHOWN_COLUMNS)
    });
    let shown = window(&pieces, first, shown_columns);

    let columns = |range: Range<usize>| pieces[range].iter().map(|piece| piece.columns).sum::<usize>();
    let mut text: String = if cut_before || shown.start > 0 {
        "…".to_owned()
    } else {
        String::new()
    };
    let before = text.chars().count() + columns(shown.start..first);
    let under = columns(first..past.min(shown.end).max(first)).max(1);
    for piece in &pieces[shown.clone()] {
        text.push_str(&piece.text);
    }
    if cut_after || shown.end < pieces.len() {
        text.push('…');
    }
    let margin = " ".repeat(number.len());
    Some(format!(
        " {number} | {text}\n {margin} | {}{}",
        " ".repeat(before),
        "^".repeat(under)
    ))
}

/// The number and the start of the row's line that contains the byte at `at`.
fn line_of(first_number: u64, row: &[u8], at: usize) -> (u64, usize) {
    let (mut number, mut start) = (first_number, 0);
    for index in 0..at {
        let ends = match row[index] {
            b'\n' => true,
            b'\r' => row.get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends {
            number += 1;
            start = index + 1;
        }
    }
    (number, start)
}

/// The bytes around the one at `at`, cut between characters.
fn nearby(line: &[u8], at: usize) -> Range<usize> {
    let is_inside = |index: usize| line.get(index).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut start = at.saturating_sub(NEARBY);
    let mut end = line.len().min(at + NEARBY);
    // At most three bytes: text that is not UTF-8 may have no boundary.
    for _ in 0..3 {
        start += usize::from(start < at && is_inside(start));
        end -= usize::from(end > at && is_inside(end));
    }
    start..end
}

fn pieces(line: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for chunk in line.utf8_chunks() {
        for character in chunk.valid().chars() {
            end += character.len_utf8();
            pieces.push(piece(end, Shown::Character(character)));
        }
        for byte in chunk.invalid() {
            end += 1;
            pieces.push(piece(end, Shown::Byte(*byte)));
        }
    }
    pieces
}

fn piece(end: usize, shown: Shown) -> Piece {
    let mut text = String::new();
    shown.append_to(&mut text);
    // By character, not by string: a terminal gives each character separate columns, even if they would combine.
    let columns = text.chars().map(|character| character.width().unwrap_or(0)).sum();
    Piece { end, text, columns }
}

/// The pieces that are shown: all of them, or as many as fit around the piece at `first`.
fn window(pieces: &[Piece], first: usize, shown_columns: usize) -> Range<usize> {
    let (mut start, mut end) = (first, first);
    let mut columns = 0;
    let mut before = 0;
    while start > 0 && before + pieces[start - 1].columns <= shown_columns * 2 / 5 {
        start -= 1;
        before += pieces[start].columns;
    }
    columns += before;
    while end < pieces.len() && columns + pieces[end].columns <= shown_columns {
        columns += pieces[end].columns;
        end += 1;
    }
    // Columns that the end of the line does not use are given to its beginning.
    while start > 0 && columns + pieces[start - 1].columns <= shown_columns {
        start -= 1;
        columns += pieces[start].columns;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The excerpt that points at the first occurrence of `value`.
    fn pointing_at(line_number: u64, row: &str, value: &str) -> String {
        let start = row.find(value).unwrap();
        excerpt(line_number, row.as_bytes(), start..start + value.len(), None).unwrap()
    }

    #[test]
    fn it_fits_the_terminal() {
        let row = "x".repeat(300) + ",value," + &"y".repeat(300);
        for screen in [40, 60, 80, 200] {
            let text = excerpt(1_234_567, row.as_bytes(), 301..306, Some(screen)).unwrap();
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= screen && longest <= 113, "{screen}: {text}");
            assert!(text.contains(",value,") && text.ends_with(" ^^^^^"), "{text}");
        }
    }

    #[test]
    fn carets_are_under_the_value() {
        let row =
            "BHP,7078,ASX,2014-03-10T10:00:05.516Z,40.2015678,744,3,C,,2014-03-10T10:00:05.516Z,1041\r\n";
        assert_eq!(
            pointing_at(1042, row, "40.2015678"),
            " 1042 | BHP,7078,ASX,2014-03-10T10:00:05.516Z,40.2015678,744,3,C,,2014-03-10T10:00:05.516Z,1041\n\
             \x20     |                                       ^^^^^^^^^^"
        );
        assert_eq!(pointing_at(2, "BHP,1", "BHP"), " 2 | BHP,1\n   | ^^^");
        assert_eq!(pointing_at(2, "BHP,1\n", "1"), " 2 | BHP,1\n   |     ^");
    }

    #[test]
    fn an_empty_cell_gets_one_caret() {
        assert_eq!(excerpt(3, b"a,,b", 2..2, None).unwrap(), " 3 | a,,b\n   |   ^");
        assert_eq!(excerpt(3, b"a,", 2..2, None).unwrap(), " 3 | a,\n   |   ^");
    }

    #[test]
    fn wide_and_invisible_characters_keep_the_carets_in_place() {
        assert_eq!(pointing_at(7, "東京,x", "x"), " 7 | 東京,x\n   |      ^");
        assert_eq!(pointing_at(7, "a\tb,x", "x"), " 7 | a\\tb,x\n   |      ^");
        assert_eq!(
            pointing_at(7, "\u{1b}[2J,x", "x"),
            " 7 | \\x1b[2J,x\n   |         ^"
        );
        assert_eq!(pointing_at(7, "e\u{301},x", "x"), " 7 | e\u{301},x\n   |   ^");
        assert_eq!(pointing_at(7, "東京,x", "東京"), " 7 | 東京,x\n   | ^^^^");
        assert_eq!(
            excerpt(7, b"caf\xe9,x", 0..4, None).unwrap(),
            " 7 | caf\\xe9,x\n   | ^^^^^^^"
        );
    }

    #[test]
    fn a_value_on_a_later_line_of_its_row_is_shown_on_that_line() {
        assert_eq!(
            pointing_at(5, "\"two\nlines\",x\n", "x"),
            " 6 | lines\",x\n   |        ^"
        );
        assert_eq!(
            pointing_at(5, "\"two\r\nlines\",x\r\n", "x"),
            " 6 | lines\",x\n   |        ^"
        );
        // The part of a value that continues in the next line is not underlined.
        assert_eq!(
            pointing_at(5, "a,\"two\nlines\"", "\"two\nlines\""),
            " 5 | a,\"two\n   |   ^^^^"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_value() {
        let row = format!("{}{}{}", "a".repeat(500), "VALUE", "b".repeat(500));
        let said = pointing_at(12, &row, "VALUE");
        let (line, carets) = said.split_once('\n').unwrap();
        assert_eq!(line, format!(" 12 | …{}VALUE{}…", "a".repeat(40), "b".repeat(55)));
        assert_eq!(carets, format!("    | {}^^^^^", " ".repeat(41)));

        let at_end = format!("{}VALUE", "a".repeat(500));
        assert!(pointing_at(12, &at_end, "VALUE").starts_with(&format!(" 12 | …{}VALUE\n", "a".repeat(95))));

        let long_value = format!("x,{}", "9".repeat(5_000));
        let said = pointing_at(12, &long_value, &"9".repeat(5_000));
        assert!(said.ends_with(&format!("|   {}", "^".repeat(98))), "{said}");

        let huge = format!("{}VALUE{}", "é".repeat(400_000), "é".repeat(400_000));
        let said = pointing_at(12, &huge, "VALUE");
        assert!(
            said.starts_with(&format!(" 12 | …{}VALUE{}…\n", "é".repeat(40), "é".repeat(55))),
            "{said}"
        );
    }

    #[test]
    fn there_is_no_excerpt_if_there_is_nothing_to_point_at() {
        assert_eq!(excerpt(1, b"", 0..0, None), None);
        assert_eq!(excerpt(1, b"\n", 0..0, None), None);
        assert_eq!(excerpt(1, b"abc", 4..5, None), None);
    }
}
