//! The keys of a configuration file: the long options that have a place in one, and three keys for secrets and for
//! properties of librdkafka, which have no long option.

/// A key that a file may have, or an option that it may not.
pub(super) struct Key {
    /// The long option, without dashes.
    pub(super) name: &'static str,
    pub(super) files: Files,
    pub(super) tables: Tables,
    pub(super) form: Form,
}

/// The files that may have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    Any,
    /// Not a file in the working directory, which may come with a download: the key writes or reads other files, or hides
    /// what a run does.
    OfUser,
    /// No file: the option belongs to one run. The reason completes a sentence.
    None(&'static str),
}

/// The tables of a file that may have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    All,
    /// Not `[topics.NAME]`: a topic does not choose the cluster that it is in.
    NotTopics,
}

/// What the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The value of the option.
    Plain,
    /// A path, relative to the file that has the key.
    Path,
    /// Addresses, separated by commas or in an array.
    Addresses,
    /// A secret, or where it is.
    Secret,
    /// A table of librdkafka's properties.
    Properties,
}

/// The table of librdkafka's properties, which have the option `-X`.
pub(in crate::cli) const PROPERTIES: &str = "properties";

const PER_RUN: &str = "says what a single run does";
const WRITES: &str = "changes a topic, a schema or a file, so it is asked for in each run";

const fn key(name: &'static str, files: Files, tables: Tables, form: Form) -> Key {
    Key {
        name,
        files,
        tables,
        form,
    }
}

const fn rows(name: &'static str) -> Key {
    key(name, Files::Any, Tables::All, Form::Plain)
}

const fn not_in_a_file(name: &'static str, why: &'static str) -> Key {
    key(name, Files::None(why), Tables::All, Form::Plain)
}

/// All keys, and all options that are no keys. A test compares them with the parser.
pub(super) const KEYS: &[Key] = &[
    not_in_a_file("topic", "says where the rows of a run go"),
    not_in_a_file("files-from", PER_RUN),
    rows("format"),
    rows("encoding"),
    rows("delimiter"),
    rows("json-root"),
    rows("columns"),
    rows("strict-columns"),
    rows("ignore-column"),
    rows("fail-on-empty"),
    rows("max-row-bytes"),
    not_in_a_file("limit", PER_RUN),
    not_in_a_file("from", PER_RUN),
    rows("exactly-once"),
    rows("atomic"),
    not_in_a_file("if-empty", PER_RUN),
    not_in_a_file("load-name", PER_RUN),
    not_in_a_file("restart", PER_RUN),
    not_in_a_file("accept-change", PER_RUN),
    rows("checkpoint-topic"),
    rows("commit-rows"),
    rows("commit-interval"),
    key("map", Files::Any, Tables::All, Form::Path),
    rows("set"),
    rows("topics"),
    rows("decimal-round"),
    rows("float-nearest"),
    rows("time-truncate"),
    rows("tz"),
    rows("clock-change"),
    rows("epoch-unit"),
    rows("epoch-years"),
    rows("integer-date"),
    rows("integer-time"),
    rows("bytes-encoding"),
    rows("null-token"),
    rows("missing-null"),
    rows("ignore-unknown"),
    rows("json-encoding"),
    key(
        "schema-registry-url",
        Files::Any,
        Tables::NotTopics,
        Form::Addresses,
    ),
    key("registry-user-file", Files::OfUser, Tables::NotTopics, Form::Path),
    key(
        "registry-token-file",
        Files::OfUser,
        Tables::NotTopics,
        Form::Path,
    ),
    key("registry-user-info", Files::Any, Tables::NotTopics, Form::Secret),
    key("registry-token", Files::Any, Tables::NotTopics, Form::Secret),
    key("registry-ca", Files::Any, Tables::NotTopics, Form::Path),
    key("registry-cert", Files::OfUser, Tables::NotTopics, Form::Path),
    key("registry-key", Files::OfUser, Tables::NotTopics, Form::Path),
    key("registry-timeout", Files::Any, Tables::NotTopics, Form::Plain),
    key("registry-no-proxy", Files::Any, Tables::NotTopics, Form::Plain),
    rows("subject"),
    rows("subject-strategy"),
    rows("schema-version"),
    rows("schema-id"),
    rows("schema-reference"),
    key("schema-file", Files::Any, Tables::All, Form::Path),
    not_in_a_file("register", WRITES),
    key("ignore-rules", Files::OfUser, Tables::All, Form::Plain),
    key(
        "bootstrap-servers",
        Files::Any,
        Tables::NotTopics,
        Form::Addresses,
    ),
    key("properties-file", Files::OfUser, Tables::NotTopics, Form::Path),
    key(PROPERTIES, Files::Any, Tables::NotTopics, Form::Properties),
    not_in_a_file("create-topic", WRITES),
    not_in_a_file("replication-factor", WRITES),
    not_in_a_file("topic-config", WRITES),
    rows("key"),
    rows("key-schema"),
    rows("no-key"),
    rows("header"),
    rows("provenance"),
    rows("timestamp-field"),
    rows("ignore-partition"),
    rows("allow-expired"),
    rows("rate"),
    not_in_a_file("replay", PER_RUN),
    not_in_a_file("speed", PER_RUN),
    not_in_a_file("max-gap", PER_RUN),
    rows("preset"),
    rows("threads"),
    not_in_a_file("dry-run", PER_RUN),
    rows("max-errors"),
    key("rejects", Files::OfUser, Tables::All, Form::Path),
    not_in_a_file("rejects-overwrite", WRITES),
    rows("show-errors"),
    rows("max-failures"),
    key("summary", Files::Any, Tables::All, Form::Plain),
    key("metrics-file", Files::OfUser, Tables::All, Form::Path),
    rows("label"),
    key("quiet", Files::OfUser, Tables::All, Form::Plain),
];

/// The key with this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The names that a file may have, for suggestions.
pub(super) fn names() -> Vec<String> {
    let allowed = KEYS.iter().filter(|key| !matches!(key.files, Files::None(_)));
    allowed.map(|key| key.name.to_owned()).collect()
}

/// The choice that a key or an option makes. Those of one group exclude or complete each other, so they are taken from one
/// place.
pub(in crate::cli) fn group(name: &str) -> &str {
    match name {
        "subject" | "subject-strategy" | "schema-version" | "schema-id" | "schema-reference"
        | "schema-file" => "schema",
        "key" | "key-schema" | "no-key" => "key",
        "rate" | "replay" | "speed" | "max-gap" => "pace",
        "registry-user-file" | "registry-token-file" | "registry-user-info" | "registry-token" => {
            "registry credentials"
        }
        "registry-cert" | "registry-key" => "registry certificate",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::arguments::Arguments;

    #[test]
    fn every_option_is_decided_about() {
        let command = Arguments::command();
        let options = command.get_arguments();
        // The others are about the files themselves.
        let options = options.filter(|option| option.get_help_heading() != Some("Configuration"));
        let options: Vec<&str> = options.filter_map(|option| option.get_long()).collect();
        let undecided: Vec<&&str> = options.iter().filter(|name| find(name).is_none()).collect();
        assert!(undecided.is_empty(), "not in KEYS: {undecided:?}");
        let without_option = ["registry-user-info", "registry-token", PROPERTIES];
        for key in KEYS {
            assert!(
                options.contains(&key.name) != without_option.contains(&key.name),
                "{}",
                key.name
            );
        }
    }
}
