//! The part of a text that a regular expression captures.

use regex::bytes::{CaptureLocations, Regex};
use regex_syntax::ast;
use regex_syntax::hir::{Hir, HirKind, Look};

use super::{FormatError, FunctionFault, FunctionFaultKind, shown};

/// A compiled pattern, in the syntax of the `regex` crate: no look-around and no backreferences, so the time for a text
/// grows only linearly with its length.
///
/// The pattern may match anywhere in the text; `^` and `$` bind it to the ends. Its result is the group named `value`,
/// else the first group, else the whole match.
///
/// Matching does not allocate once its buffers have grown, and takes no lock as long as each thread has its own clone.
///
/// ```
/// use k2_produce::mapping::functions::Capture;
///
/// let mut root = Capture::compile(r"^([A-Z]+)\d{6}[CP]\d{8}$")?;
/// let mut symbol = Vec::new();
/// root.append(b"BHP140620C00040000", &mut symbol)?;
/// assert_eq!(symbol, b"BHP");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Capture {
    regex: Regex,
    locations: CaptureLocations,
    group: usize,
}

impl Capture {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// The pattern is not a regular expression, is too large, or can match no text.
    pub fn compile(pattern: &str) -> Result<Capture, FormatError> {
        let regex = Regex::new(pattern).map_err(|error| located(pattern, &error))?;
        if parsed(pattern).is_ok_and(|parsed| !can_match(&parsed)) {
            return Err(FormatError {
                offset: 0,
                message: "the pattern matches no text: `^` is where a text starts, and `$` is where it ends"
                    .to_owned(),
            });
        }
        let named = regex.capture_names().position(|name| name == Some("value"));
        let group = named.unwrap_or(usize::from(regex.captures_len() > 1));
        let locations = regex.capture_locations();
        Ok(Capture {
            regex,
            locations,
            group,
        })
    }

    /// Appends what the group captures in the first match.
    ///
    /// # Errors
    /// The pattern does not match, or its match does not include the group. Then `out` is unchanged.
    pub fn append(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
        if self.group == 0 {
            // Without groups, the ends of a match are found faster.
            let found = self.regex.find(text).ok_or_else(|| self.no_match(text))?;
            out.extend_from_slice(found.as_bytes());
            return Ok(());
        }
        if self.regex.captures_read(&mut self.locations, text).is_none() {
            return Err(self.no_match(text));
        }
        match self.locations.get(self.group) {
            Some((start, end)) => out.extend_from_slice(&text[start..end]),
            None => return Err(self.no_group(text)),
        }
        Ok(())
    }

    #[cold]
    fn no_match(&self, text: &[u8]) -> Box<FunctionFault> {
        let (pattern, text) = (shown(self.regex.as_str().as_bytes()), shown(text));
        let reason = format!("the pattern `{pattern}` does not match `{text}`");
        FunctionFault::new(FunctionFaultKind::NoMatch, reason)
    }

    #[cold]
    fn no_group(&self, text: &[u8]) -> Box<FunctionFault> {
        let (pattern, text) = (shown(self.regex.as_str().as_bytes()), shown(text));
        let reason = format!("the pattern `{pattern}` matches `{text}` without its group");
        FunctionFault::new(FunctionFaultKind::NoMatch, reason)
    }
}

/// The pattern as `regex::bytes` parses it: it may match bytes that are not UTF-8.
fn parsed(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    let mut parser = regex_syntax::ParserBuilder::new().utf8(false).build();
    parser.parse(pattern).map_err(Box::new)
}

/// Whether any text matches; true also where that is not obvious. A part that no text matches, such as `[a&&b]`, has no
/// length, and between the start of the text and a part before it, or its end and a part after it, nothing fits.
fn can_match(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Concat(parts) => {
            let (mut has_text, mut is_ended) = (false, false);
            parts.iter().all(|part| {
                let properties = part.properties();
                let needs_text = properties.minimum_len().is_some_and(|length| length > 0);
                let is_late = has_text && properties.look_set_prefix().contains(Look::Start);
                let fits = !(is_late || is_ended && needs_text);
                has_text |= needs_text;
                is_ended |= properties.look_set_suffix().contains(Look::End);
                fits && can_match(part)
            })
        }
        HirKind::Alternation(parts) => parts.iter().any(can_match),
        HirKind::Capture(capture) => can_match(&capture.sub),
        HirKind::Repetition(repetition) => repetition.min == 0 || can_match(&repetition.sub),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {
            hir.properties().minimum_len().is_some()
        }
    }
}

/// The error with its place in the pattern, which `regex` only draws.
fn located(pattern: &str, error: &regex::Error) -> FormatError {
    let at = |span: &ast::Span, message: String| FormatError {
        offset: span.start.offset,
        message,
    };
    match parsed(pattern).map_err(|error| *error) {
        Err(regex_syntax::Error::Parse(error)) => at(error.span(), error.kind().to_string()),
        Err(regex_syntax::Error::Translate(error)) => at(error.span(), error.kind().to_string()),
        _ => FormatError {
            offset: 0,
            message: match error {
                regex::Error::CompiledTooBig(limit) => {
                    format!("the pattern needs more than {limit} bytes when compiled")
                }
                other => other.to_string(),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured(pattern: &str, text: &[u8]) -> Result<Vec<u8>, String> {
        let mut capture = Capture::compile(pattern).unwrap();
        let mut out = b"kept".to_vec();
        let result = capture.append(text, &mut out);
        assert!(out.starts_with(b"kept") && (result.is_ok() || out.len() == 4));
        result.map_err(|fault| fault.reason)?;
        Ok(out.split_off(4))
    }

    #[test]
    fn a_pattern_that_matches_no_text_is_refused() {
        for pattern in [
            r"$(\d+)",
            r"(\d+)^",
            r"[a&&b]",
            r"x($)y",
            r"a[a&&b]b",
            r"(?:a$|b$)c",
            r"x(^a)",
        ] {
            let error = Capture::compile(pattern).expect_err(pattern);
            assert!(
                error.message.starts_with("the pattern matches no text"),
                "{pattern}"
            );
        }
        for pattern in [
            r"^(\d+)$",
            r"(?m)$\n^a",
            r"a|[a&&b]",
            r"(x$)?y",
            r"^^a$$",
            r"a*^b",
            r"$a*",
            "",
            "[a&&b]*",
        ] {
            assert!(Capture::compile(pattern).is_ok(), "{pattern}");
        }
    }

    proptest! {
        /// What is refused does not match, as the regex crate finds.
        #[test]
        fn no_pattern_that_matches_is_refused(
            parts in proptest::collection::vec(
                proptest::sample::select(vec!["a", "b", "^", "$", "(", ")", "|", "*", "?", "[a&&b]", "a{0}", "(?m)"]), 0..9),
            text in "[ab]{0,4}",
        ) {
            let pattern = parts.concat();
            if let (Ok(regex), Err(_)) = (Regex::new(&pattern), Capture::compile(&pattern)) {
                prop_assert!(!regex.is_match(text.as_bytes()), "{} {}", pattern, text);
            }
        }
    }

    #[test]
    fn the_group_is_the_named_or_the_first_or_the_whole_match() {
        let table = [
            (r"^([A-Z]+)\.", "BHP.AX", "BHP"),
            (r"\.[A-Z]+$", "BHP.AX", ".AX"),
            (r"^(\w+)\.(?<value>\w+)$", "BHP.AX", "AX"),
            (r"(?:x|y)(\d)(\d)", "ax12y34", "1"),
            (r"é(.)", "aé日b", "日"),
            (r"(\d*)$", "abc", ""),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(
                captured(pattern, text.as_bytes()),
                Ok(expected.into()),
                "{pattern}"
            );
        }
        assert_eq!(captured(r"(?-u:\xff)(.)", b"\xffa"), Ok(b"a".to_vec()));
    }

    #[test]
    fn no_match_is_a_fault() {
        let table = [
            (r"^(\d+)$", "12a", r"the pattern `^(\d+)$` does not match `12a`"),
            (r"^\d+$", "", r"the pattern `^\d+$` does not match ``"),
            (r"a|(b)", "a", "the pattern `a|(b)` matches `a` without its group"),
        ];
        for (pattern, text, reason) in table {
            assert_eq!(
                captured(pattern, text.as_bytes()),
                Err(reason.to_owned()),
                "{pattern}"
            );
        }
    }

    #[test]
    fn errors_have_their_place_in_the_pattern() {
        let table = [
            ("^(a", 1, "unclosed group"),
            (
                "ab[z-a]",
                3,
                "invalid character class range, the start must be <= the end",
            ),
            ("é*+)", 4, "unopened group"),
            (r"x\p{Nope}", 1, "Unicode property not found"),
            (
                "(?=x)",
                0,
                "look-around, including look-ahead and look-behind, is not supported",
            ),
            (r"(a)\1", 3, "backreferences are not supported"),
        ];
        for (pattern, offset, message) in table {
            let message = message.to_owned();
            let error = FormatError { offset, message };
            assert_eq!(Capture::compile(pattern).unwrap_err(), error, "{pattern}");
        }
        let huge = Capture::compile(r"(\w{1000}){100}").unwrap_err();
        assert_eq!(
            huge.message,
            "the pattern needs more than 10485760 bytes when compiled"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_and_any_pattern_have_a_result_or_a_reason(pattern in "\\PC{0,8}|[a-c(|)*+?\\[\\]{}0-9\\\\^$.]{0,8}", text in any::<Vec<u8>>()) {
            if let Ok(mut capture) = Capture::compile(&pattern) {
                let _ = capture.append(&text, &mut Vec::new());
            }
        }
    }
}
