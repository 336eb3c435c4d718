//! Every relative link of a document leads to a file and a heading that exist.

use std::path::{Component, Path, PathBuf};

use super::markdown::{Document, anchors, documents, links};
use crate::support::repository;

/// Why a link is broken, if it is.
fn fault(document: &Document, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    };
    let path = match file {
        "" => document.path(),
        file => document.path().parent().unwrap().join(file),
    };
    let Some(path) = in_repository(&path) else {
        return Some("leads out of the repository".to_owned());
    };
    if !path.exists() {
        return Some("no such file".to_owned());
    }
    let anchor = anchor?;
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    (!anchors(&text).iter().any(|exists| exists == anchor)).then(|| format!("no heading #{anchor}"))
}

/// The path without `..`; none if it leads out of the repository, or to build output.
fn in_repository(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = plain.pop(),
            component => plain.push(component),
        }
    }
    let inside = plain.starts_with(repository("")) && !plain.starts_with(repository("target"));
    inside.then_some(plain)
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let (mut faults, mut count) = (Vec::new(), 0);
    let mut folders = ["", "docs", "docs/recipes", "fixtures"]
        .map(str::to_owned)
        .to_vec();
    for entry in std::fs::read_dir(repository("docs/recipes")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            folders.push(format!("docs/recipes/{}", entry.file_name().to_str().unwrap()));
        }
    }
    for document in folders.iter().flat_map(|folder| documents(folder)) {
        for (line, target) in links(&document.text) {
            count += 1;
            if let Some(fault) = fault(&document, &target) {
                faults.push(format!("{}:{line}: {target}: {fault}", document.name));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 20, "{count} links were found, which cannot be all");
}

#[test]
fn a_broken_link_is_found() {
    let document = Document {
        name: "docs/kafka.md".to_owned(),
        text: String::new(),
    };
    for good in [
        "#topics",
        "kafka.md#topics",
        "../README.md",
        "https://example.com/x#y",
    ] {
        assert_eq!(fault(&document, good), None, "{good}");
    }
    for (bad, why) in [
        ("none.md", "no such file"),
        ("#none", "no heading #none"),
        ("../README.md#none", "no heading #none"),
        ("../../x.md", "leads out of the repository"),
        ("../target", "leads out of the repository"),
    ] {
        assert_eq!(fault(&document, bad).as_deref(), Some(why), "{bad}");
    }
}
