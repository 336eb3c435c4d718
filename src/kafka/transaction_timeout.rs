//! `transaction.timeout.ms`: how long the brokers let a transaction be open before they abort it.

use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;

use super::admin::{self, Resource};
use super::ask::any_broker;
use super::client::Client;
use super::error::{ConnectError, ConnectErrorKind};

const PROPERTY: &str = "transaction.timeout.ms";
const SOCKET_PROPERTY: &str = "socket.timeout.ms";

/// librdkafka's default.
const DEFAULT: Duration = Duration::from_secs(60);
/// The default of the brokers' `transaction.max.timeout.ms`.
const DEFAULT_LONGEST: Duration = Duration::from_secs(15 * 60);
/// Shorter ones are not tried.
const SHORTEST: Duration = Duration::from_secs(5);
/// librdkafka's default for clients without transactions. Those with transactions wait for an answer almost as long as a
/// transaction may take.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(60);

/// How long transactions may take, unless the property says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionTime {
    /// librdkafka's default, or less if the brokers do not allow it.
    #[default]
    Usual,
    /// As long as the brokers allow.
    Longest,
}

/// The timeout of a producer's transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransactionTimeout {
    pub(super) time: Duration,
    /// Whether it is unknown if the brokers allow it.
    pub(super) is_guess: bool,
    /// Whether the user has set how long to wait for an answer.
    has_socket_timeout: bool,
}

/// The longest timeout that the brokers allow; none if it is not known, for example because the user may not read it.
pub(super) fn longest(client: &mut Client, timeout: Duration) -> Option<Duration> {
    const MAX: &str = "transaction.max.timeout.ms";
    let deadline = Instant::now() + timeout;
    let broker = any_broker(client, deadline).ok()?;
    let answer = admin::settings(client, broker, Resource::Broker(broker), &[MAX], deadline);
    let millis = answer.ok()?.into_iter().next().flatten()?.parse().ok()?;
    Some(Duration::from_millis(millis))
}

impl TransactionTimeout {
    /// Decides the timeout and sets it; the property takes precedence.
    ///
    /// # Errors
    /// The property is longer than the brokers allow.
    pub(super) fn decide(
        config: &mut ClientConfig,
        time: TransactionTime,
        longest: Option<Duration>,
    ) -> Result<TransactionTimeout, ConnectError> {
        let given: Option<u64> = config.get(PROPERTY).and_then(|millis| millis.parse().ok());
        let given = given.map(Duration::from_millis);
        if let (Some(given), Some(longest)) = (given, longest)
            && given > longest
        {
            let message = format!(
                "`{PROPERTY}` is {given:?}, but the brokers allow at most {longest:?} (their `transaction.max.timeout.ms`)"
            );
            return Err(ConnectError::new(ConnectErrorKind::Config, message));
        }
        let decided = TransactionTimeout {
            time: match (given, time) {
                (Some(given), _) => given,
                (None, TransactionTime::Usual) => DEFAULT.min(longest.unwrap_or(DEFAULT)),
                (None, TransactionTime::Longest) => longest.unwrap_or(DEFAULT_LONGEST),
            },
            is_guess: given.is_none() && longest.is_none(),
            has_socket_timeout: config.get(SOCKET_PROPERTY).is_some(),
        };
        decided.set(config);
        Ok(decided)
    }

    /// Halves a timeout that the brokers refused; returns whether another attempt makes sense.
    pub(super) fn shorten(&mut self, config: &mut ClientConfig) -> bool {
        if !self.is_guess || self.time / 2 < SHORTEST {
            return false;
        }
        self.time /= 2;
        self.set(config);
        true
    }

    fn set(&self, config: &mut ClientConfig) {
        config.set(PROPERTY, self.time.as_millis().min(i32::MAX as u128).to_string());
        if !self.has_socket_timeout {
            match self.time > SOCKET_TIMEOUT {
                true => config.set(SOCKET_PROPERTY, SOCKET_TIMEOUT.as_millis().to_string()),
                false => config.remove(SOCKET_PROPERTY),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn decided(
        properties: &[(&str, &str)],
        time: TransactionTime,
        longest: Option<Duration>,
    ) -> (Result<TransactionTimeout, ConnectError>, ClientConfig) {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", "127.0.0.1:1")
            .set("transactional.id", "t");
        for (name, value) in properties {
            config.set(*name, *value);
        }
        (TransactionTimeout::decide(&mut config, time, longest), config)
    }

    #[test]
    fn the_longest_time_is_what_the_brokers_allow_unless_the_property_is_set() {
        use TransactionTime::{Longest, Usual};
        let set = [(PROPERTY, "90000")];
        for (properties, time, longest, expected) in [
            (&[][..], Usual, Some(15 * MINUTE), MINUTE),
            (&[], Usual, Some(MINUTE / 2), MINUTE / 2),
            (&[], Usual, None, MINUTE),
            (&[], Longest, Some(60 * MINUTE), 60 * MINUTE),
            (&[], Longest, None, 15 * MINUTE),
            (&set, Longest, Some(60 * MINUTE), MINUTE * 3 / 2),
            (&set, Usual, None, MINUTE * 3 / 2),
        ] {
            let (timeout, config) = decided(properties, time, longest);
            assert_eq!(
                timeout.unwrap().time,
                expected,
                "{properties:?} {time:?} {longest:?}"
            );
            // A lost answer is noticed long before the end of the transaction, and librdkafka accepts both.
            let socket = (expected > MINUTE).then_some("60000");
            assert_eq!(config.get(SOCKET_PROPERTY), socket);
            config.create_native_config().unwrap();
        }
    }

    #[test]
    fn a_property_that_the_brokers_do_not_allow_is_refused_with_both_figures() {
        let (refused, _) = decided(
            &[(PROPERTY, "900001")],
            TransactionTime::Longest,
            Some(15 * MINUTE),
        );
        assert_eq!(
            refused.unwrap_err().to_string(),
            "`transaction.timeout.ms` is 900.001s, but the brokers allow at most 900s (their `transaction.max.timeout.ms`)"
        );
    }

    #[test]
    fn only_a_guess_is_shortened() {
        let (guess, mut config) = decided(&[], TransactionTime::Longest, None);
        let mut guess = guess.unwrap();
        let mut attempts = 1;
        while guess.shorten(&mut config) {
            attempts += 1;
        }
        assert_eq!((attempts, config.get(PROPERTY)), (8, Some("7031")));
        assert_eq!(config.get(SOCKET_PROPERTY), None);
        for (properties, longest) in [(&[(PROPERTY, "60000")][..], None), (&[], Some(MINUTE))] {
            let (known, mut config) = decided(properties, TransactionTime::Longest, longest);
            assert!(!known.unwrap().shorten(&mut config));
        }
    }
}
