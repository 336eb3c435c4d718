//! Splits a JSON text (RFC 8259) into nodes without building values. A node is a range of the row's bytes, so a number
//! keeps its digits, and nothing is allocated after the node list has grown to its size.
//!
//! The nodes are in text order, a container before its content; `next` skips the content. The content of an object is
//! key, value, key, value. Depth is limited, so hostile input cannot exhaust a stack.

use super::marks::find_end_of_bare_text;
use super::swar::{below, equal, find, first, no_digits};

/// The maximum number of nested arrays and objects in a row.
pub(crate) const MAX_DEPTH: usize = 128;

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `null`.
    Null,
    /// `true`.
    True,
    /// `false`.
    False,
    /// A number; its range contains the digits unchanged.
    Number,
    /// A string or a key without escapes; its range excludes the quotes.
    String,
    /// A string or a key with escapes; see [`unescape`].
    EscapedString,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// One node of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its kind.
    pub(crate) kind: Kind,
    /// The offset of the first byte in the row; for strings, after the opening quote.
    pub(crate) start: u32,
    /// The offset after the last byte.
    pub(crate) end: u32,
    /// Index of the node that follows this one and its content.
    pub(crate) next: u32,
}

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonFault {
    /// The offset in the text.
    pub(crate) offset: usize,
    /// What is wrong at that offset.
    pub(crate) what: &'static str,
}

/// Splits `text` into `nodes`, which are cleared first; the first node is the whole value.
///
/// # Errors
/// The first position where `text` is not JSON, is nested deeper than [`MAX_DEPTH`] or continues after its value.
pub(crate) fn parse(text: &[u8], nodes: &mut Vec<Node>) -> Result<(), JsonFault> {
    nodes.clear();
    let mut parser = Parser {
        text,
        at: 0,
        nodes,
        container: NONE,
        depth: 0,
    };
    parser.run()
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    nodes: &'a mut Vec<Node>,
    /// The innermost open container. Until it is closed, its `next` is the index of the enclosing one.
    container: u32,
    depth: usize,
}

/// No container is open.
const NONE: u32 = u32::MAX;

impl Parser<'_> {
    fn run(&mut self) -> Result<(), JsonFault> {
        self.skip_blanks();
        loop {
            // A value is expected here. If it opens a container that is not empty, the first value of that is next.
            if self.value()? {
                continue;
            }
            // A value has ended: close the containers that end with it, or continue with the next value.
            loop {
                self.skip_blanks();
                if self.container == NONE {
                    return match self.text.get(self.at) {
                        None => Ok(()),
                        Some(b'{' | b'[') => Err(self.fault("a second value on the line")),
                        Some(_) => Err(self.fault("text after the value")),
                    };
                }
                let container = self.container as usize;
                let array = self.nodes[container].kind == Kind::Array;
                match (self.text.get(self.at), array) {
                    (Some(b','), true) => {
                        self.at += 1;
                        self.skip_blanks();
                        break;
                    }
                    (Some(b','), false) => {
                        self.at += 1;
                        self.skip_blanks();
                        self.key()?;
                        break;
                    }
                    (Some(b']'), true) | (Some(b'}'), false) => self.close(container),
                    (None, _) => return Err(self.fault("the text ends before the end of the value")),
                    (_, true) => return Err(self.fault("expected `,` or `]`")),
                    (_, false) => return Err(self.fault("expected `,` or `}`")),
                }
            }
        }
    }

    /// Reads a scalar, an empty container or the start of a container. Returns true if a value must follow.
    fn value(&mut self) -> Result<bool, JsonFault> {
        match self.text.get(self.at) {
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'{') => {
                let container = self.open(Kind::Object)?;
                if self.text.get(self.at) == Some(&b'}') {
                    self.close(container);
                } else {
                    self.key()?;
                    return Ok(true);
                }
            }
            Some(b'[') => {
                let container = self.open(Kind::Array)?;
                if self.text.get(self.at) == Some(&b']') {
                    self.close(container);
                } else {
                    return Ok(true);
                }
            }
            Some(b't') => self.word(b"true", Kind::True)?,
            Some(b'f') => self.word(b"false", Kind::False)?,
            Some(b'n') => self.word(b"null", Kind::Null)?,
            Some(_) => return Err(self.fault("expected a JSON value")),
            None => return Err(self.fault("the text ends, but a value is expected")),
        }
        Ok(false)
    }

    fn open(&mut self, kind: Kind) -> Result<usize, JsonFault> {
        if self.depth == MAX_DEPTH {
            return Err(self.fault("nested deeper than 128 levels"));
        }
        let container = self.nodes.len();
        self.depth += 1;
        self.nodes.push(Node {
            kind,
            start: self.at as u32,
            end: 0,
            next: self.container,
        });
        self.container = container as u32;
        self.at += 1;
        self.skip_blanks();
        Ok(container)
    }

    fn close(&mut self, container: usize) {
        self.at += 1;
        self.depth -= 1;
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[container];
        node.end = self.at as u32;
        self.container = node.next;
        node.next = next;
    }

    fn key(&mut self) -> Result<(), JsonFault> {
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.fault("expected a key in quotes"));
        }
        self.string()?;
        self.skip_blanks();
        if self.text.get(self.at) != Some(&b':') {
            return Err(self.fault("expected `:` after the key"));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonFault> {
        let start = self.at + 1;
        let mut kind = Kind::String;
        let mut at = start;
        loop {
            at = find(self.text, at, |word| {
                equal(word, b'"') | equal(word, b'\\') | below(word, 0x20)
            });
            match self.text.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = Kind::EscapedString;
                    at = self.escape(at)?;
                }
                Some(0..=0x1f) => {
                    return Err(JsonFault {
                        offset: at,
                        what: "a control character in a string",
                    });
                }
                Some(_) => at += 1,
                None => {
                    return Err(JsonFault {
                        offset: self.at,
                        what: "an unterminated string",
                    });
                }
            }
        }
        self.at = at + 1;
        self.push(kind, start, at);
        Ok(())
    }

    /// Checks the escape that starts at `at`, and returns the offset after it.
    fn escape(&self, at: usize) -> Result<usize, JsonFault> {
        match self.text.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => match unit(self.text, at) {
                Some(0xd800..=0xdbff) => match unit(self.text, at + 6) {
                    Some(0xdc00..=0xdfff) => Ok(at + 12),
                    _ => Err(JsonFault {
                        offset: at,
                        what: "a lone surrogate",
                    }),
                },
                Some(0xdc00..=0xdfff) => Err(JsonFault {
                    offset: at,
                    what: "a lone surrogate",
                }),
                Some(_) => Ok(at + 6),
                None => Err(JsonFault {
                    offset: at,
                    what: "`\\u` without four hex digits",
                }),
            },
            _ => Err(JsonFault {
                offset: at,
                what: "an unknown escape",
            }),
        }
    }

    fn number(&mut self) -> Result<(), JsonFault> {
        let start = self.at;
        let end = number_end(self.text, start).map_err(|what| self.fault(what))?;
        self.at = end;
        self.push(Kind::Number, start, end);
        Ok(())
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), JsonFault> {
        let start = self.at;
        if !self.text[start..].starts_with(word) {
            return Err(self.fault("expected a JSON value"));
        }
        self.at += word.len();
        self.push(kind, start, self.at);
        Ok(())
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node {
            kind,
            start: start as u32,
            end: end as u32,
            next,
        });
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn fault(&self, what: &'static str) -> JsonFault {
        JsonFault {
            offset: self.at,
            what,
        }
    }
}

/// The offset after the number at `start`, which is its sign or first digit.
///
/// # Errors
/// What is wrong with it.
#[inline]
pub(crate) fn number_end(text: &[u8], start: usize) -> Result<usize, &'static str> {
    let digits = |from: usize| {
        let mut at = find(text, from.min(text.len()), no_digits);
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        (at > from).then_some(at).ok_or("not a JSON number")
    };
    let mut at = start + usize::from(text[start] == b'-');
    let whole = digits(at)?;
    if text[at] == b'0' && whole > at + 1 {
        return Err("a number with a leading zero");
    }
    at = whole;
    if text.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at = digits(at + 1 + sign)?;
    }
    Ok(at)
}

/// The same for a number with up to seven digits, or with as many on each side of a point; none for most others.
#[inline(always)]
pub(crate) fn short_number_end(text: &[u8], start: usize) -> Option<usize> {
    /// The number of digits at the start of `text`, if there are one to seven, and the byte after them.
    #[inline(always)]
    fn digits(text: &[u8]) -> Option<(usize, u8)> {
        let word = text.first_chunk().map(|eight| u64::from_le_bytes(*eight))?;
        let count = first(no_digits(word));
        (1..8)
            .contains(&count)
            .then(|| (count, (word >> (8 * count)) as u8))
    }

    let at = start + usize::from(text[start] == b'-');
    let (whole, mut next) = digits(&text[at..])?;
    if text[at] == b'0' && whole > 1 {
        return None;
    }
    let mut end = at + whole;
    if next == b'.' {
        let (fraction, after) = digits(&text[end + 1..])?;
        next = after;
        end += 1 + fraction;
    }
    (!matches!(next, b'e' | b'E')).then_some(end)
}

/// The offset of the quote that ends the string with its first character at `start`; none if it has escapes, or is not
/// one.
#[inline]
pub(crate) fn bare_string_end(text: &[u8], start: usize) -> Option<usize> {
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    let at = find_end_of_bare_text(text, start);
    let end = at + text[at..].iter().position(ends)?;
    (text[end] == b'"').then_some(end)
}

/// The UTF-16 code unit of the `\uXXXX` escape at `at`.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    if text.get(at..at + 2)? != b"\\u" {
        return None;
    }
    text.get(at + 2..at + 6)?.iter().try_fold(0, |unit: u16, byte| {
        let digit = (*byte as char).to_digit(16)?;
        Some(unit << 4 | digit as u16)
    })
}

/// Appends the text of an escaped string to `out`; `raw` must have been checked by [`parse`].
pub(crate) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'\\', &raw[at..]) {
        out.extend_from_slice(&raw[at..at + offset]);
        at += offset;
        let simple = match raw[at + 1] {
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let units = [unit(raw, at), unit(raw, at + 6)];
                let high = units[0].expect("the parser has checked the escape");
                let pair = (0xd800..=0xdbff).contains(&high);
                let units = [high, units[1].unwrap_or(0)];
                let units = if pair { &units[..] } else { &units[..1] };
                for character in char::decode_utf16(units.iter().copied()) {
                    let character = character.expect("the parser has paired the surrogates");
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                at += if pair { 12 } else { 6 };
                continue;
            }
            other => other,
        };
        out.push(simple);
        at += 2;
    }
    out.extend_from_slice(&raw[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(text: &str) -> &'static str {
        parse(text.as_bytes(), &mut Vec::new()).unwrap_err().what
    }

    #[test]
    fn nodes_are_in_text_order() {
        let text = br#" {"a": [1, {}], "b": "x\n"} "#;
        let mut nodes = Vec::new();
        parse(text, &mut nodes).unwrap();
        let kinds: Vec<_> = nodes.iter().map(|node| (node.kind, node.next)).collect();
        assert_eq!(
            kinds,
            [
                (Kind::Object, 7),
                (Kind::String, 2),
                (Kind::Array, 5),
                (Kind::Number, 4),
                (Kind::Object, 5),
                (Kind::String, 6),
                (Kind::EscapedString, 7),
            ]
        );
        assert_eq!(&text[nodes[3].start as usize..nodes[3].end as usize], b"1");
    }

    #[test]
    fn faults_are_reported() {
        let table = [
            ("{} {}", "a second value on the line"),
            ("{}x", "text after the value"),
            ("{\"a\":1,}", "expected a key in quotes"),
            ("[1,]", "expected a JSON value"),
            ("{\"a\" 1}", "expected `:` after the key"),
            ("[1 2]", "expected `,` or `]`"),
            ("01", "a number with a leading zero"),
            ("1.", "not a JSON number"),
            ("NaN", "expected a JSON value"),
            ("\"\\ud800\"", "a lone surrogate"),
            ("\"\\x\"", "an unknown escape"),
            ("\"a", "an unterminated string"),
            ("{\"a\":", "the text ends, but a value is expected"),
            ("[1", "the text ends before the end of the value"),
            ("\"a\tb\"", "a control character in a string"),
        ];
        for (text, what) in table {
            assert_eq!(fault(text), what, "{text}");
        }
        assert_eq!(fault(&"[".repeat(100_000)), "nested deeper than 128 levels");
    }

    /// Texts that resemble JSON: pieces of it in any order.
    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("{".to_owned()),
            Just("}".to_owned()),
            Just("[".to_owned()),
            Just("]".to_owned()),
            Just(",".to_owned()),
            Just(":".to_owned()),
            Just("\"k\"".to_owned()),
            Just("\"a\\u00e9\\ud83d\\ude00\"".to_owned()),
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just(" ".to_owned()),
            Just("\"\\".to_owned()),
            "-?[0-9]{1,2}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,1})?",
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    fn rebuild(text: &[u8], nodes: &[Node], at: usize) -> serde_json::Value {
        let node = nodes[at];
        let raw = &text[node.start as usize..node.end as usize];
        match node.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::True => true.into(),
            Kind::False => false.into(),
            Kind::Number => serde_json::from_slice(raw).unwrap(),
            Kind::String => String::from_utf8(raw.to_vec()).unwrap().into(),
            Kind::EscapedString => {
                let mut out = Vec::new();
                unescape(raw, &mut out);
                String::from_utf8(out).unwrap().into()
            }
            Kind::Array => {
                let mut items = Vec::new();
                let mut child = at + 1;
                while child < node.next as usize {
                    items.push(rebuild(text, nodes, child));
                    child = nodes[child].next as usize;
                }
                items.into()
            }
            Kind::Object => {
                let mut map = serde_json::Map::new();
                let mut child = at + 1;
                while child < node.next as usize {
                    let key = rebuild(text, nodes, child);
                    map.insert(key.as_str().unwrap().to_owned(), rebuild(text, nodes, child + 1));
                    child = nodes[child + 1].next as usize;
                }
                map.into()
            }
        }
    }

    proptest! {
        #[test]
        fn serde_json_accepts_the_same_texts_and_reads_the_same_values(text in nearly_json()) {
            let mut nodes = Vec::new();
            let ours = parse(text.as_bytes(), &mut nodes);
            let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?} {:?}", text, ours, theirs);
            if let Ok(theirs) = theirs {
                prop_assert_eq!(rebuild(text.as_bytes(), &nodes, 0), theirs);
            }
        }

        #[test]
        fn any_bytes_are_parsed_or_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes, &mut Vec::new());
        }
    }
}
