//! docs/README.md lists every page of docs.

use super::markdown::{documents, links};

#[test]
fn every_page_is_linked_from_the_index() {
    let documents = documents("docs");
    let (index, pages): (Vec<_>, Vec<_>) = documents
        .iter()
        .partition(|document| document.name == "docs/README.md");
    let links = links(&index[0].text);
    let pages = pages.iter().map(|page| page.name.trim_start_matches("docs/"));
    let missing: Vec<&str> = pages
        .filter(|page| !links.iter().any(|(_, target)| target == page))
        .collect();
    assert!(missing.is_empty(), "docs/README.md does not link {missing:?}");
}
