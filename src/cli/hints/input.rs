//! Hints about inputs that cannot be read.

use crate::cli::shell;
use crate::input::{Encoding, Hint};

pub(in crate::cli) fn words(hint: &Hint) -> String {
    match hint {
        Hint::Advice(text) => (*text).to_owned(),
        Hint::RaiseRowLimit => "if the row is correct, raise the limit with `--max-row-bytes`".to_owned(),
        Hint::GiveFormat => "pass `--format csv`, `--format jsonl` or `--format json`".to_owned(),
        Hint::ReadAs(format) => format!("read the file with `--format {}`", format.name()),
        Hint::ReadAsOneOfJson => {
            "pass `--format jsonl` if each line is one object, or else `--format json`".to_owned()
        }
        Hint::GiveEncoding(Encoding::Utf8) => {
            "name the encoding of the file, for example `--encoding windows-1252`".to_owned()
        }
        Hint::GiveEncoding(_) => {
            "name the encoding of the file with `--encoding`; the default is UTF-8".to_owned()
        }
        Hint::ReadIn(encoding) => {
            let label = encoding.to_string().to_lowercase();
            format!("read it with `--encoding {label}`")
        }
        Hint::ReadInUtf8 => "omit `--encoding`".to_owned(),
        Hint::ConvertFrom { encoding, location } => format!(
            "convert it: `iconv -f {encoding} -t UTF-8 {} | k2-produce ... -`",
            shell::path(location.argument())
        ),
        Hint::Unpack {
            program,
            location,
            format,
        } => format!(
            "unpack it: `{program} {} | k2-produce ... --format {} -`",
            shell::path(location.argument()),
            format.name()
        ),
        Hint::GiveDelimiter(b',') => "omit `--delimiter`".to_owned(),
        Hint::GiveDelimiter(b'\t') => "read it with `--delimiter tab`".to_owned(),
        Hint::GiveDelimiter(other) => {
            let flag = shell::flag("--delimiter", char::from(*other).to_string().as_ref());
            format!("read it with `{flag}`")
        }
        Hint::FilesWithin(directory) => {
            let path = shell::path(directory.argument());
            format!("name the files in it: `{}/*.csv`", path.trim_end_matches('/'))
        }
        Hint::NotAsLoaded => {
            "if it is another file, load it under another name with `--load-name`; if not, bring the file back as it was: \
             another name, or `--restart`, sends all its rows, also those that are on the topic"
                .to_owned()
        }
        Hint::AlreadyLoaded => {
            "omit it, or give it the path that it had; with another `--load-name`, or `--restart`, its rows are on the topic \
             twice"
                .to_owned()
        }
        Hint::FilesOfArchive(archive) => {
            let mut files = archive.argument().to_owned();
            files.push(":*.csv");
            format!("name the files in it, such as {}", shell::path(&files))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Location;
    use crate::record::Format;

    fn file(name: &str) -> Location {
        Location::of(name.as_ref())
    }

    #[test]
    fn commands_quote_the_file_name_for_the_shell() {
        let unpack = |program, name, format| {
            words(&Hint::Unpack {
                program,
                location: file(name),
                format,
            })
        };
        assert_eq!(
            unpack("bzcat", "trades.csv.bz2", Format::Csv),
            "unpack it: `bzcat trades.csv.bz2 | k2-produce ... --format csv -`"
        );
        assert_eq!(
            words(&Hint::FilesOfArchive(file("my trades.zip"))),
            "name the files in it, such as 'my trades.zip:*.csv'"
        );
        let hint = Hint::ConvertFrom {
            encoding: "UTF-32",
            location: file("t.csv"),
        };
        assert_eq!(
            words(&hint),
            "convert it: `iconv -f UTF-32 -t UTF-8 t.csv | k2-produce ... -`"
        );
    }

    #[test]
    fn the_files_of_a_directory_are_named_for_the_shell() {
        let within = |name| words(&Hint::FilesWithin(file(name)));
        assert_eq!(within("in/"), "name the files in it: `in/*.csv`");
        assert_eq!(within("my trades"), "name the files in it: `'my trades'/*.csv`");
    }

    #[test]
    fn encodings_are_named_by_their_labels() {
        let big: Encoding = "utf-16be".parse().unwrap();
        assert_eq!(words(&Hint::ReadIn(big)), "read it with `--encoding utf-16be`");
        assert_eq!(words(&Hint::ReadInUtf8), "omit `--encoding`");
        assert!(words(&Hint::GiveEncoding(Encoding::Utf8)).contains("for example `--encoding windows-1252`"));
        assert!(words(&Hint::GiveEncoding(big)).ends_with("the default is UTF-8"));
    }

    #[test]
    fn formats_are_named_by_their_flags() {
        assert_eq!(
            words(&Hint::GiveFormat),
            "pass `--format csv`, `--format jsonl` or `--format json`"
        );
        assert_eq!(
            words(&Hint::ReadAsOneOfJson),
            "pass `--format jsonl` if each line is one object, or else `--format json`"
        );
        assert_eq!(
            words(&Hint::ReadAs(Format::Json)),
            "read the file with `--format json`"
        );
        assert_eq!(
            words(&Hint::ReadAs(Format::Csv)),
            "read the file with `--format csv`"
        );
    }
}
