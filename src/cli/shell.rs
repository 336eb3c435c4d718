//! Arguments quoted for a shell, for commands in messages.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::escape::printable;

/// An argument as one word of a shell command.
pub(super) fn word(argument: &OsStr) -> Cow<'_, str> {
    let Some(text) = displayed_unchanged(argument) else {
        return Cow::Owned(with_escapes(argument.as_bytes()));
    };
    // zsh gives `=` at the start of a word a special meaning.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/+,:@%=".contains(&byte);
    if text.bytes().all(plain) && !text.is_empty() && !text.starts_with('=') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

/// The path of a file as one word that no command parses as a flag.
pub(super) fn path(path: &OsStr) -> String {
    match path.as_bytes().starts_with(b"-") {
        true => word(&[OsStr::new("./"), path].into_iter().collect::<OsString>()).into_owned(),
        false => word(path).into_owned(),
    }
}

/// A flag of k2-produce with its value, which may begin with a dash.
pub(super) fn flag(name: &str, value: &OsStr) -> String {
    let separator = match value.as_bytes().starts_with(b"-") {
        true => '=',
        false => ' ',
    };
    format!("{name}{separator}{}", word(value))
}

/// The argument, if a terminal displays it unchanged.
fn displayed_unchanged(argument: &OsStr) -> Option<&str> {
    let text = argument.to_str()?;
    (printable(text.as_bytes(), usize::MAX) == text).then_some(text)
}

/// The bytes in the form `$'...'`, which the shell decodes to the same bytes.
fn with_escapes(bytes: &[u8]) -> String {
    let mut word = "$'".to_owned();
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => word.push(char::from(*byte)),
            _ => word.push_str(&format!("\\x{byte:02x}")),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_if_a_shell_would_change_them() {
        let table: [(&[u8], &str); 10] = [
            (b"trades.csv", "trades.csv"),
            (b"my trades.csv", "'my trades.csv'"),
            (b"it's", "'it'\\''s'"),
            (b"", "''"),
            (b"-:501", "-:501"),
            (b"$(rm x).csv", "'$(rm x).csv'"),
            (b"a`b\"c\\d!.csv", "'a`b\"c\\d!.csv'"),
            (b"=x", "'=x'"),
            ("東京.csv".as_bytes(), "'東京.csv'"),
            (b"it's\xff\n\\", "$'it\\'s\\xff\\x0a\\\\'"),
        ];
        for (argument, expected) in table {
            assert_eq!(word(OsStr::from_bytes(argument)), expected);
        }
    }

    #[test]
    fn a_leading_dash_makes_no_flag_of_a_path_or_a_value() {
        let path = |text: &str| path(text.as_ref());
        assert_eq!(
            (path("t.csv"), path("-t .csv")),
            ("t.csv".to_owned(), "'./-t .csv'".to_owned())
        );
        let flag = |value: &str| flag("--key", value.as_ref());
        assert_eq!(
            (flag("a b"), flag("-a")),
            ("--key 'a b'".to_owned(), "--key=-a".to_owned())
        );
    }

    /// A real shell parses the words and returns the arguments.
    #[test]
    fn a_shell_reads_the_words_as_the_arguments() {
        let arguments: [&[u8]; 9] = [
            b"",
            b"-:501",
            b"a b",
            b"it's",
            b"$(id)",
            b"`id`",
            b"~/x*?[a]{b,c}",
            b"a\\'\xff\n!",
            b"#x;y&z|w<v>u",
        ];
        let words: Vec<String> = arguments
            .iter()
            .map(|bytes| word(OsStr::from_bytes(bytes)).into_owned())
            .collect();
        let script = format!("printf '%s\\0' {}", words.join(" "));
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .output()
            .unwrap();
        let read: Vec<&[u8]> = output
            .stdout
            .strip_suffix(b"\0")
            .unwrap()
            .split(|byte| *byte == 0)
            .collect();
        assert_eq!(read, arguments);
    }
}
