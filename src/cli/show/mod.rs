//! `k2-produce show`: prints what is on a topic. Messages go to standard output, everything else to standard error.
//!
//! `selection` decides which messages are shown, `shown` decodes them, and `table` and `lines` write them.

mod lines;
mod loadable;
mod selection;
pub(super) mod shown;
mod table;

use std::io::{self, BufWriter, Write};

use super::arguments::{ConnectionArguments, ShowTopicArguments, ShownForm};
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages::{self, StandardOutput};
use super::produce::{check_properties, print_remarks};
use super::settings::{KafkaSettings, RegistryAccess, Verbosity};
use crate::kafka::{HiddenMessages, ReadMessage, TopicReader};
use crate::report::figures::count_of;
use crate::schema::printable;
use selection::Selection;
use shown::{Schemas, Shown};
use table::MessageTable;

pub(super) fn run(arguments: ShowTopicArguments, environment: &Environment) -> Exit {
    let done = show(arguments, environment);
    Failure::end(
        done.map_err(|failure| failure.of_configured(&environment.config)),
        Reader::Registry,
    )
}

fn show(arguments: ShowTopicArguments, environment: &Environment) -> Result<Exit, Failure> {
    let layer = environment.layer();
    let connection: ConnectionArguments = arguments.connection.over(layer.kafka.connection);
    let KafkaSettings {
        producer, remarks, ..
    } = KafkaSettings::connection(connection, std::slice::from_ref(&arguments.topic), environment)?;
    print_remarks(&remarks, Verbosity::Normal);
    check_properties(&producer)?;
    let selection = Selection {
        last: arguments.last,
        from: arguments.from,
        partition: arguments.partition,
        limit: arguments.limit,
    };
    selection.check()?;
    let registry = RegistryAccess::decide(arguments.registry.over(layer.registry), environment);
    let mut reader = TopicReader::connect(&producer)?;
    note_hidden(reader.hidden(), &arguments.topic);
    let mut printer = Printer {
        out: Output::new(arguments.format),
        schemas: Schemas::new(&registry, &arguments.topic, arguments.format),
        key: arguments.key.as_deref(),
        topic: &arguments.topic,
        shown: 0,
        undecoded: 0,
        unread: 0,
    };
    let mut written = selection.read(&mut reader, &mut printer)?;
    if written.is_ok() {
        written = printer.out.finish();
    }
    // If the reader of the output has ended, messages may be missing.
    let is_complete = written.is_ok();
    messages::unless_enough(written)?;
    if is_complete {
        printer.close();
    }
    Ok(match printer.undecoded + printer.unread {
        0 => Exit::Success,
        _ => Exit::Rejected,
    })
}

/// Says which messages are not shown because it is not known yet whether they count.
fn note_hidden(hidden: &[HiddenMessages], topic: &str) {
    let Some(first) = hidden.first() else {
        return;
    };
    let more = match hidden.len() - 1 {
        0 => String::new(),
        more => format!(
            ", and of {}",
            count_of(more as u64, "more partition", "more partitions")
        ),
    };
    messages::line(&format!(
        "note: an open transaction hides the messages of {} from {}:{} on{more}; they are not shown",
        printable(topic, 250),
        first.partition,
        first.offsets.start
    ));
}

/// Prints messages.
struct Printer<'a> {
    out: Output,
    schemas: Schemas<'a>,
    /// Only messages with this key are shown.
    key: Option<&'a str>,
    topic: &'a str,
    shown: u64,
    undecoded: u64,
    /// Those that a load would not read as they are printed.
    unread: u64,
}

impl Printer<'_> {
    /// Whether the message has the key that is asked for.
    fn wants(&mut self, message: &ReadMessage) -> Result<bool, Failure> {
        match self.key {
            None => Ok(true),
            Some(wanted) => Ok(self.schemas.key(message)?.is_called(wanted)),
        }
    }

    /// Prints a message. The inner result is that of writing.
    fn print(&mut self, message: &ReadMessage) -> Result<io::Result<()>, Failure> {
        let shown = self.schemas.shown(message)?;
        self.shown += 1;
        self.undecoded += u64::from(shown.reason().is_some());
        if let Some(reason) = &shown.unread {
            self.unread += 1;
            if self.unread == 1 {
                let (partition, offset) = (shown.partition, shown.offset);
                messages::line(&format!(
                    "warning: a load rejects the message at {partition}:{offset} as it is printed: {reason}"
                ));
            }
        }
        Ok(self.out.write(self.topic, &shown))
    }

    /// Prints how many messages there were, after all of them.
    fn close(&self) {
        let topic = printable(self.topic, 250);
        let mut line = format!("{} of {topic}", count_of(self.shown, "message", "messages"));
        if self.undecoded > 0 {
            line.push_str(&format!(
                ", {} not decoded",
                count_of(self.undecoded, "value", "values")
            ));
        }
        if self.unread > 0 {
            line.push_str(&format!(
                ", {} that a load rejects",
                count_of(self.unread, "message", "messages")
            ));
        }
        messages::line(&line);
    }
}

/// Where and how messages are written.
struct Output {
    file: BufWriter<StandardOutput>,
    form: Form,
}

enum Form {
    Table(MessageTable),
    Json,
    Envelope,
}

impl Output {
    fn new(form: ShownForm) -> Output {
        Output {
            file: BufWriter::with_capacity(64 * 1024, StandardOutput),
            form: match form {
                ShownForm::Table => Form::Table(MessageTable::default()),
                ShownForm::Json => Form::Json,
                ShownForm::Envelope => Form::Envelope,
            },
        }
    }

    fn write(&mut self, topic: &str, shown: &Shown<'_>) -> io::Result<()> {
        match &mut self.form {
            Form::Table(table) => match table.push(shown) {
                Some(lines) => self.file.write_all(lines.as_bytes()),
                None => Ok(()),
            },
            Form::Json => writeln!(self.file, "{}", lines::details(topic, shown)),
            Form::Envelope => writeln!(self.file, "{}", lines::envelope(topic, shown)),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Form::Table(table) = &mut self.form {
            self.file.write_all(table.take().as_bytes())?;
        }
        self.file.flush()
    }
}
