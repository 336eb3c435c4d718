//! Removes what is recorded of a load.

use std::io::{self, BufRead};

use super::{Checkpoints, shown_name};
use crate::cli::arguments::ForgetLoadArguments;
use crate::cli::environment::Environment;
use crate::cli::exactly_once::{look_failure, transactions_of, waiting_note};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages;
use crate::kafka::{CheckpointTopic, Producer, ProducerSettings, TransactionErrorKind};
use crate::load::{self, ForgetError, LoadExtent};
use crate::report::figures::count_of;

pub(super) fn forget(typed: ForgetLoadArguments, environment: &Environment) -> Result<Exit, Failure> {
    let mut checkpoints = Checkpoints::read(typed.checkpoints, environment)?;
    let (load, _) = checkpoints.find(&typed.name)?;
    let name = shown_name(&typed.name);
    let what = describe(load.extent());
    if !typed.yes {
        confirm(&name, &what, environment)?;
    }
    let Some(log) = &mut checkpoints.log else {
        // Its topic exists, because it was found there.
        return Ok(Exit::Success);
    };
    CheckpointTopic::check_rights(&checkpoints.settings, &checkpoints.topic)?;
    let settings = ProducerSettings {
        transactions: Some(transactions_of(&typed.name, &checkpoints.topic)),
        ..checkpoints.settings.clone()
    };
    let mut producer = Producer::connect(&settings)?;
    let removed = load::forget(
        &typed.name,
        &mut checkpoints.loads,
        log,
        &mut producer,
        checkpoints.transaction_timeout,
        &mut waiting_note(),
    )
    .map_err(|error| failure(error, &name, &checkpoints.topic))?;
    // A run may have gone on until it was fenced.
    let what = describe(removed);
    messages::line(&format!(
        "load {name} is forgotten ({what}); its rows are still on the topic, and the next run begins with its first row"
    ));
    Ok(Exit::Success)
}

/// `2 inputs, 1,000 rows delivered`.
fn describe(load: LoadExtent) -> String {
    let inputs = count_of(load.inputs, "input", "inputs");
    let rows = count_of(load.delivered, "row", "rows");
    format!("{inputs}, {rows} delivered")
}

/// Asks at the terminal.
///
/// # Errors
/// There is no terminal, or the answer is not yes.
fn confirm(name: &str, what: &str, environment: &Environment) -> Result<(), Failure> {
    if !environment.can_ask {
        let message =
            format!("load {name} is forgotten only if that is confirmed, and there is no terminal to ask at");
        let hint = "confirm it with `--yes`";
        return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
    }
    messages::line(&format!(
        "forget load {name} ({what})? Its rows stay on the topic, and the next run sends all rows again. Type `yes`:"
    ));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    match read.is_ok() && matches!(answer.trim(), "yes" | "y") {
        true => Ok(()),
        false => Err(Failure::new(Exit::Usage, "not confirmed; nothing was changed")),
    }
}

fn failure(error: ForgetError, name: &str, topic: &str) -> Failure {
    let error = match error {
        ForgetError::Look(error) => return look_failure(error, topic),
        ForgetError::Transaction(error) => error,
    };
    let hint = match error.kind {
        TransactionErrorKind::Fenced => "end the run of the load that is at work, then forget it again",
        TransactionErrorKind::Refused | TransactionErrorKind::TimeRefused => {
            "the user needs Write and Describe on the transactional id of the load, and Read, Write and Describe on the \
             topic of the checkpoints"
        }
        TransactionErrorKind::TimedOut | TransactionErrorKind::Cancelled | TransactionErrorKind::Other => {
            "run the same command again"
        }
    };
    let message = format!("load {name} could not be forgotten: {error}");
    Failure::new(Exit::Unavailable, message).with_hint(Some(hint))
}
