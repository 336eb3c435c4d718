//! Text from servers and files, made safe for a terminal, for messages about schemas.

/// `text` with terminal control characters escaped, cut to `limit` characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    crate::escape::printable(text.as_bytes(), limit).into_owned()
}

/// As [`printable`], with every run of white space as one blank, for the first words of a page.
pub(crate) fn first_words(text: &str, limit: usize) -> String {
    // The text is truncated first, so that a page of megabytes costs no more than its beginning.
    let beginning: String = text.chars().take(limit * 4).collect();
    printable(&beginning.split_whitespace().collect::<Vec<_>>().join(" "), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_of_a_page_are_on_one_line() {
        assert_eq!(
            first_words("<html>\n\n   <head>  <title>Down", 14),
            "<html> <head>…"
        );
    }
}
