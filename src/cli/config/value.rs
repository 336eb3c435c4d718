//! The value of a key, as the words that an option would have.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use toml_edit::{Item, Value};

use super::keys::{Form, Key};
use crate::cli::arguments::Secret;

/// A secret, or where it is.
#[derive(Debug, Clone)]
pub(super) enum SecretSource {
    Literal(Secret),
    File(PathBuf),
    Variable(String),
}

/// The words of a value.
///
/// # Errors
/// What was expected in its place.
pub(super) fn words(key: &Key, option: &Arg, item: &Item, folder: &Folder) -> Result<Vec<String>, String> {
    let takes_value = option.get_action().takes_values();
    let is_optional = option
        .get_num_args()
        .is_some_and(|number| number.min_values() == 0);
    let value = item.as_value();
    if let Some(Value::Boolean(switch)) = value {
        return match (takes_value, is_optional, *switch.value()) {
            (false, ..) => Ok(vec![switch.value().to_string()]),
            (true, true, true) => Ok(vec![String::new()]),
            _ => Err(expected(key, option)),
        };
    }
    if !takes_value {
        return Err(expected(key, option));
    }
    let is_list = matches!(option.get_action(), ArgAction::Append) || option.get_value_delimiter().is_some();
    if let Some(table) = item.as_table_like().filter(|_| is_list && takes_pairs(option)) {
        let pairs = table
            .iter()
            .map(|(name, item)| Some(format!("{name}={}", scalar(item.as_value()?)?)));
        return pairs.collect::<Option<_>>().ok_or_else(|| expected(key, option));
    }
    let words: Option<Vec<String>> = match value {
        Some(Value::Array(array)) if is_list || key.form == Form::Addresses => {
            array.iter().map(scalar).collect()
        }
        Some(value) => scalar(value).map(|word| vec![word]),
        None => None,
    };
    let words = words.ok_or_else(|| expected(key, option))?;
    Ok(match key.form {
        Form::Addresses => vec![words.join(",")],
        Form::Path => words.iter().map(|word| folder.path(word)).collect(),
        Form::Plain | Form::Secret | Form::Properties => words,
    })
}

/// Text, or a number as it is.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        _ => None,
    }
}

fn takes_pairs(option: &Arg) -> bool {
    let names = option.get_value_names().unwrap_or_default();
    names.iter().any(|name| name.contains('='))
}

/// What a key expects.
fn expected(key: &Key, option: &Arg) -> String {
    let name = key.name;
    if !option.get_action().takes_values() {
        return format!("`{name}`: expected `true` or `false`");
    }
    let is_list = matches!(option.get_action(), ArgAction::Append) || key.form == Form::Addresses;
    match (takes_pairs(option), is_list) {
        (true, _) => format!("`{name}`: expected a table of texts, or an array of them"),
        (false, true) => format!("`{name}`: expected a text, or an array of texts"),
        (false, false) => format!("`{name}`: expected a text or a number"),
    }
}

/// The options that these words would be on the command line. A switch that is `false` is none.
pub(super) fn as_options(name: &str, option: &Arg, words: &[String]) -> Vec<String> {
    let takes_value = option.get_action().takes_values();
    let written = words
        .iter()
        .filter_map(|word| match (takes_value, word.as_str()) {
            (false, "true") => Some(format!("--{name}")),
            (false, _) => None,
            (true, "")
                if option
                    .get_num_args()
                    .is_some_and(|number| number.min_values() == 0) =>
            {
                Some(format!("--{name}"))
            }
            (true, word) => Some(format!("--{name}={word}")),
        });
    written.collect()
}

/// The option with this long name.
pub(super) fn option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    command
        .get_arguments()
        .find(|option| option.get_long() == Some(name))
}

/// The folder of a file, and that of its user.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    pub(super) folder: PathBuf,
    pub(super) home: Option<PathBuf>,
}

impl Folder {
    /// The path that a file names. `~/` is the user's folder, as in a shell.
    pub(super) fn path(&self, written: &str) -> String {
        let path = match (written.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => Path::new(&self.folder).join(written),
        };
        path.to_string_lossy().into_owned()
    }
}
