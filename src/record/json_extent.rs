//! Finds the end of a JSON value that arrives in pieces, without looking at what it means.
//!
//! Only quotes, backslashes and brackets matter here, so each byte is looked at once, however the text is divided. What
//! is within the value is checked by [`json`](super::json) if it becomes part of a row.

/// A value of which the beginning has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonExtent {
    form: Form,
    /// Brackets that are open.
    depth: u32,
    text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A number, `true`, `false`, `null`, or what was meant as one: it ends before the next delimiter.
    Word,
    /// A string, an array or an object: it contains its last byte.
    Closed,
}

/// Whether the next byte belongs to a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Within,
    /// After a backslash.
    Escaped,
}

/// A string contains the end of a line, which JSON does not allow: most likely a quote is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineEndInString {
    /// Its offset in the piece.
    pub(crate) at: usize,
}

impl JsonExtent {
    /// The extent of the value that begins with `first`, from that byte on.
    pub(crate) fn starting_with(first: u8) -> JsonExtent {
        let form = match first {
            b'"' | b'{' | b'[' => Form::Closed,
            _ => Form::Word,
        };
        JsonExtent {
            form,
            depth: 0,
            text: Text::Outside,
        }
    }

    /// Whether it ends only before a delimiter, so that the end of the input ends it too.
    pub(crate) fn is_word(self) -> bool {
        self.form == Form::Word
    }

    /// Looks at the next piece; returns the offset in it at which the value ends, or none if it goes on.
    pub(crate) fn advance(&mut self, piece: &[u8]) -> Result<Option<usize>, LineEndInString> {
        if self.form == Form::Word {
            let is_end = |byte: &u8| b" \t\n\r,]}[{:\"".contains(byte);
            return Ok(piece.iter().position(is_end));
        }
        let mut at = 0;
        while at < piece.len() {
            match self.text {
                Text::Escaped => {
                    at += 1;
                    self.text = Text::Within;
                }
                Text::Within => {
                    let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &piece[at..]) else {
                        return Ok(None);
                    };
                    at += found;
                    match piece[at] {
                        b'\n' => return Err(LineEndInString { at }),
                        b'\\' => self.text = Text::Escaped,
                        _ => {
                            self.text = Text::Outside;
                            if self.depth == 0 {
                                return Ok(Some(at + 1));
                            }
                        }
                    }
                    at += 1;
                }
                Text::Outside => {
                    let is_mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
                    let Some(found) = piece[at..].iter().position(is_mark) else {
                        return Ok(None);
                    };
                    at += found + 1;
                    match piece[at - 1] {
                        b'"' => self.text = Text::Within,
                        b'{' | b'[' => self.depth += 1,
                        _ => {
                            self.depth -= 1;
                            if self.depth == 0 {
                                return Ok(Some(at));
                            }
                        }
                    }
                }
            }
        }
        Ok(None)
    }
}

/// The first carriage return in a string of a value, which JSON does not allow; elsewhere it is white space.
pub(crate) fn return_in_string(value: &[u8]) -> Option<usize> {
    memchr::memchr(b'\r', value)?;
    let mut text = Text::Outside;
    for (at, byte) in value.iter().enumerate() {
        text = match (text, byte) {
            (Text::Outside, b'"') | (Text::Escaped, _) => Text::Within,
            (Text::Within, b'\r') => return Some(at),
            (Text::Within, b'"') => Text::Outside,
            (Text::Within, b'\\') => Text::Escaped,
            (text, _) => text,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn end(text: &str) -> Result<Option<usize>, LineEndInString> {
        JsonExtent::starting_with(text.as_bytes()[0]).advance(text.as_bytes())
    }

    #[test]
    fn a_value_ends_where_its_brackets_and_quotes_do() {
        for (text, length) in [
            ("{} ", 2),
            (r#"{"a":"}","b":["]"]},"#, 19),
            (r#""a\"b\\","#, 8),
            ("12.5,", 4),
            ("true]", 4),
            ("[[],[]]]", 7),
        ] {
            assert_eq!(end(text), Ok(Some(length)), "{text}");
        }
        for text in ["{", r#"{"a":"}"#, "12", r#""a\""#, "[1"] {
            assert_eq!(end(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_string_with_the_end_of_a_line_is_a_fault() {
        assert_eq!(end("{\"a\":\"b\n\"}"), Err(LineEndInString { at: 7 }));
        assert_eq!(end("{\"a\":\n1}"), Ok(Some(8)));
    }

    #[test]
    fn a_carriage_return_is_white_space_outside_of_strings() {
        assert_eq!(return_in_string(b"{\r\n\"a\\\"\\\\\":\r1}"), None);
        assert_eq!(return_in_string(b"{\r\"a\":\"x\r\"}"), Some(8));
    }

    proptest! {
        #[test]
        fn the_end_does_not_depend_on_how_the_text_is_divided(text in r#"[{\["1][{}\["\\,1a ]{0,30}"#, cut in 0usize..30) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let mut extent = JsonExtent::starting_with(bytes[0]);
            let apart = match extent.advance(&bytes[..cut]).unwrap() {
                None => extent.advance(&bytes[cut..]).unwrap().map(|end| cut + end),
                found => found,
            };
            prop_assert_eq!(apart, end(&text).unwrap());
        }
    }
}
