//! Arguments as they are typed in a shell, for commands that are shown.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::escape::printable;

/// An argument as one word of a shell's command.
pub(super) fn word(argument: &OsStr) -> Cow<'_, str> {
    let Some(text) = shown_as_it_is(argument) else {
        return Cow::Owned(with_escapes(argument.as_bytes()));
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/+,:@%=".contains(&byte);
    if text.bytes().all(plain) && !text.starts_with('-') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

/// The argument, where a terminal shows it as it is.
pub(super) fn shown_as_it_is(argument: &OsStr) -> Option<&str> {
    let text = argument.to_str()?;
    (printable(text.as_bytes(), usize::MAX) == text).then_some(text)
}

/// The bytes in the form `$'...'`, of which the shell makes the same bytes.
pub(super) fn with_escapes(bytes: &[u8]) -> String {
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
    fn words_are_quoted_where_a_shell_would_read_them_otherwise() {
        let table: [(&[u8], &str); 6] = [
            (b"trades.csv", "trades.csv"),
            (b"my trades.csv", "'my trades.csv'"),
            (b"it's", "'it'\\''s'"),
            (b"-x", "'-x'"),
            ("東京.csv".as_bytes(), "'東京.csv'"),
            (b"it's\xff\n\\", "$'it\\'s\\xff\\x0a\\\\'"),
        ];
        for (argument, expected) in table {
            assert_eq!(word(OsStr::from_bytes(argument)), expected);
        }
    }
}
