//! The options that were given: their names, for the choices of files that they replace, and what was typed.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::keys::PROPERTIES;

/// The options of a command line, with those that the parser read from variables.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Given {
    options: Vec<GivenOption>,
}

#[derive(Debug, Clone)]
pub(in crate::cli) struct GivenOption {
    /// The long option, without dashes; `properties` for `-X`.
    pub(in crate::cli) name: String,
    /// The values; of `-X` only the names of the properties, because a value may be a secret.
    pub(in crate::cli) values: Vec<String>,
    /// The variable, if the option was not typed.
    pub(in crate::cli) variable: Option<String>,
}

impl Given {
    /// The options of the innermost command.
    pub(in crate::cli) fn of(command: &Command, matches: &ArgMatches) -> Given {
        let (mut command, mut matches) = (command, matches);
        while let Some((name, inner)) = matches.subcommand() {
            let Some(found) = command.find_subcommand(name) else {
                break;
            };
            (command, matches) = (found, inner);
        }
        let options = command.get_arguments();
        Given {
            options: options
                .filter_map(|option| GivenOption::of(option, matches))
                .collect(),
        }
    }

    /// The option with this name, if it was given.
    pub(in crate::cli) fn option(&self, name: &str) -> Option<&GivenOption> {
        self.options.iter().find(|option| option.name == name)
    }

    pub(super) fn options(&self) -> &[GivenOption] {
        &self.options
    }

    /// The topic that was named.
    pub(super) fn topic(&self) -> Option<&str> {
        self.option("topic")?.values.first().map(String::as_str)
    }
}

impl GivenOption {
    fn of(option: &Arg, matches: &ArgMatches) -> Option<GivenOption> {
        let id = option.get_id().as_str();
        let name = match (option.get_long(), id) {
            (Some(long), _) => long,
            (None, PROPERTIES) => PROPERTIES,
            (None, _) => return None,
        };
        let variable = match matches.value_source(id)? {
            ValueSource::CommandLine => None,
            ValueSource::EnvVariable => Some(option.get_env()?.to_string_lossy().into_owned()),
            _ => return None,
        };
        let values = matches.get_raw(id).into_iter().flatten();
        let values = values.map(|value| value.to_string_lossy().into_owned());
        let of_property = |value: String| match value.split_once('=') {
            Some((property, _)) => property.trim().to_owned(),
            None => String::new(),
        };
        Some(GivenOption {
            name: name.to_owned(),
            values: match name {
                PROPERTIES => values.map(of_property).collect(),
                _ => values.collect(),
            },
            variable,
        })
    }
}
