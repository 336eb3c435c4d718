//! The properties file of `-F`: read, translated and checked before any server is contacted.

mod syntax;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::hints;
use crate::escape::printable;
use crate::kafka::{self, ConfigError, FileProperty, Translation};

/// The maximum size of a properties file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// The contents of a properties file.
pub(super) struct PropertiesFile {
    /// The brokers, and the place in the file that names them.
    pub(super) bootstrap_servers: Option<(String, String)>,
    /// librdkafka's properties, with their lines.
    pub(super) properties: Vec<FileProperty>,
    /// The name of the file, which can be printed.
    pub(super) name: String,
    /// Remarks about the file.
    pub(super) remarks: Vec<Remark>,
}

/// A remark about a file that is used nevertheless.
pub(super) enum Remark {
    Warning(String),
    Note(String),
}

/// Reads the file.
///
/// # Errors
/// It cannot be read, or a property in it cannot be used.
pub(super) fn read(path: &Path) -> Result<PropertiesFile, Failure> {
    let name = printable(path.as_os_str().as_encoded_bytes(), 300);
    let (text, others_may_read) = text_of(path, &name)?;
    let at = |line: usize| format!("{name}:{line}");
    let given = syntax::parse(&text)
        .map_err(|error| Failure::new(Exit::Usage, format!("{}: {}", at(error.line), error.reason)))?;
    let refused = |(line, error): (usize, ConfigError)| {
        let hint = hints::kafka::of_config_error(&error);
        Failure::new(Exit::Usage, format!("{}: {error}", at(line))).with_hint(hint)
    };
    let Translation { properties, left_out } = kafka::translate_properties(&given).map_err(refused)?;
    let mut file = PropertiesFile {
        bootstrap_servers: None,
        properties: Vec::new(),
        name: name.clone().into_owned(),
        remarks: Vec::new(),
    };
    let mut has_secret = false;
    for property in properties {
        if ["bootstrap.servers", "metadata.broker.list"].contains(&property.name.as_str()) {
            file.bootstrap_servers = Some((property.value, at(property.line)));
            continue;
        }
        kafka::check_property(&property.name, &property.value)
            .map_err(|error| refused((property.line, error)))?;
        has_secret |= kafka::is_secret_property(&property.name);
        file.properties.push(property);
    }
    if has_secret && others_may_read {
        file.remarks.push(Remark::Warning(format!(
            "{name} contains a secret, and other users of this machine can read it: protect it with `chmod 600`"
        )));
    }
    if !left_out.is_empty() {
        let names: Vec<String> = left_out
            .iter()
            .map(|name| format!("`{}`", printable(name.as_bytes(), 100)))
            .collect();
        file.remarks.push(Remark::Note(format!(
            "{name}: ignored, because they have no meaning here: {}",
            names.join(", ")
        )));
    }
    Ok(file)
}

/// The text of the file, and whether users other than its owner may read it.
fn text_of(path: &Path, name: &str) -> Result<(String, bool), Failure> {
    let cannot = |error| Failure::because(Exit::Usage, format!("`{name}` cannot be read"), error);
    let file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    let others_may_read = metadata.is_file() && metadata.mode() & 0o044 != 0;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("`{name}` is larger than 1 MiB, the limit for a properties file");
        return Err(Failure::new(Exit::Usage, message));
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Failure::new(Exit::Usage, format!("`{name}` is not UTF-8")))?;
    Ok((text, others_may_read))
}
