//! `--label name=value`: constants that are added to every sample of the metrics file.

/// Labels that k2-produce sets.
const TAKEN: [&str; 3] = ["topic", "error_type", "quantile"];

/// Parses and checks the labels; the error is ready to be printed.
pub(super) fn parse_labels<'a>(
    typed: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<(String, String)>, String> {
    let mut labels: Vec<(String, String)> = Vec::new();
    for label in typed {
        let shown = crate::escape::printable(label.as_bytes(), 80);
        let Some((name, value)) = label.split_once('=') else {
            return Err(format!("`--label {shown}` is not of the form `name=value`"));
        };
        if !is_label_name(name) {
            return Err(format!(
                "`--label {shown}`: a label name consists of letters, digits and `_`, and does not begin with a \
                 digit or `__`"
            ));
        }
        if TAKEN.contains(&name) {
            return Err(format!("`--label {shown}`: `{name}` is set by k2-produce"));
        }
        if labels.iter().any(|(known, _)| known == name) {
            return Err(format!("`--label {shown}`: `{name}` is given twice"));
        }
        labels.push((name.to_owned(), value.to_owned()));
    }
    Ok(labels)
}

/// Prometheus reserves names that begin with two underscores.
fn is_label_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !name.starts_with("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_split_at_the_first_equals_sign() {
        let labels = parse_labels(["exchange=asx", "data_type=", "_note=a=b c"]).unwrap();
        let expected = [("exchange", "asx"), ("data_type", ""), ("_note", "a=b c")];
        assert_eq!(
            labels,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn labels_that_a_scraper_would_reject_are_refused() {
        let table = [
            ("exchange", "is not of the form `name=value`"),
            ("=x", "a label name consists of"),
            ("1st=x", "a label name consists of"),
            ("data-type=x", "a label name consists of"),
            ("börse=x", "a label name consists of"),
            ("__name__=x", "a label name consists of"),
            ("topic=x", "`topic` is set by k2-produce"),
            ("quantile=x", "set by k2-produce"),
        ];
        for (typed, said) in table {
            let error = parse_labels([typed]).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        let error = parse_labels(["a=1", "a=2"]).unwrap_err();
        assert_eq!(error, "`--label a=2`: `a` is given twice");
    }
}
