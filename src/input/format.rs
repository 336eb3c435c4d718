//! The format of a file, from its name.

use std::path::Path;

use crate::record::Format;

/// The format given by the extension, without that of a compressed file: `trades.csv.gz` is CSV.
pub(crate) fn of_name(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "json" => Some(Format::Json),
        "gz" | "gzip" | "zst" | "zstd" | "xz" => of_packed_name(path),
        _ => None,
    }
}

/// The format of the content of a file such as `trades.csv.gz`.
pub(super) fn of_packed_name(path: &Path) -> Option<Format> {
    of_name(Path::new(path.file_stem()?))
}
