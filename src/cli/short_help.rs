//! `k2-produce -h`: the options that most runs need, on a screen of 80 columns and 24 lines. `--help` lists all
//! options.

use clap::Command;

/// The options that are shown, in this order. clap would put longer texts below the options instead of beside them.
const OPTIONS: [(&str, &str); 10] = [
    ("topic", "Topic to publish to; it must exist"),
    ("bootstrap_servers", "HOST:PORT,... [localhost:9092]"),
    ("url", "Registry [http://localhost:8081]"),
    ("properties", "A property of librdkafka"),
    ("schema_file", "Use the schema in this file"),
    ("key", "Field with the message key [symbol]"),
    ("dry_run", "Validate everything, send nothing"),
    ("max_errors", "Bad rows to tolerate: 100, or 0.5%"),
    ("rejects", "Keep bad rows in this file"),
    ("from", "Start at this line of this file"),
];

const AFTER: &str = "\
Commands: schema (show, check, infer, list, register, compat),
  map (init, explain, check), show, verify, loads (list, show, forget),
  config show, sandbox
All options, exit statuses and environment variables: `k2-produce --help`";

/// `command` with the short help; its usage line is unchanged.
pub(super) fn with_short_help(command: Command) -> Command {
    let with_help = |argument: clap::Arg| {
        let id = argument.get_id().as_str();
        let Some(index) = OPTIONS.iter().position(|(option, _)| *option == id) else {
            return argument.hide_short_help(true);
        };
        let takes_value = argument.get_action().takes_values();
        argument
            .help(OPTIONS[index].1)
            .help_heading(None)
            .display_order(index)
            .hide_env(true)
            .hide_default_value(takes_value)
            .hide_short_help(false)
    };
    command
        .about("Publishes trade files (CSV, JSONL) to Kafka as Avro")
        .mut_args(with_help)
        .help_template("{about}\n\n{usage-heading} {usage}\n\nOptions:\n{options}{after-help}")
        .after_help(AFTER)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::arguments::Arguments;

    #[test]
    fn the_short_help_fits_a_terminal() {
        let command = Arguments::command().term_width(80);
        let help = with_short_help(command).render_help().to_string();
        assert!(
            help.lines().count() <= 23,
            "{} lines:\n{help}",
            help.lines().count()
        );
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        for (id, words) in OPTIONS {
            assert!(help.contains(words), "{id}: {help}");
        }
    }
}
