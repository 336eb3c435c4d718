//! A look at the brokers and the topics before a producer connects. It changes nothing, so it can be taken early, while
//! the run still prepares other things.
//!
//! Its client becomes that of the producer, unless the topics need other settings than most: a client has its connections
//! and its producer id only after some time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;

use super::client::{self, Client};
use super::config::{DEFAULT_LOG_LEVEL, ProducerSettings};
use super::error::{ConnectError, ConnectErrorKind};
use super::limits::fit;
use super::preflight::{Access, Preflight};
use super::producer::TopicOrigin;
use super::topic::TopicFacts;
use super::transaction_timeout;
use crate::bounded_end;

/// The default of a topic's `max.message.bytes`.
const USUAL_LIMIT: usize = 1_048_588;

/// What is known before a producer connects.
pub struct Look {
    client: Client,
    /// The configuration of the client, without what is only for the look.
    config: ClientConfig,
    /// In the order of [`ProducerSettings::topics`]; none if the topic does not exist and is to be created.
    found: Vec<Option<TopicFacts>>,
}

impl Look {
    /// Connects and checks all topics, until `is_over` says that the answers are no longer needed.
    ///
    /// # Errors
    /// No broker answers, or a topic cannot be used.
    pub(super) fn at_topics(
        settings: &ProducerSettings,
        is_over: Option<Box<dyn Fn() -> bool + Send>>,
    ) -> Result<Look, ConnectError> {
        client::check_version()?;
        let mut config = settings.client_config()?;
        fit(&mut config, &vec![Some(USUAL_LIMIT); settings.topics.len()]);
        let mut client = scout(settings, &config)?;
        if let Some(is_over) = is_over {
            client.stop_asking_when(is_over);
        }
        let found = find_all(settings, &mut client)
            .map_err(|error| error.with_config_warnings(client.inbox().broker_errors().warnings()))?;
        Ok(Look {
            client,
            config,
            found,
        })
    }

    /// Creates the topics that are missing. Returns what is known about all.
    ///
    /// # Errors
    /// A topic cannot be created or used.
    pub(super) fn create_missing(
        &mut self,
        settings: &ProducerSettings,
    ) -> Result<Vec<(TopicFacts, TopicOrigin)>, ConnectError> {
        let found = std::mem::take(&mut self.found);
        let topics = settings.topics.iter().zip(found);
        let facts = topics.map(|(topic, facts)| {
            let preflight = preflight(settings, topic);
            match (facts, preflight.asked) {
                (None, Some(new)) => {
                    preflight.create(&mut self.client, new)?;
                    Ok((preflight.look(&mut self.client)?, TopicOrigin::Created))
                }
                (facts, _) => Ok((facts.expect("it was found"), TopicOrigin::Found)),
            }
        });
        let facts: Result<_, ConnectError> = facts.collect();
        facts.map_err(|error| error.with_config_warnings(self.client.inbox().broker_errors().warnings()))
    }

    /// The longest timeout of transactions that the brokers allow, if it is known.
    pub(super) fn longest_transaction(&mut self, settings: &ProducerSettings) -> Option<Duration> {
        transaction_timeout::longest(&mut self.client, settings.connect_timeout)
    }

    /// The client, if a producer with this configuration can use it.
    pub(super) fn into_client(self, config: &ClientConfig) -> Option<Client> {
        let mut client = self.client;
        if config.config_map() != self.config.config_map() {
            bounded_end::in_background("kafka-end", move || drop(client));
            return None;
        }
        if !is_log_wanted(config)
            && let Ok(level) = DEFAULT_LOG_LEVEL.parse()
        {
            client.set_log_level(level);
        }
        client.poll(Duration::ZERO);
        client.inbox_mut().errors.begin_messages();
        Some(client)
    }
}

/// A look that is taken on a thread of its own.
pub struct EarlyLook {
    /// None once it was taken.
    thread: Option<JoinHandle<Result<Look, ConnectError>>>,
    is_over: Arc<AtomicBool>,
}

impl EarlyLook {
    /// Begins to look; none if no thread can be started, or if the user wants to see the client's log, whose lines would
    /// appear between others.
    pub fn begin(settings: &ProducerSettings) -> Option<EarlyLook> {
        let config = settings.client_config().ok()?;
        if is_log_wanted(&config) {
            return None;
        }
        let settings = settings.clone();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let thread = thread::Builder::new().name("kafka-look".to_owned());
        let thread = thread.spawn(move || {
            let is_over = Box::new(move || over.load(Ordering::Relaxed));
            Look::at_topics(&settings, Some(is_over))
        });
        Some(EarlyLook {
            thread: Some(thread.ok()?),
            is_over,
        })
    }

    /// Waits for the result.
    ///
    /// # Errors
    /// No broker answers, or a topic cannot be used.
    pub fn finish(mut self) -> Result<Look, ConnectError> {
        let thread = self.thread.take().expect("only this function takes it");
        thread.join().unwrap_or_else(|_| {
            let message = "a thread of k2-produce panicked";
            Err(ConnectError::new(ConnectErrorKind::Library, message))
        })
    }
}

impl Drop for EarlyLook {
    /// Lets the client end, for at most two seconds: the process may be about to exit.
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(2);
        if self.thread.is_none() {
            return;
        }
        self.is_over.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + PATIENCE;
        while let Some(thread) = &self.thread
            && !thread.is_finished()
            && Instant::now() < deadline
        {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

pub(super) fn preflight<'a>(settings: &'a ProducerSettings, topic: &'a str) -> Preflight<'a> {
    Preflight {
        servers: &settings.bootstrap_servers,
        topic,
        asked: settings.create_topic.as_ref(),
        access: Access::Write,
        timeout: settings.connect_timeout,
    }
}

/// Checks all topics; none for those that do not exist but can be created.
fn find_all(
    settings: &ProducerSettings,
    scout: &mut Client,
) -> Result<Vec<Option<TopicFacts>>, ConnectError> {
    let topics = settings.topics.iter();
    let found = topics.map(|topic| match preflight(settings, topic).look(scout) {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if error.kind() == ConnectErrorKind::MissingTopic && settings.create_topic.is_some() => {
            Ok(None)
        }
        Err(error) => Err(error),
    });
    found.collect()
}

/// Whether the user has asked for the client's log.
fn is_log_wanted(config: &ClientConfig) -> bool {
    config.get("debug").is_some() || config.get("log_level") != Some(DEFAULT_LOG_LEVEL)
}

/// A client for checks.
pub(super) fn scout(settings: &ProducerSettings, config: &ClientConfig) -> Result<Client, ConnectError> {
    if is_log_wanted(config) {
        return Client::new(settings, config, settings.log);
    }
    let mut scout = config.clone();
    // librdkafka reports a connection that was closed before the first response only as information.
    scout.set("log_level", "6");
    // Nobody sees these lines, not even those that are still on their way when the level is lowered.
    Client::new(settings, &scout, |_, _| ())
}
