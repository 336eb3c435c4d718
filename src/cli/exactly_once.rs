//! The start of a load in transactions: its name, its checkpoints, and what they say about the inputs.

use jiff::Timestamp;

use super::early_end::EarlyEnd;
use super::exit::Exit;
use super::failure::Failure;
use super::load_names::{file_name, joined, path_name};
use super::messages;
use super::settings::{ExactlyOnceSettings, Settings, check_load_name};
use super::signals::SignalWatch;
use crate::escape::printable;
use crate::kafka::{
    CheckpointTopic, PartitionLog, Producer, ProducerSettings, TransactionSettings, TransactionTime,
};
use crate::load::{
    ATOMIC_NAMES, Commit, EarlierRuns, Fingerprint, KnownLoads, LoadInput, LoadReport, LoadSettings,
    LoadState, LookError, OpenLoad, PlannedInput, Verified, mapping_digest,
};
use crate::report::figures::{count, count_of};

/// What is known of a load before its producer is created.
pub(super) struct NamedLoad<'s> {
    once: &'s ExactlyOnceSettings,
    name: String,
    inputs: Vec<LoadInput>,
}

impl<'s> NamedLoad<'s> {
    /// Names the load and its inputs.
    ///
    /// # Errors
    /// An input cannot be read again, or the load needs a name.
    pub(super) fn of(
        once: &'s ExactlyOnceSettings,
        topics: &[String],
        planned: &[PlannedInput],
    ) -> Result<NamedLoad<'s>, Failure> {
        let usage = |message: String| Failure::new(Exit::Usage, message);
        let is_exactly_once = once.earlier_runs.is_exactly_once();
        for PlannedInput { input, .. } in planned {
            if is_exactly_once && input.length.is_none() {
                let message = format!(
                    "{}: can be read only once, so a load of it cannot be continued",
                    input.name
                );
                return Err(usage(message).with_hint(Some("write it to a file first")));
            }
        }
        if !is_exactly_once {
            let load = NamedLoad::of_one_run(once, topics, planned);
            check_load_name(&load.name, is_exactly_once)?;
            return Ok(load);
        }
        let name = match (&once.name, planned) {
            (Some(name), _) => name.clone(),
            (None, [only]) => format!("{}/{}", joined(topics), file_name(&only.input)),
            (None, _) => {
                let message = "a load of several files needs a name";
                let hint = "name it with `--load-name`: runs with the same name continue the same load";
                return Err(usage(message.to_owned()).with_hint(Some(hint)));
            }
        };
        check_load_name(&name, is_exactly_once)?;
        let inputs: Vec<LoadInput> = planned
            .iter()
            .map(|PlannedInput { input, .. }| {
                // Without a name of its own, the load has the name of its only file.
                let name = match once.name {
                    None => file_name(input),
                    Some(_) => path_name(input),
                };
                LoadInput::new(name, input)
            })
            .collect();
        let mut names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!("`{}` is given twice", printable(twice[0].as_bytes(), 500));
            return Err(usage(message).with_hint(Some("give each file once")));
        }
        Ok(NamedLoad { once, name, inputs })
    }

    /// The names of a load that no other run continues. The load still has the same name in each run, so that a run ends
    /// the transaction that an earlier one left open. They are not those of loads that can be continued.
    fn of_one_run(
        once: &'s ExactlyOnceSettings,
        topics: &[String],
        planned: &[PlannedInput],
    ) -> NamedLoad<'s> {
        let mut names: Vec<String> = Vec::new();
        for PlannedInput { input, .. } in planned {
            let path = path_name(input);
            let same = names.iter().filter(|name| **name == path).count();
            names.push(match same {
                0 => path,
                _ => format!("{path} #{}", names.len() + 1),
            });
        }
        let files = match planned {
            [only] => file_name(&only.input),
            _ => {
                let parts: Vec<Vec<u8>> = names.iter().map(|name| name.clone().into_bytes()).collect();
                format!("{} files {}", planned.len(), &mapping_digest(&parts)[..16])
            }
        };
        let name = match &once.name {
            Some(name) => name.clone(),
            None => format!("{}/{files}", joined(topics)),
        };
        let inputs = names.into_iter().zip(planned);
        NamedLoad {
            once,
            name: format!("{ATOMIC_NAMES}{name}"),
            inputs: inputs
                .map(|(name, planned)| LoadInput::new(name, &planned.input))
                .collect(),
        }
    }

    /// What the producer needs for transactions.
    pub(super) fn transactions(&self) -> TransactionSettings {
        let time = match self.once.commit {
            Commit::Once => TransactionTime::Longest,
            Commit::Often { .. } => TransactionTime::Usual,
        };
        TransactionSettings {
            time,
            ..transactions_of(&self.name, &self.once.checkpoint_topic)
        }
    }

    /// What is known of the load before its checkpoints are read.
    pub(super) fn report(&self) -> LoadReport {
        LoadReport::of(&self.name, self.once.commit, self.once.earlier_runs)
    }

    /// Reads the checkpoints and compares them with the inputs.
    ///
    /// # Errors
    /// They cannot be read, or contradict the inputs or the settings.
    pub(super) fn open(
        self,
        settings: &Settings,
        producer_settings: &ProducerSettings,
        producer: &Producer,
        planned: &[PlannedInput],
        watch: &SignalWatch,
        early_end: &EarlyEnd,
    ) -> Result<OpenLoad, Failure> {
        let once = self.once;
        let topic = CheckpointTopic::find_or_create(producer_settings, &once.checkpoint_topic)?;
        let partition = topic.partition_of(&self.name);
        let log = PartitionLog::connect(
            producer_settings,
            &once.checkpoint_topic,
            partition,
            topic.facts.partitions,
        )?;
        let transaction_timeout = producer.transaction_timeout().unwrap_or_default();
        if let Commit::Often { interval, .. } = once.commit
            && interval > transaction_timeout / 3
        {
            let message = format!(
                "`--commit-interval {:?}` is more than a third of `transaction.timeout.ms` ({:?}), after which brokers end a \
                 transaction",
                interval, transaction_timeout
            );
            return Err(Failure::new(Exit::Usage, message)
                .with_hint(Some("commit more often, or set `-X transaction.timeout.ms=...`")));
        }
        let topics = producer.topics().iter().map(|topic| {
            (
                topic.facts.name.clone(),
                topic.facts.topic_id.known().cloned(),
                topic.facts.partitions,
            )
        });
        let load_settings = LoadSettings {
            name: self.name,
            commit: once.commit,
            earlier_runs: once.earlier_runs,
            transaction_timeout,
            inputs: self.inputs,
            fingerprint: Fingerprint {
                mapping: once.mapping.clone(),
                schema_ids: Vec::new(),
                cluster: topic.cluster_id.clone(),
                topics: topics.collect(),
            },
        };
        let interrupts = watch.interrupts();
        let mut load = OpenLoad::open(load_settings, log, partition, interrupts, &mut waiting_note())
            .map_err(|error| look_failure(error, &once.checkpoint_topic))?;
        if once.earlier_runs == EarlierRuns::Continue && !load.is_known() {
            refuse_misplaced(
                &load,
                producer_settings,
                &once.checkpoint_topic,
                topic.facts.partitions,
            )?;
        }
        early_end.note_load(load.report_before_run());
        compare_topics(&load, once)?;
        let inputs = planned.iter().map(|planned| &planned.input);
        match load.verify(inputs, &|| interrupts.first().is_none())? {
            Verified::All => {
                compare_partitions(&load)?;
                compare_mapping(&load, once)?;
            }
            // A signal: the run ends before its first row.
            Verified::NotAll => {}
        }
        if !settings.output.is_quiet() {
            announce(&load);
        }
        Ok(load)
    }
}

/// The transactional id of a load.
pub(super) fn transactional_id(load: &str) -> String {
    format!("k2-produce.{load}")
}

/// What a producer needs for transactions of a load.
pub(super) fn transactions_of(load: &str, checkpoint_topic: &str) -> TransactionSettings {
    TransactionSettings {
        id: transactional_id(load),
        checkpoint_topic: checkpoint_topic.to_owned(),
        time: TransactionTime::Usual,
    }
}

/// Says once that an open transaction hides records.
pub(super) fn waiting_note() -> impl FnMut() {
    let mut said = false;
    move || {
        if !std::mem::replace(&mut said, true) {
            messages::line(
                "note: waiting for an open transaction of another producer, which hides records; it ends at the latest \
                 after its `transaction.timeout.ms`",
            );
        }
    }
}

/// The failure to read the checkpoints.
pub(super) fn look_failure(error: LookError, topic: &str) -> Failure {
    match error {
        LookError::Refused(error) => Failure::from(error),
        LookError::Hidden => {
            let message = format!(
                "the checkpoints on topic `{topic}` cannot be read: an open transaction of another producer hides them"
            );
            let hint = "find it with `kafka-transactions.sh list`, and abort it if its producer is gone";
            Failure::new(Exit::Unavailable, message).with_hint(Some(hint))
        }
        LookError::Unreadable(_) => {
            let hint = "use the version that wrote it, or another topic with `--checkpoint-topic`";
            Failure::new(Exit::Unavailable, format!("topic `{topic}`: {error}")).with_hint(Some(hint))
        }
    }
}

/// The last resort if a load cannot be continued.
const RESTART: &str = "`--restart` sends all rows again, also those that are on the topic";

/// Refuses a load whose checkpoints are in a partition other than that of its name.
fn refuse_misplaced(
    load: &OpenLoad,
    settings: &ProducerSettings,
    topic: &str,
    partitions: u32,
) -> Result<(), Failure> {
    if partitions == 1 {
        return Ok(());
    }
    let mut log = PartitionLog::connect_to_all(settings, topic, partitions)?;
    let mut loads = KnownLoads::of_partitions(partitions);
    loads
        .look_at_visible(&mut log)
        .map_err(|error| look_failure(error, topic))?;
    if loads.state(load.name()) != Some(LoadState::Misplaced) {
        return Ok(());
    }
    let what = format!(
        "topic `{topic}` has been given more partitions since it was begun, so its checkpoints are not where this run \
         writes its own"
    );
    let hint = format!(
        "`k2-produce loads show` prints what was loaded; `k2-produce loads forget` removes the checkpoints; {RESTART}"
    );
    Err(not_continued(load, &what, hint))
}

/// Refuses a load that was begun on other topics.
fn compare_topics(load: &OpenLoad, once: &ExactlyOnceSettings) -> Result<(), Failure> {
    let now = load.fingerprint();
    let refuse = |what: String| {
        let hint = "`--restart` sends all rows to this one";
        Err(not_continued(load, &what, hint.to_owned()))
    };
    for (name, input) in load.inputs_of_run() {
        let then = &input.fingerprint;
        if let (Some(then), Some(now)) = (&then.cluster, &now.cluster)
            && then != now
        {
            return refuse(format!("it was begun on another cluster ({then}; this is {now})"));
        }
        for (topic, id, _) in &now.topics {
            let Some((_, old_id, _)) = then.topics.iter().find(|(name, ..)| name == topic) else {
                if once.accept_change {
                    continue;
                }
                let topics: Vec<&str> = then.topics.iter().map(|(name, ..)| name.as_str()).collect();
                let what = format!(
                    "the rows of `{}` so far are on topic `{}`, not on `{topic}`",
                    printable(name.as_bytes(), 200),
                    topics.join("`, `")
                );
                let hint = "give the load for another topic another `--load-name`; `--accept-change` sends the rows that \
                            follow to the new topic";
                return Err(not_continued(load, &what, hint.to_owned()));
            };
            if old_id.is_some() && id.is_some() && old_id != id {
                return refuse(format!(
                    "topic `{topic}` was deleted and created again since it was begun"
                ));
            }
        }
    }
    Ok(())
}

/// Refuses a load with rows that follow after the number of partitions has changed.
fn compare_partitions(load: &OpenLoad) -> Result<(), Failure> {
    for input in load.unfinished_inputs() {
        for (topic, _, now) in &load.fingerprint().topics {
            let mut then = input.fingerprint.topics.iter();
            let Some((_, _, old)) = then.find(|(name, _, old)| name == topic && old != now) else {
                continue;
            };
            let what = format!(
                "topic `{topic}` had {old} partitions when it was begun, and has {now} now, so keys would go to other \
                 partitions"
            );
            return Err(not_continued(load, &what, RESTART.to_owned()));
        }
    }
    Ok(())
}

/// Refuses a load that was begun with another mapping.
fn compare_mapping(load: &OpenLoad, once: &ExactlyOnceSettings) -> Result<(), Failure> {
    let now = &load.fingerprint().mapping;
    let mut unfinished = load.unfinished_inputs();
    if once.accept_change || unfinished.all(|input| input.fingerprint.mapping == *now) {
        return Ok(());
    }
    let what = "the mapping, or an option that decides what rows become, has changed since it was begun";
    let hint = format!("`--accept-change` continues with the new one; {RESTART}");
    Err(not_continued(load, what, hint))
}

/// Refuses a load that was begun with another schema.
pub(super) fn compare_schemas(load: &OpenLoad, once: &ExactlyOnceSettings) -> Result<(), Failure> {
    let now = &load.fingerprint().schema_ids;
    let mut others = load.unfinished_inputs();
    let Some(other) = others.find(|input| input.fingerprint.schema_ids != *now) else {
        return Ok(());
    };
    if once.accept_change {
        return Ok(());
    }
    let then = ids(&other.fingerprint.schema_ids);
    let what = format!(
        "it was begun with schema id {then}, and the id is {} now",
        ids(now)
    );
    let hint =
        format!("`--schema-id {then}` continues with the earlier schema, `--accept-change` with the new one");
    Err(not_continued(load, &what, hint))
}

fn not_continued(load: &OpenLoad, what: &str, hint: String) -> Failure {
    let name = printable(load.name().as_bytes(), 200);
    Failure::new(Exit::Usage, format!("load `{name}` cannot be continued: {what}")).with_hint(Some(hint))
}

fn ids(ids: &[u32]) -> String {
    let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
    ids.join(" and ")
}

/// Says what earlier runs did.
fn announce(load: &OpenLoad) {
    let name = printable(load.name().as_bytes(), 200).into_owned();
    let before = load.counts_before();
    let Some(time) = load.last_time() else {
        return;
    };
    let time =
        Timestamp::from_millisecond(time).map_or_else(|_| time.to_string(), |time| format!("{time:.0}"));
    if load.has_nothing_to_do() {
        messages::line(&format!(
            "load {name} is complete since {time} ({}); nothing to do (`--restart` sends its rows a second time)",
            count_of(before.read, "row", "rows")
        ));
        return;
    }
    let going_on = load.next_place().map_or(String::new(), |(input, line)| {
        format!("; going on at {}:{line}", printable(input.as_bytes(), 200))
    });
    let on_topic = count_of(before.delivered, "of its rows is", "of its rows are");
    let others = match before.read - before.delivered {
        0 => String::new(),
        others => format!(", {} rejected or filtered", count(others)),
    };
    if before.read > 0 {
        messages::line(&format!(
            "load {name}: {on_topic} on the topic{others}, since {time}{going_on}"
        ));
    }
}
