//! Where rejected rows are, and what to do with them, in words for people.

use super::{RejectsSummary, RunKind, Summary};
use crate::escape::printable;
use crate::report::figures::{count, count_of};

/// Files of a folder that are shown.
const SHOWN_FILES: usize = 10;

impl Summary {
    /// The lines about the rows that were kept; none if none were.
    pub(super) fn kept_rows(&self) -> Vec<String> {
        let Some(rejects) = &self.rejects else {
            return Vec::new();
        };
        let rows = match rejects.rows {
            1 => "the row unchanged".to_owned(),
            rows => format!("the {} unchanged", count_of(rows, "row", "rows")),
        };
        let reasons = if rejects.rows == 1 {
            "reason is"
        } else {
            "reasons are"
        };
        let path = shown(&rejects.path);
        let mut lines = match &rejects.errors_path {
            Some(errors) => vec![format!(
                "{path} contains {rows}; the {reasons} in {}.",
                shown(errors)
            )],
            None => vec![format!(
                "{path} contains {rows}; the {reasons} in FILE.errors.jsonl: {}.",
                files(rejects)
            )],
        };
        lines[0].push_str(&self.next_step(rejects));
        lines
    }

    fn next_step(&self, rejects: &RejectsSummary) -> String {
        let is_aborted = self.load.as_ref().is_some_and(|load| load.aborted.is_some());
        if self.kind != RunKind::Load || is_aborted {
            let nothing = match is_aborted {
                true => "Nothing was committed",
                false => "Nothing was sent",
            };
            return match rejects.rows {
                1 => format!(" {nothing}: correct the row in the input, then load the input."),
                _ => format!(" {nothing}: correct the rows in the input, then load the input."),
            };
        }
        let (target, it) = match rejects.errors_path {
            Some(_) => (shown(&rejects.path), "it"),
            None => ("these files".to_owned(), "them"),
        };
        let rejected = self.counts.rejected;
        let others = rejects.rows.saturating_sub(rejected);
        let unknown = match self.counts.unknown {
            0 => String::new(),
            unknown => format!(" {} of the rows may be on the topic already.", count(unknown)),
        };
        // Later runs of such a load append to the file.
        let is_continued = self
            .load
            .as_ref()
            .is_some_and(|load| load.earlier_runs.is_exactly_once());
        if is_continued && rejected > 0 {
            return format!(" Correct the rows in a copy of {target}, then load the copy.{unknown}");
        }
        let what = match (rejected, others) {
            (0, _) => format!(" Load {target} to send what was not delivered."),
            (1, 0) => format!(" Correct the row in {target}, then load {it}."),
            (_, 0) => format!(" Correct the rows in {target}, then load {it}."),
            _ => format!(" Correct the rejected rows in {target}, then load {it}."),
        };
        what + &unknown
    }
}

fn shown(path: &str) -> String {
    printable(path.as_bytes(), 500).into_owned()
}

/// `bad/a.csv (5), bad/b.csv (4) and 3 more`.
fn files(rejects: &RejectsSummary) -> String {
    let files = rejects.files.iter().take(SHOWN_FILES);
    let files: Vec<String> = files
        .map(|file| format!("{} ({})", shown(&file.path), count(file.rows)))
        .collect();
    let more = match rejects.files.len().saturating_sub(SHOWN_FILES) {
        0 => String::new(),
        more => format!(" and {} more", count(more as u64)),
    };
    files.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Counts;
    use crate::report::summary::KeptFileSummary;

    fn line(rejects: RejectsSummary, counts: Counts) -> String {
        let summary = Summary {
            rejects: Some(rejects),
            counts,
            ..Summary::default()
        };
        summary.kept_rows().join("\n")
    }

    fn in_file(rows: u64) -> RejectsSummary {
        RejectsSummary {
            path: "bad.csv".to_owned(),
            errors_path: Some("bad.csv.errors.jsonl".to_owned()),
            rows,
            files: Vec::new(),
        }
    }

    #[test]
    fn what_to_do_with_rows_depends_on_why_they_were_kept() {
        let counts = |rejected, unknown, unsent| Counts {
            rejected,
            unknown,
            unsent,
            ..Counts::default()
        };
        let table = [
            (
                (1, 0, 0),
                "bad.csv contains the row unchanged; the reason is in bad.csv.errors.jsonl. Correct the row in bad.csv, then load it.",
            ),
            (
                (1_200, 0, 0),
                "bad.csv contains the 1,200 rows unchanged; the reasons are in bad.csv.errors.jsonl. Correct the rows in bad.csv, then load it.",
            ),
            (
                (2, 0, 7),
                "bad.csv contains the 9 rows unchanged; the reasons are in bad.csv.errors.jsonl. Correct the rejected rows in bad.csv, then load it.",
            ),
            (
                (0, 3, 7),
                "bad.csv contains the 10 rows unchanged; the reasons are in bad.csv.errors.jsonl. Load bad.csv to send what was not delivered. 3 of the rows may be on the topic already.",
            ),
        ];
        for ((rejected, unknown, unsent), text) in table {
            let rows = rejected + unknown + unsent;
            assert_eq!(line(in_file(rows), counts(rejected, unknown, unsent)), text);
        }
    }

    /// The rows that fit would be missing if only the others were loaded.
    #[test]
    fn after_a_dry_run_the_whole_input_is_to_be_loaded() {
        let summary = Summary {
            kind: RunKind::DryRun,
            rejects: Some(in_file(4)),
            counts: Counts {
                rejected: 4,
                unsent: 1,
                ..Counts::default()
            },
            ..Summary::default()
        };
        assert_eq!(
            summary.kept_rows(),
            [
                "bad.csv contains the 4 rows unchanged; the reasons are in bad.csv.errors.jsonl. Nothing was sent: correct \
              the rows in the input, then load the input."
            ]
        );
    }

    #[test]
    fn the_files_of_a_folder_are_named() {
        let file = |path: &str, rows| KeptFileSummary {
            path: path.to_owned(),
            errors_path: String::new(),
            rows,
        };
        let rejects = RejectsSummary {
            path: "bad/".to_owned(),
            errors_path: None,
            rows: 9,
            files: vec![file("bad/a.csv", 5), file("bad/b.jsonl", 4)],
        };
        let counts = Counts {
            rejected: 9,
            ..Counts::default()
        };
        assert_eq!(
            line(rejects, counts),
            "bad/ contains the 9 rows unchanged; the reasons are in FILE.errors.jsonl: bad/a.csv (5), bad/b.jsonl (4). Correct the rows in these files, then load them."
        );
    }
}
