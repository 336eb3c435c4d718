//! The value of a key in a text of pairs, such as a FIX message or a line of a log.

use std::ops::Range;

use memchr::memmem::Finder;

use super::{FunctionFault, FunctionFaultKind, shown};

/// A key, and the text that separates pairs: `8=FIX.4.4|35=AE|31=40.20` has the keys `8`, `35` and `31`, separated by
/// `|`.
///
/// A key begins where the text begins or a separator ends, and ends at `=`; its value ends at the next separator or with
/// the text. Searching does not allocate.
///
/// ```
/// use k2_produce::mapping::functions::KeyValue;
///
/// let price = KeyValue::new("31", "|");
/// let message = b"8=FIX.4.4|35=AE|31=40.20|";
/// assert_eq!(&message[price.find(message)?.unwrap()], b"40.20");
/// assert_eq!(price.find(b"8=FIX.4.4|35=0|")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct KeyValue {
    key: String,
    separator: Finder<'static>,
    /// The separator, the key and `=`.
    pair: Finder<'static>,
}

impl KeyValue {
    /// Looks for `key` between texts `separator`. Neither is empty.
    pub fn new(key: &str, separator: &str) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            separator: Finder::new(separator).into_owned(),
            pair: Finder::new(&format!("{separator}{key}=")).into_owned(),
        }
    }

    /// Where the value of the key is in the text; none if the text does not have the key.
    ///
    /// # Errors
    /// The text has the key more than once.
    pub fn find(&self, text: &[u8]) -> Result<Option<Range<usize>>, Box<FunctionFault>> {
        let at_start = text
            .strip_prefix(self.key.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"="));
        let start = match at_start {
            true => Some(self.key.len() + 1),
            false => self.after_pair(text, 0),
        };
        let Some(start) = start else {
            return Ok(None);
        };
        let length = self.separator.find(&text[start..]);
        let end = length.map_or(text.len(), |length| start + length);
        match self.after_pair(text, end) {
            None => Ok(Some(start..end)),
            Some(_) => Err(self.repeated()),
        }
    }

    /// Where the value of the first such pair at `from` or after it begins.
    fn after_pair(&self, text: &[u8], from: usize) -> Option<usize> {
        let found = self.pair.find(&text[from..])?;
        Some(from + found + self.pair.needle().len())
    }

    #[cold]
    fn repeated(&self) -> Box<FunctionFault> {
        let reason = format!("the key `{}` occurs more than once", shown(self.key.as_bytes()));
        FunctionFault::new(FunctionFaultKind::RepeatedKey, reason)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str, key: &str, separator: &str) -> Result<Option<String>, String> {
        let found = KeyValue::new(key, separator).find(text.as_bytes());
        let found = found.map_err(|fault| fault.reason)?;
        Ok(found.map(|range| text[range].to_owned()))
    }

    #[test]
    fn the_value_of_a_key_ends_at_the_separator() {
        const MESSAGE: &str = "10:00 : 8=FIX.4.4|35=AE|135=x|31=40.20|58=a=b|44=|10=128|";
        for (key, expected) in [
            ("35", Some("AE")),
            ("31", Some("40.20")),
            ("58", Some("a=b")),
            ("44", Some("")),
            ("10", Some("128")),
            ("10:00 : 8", Some("FIX.4.4")),
            ("5", None),
            ("8", None),
            ("1", None),
            ("AE", None),
        ] {
            assert_eq!(value(MESSAGE, key, "|"), Ok(expected.map(str::to_owned)), "{key}");
        }
        for (text, key, separator, expected) in [
            ("a=1", "a", "|", Some("1")),
            ("35=D\u{1}55=BHP\u{1}", "55", "\u{1}", Some("BHP")),
            ("a=1; b=2; c=3", "b", "; ", Some("2")),
            ("||a=1||", "a", "|", Some("1")),
            ("größe=é;x=1", "größe", ";", Some("é")),
            ("", "a", "|", None),
            ("a", "a", "|", None),
        ] {
            assert_eq!(
                value(text, key, separator),
                Ok(expected.map(str::to_owned)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_key_that_occurs_more_than_once_is_rejected() {
        for text in ["54=1|54=2", "552=2|54=1|37=x|54=2|", "54=1|54=1", "54=|54="] {
            let expected = Err("the key `54` occurs more than once".to_owned());
            assert_eq!(value(text, "54", "|"), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn values_are_those_of_the_parts_that_begin_with_the_key(text in "[ab=|]{0,24}", key in "[ab]{1,2}") {
            let parts = text.split('|').filter_map(|part| part.strip_prefix(&format!("{key}=")));
            let parts: Vec<&str> = parts.collect();
            match parts[..] {
                [] => prop_assert_eq!(value(&text, &key, "|"), Ok(None)),
                [only] => prop_assert_eq!(value(&text, &key, "|"), Ok(Some(only.to_owned()))),
                _ => prop_assert!(value(&text, &key, "|").is_err()),
            }
        }
    }
}
