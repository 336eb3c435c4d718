//! Wraps long lines for a terminal: at blanks, never within a word, and within backticks only if necessary.
//!
//! Otherwise the terminal would break words, and the commands in messages.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// Below this width wrapping does not help.
const SMALLEST_WIDTH: usize = 30;

/// `line` as several lines of at most `width` columns; all but the first are indented by two more columns.
pub(super) fn wrapped(line: &str, width: usize) -> Cow<'_, str> {
    if line.width() <= width || width < SMALLEST_WIDTH {
        return Cow::Borrowed(line);
    }
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let indent = " ".repeat((blanks + 2).min(SMALLEST_WIDTH / 2));
    let mut text = String::with_capacity(line.len() + 16);
    let mut columns = 0;
    let mut put = |word: &str| {
        let needed = word.width();
        if columns > 0 && columns + needed > width {
            text.push('\n');
            text.push_str(&indent);
            columns = indent.len();
            text.push_str(word.trim_start_matches(' '));
            columns += word.trim_start_matches(' ').width();
        } else {
            text.push_str(word);
            columns += needed;
        }
    };
    for word in words(line, Backticks::Kept) {
        match word.width() + indent.len() > width {
            true => words(word, Backticks::Broken).into_iter().for_each(&mut put),
            false => put(word),
        }
    }
    Cow::Owned(text)
}

/// How blanks between backticks are treated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backticks {
    Kept,
    Broken,
}

/// The words of a line, each with its preceding blanks.
fn words(line: &str, backticks: Backticks) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quoted, mut blank) = (0, false, true);
    for (index, character) in line.char_indices() {
        if character == '`' && backticks == Backticks::Kept {
            quoted = !quoted;
        }
        let is_blank = character == ' ' && !quoted;
        if is_blank && !blank {
            words.push(&line[start..index]);
            start = index;
        }
        blank = is_blank;
    }
    words.push(&line[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks() {
        let hint =
            "hint: check the whole file with `--max-errors 100%`; save bad rows with `--rejects bad.csv`";
        assert_eq!(wrapped(hint, 200), hint);
        assert_eq!(
            wrapped(hint, 60),
            "hint: check the whole file with `--max-errors 100%`; save\n  bad rows with `--rejects bad.csv`"
        );
        assert_eq!(
            wrapped(hint, 48),
            "hint: check the whole file with\n  `--max-errors 100%`; save bad rows with\n  `--rejects bad.csv`"
        );
        assert_eq!(wrapped(hint, 10), hint);
    }

    #[test]
    fn a_row_of_a_table_keeps_its_blanks() {
        let row = "   118  price  more digits than decimal(18, 6) allows  first: trades.csv:1042";
        assert_eq!(
            wrapped(row, 61),
            "   118  price  more digits than decimal(18, 6) allows  first:\n     trades.csv:1042"
        );
    }

    #[test]
    fn every_word_stays_whole_and_every_line_short() {
        let line = "error: `a value with many words` is 日本語 and so is `another value that is much longer than a line`";
        for width in 30..120 {
            let text = wrapped(line, width);
            let joined: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(joined, line.split_whitespace().collect::<Vec<_>>());
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
        }
    }
}
