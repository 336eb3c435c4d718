//! Flags of kcat, rpk and Kafka's console tools that have another meaning here, or none, and what to type instead.

use std::ffi::OsStr;
use std::path::Path;

use clap::CommandFactory;

use super::arguments::Arguments;

/// What to type instead of `flag`, which the parser rejects.
pub(super) fn instead_of(flag: &str) -> Option<&'static str> {
    Some(match flag {
        "--brokers" | "--broker-list" | "--bootstrap-server" => "name the brokers with `-b HOST:PORT,...`",
        "--property" | "--producer-property" | "--command-property" | "--producer-config" => {
            "give a property of librdkafka with `-X NAME=VALUE`"
        }
        "--compression" | "--compression-codec" | "--compression-type" | "-z" => {
            "compression is a property: `-X compression.type=zstd`; the default is lz4"
        }
        "--acks" | "--request-required-acks" | "--sync" => {
            "omit it: a row counts as delivered once all in-sync replicas have it (acks=all)"
        }
        "-p" | "--partition" => {
            "omit it: the partition is computed from the key, as in the Java producer; name the key with `--key FIELD`"
        }
        "-k" => "the key is a field of each row: name it with `--key FIELD`",
        "-K" | "--key-delimiter" => {
            "keys do not precede the rows: name the field of the key with `--key FIELD`"
        }
        "-P" => "omit it: k2-produce only publishes",
        "-C" | "-G" => "`k2-produce show --topic TOPIC` prints the messages on a topic",
        "-L" => "k2-produce does not list topics; `k2-produce schema list` shows the registry's subjects",
        "-H" => "pass a header with `--header NAME=VALUE`",
        "-l" | "-f" | "-i" | "--file" | "--input" => {
            "name the files without a flag: `k2-produce --topic TOPIC FILE...`"
        }
        "-c" | "-n" | "--num" => "limit the number of rows with `--limit N`",
        "-o" | "--offset" | "--skip" | "--skip-rows" => "start at a line of a file with `--from FILE:LINE`",
        "-D" | "-d" | "--separator" | "--sep" => {
            "name the character between columns with `--delimiter CHARACTER`"
        }
        "--schema" | "--value-schema" | "--avro-schema" => "pass the schema with `--schema-file FILE`",
        "--schema-registry" | "--registry" | "--registry-url" => "name the registry with `-r URL`",
        "-s" | "--value-format" | "--serializer" => {
            "omit it: values are always Avro in the registry's wire format"
        }
        "--no-header" => "name the columns of a file without a header with `--columns NAME,...`",
        "-v" | "--verbose" => "show librdkafka's log with `-X debug=broker,msg`",
        _ => return None,
    })
}

/// What to type instead of a command that is parsed as a file name: one that follows options, or one of `k2-produce
/// schema` without the word `schema`.
pub(super) fn instead_of_file(word: &OsStr) -> Option<String> {
    let arguments = Arguments::command();
    let command = match arguments.find_subcommand(word) {
        Some(command) => command.get_name().to_owned(),
        None => {
            let schema = arguments.find_subcommand("schema")?;
            let mut commands = schema.get_subcommands();
            format!(
                "schema {}",
                commands.find(|command| command.get_name() == word)?.get_name()
            )
        }
    };
    (!Path::new(word).exists()).then(|| format!("did you mean `k2-produce {command}`?"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const KNOWN_ELSEWHERE: [&str; 22] = [
        "--brokers",
        "--broker-list",
        "--bootstrap-server",
        "--property",
        "--producer-property",
        "--compression-codec",
        "-z",
        "--request-required-acks",
        "-p",
        "-k",
        "-K",
        "-P",
        "-C",
        "-L",
        "-H",
        "-l",
        "-c",
        "-o",
        "-D",
        "--separator",
        "--schema",
        "-v",
    ];

    #[test]
    fn the_replacements_are_accepted_by_the_parser() {
        let mut commands = 0;
        for flag in KNOWN_ELSEWHERE {
            let advice = instead_of(flag).unwrap_or_else(|| panic!("{flag}"));
            let typed = advice
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|typed| typed.starts_with('-'));
            for typed in typed {
                let typed = typed
                    .replace(",...", "")
                    .replace(" N", " 1")
                    .replace("LINE", "1")
                    .replace("CHARACTER", ";");
                let words = ["k2-produce", "--topic", "t", "t.csv"]
                    .into_iter()
                    .chain(typed.split(' '));
                assert!(Arguments::try_parse_from(words).is_ok(), "{flag}: {typed}");
                commands += 1;
            }
        }
        assert!(commands > 10);
    }

    #[test]
    fn flags_of_k2_produce_have_no_replacement() {
        let command = Arguments::command();
        for argument in command.get_arguments() {
            let long = argument.get_long().map(|long| format!("--{long}"));
            let short = argument.get_short().map(|short| format!("-{short}"));
            for flag in long.into_iter().chain(short) {
                assert_eq!(instead_of(&flag), None, "{flag}");
            }
        }
    }
}
