//! `--if-empty`: a topic that has a record is left alone.

use std::ffi::OsString;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use crate::escape::printable;
use crate::kafka::{FoundRecord, LogError, Producer};
use crate::load::{Interrupts, OpenLoad};

/// How long transactions may take to be initialised.
const PATIENCE: Duration = Duration::from_secs(60);

/// A record on one of the topics; none if the load may send rows. A load that has committed rows goes on.
///
/// # Errors
/// The topics cannot be read.
pub(super) fn find_record(
    producer: &mut Producer,
    load: Option<&OpenLoad>,
) -> Result<Option<FoundRecord>, Failure> {
    if load.is_some_and(|load| load.counts_before().read > 0) {
        return Ok(None);
    }
    if producer.is_transactional() {
        // Ends what an earlier run of this load left open, so that it need not be waited for.
        let initialised = producer.initialise_transactions(PATIENCE);
        initialised.map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    }
    let mut said = false;
    let mut waiting = || {
        if !std::mem::replace(&mut said, true) {
            messages::line(
                "note: waiting for an open transaction on the topic, which may add records; it ends at the latest after its \
                 `transaction.timeout.ms`",
            );
        }
    };
    // A signal ends the command.
    let found = producer.first_record(&|| false, &mut waiting);
    found.map_err(|error| match error {
        LogError::Refused(error) => Failure::from(error),
        LogError::Hidden => {
            let message =
                "whether the topic is empty is unknown: an open transaction of another producer does not end";
            let hint = "find it with `kafka-transactions.sh list`, and abort it if its producer is gone";
            Failure::new(Exit::Unavailable, message).with_hint(Some(hint))
        }
    })
}

/// Reads standard input to its end if it is one of the inputs, up to a signal: a program that writes to it is not to end by a
/// broken pipe.
pub(super) fn let_writer_end(files: &[OsString], interrupts: &Interrupts) {
    if !files.iter().any(|file| file == "-") {
        return;
    }
    let (sender, ended) = mpsc::channel();
    let reader = move || {
        // An error ends the input, too.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = sender.send(());
    };
    if thread::Builder::new()
        .name("input".to_owned())
        .spawn(reader)
        .is_err()
    {
        return;
    }
    while interrupts.first().is_none()
        && ended.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout)
    {}
}

/// Why nothing was sent.
pub(super) fn describe(found: &FoundRecord) -> String {
    let FoundRecord {
        topic,
        partition,
        offset,
    } = found;
    let topic = printable(topic.as_bytes(), 249);
    format!(
        "topic `{topic}` is not empty (partition {partition}, offset {offset}), so nothing was sent (`--if-empty`)"
    )
}
