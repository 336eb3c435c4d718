//! A configuration file: how it is found and read, and how its text becomes choices with their places.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind as ClapError};
use clap::{Command, CommandFactory};
use toml_edit::{Document, Item, TableLike};

use super::keys::{self, Files, Form, Key, Tables};
use super::mask::masked;
use super::property;
use super::value::{self, Folder, SecretSource};
use super::{Author, ConfigPlaces, ConfiguredProperty};
use crate::cli::arguments::{Arguments, Secret};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::escape::printable;
use crate::kafka;
use crate::mapping::{MapError, Place, Source};
use crate::nearest::near_miss;

/// The maximum size of a configuration file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// A configuration file.
#[derive(Debug)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    pub(super) defaults: Section,
    pub(super) profiles: BTreeMap<String, Section>,
    pub(super) topics: BTreeMap<String, Section>,
}

/// The choices of one table.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) choices: Vec<Choice>,
    pub(super) secrets: Vec<SecretChoice>,
    pub(super) properties: Vec<PropertyChoice>,
}

/// An option that a file chooses.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Choice {
    pub(in crate::cli) name: &'static str,
    /// The values; of a switch `true` or `false`.
    pub(in crate::cli) words: Vec<String>,
    pub(in crate::cli) place: Place,
    pub(in crate::cli) author: Author,
    folder: PathBuf,
}

impl Choice {
    /// Whether `other`, a choice of the same option, names nothing that this one does not name.
    pub(super) fn covers(&self, other: &Choice) -> bool {
        let addresses = |choice: &Choice| -> Vec<String> {
            let all = choice.words.join(",");
            let each = all
                .split(',')
                .map(|address| address.trim().trim_end_matches('/').to_owned());
            each.collect()
        };
        match (self.name == other.name, keys::find(self.name)) {
            (true, Some(key)) if key.form == Form::Addresses => {
                let named = addresses(self);
                addresses(other).iter().all(|address| named.contains(address))
            }
            (same, _) => same && self.words == other.words,
        }
    }

    /// The folder of the file that has the choice.
    pub(in crate::cli) fn folder(&self) -> &Path {
        match self.folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.folder,
        }
    }
}

/// A secret for the registry.
#[derive(Debug, Clone)]
pub(super) struct SecretChoice {
    pub(super) name: &'static str,
    pub(super) source: SecretSource,
    pub(super) place: Place,
    pub(super) author: Author,
}

/// A property of librdkafka.
#[derive(Debug, Clone)]
pub(super) struct PropertyChoice {
    pub(super) name: String,
    pub(super) source: SecretSource,
    pub(super) place: Place,
    pub(super) author: Author,
}

impl PropertyChoice {
    /// The property with its value.
    pub(super) fn with_value(&self, Secret(value): Secret) -> ConfiguredProperty {
        ConfiguredProperty {
            name: self.name.clone(),
            value: Secret(value),
            place: self.place.clone(),
            author: self.author,
        }
    }
}

/// Reads the file at `path`; none if it does not exist.
///
/// # Errors
/// It is not a regular file or cannot be read, it belongs to another user, or its contents are wrong.
pub(super) fn read(
    path: &Path,
    author: Author,
    places: &ConfigPlaces,
) -> Result<Option<ConfigFile>, Failure> {
    let name = printable(path.as_os_str().as_encoded_bytes(), 4096).into_owned();
    let refused = |why: &str| {
        Failure::new(Exit::Usage, format!("{name}: {why}")).with_hint(Some("`--no-config` ignores it"))
    };
    let cannot = |error| {
        Failure::because(
            Exit::Usage,
            format!("{name}: the configuration file cannot be read"),
            error,
        )
        .with_hint(Some("`--no-config` ignores it"))
    };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(cannot(error)),
    };
    // A pipe with this name would be waited for.
    if !metadata.is_file() {
        return Err(refused("the configuration file is not a regular file"));
    }
    if !is_trusted(metadata.uid(), rustix::process::geteuid().as_raw()) {
        return Err(refused("the configuration file belongs to another user"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refused("the configuration file is larger than 1 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("the configuration file is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let shown = masked(text);
    let reader = Reader {
        source: Source::file(&name, &shown),
        author,
        folder: Folder {
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            home: places.home.clone(),
        },
        is_private: metadata.mode() & 0o077 == 0,
        users_file: users_file(places.user.as_deref()),
        command: Arguments::command(),
    };
    let (defaults, profiles, topics) = reader.file(text)?;
    Ok(Some(ConfigFile {
        path: path.to_owned(),
        defaults,
        profiles,
        topics,
    }))
}

/// Whether a file of `owner` may decide for `user`: not if another user left it in a shared folder. In a container the
/// user is often root and the files are mounted.
fn is_trusted(owner: u32, user: u32) -> bool {
    owner == user || owner == 0 || user == 0
}

/// What reads the tables of a file.
struct Reader<'a> {
    source: Source<'a>,
    author: Author,
    folder: Folder,
    /// Whether only the owner of the file can read it.
    is_private: bool,
    /// The user's file, in words.
    users_file: String,
    command: Command,
}

type Sections = (Section, BTreeMap<String, Section>, BTreeMap<String, Section>);

impl Reader<'_> {
    fn file(&self, text: &str) -> Result<Sections, MapError> {
        let document = Document::parse(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.source.error(span, error.message().to_owned())
        })?;
        let root = document.as_table();
        let (mut profiles, mut topics) = (BTreeMap::new(), BTreeMap::new());
        for (tables, name) in [(&mut profiles, "profiles"), (&mut topics, "topics")] {
            let Some(item) = root.get(name) else {
                continue;
            };
            for (inner, item) in self.source.table(item, &format!("`[{name}.NAME]`"))?.iter() {
                let table = self.source.table(item, &format!("`[{name}.{}]`", shown(inner)))?;
                let kind = match name {
                    "topics" => Kind::Topic,
                    _ => Kind::Profile,
                };
                tables.insert(inner.to_owned(), self.section(table, kind)?);
            }
        }
        Ok((self.section(root, Kind::Defaults)?, profiles, topics))
    }

    fn section(&self, table: &dyn TableLike, kind: Kind) -> Result<Section, MapError> {
        let mut section = Section::default();
        for (name, item) in table.iter() {
            if kind == Kind::Defaults && ["profiles", "topics"].contains(&name) {
                continue;
            }
            let span = self.source.key_span(table, name);
            let place = self.source.place(span);
            let key = self.key(name, kind, &place)?;
            match key.form {
                Form::Properties => {
                    let table = self.source.table(item, "`[properties]`")?;
                    for property::Written { name, item, span } in property::read(table, "") {
                        let place = self.source.place(span);
                        section.properties.push(self.property(&name, item, place)?);
                    }
                }
                Form::Secret => section.secrets.push(SecretChoice {
                    name: key.name,
                    source: self.secret(key.name, item, &place)?,
                    place,
                    author: self.author,
                }),
                Form::Plain | Form::Path | Form::Addresses => {
                    section.choices.push(self.choice(key, item, place)?);
                }
            }
        }
        self.check_together(&section)?;
        Ok(section)
    }

    /// The key with this name, if it may be here.
    fn key(&self, name: &str, kind: Kind, place: &Place) -> Result<&'static Key, MapError> {
        let at = |message: String| MapError::at(place.clone(), message);
        let Some(key) = keys::find(name) else {
            return Err(self.unknown(name, kind, place));
        };
        if let Files::None(why) = key.files {
            let message = format!("`{name}` cannot be set in a file: it {why}");
            return Err(at(message).with_hint(format!("pass `--{name}`")));
        }
        if key.files == Files::OfUser && self.author == Author::WorkingDirectory {
            let message = format!("`{name}` cannot be set by a file in the working directory");
            return Err(at(message).with_hint(format!("pass `--{name}`, or set it in {}", self.users_file)));
        }
        if key.tables == Tables::NotTopics && kind == Kind::Topic {
            let message = format!("`{name}` cannot be set for a topic");
            return Err(at(message).with_hint("set it for a profile, or at the top of the file"));
        }
        Ok(key)
    }

    fn unknown(&self, name: &str, kind: Kind, place: &Place) -> MapError {
        let error = MapError::at(
            place.clone(),
            format!("`{}` is not a key of a configuration file", shown(name)),
        );
        let mut names = keys::names();
        if kind == Kind::Defaults {
            names.extend(["profiles", "topics"].map(str::to_owned));
        }
        let of_properties = name.contains('.') || ["sasl", "ssl", "security"].contains(&name);
        match near_miss(&name.replace('_', "-"), &names) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None if of_properties => {
                error.with_hint("properties of librdkafka belong in a table `[properties]`")
            }
            None => {
                error.with_hint("keys are the long options of `k2-produce --help`, without dashes in front")
            }
        }
    }

    /// An option with a value that the parser accepts.
    fn choice(&self, key: &'static Key, item: &Item, place: Place) -> Result<Choice, MapError> {
        let at_value = |message: String| {
            let span = self.source.item_span(item);
            match span.is_empty() {
                true => MapError::at(place.clone(), message),
                false => self.source.error(span, message),
            }
        };
        let option = value::option(&self.command, key.name).expect("a key without a secret is an option");
        let words = value::words(key, option, item, &self.folder).map_err(at_value)?;
        if key.name == "bootstrap-servers" {
            kafka::check_bootstrap_servers(&words[0]).map_err(|error| at_value(error.to_string()))?;
        }
        if key.name == "schema-registry-url" && words[0].contains('@') && !self.is_private {
            return Err(readable(at_value("the address contains a password".to_owned())));
        }
        let typed = value::as_options(key.name, option, &words);
        if let Err(error) = parsed(&self.command, typed)
            && matches!(error.kind(), ClapError::InvalidValue | ClapError::ValueValidation)
        {
            return Err(at_value(format!("`{}`: {}", key.name, reason(&error))));
        }
        Ok(Choice {
            name: key.name,
            words,
            place,
            author: self.author,
            folder: self.folder.folder.clone(),
        })
    }

    /// Keys of one table that exclude each other, or need each other, are refused as the options would be.
    fn check_together(&self, section: &Section) -> Result<(), MapError> {
        let mut typed = Vec::new();
        for choice in &section.choices {
            let option = value::option(&self.command, choice.name).expect("a choice is an option");
            typed.extend(value::as_options(choice.name, option, &choice.words));
        }
        let Err(error) = parsed(&self.command, typed) else {
            return Ok(());
        };
        let named = [ContextKind::InvalidArg, ContextKind::PriorArg].map(|kind| names_in(error.get(kind)));
        let found = named.iter().flatten().find_map(|name| {
            let choices = section.choices.iter();
            choices.rev().find(|choice| choice.name == name)
        });
        let place = found
            .or(section.choices.first())
            .map(|choice| choice.place.clone());
        let place = place.unwrap_or_else(|| self.source.place(0..0));
        let named: Vec<String> = named.concat().iter().map(|name| format!("`{name}`")).collect();
        Err(MapError::at(
            place,
            match error.kind() {
                ClapError::ArgumentConflict => format!("{} exclude each other", named.join(" and ")),
                _ => format!("{} must be given too", named.join(" and ")),
            },
        ))
    }

    fn property(&self, name: &str, item: &Item, place: Place) -> Result<PropertyChoice, MapError> {
        let is_secret = kafka::is_secret_property(name);
        let source = match is_secret {
            true => self.secret(name, item, &place)?,
            false => {
                let value = item.as_value();
                let text = value.and_then(|value| value.as_bool().map(|switch| switch.to_string()));
                let text = text.or_else(|| value.and_then(value::scalar));
                let Some(text) = text else {
                    return Err(MapError::at(
                        place,
                        format!("`{}`: expected a text, a number, or a switch", shown(name)),
                    ));
                };
                let text = match kafka::names_file(name) && text != "probe" {
                    true => self.folder.path(&text),
                    false => text,
                };
                SecretSource::Literal(Secret(text))
            }
        };
        if self.author == Author::WorkingDirectory
            && !property::is_allowed_in_working_directory(name)
            && !property::is_refused_anywhere(name)
        {
            let message = format!(
                "`{}` cannot be set by a file in the working directory",
                shown(name)
            );
            return Err(MapError::at(place, message).with_hint(format!(
                "pass `-X {}=...`, or set it in {}",
                shown(name),
                self.users_file
            )));
        }
        if let SecretSource::Literal(Secret(value)) = &source {
            property::check(name, value, &place)?;
        }
        Ok(PropertyChoice {
            name: name.to_owned(),
            source,
            place,
            author: self.author,
        })
    }

    /// A secret: a text in a file that only its owner can read, `{ file = PATH }` or `{ env = NAME }`.
    fn secret(&self, name: &str, item: &Item, place: &Place) -> Result<SecretSource, MapError> {
        let at = |message: String| MapError::at(place.clone(), message);
        let expected = || {
            at(format!(
                "`{name}`: expected a text, `{{ file = \"PATH\" }}` or `{{ env = \"VARIABLE\" }}`"
            ))
        };
        if let Some(text) = item.as_str() {
            return match self.is_private {
                true => Ok(SecretSource::Literal(Secret(text.to_owned()))),
                false => Err(readable(at(format!("`{name}` is a secret")))),
            };
        }
        let table = item
            .as_table_like()
            .filter(|table| table.len() == 1)
            .ok_or_else(expected)?;
        let (kind, item) = table.iter().next().ok_or_else(expected)?;
        let text = item.as_str().ok_or_else(expected)?;
        let source = match kind {
            "file" => SecretSource::File(self.folder.path(text).into()),
            "env" => SecretSource::Variable(text.to_owned()),
            _ => return Err(expected()),
        };
        if self.author == Author::WorkingDirectory {
            let message = format!(
                "`{name}`: a file in the working directory cannot name files or variables with secrets"
            );
            return Err(at(message).with_hint(format!("set it in {}", self.users_file)));
        }
        Ok(source)
    }
}

/// The words for the user's file, with its path if it is known.
fn users_file(path: Option<&Path>) -> String {
    let words = "your own configuration file";
    match path {
        Some(path) => format!("{words}, {}", printable(path.as_os_str().as_encoded_bytes(), 300)),
        None => words.to_owned(),
    }
}

/// The table that keys are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Defaults,
    Profile,
    Topic,
}

fn readable(error: MapError) -> MapError {
    error.with_hint("other users of this machine can read the file: protect it with `chmod 600`")
}

fn shown(name: &str) -> String {
    printable(name.as_bytes(), 100).into_owned()
}

/// The command line with these options, and what every run needs.
pub(super) fn parsed(command: &Command, typed: Vec<String>) -> Result<clap::ArgMatches, clap::Error> {
    let run = ["k2-produce", "--profile=p", "f"].map(str::to_owned).into_iter();
    command.clone().try_get_matches_from(run.chain(typed))
}

/// Why the parser does not accept a value.
fn reason(error: &clap::Error) -> String {
    if let Some(cause) = std::error::Error::source(error) {
        return cause.to_string();
    }
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => format!("expected one of `{}`", values.join("`, `")),
        _ => "the value cannot be used".to_owned(),
    }
}

/// The long options in the context of an error, without dashes.
fn names_in(context: Option<&ContextValue>) -> Vec<String> {
    let texts = match context {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let name = |text: &String| {
        let name = text.trim_start_matches('-');
        let end = name.find([' ', '=', '[']).unwrap_or(name.len());
        name[..end].to_owned()
    };
    texts.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_user_is_not_trusted() {
        for (owner, user, trusted) in [
            (1000, 1000, true),
            (1000, 1001, false),
            (0, 1000, true),
            (1000, 0, true),
        ] {
            assert_eq!(is_trusted(owner, user), trusted, "{owner} {user}");
        }
    }
}
