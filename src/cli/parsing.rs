//! The output of the parser: help on standard output, and wrong usage as an ordinary error.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error, FromArgMatches};

use super::arguments::{Arguments, shown_defaults};
use super::config::Given;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::short_help::with_short_help;
use super::{closed_streams, habits, messages};
use crate::escape::printable;

/// The arguments of the process; if they request help or are wrong, that is printed instead.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<(Arguments, Given), Exit> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = with_plain_usage(Arguments::command());
    let parsed = command.clone().try_get_matches_from(&arguments);
    let parsed = parsed.and_then(|matches| {
        let given = Given::of(&command, &matches);
        Ok((Arguments::from_arg_matches(&matches)?, given))
    });
    match parsed {
        Ok(parsed) => Ok(parsed),
        Err(error) => Err(answer(error, command, &arguments)),
    }
}

/// Prints the output of the parser.
fn answer(error: Error, command: Command, arguments: &[OsString]) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp => {
            let asked_short = error.render().to_string() == command.clone().render_help().to_string();
            let command = match asked_short {
                true => with_short_help(command),
                false => command,
            };
            // Parses again, with a command that shows the defaults.
            let help = shown_defaults(command).try_get_matches_from(arguments);
            print_help(&help.err().unwrap_or(error))
        }
        ErrorKind::DisplayVersion => print_help(&error),
        _ => {
            messages::lines(&wrong_usage(error, command, arguments));
            Exit::Usage
        }
    }
}

/// The help text needs no escaping.
fn print_help(help: &Error) -> Exit {
    let printed = closed_streams::check_standard_output().and_then(|()| help.print());
    Failure::end(
        messages::unless_enough(printed).map(|()| Exit::Success),
        Reader::Run,
    )
}

/// The error in the arguments, and what to type instead.
fn wrong_usage(error: Error, command: Command, arguments: &[OsString]) -> String {
    let first = arguments.get(1).and_then(|word| word.to_str());
    let is_run = first.is_none_or(|word| command.find_subcommand(word).is_none());
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(flag))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
        && let Some(advice) = habits::instead_of(flag).filter(|_| is_run)
    {
        return format!("error: `{flag}` is not an option of k2-produce\nhint: {advice}");
    }
    if let Some(word) = arguments.get(1)
        && command.find_subcommand(word).is_none()
        && let Some(hint) = habits::instead_of_file(word)
    {
        let word = printable(word.as_bytes(), 60);
        return format!("error: `{word}` is not a command of k2-produce\nhint: {hint}");
    }
    // The escaped arguments have the same error, and its message can be printed.
    let shown = arguments
        .iter()
        .map(|word| printable(word.as_bytes(), 500).into_owned());
    let of_shown = command.try_get_matches_from(shown).err();
    let error = of_shown
        .filter(|shown| shown.kind() == error.kind())
        .unwrap_or(error);
    error.render().to_string().trim_end().to_owned()
}

/// The command and its subcommands, with the same usage line in errors as in the help. Otherwise the parser would show
/// flags as required if they have a default or an environment variable.
fn with_plain_usage(mut command: Command) -> Command {
    command.build();
    plain_usage(command)
}

fn plain_usage(mut command: Command) -> Command {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    command.override_usage(usage).mut_subcommands(plain_usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(words: &[&str]) -> String {
        let arguments: Vec<OsString> = ["k2-produce"].iter().chain(words).map(OsString::from).collect();
        let command = with_plain_usage(Arguments::command());
        let error = command.clone().try_get_matches_from(&arguments).unwrap_err();
        wrong_usage(error, command, &arguments)
    }

    #[test]
    fn flags_of_other_tools_have_a_hint() {
        for (words, advice) in [
            (
                &["-t", "t", "-p", "0", "t.csv"][..],
                "hint: omit it: the partition is computed from the key",
            ),
            (
                &["-P", "-t", "t", "t.csv"],
                "hint: omit it: k2-produce only publishes",
            ),
            (&["-t", "t", "-K:", "t.csv"], "hint: keys do not precede the rows"),
            (
                &["-t", "t", "--brokers", "b:9092", "t.csv"],
                "hint: name the brokers with `-b",
            ),
            (
                &["-t", "t", "--property", "a=b", "t.csv"],
                "hint: give a property of librdkafka with `-X",
            ),
            (
                &["-t", "t", "--separator", ";", "t.csv"],
                "hint: name the character between columns with `--delimiter CHARACTER`",
            ),
        ] {
            let text = wrong(words);
            assert!(text.contains("` is not an option of k2-produce\n"), "{text}");
            assert!(text.contains(advice), "{text}");
        }
        assert_eq!(
            wrong(&["list"]),
            "error: `list` is not a command of k2-produce\nhint: did you mean `k2-produce schema list`?"
        );
        let text = wrong(&["show", "--topic", "t", "--last", "0"]);
        assert!(
            text.starts_with("error: invalid value '0' for '--last <N>'"),
            "{text}"
        );
        assert!(wrong(&["schema", "list", "-p"]).contains("unexpected argument '-p' found"));
    }

    #[test]
    fn the_usage_requires_no_flag_that_has_a_default() {
        let usage = "Usage: k2-produce [OPTIONS] --topic <TOPIC> [FILE]...\n       k2-produce <COMMAND>\n";
        for words in [
            &["-b", "b:9092", "-r", "http://r", "t.csv"][..],
            &["--limit", "x", "-t", "t"],
            &["--nonsense"],
        ] {
            let text = wrong(words);
            assert!(!text.contains("Usage:") || text.contains(usage), "{text}");
        }
        let text = wrong(&["schema", "check", "--nonsense", "t.csv"]);
        assert!(
            text.contains("Usage: k2-produce schema check [OPTIONS] [FILE]..."),
            "{text}"
        );
        let text = wrong(&["-b", "b:9092", "t.csv"]);
        assert!(
            text.contains("--topic <TOPIC>") && text.contains(usage.trim_end()),
            "{text}"
        );
    }

    #[test]
    fn values_are_echoed_on_one_line_and_safely() {
        let text = wrong(&["-t", "t", "--max-errors", "x\u{1b}[2J\nhint: y", "t.csv"]);
        assert!(text.contains(r"'x\x1b[2J\nhint: y'"), "{text}");
        assert!(!text.contains("\nhint: y"), "{text}");
        let text = wrong(&["-t", "t", "--\u{1b}[2J", "t.csv"]);
        assert!(text.contains(r"--\x1b[2J"), "{text}");
    }
}
