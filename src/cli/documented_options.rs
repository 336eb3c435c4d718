//! Tests that `docs/options.md` and the parser have the same options: names, values, defaults and environment
//! variables.

use clap::{Arg, Command, CommandFactory};

use super::arguments::{Arguments, shown_defaults};

/// A row of the table.
struct Row<'a> {
    /// The code spans of the first cell: `-t, --topic TOPIC`.
    options: Vec<&'a str>,
    /// The second cell.
    text: &'a str,
}

fn rows(document: &str) -> Vec<Row<'_>> {
    let lines = document.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.map(|line| {
        let (options, text) = line[2..].split_once(" | ").expect("a row has two cells");
        Row {
            options: options.split('`').skip(1).step_by(2).collect(),
            text: text.trim_end_matches(" |"),
        }
    });
    rows.collect()
}

/// The command with its help, including the options that clap adds.
fn built() -> Command {
    let mut command = shown_defaults(Arguments::command());
    command.build();
    command
}

fn is_documented(option: &Arg) -> bool {
    !option.is_positional() && !option.is_hide_set()
}

/// `-t, --topic TOPIC`, in every form that the table may use: with the name of the value, or with all possible values.
fn spellings(option: &Arg) -> Vec<String> {
    let short = option.get_short().map(|short| format!("-{short}"));
    let long = option.get_long().map(|long| format!("--{long}"));
    let names = [short, long].into_iter().flatten();
    let names = names.collect::<Vec<_>>().join(", ");
    if !option.get_action().takes_values() {
        return vec![names];
    }
    let named = option.get_value_names().expect("a value has a name")[0].to_string();
    let possible = option.get_possible_values();
    let possible: Vec<&str> = possible.iter().map(|value| value.get_name()).collect();
    let is_optional = option
        .get_num_args()
        .is_some_and(|number| number.min_values() == 0);
    let values = [named, possible.join("|")]
        .into_iter()
        .filter(|value| !value.is_empty());
    let spelt = values.map(|value| match is_optional {
        true => format!("{names}[={value}]"),
        false => format!("{names} {}", value.replace('|', "\\|")),
    });
    spelt.collect()
}

/// The defaults of an option. A switch, which is off by default, has none.
fn defaults(option: &Arg) -> Vec<String> {
    let values = option.get_default_values().iter();
    let values = values.filter(|_| option.get_action().takes_values());
    let values = values.map(|value| value.to_string_lossy().into_owned());
    values.chain(noted(option, "default")).collect()
}

/// The environment variable of an option.
fn variable(option: &Arg) -> Option<String> {
    let variable = option.get_env().map(|name| name.to_string_lossy().into_owned());
    variable.or_else(|| noted(option, "env"))
}

/// A note in the help text in clap's form, `[default: 1048576]`, for what clap does not know.
fn noted(option: &Arg, word: &str) -> Option<String> {
    let help = option.get_long_help().or(option.get_help())?.to_string();
    let (_, rest) = help.split_once(&format!("[{word}: "))?;
    rest.split_once(']').map(|(value, _)| value.to_owned())
}

/// What the table lacks or has wrong about an option.
fn fault(option: &Arg, rows: &[Row<'_>]) -> Option<String> {
    let spellings = spellings(option);
    let documented = |row: &&Row<'_>| {
        row.options
            .iter()
            .any(|span| spellings.iter().any(|spelt| spelt == span))
    };
    let Some(row) = rows.iter().find(documented) else {
        return Some(format!("no row begins with `{}`", spellings.join("` or `")));
    };
    for default in defaults(option) {
        let default = format!("default `{default}`");
        if !row.text.contains(&default) {
            return Some(format!("the row of `{}` lacks {default}", spellings[0]));
        }
    }
    let variable = variable(option).map(|name| format!("`{name}`"));
    let variable = variable.filter(|variable| !row.text.contains(variable));
    variable.map(|variable| format!("the row of `{}` lacks the variable {variable}", spellings[0]))
}

/// All differences between the document and the command.
fn faults(document: &str, command: &Command) -> Vec<String> {
    let rows = rows(document);
    let options: Vec<&Arg> = command
        .get_arguments()
        .filter(|option| is_documented(option))
        .collect();
    let known: Vec<String> = options.iter().flat_map(|option| spellings(option)).collect();
    let spans = rows.iter().flat_map(|row| &row.options);
    let unknown = spans.filter(|span| !known.iter().any(|known| known == *span));
    let unknown = unknown.map(|span| format!("`{span}` is not an option, or not spelt like that"));
    let missing = options.iter().filter_map(|option| fault(option, &rows));
    missing.chain(unknown).collect()
}

#[test]
fn the_table_of_options_matches_the_parser() {
    let document = include_str!("../../docs/options.md");
    let faults = faults(document, &built());
    assert!(faults.is_empty(), "docs/options.md:\n{}", faults.join("\n"));
}

#[test]
fn a_table_that_differs_from_the_parser_is_found() {
    let good = include_str!("../../docs/options.md");
    for (right, wrong, found) in [
        (
            "`-t, --topic TOPIC`",
            "`--topic TOPIC`",
            "no row begins with `-t, --topic TOPIC`",
        ),
        (
            "`--limit N`",
            "`--limit COUNT`",
            "`--limit COUNT` is not an option",
        ),
        ("`--tz ZONE`", "`-z ZONE`", "`-z ZONE` is not an option"),
        ("half-up\\|down`", "down`", "no row begins with `--decimal-round"),
        ("default `1048576`", "default `1000`", "lacks default `1048576`"),
        ("default `auto`", "", "lacks default `auto`"),
        (
            "`K2_KAFKA_BOOTSTRAP_SERVERS`",
            "",
            "lacks the variable `K2_KAFKA_BOOTSTRAP_SERVERS`",
        ),
    ] {
        assert!(good.contains(right), "{right}");
        let faults = faults(&good.replace(right, wrong), &built());
        assert!(
            faults.iter().any(|fault| fault.contains(found)),
            "{right}: {faults:?}"
        );
    }
}
