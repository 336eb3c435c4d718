//! The files that a run reads and writes, with the options that named them.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use super::arguments::{
    BadRowArguments, CheckArguments, InputArguments, OutputArguments, ProduceArguments, RegistryArguments,
};
use super::config::{Config, ConfiguredConnection, ConfiguredProperty};
use super::file_clash::{NamedFile, RunFiles};
use super::{messages, properties_file, rejects};
use crate::escape::printable;
use crate::kafka::{self, FileProperty};
use crate::record::Format;
use crate::report::reject;

impl RunFiles {
    pub(super) fn of_run(typed: &ProduceArguments) -> RunFiles {
        let mut files = RunFiles::of(
            &typed.inputs.files,
            &typed.input,
            &typed.registry,
            &typed.bad_rows,
            &typed.output,
        );
        files.read_by("--files-from", typed.inputs.files_from.as_deref());
        files.read_by("--schema-file", typed.schema_file.as_deref());
        files.read_by("--map", typed.mapping.map.as_deref());
        for (name, value) in &typed.kafka.connection.properties {
            if kafka::names_file(name) {
                files.read(Path::new(value), format!("`-X {name}`"));
            }
        }
        if let Some(path) = &typed.kafka.connection.properties_file {
            files.read_by("-F", Some(path));
            files.read_properties_of(path);
        }
        files.read_by_configured(&typed.kafka.connection.configured);
        files
    }

    /// The configuration files, which are read before the options of a run are known.
    pub(super) fn read_by_config(&mut self, config: &Config) {
        for file in &config.files {
            self.read(file, format!("the configuration file {}", shown(file)));
        }
    }

    pub(super) fn of_check(typed: &CheckArguments) -> RunFiles {
        let mut files = RunFiles::of(
            &typed.inputs.files,
            &typed.input,
            &typed.registry,
            &typed.bad_rows,
            &typed.output,
        );
        files.read_by("--files-from", typed.inputs.files_from.as_deref());
        files.read_by("--schema-file", typed.schema_file.as_deref());
        files.read_by("--map", typed.mapping.map.as_deref());
        files
    }

    fn of(
        inputs: &[OsString],
        input: &InputArguments,
        registry: &RegistryArguments,
        bad_rows: &BadRowArguments,
        output: &OutputArguments,
    ) -> RunFiles {
        // The format is known only if one is given.
        let format_of_standard_input = input.format.map_or(Format::Csv, Into::into);
        let mut files = RunFiles {
            streams: messages::streams(),
            ..RunFiles::default()
        };
        for input in inputs {
            match input == "-" {
                true => files.read.extend(standard_input()),
                false => files.read(
                    Path::new(input),
                    format!("the input `{}`", shown(Path::new(input))),
                ),
            }
        }
        for (flag, path) in [
            ("--registry-user-file", &registry.user_file),
            ("--registry-token-file", &registry.token_file),
            ("--registry-ca", &registry.ca),
            ("--registry-cert", &registry.certificate),
            ("--registry-key", &registry.key),
        ] {
            files.read_by(flag, path.as_deref());
        }
        if let Some(path) = &bad_rows.rejects {
            let words = format!("`--rejects {}`", shown(path));
            match rejects::is_folder(path) {
                false => files.keep_rows_in(path, words.clone(), &words),
                true => {
                    let names = inputs.iter().map(|input| match input == "-" {
                        true => (None, format_of_standard_input),
                        false => (Path::new(input).file_name(), format_of_standard_input),
                    });
                    for file in reject::files_of_inputs(path, names) {
                        files.keep_rows_in(&file, format!("`{}` of {words}", shown(&file)), &words);
                    }
                }
            }
        }
        if let Some(path) = &output.metrics_file {
            let words = format!("`--metrics-file {}`", shown(path));
            files.written.extend(NamedFile::at(path, words));
        }
        files
    }

    /// The files that configuration files name for the connection.
    fn read_by_configured(&mut self, configured: &ConfiguredConnection) {
        for ConfiguredProperty {
            name, value, place, ..
        } in &configured.properties
        {
            if kafka::names_file(name) {
                self.read(
                    Path::new(&value.0),
                    format!("`{name}` in {}", place.file_and_line()),
                );
            }
        }
        if let Some(choice) = &configured.properties_file {
            let path = Path::new(&choice.words[0]);
            self.read_by("-F", Some(path));
            self.read_properties_of(path);
        }
    }

    /// The files that a properties file names. If it cannot be used, a later step reports the error.
    fn read_properties_of(&mut self, path: &Path) {
        // A pipe can be read only once.
        if !path.is_file() {
            return;
        }
        let properties = properties_file::read(path).map_or(Vec::new(), |file| file.properties);
        for FileProperty { name, value, .. } in properties {
            if kafka::names_file(&name) {
                self.read(Path::new(&value), format!("`{name}` in {}", shown(path)));
            }
        }
    }

    /// `words` describes the file, `rejects` the flag that named it or its folder.
    fn keep_rows_in(&mut self, path: &Path, words: String, rejects: &str) {
        let errors = reject::errors_path(path);
        let errors_words = format!("`{}` of {rejects}", shown(&errors));
        self.written.extend(NamedFile::at(path, words));
        self.written.extend(NamedFile::at(&errors, errors_words));
    }

    fn read_by(&mut self, flag: &str, path: Option<&Path>) {
        if let Some(path) = path {
            self.read(path, format!("`{flag} {}`", shown(path)));
        }
    }

    fn read(&mut self, path: &Path, words: String) {
        self.read.extend(NamedFile::at(path, words));
    }
}

fn standard_input() -> Option<NamedFile> {
    let input = io::stdin().as_fd().try_clone_to_owned().ok()?;
    NamedFile::open(&File::from(input).metadata().ok()?, "standard input")
}

fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes(), 300).into_owned()
}
