//! The text of a configuration file as errors may show it: without secrets.

/// Parts of keys with a value that may be a secret, and of addresses that may contain one.
const SIGNS: [&str; 11] = [
    "password",
    "passphrase",
    "secret",
    "token",
    "user-info",
    "credential",
    "jaas",
    "oauthbearer",
    "pem",
    "ssl.key",
    "@",
];

/// The text with `*` for each byte of a value that may be a secret. Positions are those of `text`.
///
/// It works line by line, because a file that is not TOML must not be shown with its secrets either.
pub(super) fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut within = None;
    for line in text.split_inclusive('\n') {
        let from = match within {
            Some(_) => 0,
            None => first_hidden(line),
        };
        let end = line.trim_end_matches(['\r', '\n']).len();
        let from = from.min(end);
        shown.push_str(&line[..from]);
        shown.extend(std::iter::repeat_n('*', end - from));
        shown.push_str(&line[end..]);
        within = string_after(line, within);
    }
    shown
}

/// The first byte of the line that must not be shown.
fn first_hidden(line: &str) -> usize {
    let lower = line.to_ascii_lowercase();
    let is_header = lower.trim_start().starts_with('[') && !lower.contains('=');
    match line.find('=') {
        Some(equals) if SIGNS.iter().any(|sign| lower.contains(sign)) => equals + 1,
        None if !is_header
            && !lower
                .trim_matches([' ', '\t', '\r', '\n', ']', '}', ','])
                .is_empty() =>
        {
            0
        }
        _ => line.len(),
    }
}

/// The quotes of the string that continues after the line, if one does.
fn string_after(line: &str, within: Option<&'static str>) -> Option<&'static str> {
    let (mut rest, mut within) = (line, within);
    loop {
        let found = match within {
            Some(quotes) => rest.find(quotes).map(|at| (at, None)),
            None => {
                let first = |quotes: &'static str| rest.find(quotes).map(|at| (at, Some(quotes)));
                first("\"\"\"").into_iter().chain(first("'''")).min()
            }
        };
        let Some((at, next)) = found else {
            return within;
        };
        (rest, within) = (&rest[at + 3..], next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_hidden_wherever_they_are() {
        for text in [
            "\"sasl.password\" = \"hunter2\"",
            "\"sasl.password\" = \"hunter2",
            "sasl.password = 'hunter2' # hunter2",
            "properties = { \"sasl.password\" = \"hunter2\" }",
            "registry-user-info = \"alice:hunter2\"",
            "schema-registry-url = \"https://alice:hunter2@registry\"",
            "\"ssl.key.pem\" = \"\"\"\nhunter2\nhunter2==\n\"\"\"\n",
            "\"ssl.key.pem\" = '''\nhunter2=\n",
            "a = 1\nhunter2\n",
        ] {
            let shown = masked(text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown.len(), text.len());
        }
    }

    #[test]
    fn everything_else_is_shown() {
        let text = "# a comment = 1\n[profiles.prod]\ntz = \"UTC\"\r\nset = [\"a=b\",\n]\nx = \"\"\"a\"\"\"\ny = 2\n";
        assert_eq!(masked(text), text);
    }
}
