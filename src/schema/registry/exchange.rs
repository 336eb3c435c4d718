//! One request and its answer: time-outs, tries, a bound on what is read. What an answer means is left to the
//! client.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;

use super::RegistrySettings;
use super::address::{self, Address};
use super::error::RegistryError;
use super::reason::{connection_reason, deepest_reason, is_timeout};
use crate::schema::printable::printable;

const MEDIA_TYPES: &str =
    "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json";

/// No answer of a registry comes near; a larger one is not read to its end.
pub(super) const MOST_BYTES: usize = 4 << 20;

const MOST_TRIES: u32 = 3;

/// A server may ask us to wait, but not for longer than a person would.
const LONGEST_WAIT_ON_REQUEST: Duration = Duration::from_secs(5);

/// The line to the registry.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) address: Address,
    client: Client,
    settings: RegistrySettings,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Empty where the server named none.
    pub(super) content_type: String,
    pub(super) location: String,
    pub(super) body: Vec<u8>,
    /// How many requests it took.
    pub(super) tries: u32,
    retry_after: Option<Duration>,
}

/// How much patience a request gets.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    /// Several tries within the settings' total time-out.
    Full,
    /// One short try, for what is only nice to have.
    Little,
}

/// A failed try.
enum Failed {
    /// There was no connection: nothing was sent, so the next try is free of risk.
    Connecting(RegistryError),
    Otherwise(RegistryError),
}

impl Exchange {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let address = Address::parse(&settings.url)?;
        let mut builder = Client::builder()
            .user_agent(concat!("k2-produce/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            // A redirect could carry the credentials to another host, or a login page back to us.
            .redirect(Policy::none())
            .referer(false)
            // A run asks once or twice: a kept connection would only go stale between two tries.
            .pool_max_idle_per_host(0);
        if address.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|error| RegistryError::unreachable(&address, &deepest_reason(&error)))?;
        Ok(Self {
            address,
            client,
            settings: settings.clone(),
        })
    }

    pub(super) fn get(&self, segments: &[&str], patience: Patience) -> Result<Answer, RegistryError> {
        self.exchange(segments, None, patience)
    }

    pub(super) fn post(&self, segments: &[&str], body: &str) -> Result<Answer, RegistryError> {
        self.exchange(segments, Some(body), Patience::Full)
    }

    fn exchange(
        &self,
        segments: &[&str],
        body: Option<&str>,
        patience: Patience,
    ) -> Result<Answer, RegistryError> {
        let (most_tries, total) = match patience {
            Patience::Full => (MOST_TRIES, self.settings.total_timeout),
            Patience::Little => (1, self.settings.connect_timeout.min(self.settings.total_timeout)),
        };
        let deadline = Instant::now() + total;
        let mut tries = 1;
        loop {
            let outcome = self.one_try(segments, body, deadline);
            let asked_to_wait = match &outcome {
                Ok(answer) if answer.may_improve() => answer.retry_after,
                Err(Failed::Connecting(_)) => None,
                _ => return finished(outcome, tries),
            };
            let pause = asked_to_wait
                .unwrap_or_else(|| self.back_off(tries))
                .min(LONGEST_WAIT_ON_REQUEST);
            if tries == most_tries || Instant::now() + pause >= deadline {
                return finished(outcome, tries);
            }
            thread::sleep(pause);
            tries += 1;
        }
    }

    fn one_try(&self, segments: &[&str], body: Option<&str>, deadline: Instant) -> Result<Answer, Failed> {
        let url = self.address.url_of(segments);
        let patience = deadline
            .saturating_duration_since(Instant::now())
            .min(self.settings.request_timeout);
        let stop = Instant::now() + patience;
        let mut request = match body {
            None => self.client.get(url),
            Some(body) => self
                .client
                .post(url)
                .header(CONTENT_TYPE, "application/vnd.schemaregistry.v1+json")
                .body(body.to_string()),
        };
        request = request.header(ACCEPT, MEDIA_TYPES).timeout(patience);
        if let Some(credentials) = &self.address.credentials {
            request = request.basic_auth(&credentials.user, Some(&credentials.password));
        }
        let mut response = request.send().map_err(|error| self.no_answer(&error, patience))?;
        let mut answer = Answer::head_of(&response);
        answer.body = self.read_body(&mut response, stop).map_err(Failed::Otherwise)?;
        Ok(answer)
    }

    fn no_answer(&self, error: &reqwest::Error, patience: Duration) -> Failed {
        if error.is_connect() && error.is_timeout() {
            let why = format!(
                "no connection within {}",
                in_seconds(self.settings.connect_timeout.min(patience))
            );
            Failed::Connecting(RegistryError::unreachable(&self.address, &why))
        } else if error.is_connect() {
            Failed::Connecting(RegistryError::unreachable(
                &self.address,
                &connection_reason(error),
            ))
        } else if error.is_timeout() {
            let what = format!("no answer within {}", in_seconds(patience));
            Failed::Otherwise(RegistryError::timed_out(&self.address, &what))
        } else {
            let what = format!("no HTTP answer came ({})", printable(&deepest_reason(error), 200));
            Failed::Otherwise(RegistryError::malformed(&self.address, &what))
        }
    }

    /// Reads piece by piece: neither a body without end nor one that drips holds us for longer than `stop`.
    fn read_body(&self, response: &mut Response, stop: Instant) -> Result<Vec<u8>, RegistryError> {
        let mut body = Vec::new();
        let mut piece = [0; 16 * 1024];
        loop {
            if Instant::now() >= stop {
                return Err(self.still_reading(body.len()));
            }
            match response.read(&mut piece) {
                Ok(0) => return Ok(body),
                Ok(count) => body.extend_from_slice(&piece[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(self.still_reading(body.len())),
                Err(_) => {
                    let what = format!("it broke off after {} bytes", body.len());
                    return Err(RegistryError::malformed(&self.address, &what));
                }
            }
            if body.len() > MOST_BYTES {
                let what = format!("larger than {} MiB", MOST_BYTES >> 20);
                return Err(RegistryError::malformed(&self.address, &what));
            }
        }
    }

    fn still_reading(&self, bytes: usize) -> RegistryError {
        let what = format!("the answer was not whole in time ({bytes} bytes of it came)");
        RegistryError::timed_out(&self.address, &what)
    }

    /// Twice as long after each try, and somewhere between half and all of it, so that many clients that were
    /// turned away together do not come back together.
    fn back_off(&self, tries: u32) -> Duration {
        let full = self.settings.first_pause * 2u32.pow(tries - 1);
        // A hasher of the standard library is seeded at random: enough chance for a pause.
        let chance = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
        full.mul_f64(0.5 + chance / 2.0)
    }
}

fn finished(outcome: Result<Answer, Failed>, tries: u32) -> Result<Answer, RegistryError> {
    match outcome {
        Ok(answer) => Ok(Answer { tries, ..answer }),
        Err(Failed::Connecting(error) | Failed::Otherwise(error)) => Err(error),
    }
}

impl Answer {
    fn head_of(response: &Response) -> Self {
        let headers = response.headers();
        let text = |headers: &HeaderMap, name| {
            headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            status: response.status().as_u16(),
            content_type: text(headers, CONTENT_TYPE).unwrap_or_default(),
            location: address::location_in_words(headers.get(LOCATION)),
            body: Vec::new(),
            tries: 1,
            // Seconds only: the form with a date is not worth a parser, our own back-off does as well.
            retry_after: text(headers, RETRY_AFTER)
                .and_then(|value| value.trim().parse().ok())
                .map(Duration::from_secs),
        }
    }

    /// Whether the same request may fare better a moment later.
    fn may_improve(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..=599)
    }
}

fn in_seconds(duration: Duration) -> String {
    format!("{} s", (duration.as_secs_f64() * 10.0).round() / 10.0)
}
