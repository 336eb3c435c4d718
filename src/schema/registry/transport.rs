//! One request and its response: the choice of the URL, timeouts, retries, the size limit. The client interprets the
//! response.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response as HttpResponse};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;

use super::address::{self, Address};
use super::credentials::RegistryCredentials;
use super::error::RegistryError;
use super::hint::Hint;
use super::reason;
use super::redaction::Redaction;
use super::settings::{ProxyUse, RegistrySettings};
use crate::schema::printable::printable;

const MEDIA_TYPES: &str =
    "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json";

/// Far larger than any response of a registry; a larger one is not read to its end.
pub(super) const MAX_BYTES: usize = 4 << 20;

const MAX_TRIES: u32 = 3;

/// The longest wait that a server may request: no longer than a person would wait.
const LONGEST_WAIT_ON_REQUEST: Duration = Duration::from_secs(5);

/// The connection to the registry: an endpoint for each of its URLs.
#[derive(Debug)]
pub(super) struct Transport {
    /// At least one.
    endpoints: Vec<Endpoint>,
    /// The endpoint that responded last: used first the next time, and named in messages.
    last: AtomicUsize,
    settings: RegistrySettings,
    /// The secrets of all endpoints.
    redaction: Redaction,
}

/// One URL, and the HTTP client for it.
#[derive(Debug)]
struct Endpoint {
    address: Address,
    client: Client,
}

/// A request without a host.
#[derive(Clone, Copy)]
struct Request<'a> {
    segments: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
    /// JSON to post.
    body: Option<&'a str>,
}

/// A response with any status.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    /// Empty if the server named none.
    pub(super) content_type: String,
    pub(super) location: String,
    pub(super) body: Vec<u8>,
    /// The number of attempts.
    pub(super) tries: u32,
    /// The results of the other URLs, as the end of a message; empty if none was tried.
    pub(super) also: String,
    retry_after: Option<Duration>,
    redaction: Redaction,
}

/// How often a request is attempted, and for how long.
#[derive(Clone, Copy)]
pub(super) enum RetryPolicy {
    /// Several attempts within the total timeout of the settings.
    Standard,
    /// One short attempt, for optional information.
    Once,
}

/// A failed attempt.
enum Failed {
    /// There was no connection, or it ended before the complete response: the next attempt may succeed. The registry
    /// may process a request twice, which changes nothing: an existing schema is not registered again.
    Connection(RegistryError),
    Otherwise(RegistryError),
}

impl Transport {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let endpoints: Result<Vec<Endpoint>, RegistryError> = address::several(&settings.url)
            .into_iter()
            .map(|url| Endpoint::new(url, settings))
            .collect();
        let endpoints = endpoints?;
        let credentials = endpoints
            .iter()
            .filter_map(|endpoint| endpoint.address.credentials.as_ref());
        Ok(Self {
            redaction: Redaction::of(credentials),
            endpoints,
            last: AtomicUsize::new(0),
            settings: settings.clone(),
        })
    }

    /// The address that responded last.
    pub(super) fn address(&self) -> &Address {
        &self.endpoints[self.last.load(Ordering::Relaxed)].address
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.endpoints.iter().map(|endpoint| &endpoint.address)
    }

    /// The text of a response for messages: without the credentials of any request.
    pub(super) fn shown(&self, text: &str) -> String {
        self.redaction.hidden_in(text)
    }

    pub(super) fn settings(&self) -> &RegistrySettings {
        &self.settings
    }

    pub(super) fn get(&self, segments: &[&str], retry: RetryPolicy) -> Result<Response, RegistryError> {
        self.get_with(segments, &[], retry)
    }

    pub(super) fn get_with(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
        retry: RetryPolicy,
    ) -> Result<Response, RegistryError> {
        self.send(
            Request {
                segments,
                query,
                body: None,
            },
            retry,
        )
    }

    pub(super) fn post(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, RegistryError> {
        self.send(
            Request {
                segments,
                query,
                body: Some(body),
            },
            RetryPolicy::Standard,
        )
    }

    fn send(&self, request: Request<'_>, retry: RetryPolicy) -> Result<Response, RegistryError> {
        let (most_tries, total) = match retry {
            RetryPolicy::Standard => (MAX_TRIES, self.settings.total_timeout),
            RetryPolicy::Once => (1, self.settings.connect_timeout.min(self.settings.total_timeout)),
        };
        let deadline = Instant::now() + total;
        let mut tries = 1;
        loop {
            let (outcome, also) = self.one_round(request, deadline);
            let asked_to_wait = match &outcome {
                Ok(response) if response.may_improve() => response.retry_after,
                Err(Failed::Connection(_)) => None,
                _ => return finished(outcome, tries, also),
            };
            let pause = asked_to_wait
                .unwrap_or_else(|| self.back_off(tries))
                .min(LONGEST_WAIT_ON_REQUEST);
            if tries == most_tries || Instant::now() + pause >= deadline {
                return finished(outcome, tries, also);
            }
            thread::sleep(pause);
            tries += 1;
        }
    }

    /// Tries one URL after the other until one of them responds, and returns the last result, with the results of the
    /// others.
    fn one_round(&self, request: Request<'_>, deadline: Instant) -> (Result<Response, Failed>, Vec<String>) {
        let first = self.last.load(Ordering::Relaxed);
        let mut also = Vec::new();
        for turn in 1.. {
            let index = (first + turn - 1) % self.endpoints.len();
            let endpoint = &self.endpoints[index];
            let outcome = self.one_try(endpoint, request, deadline);
            let (is_answer, in_words) = match &outcome {
                Ok(response) if response.status < 500 => (true, String::new()),
                Ok(response) => (
                    false,
                    format!("{} answered {}", endpoint.address, response.status),
                ),
                Err(Failed::Connection(error) | Failed::Otherwise(error)) => (false, error.to_string()),
            };
            if is_answer || turn == self.endpoints.len() || Instant::now() >= deadline {
                self.last.store(index, Ordering::Relaxed);
                return (outcome, also);
            }
            also.push(in_words);
        }
        unreachable!("the last turn returns")
    }

    fn one_try(
        &self,
        endpoint: &Endpoint,
        request: Request<'_>,
        deadline: Instant,
    ) -> Result<Response, Failed> {
        let address = &endpoint.address;
        let url = address.url_of(request.segments, request.query);
        let timeout = deadline
            .saturating_duration_since(Instant::now())
            .min(self.settings.request_timeout);
        let stop = Instant::now() + timeout;
        let mut builder = match request.body {
            None => endpoint.client.get(url),
            Some(body) => endpoint
                .client
                .post(url)
                .header(CONTENT_TYPE, "application/vnd.schemaregistry.v1+json")
                .body(body.to_string()),
        };
        builder = builder.header(ACCEPT, MEDIA_TYPES).timeout(timeout);
        builder = match &address.credentials {
            Some(RegistryCredentials::Basic { user, password }) => builder.basic_auth(user, Some(password)),
            Some(RegistryCredentials::Token(token)) => builder.bearer_auth(token),
            None => builder,
        };
        let mut http = builder
            .send()
            .map_err(|error| self.no_response(address, &error, timeout))?;
        let mut response = Response::head_of(&http, &self.redaction);
        response.body = read_body(address, &mut http, stop)?;
        Ok(response)
    }

    fn no_response(&self, address: &Address, error: &reqwest::Error, timeout: Duration) -> Failed {
        if error.is_connect() && error.is_timeout() {
            let why = format!(
                "no connection within {}",
                in_seconds(self.settings.connect_timeout.min(timeout))
            );
            Failed::Connection(RegistryError::unreachable(address, &self.settings, &why))
        } else if let Some(why) = reason::tls_reason(error) {
            // A later attempt would fail too.
            Failed::Otherwise(RegistryError::untrusted(address, &self.settings, &why))
        } else if error.is_connect() {
            Failed::Connection(RegistryError::unreachable(
                address,
                &self.settings,
                &reason::connection_reason(error),
            ))
        } else if error.is_timeout() {
            let what = format!("no response within {}", in_seconds(timeout));
            Failed::Otherwise(RegistryError::timed_out(address, &what))
        } else if reason::is_closed(error) {
            let why = "the connection was closed without a response";
            let error = RegistryError::unreachable(address, &self.settings, why);
            Failed::Connection(perhaps_tls(address, error))
        } else {
            let why = printable(&reason::deepest_reason(error), 200);
            let what = format!("no HTTP response ({why})");
            Failed::Otherwise(perhaps_tls(address, RegistryError::malformed(address, &what)))
        }
    }

    /// The pause doubles after each attempt and is randomly shortened by up to half, so that clients that were rejected
    /// at the same time do not retry at the same time.
    fn back_off(&self, tries: u32) -> Duration {
        let full = self.settings.first_pause * 2u32.pow(tries - 1);
        // A hasher of the standard library has a random seed, which is random enough for a pause.
        let chance = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
        full.mul_f64(0.5 + chance / 2.0)
    }
}

impl Endpoint {
    fn new(url: &str, settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let mut address = Address::parse(url)?;
        if address.credentials.is_none() {
            address.credentials.clone_from(&settings.credentials);
        }
        let mut builder = Client::builder()
            .user_agent(concat!("k2-produce/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            // A redirect could send the credentials to another host, or return a login page.
            .redirect(Policy::none())
            .referer(false)
            // A run sends few requests: an idle connection would only become stale between them.
            .pool_max_idle_per_host(0);
        if address.is_loopback() || settings.proxy == ProxyUse::None {
            builder = builder.no_proxy();
        }
        if address.is_https() {
            builder = settings.tls.apply(builder)?;
        }
        let client = builder.build().map_err(|error| {
            let why = reason::deepest_reason(&error);
            let of_identity = settings.tls.fault_of_identity(&why);
            of_identity.unwrap_or_else(|| RegistryError::unreachable(&address, settings, &why))
        })?;
        Ok(Self { address, client })
    }
}

/// A server that requires TLS closes a connection without it, or answers with a TLS alert.
fn perhaps_tls(address: &Address, error: RegistryError) -> RegistryError {
    match address.is_https() {
        true => error,
        false => error.with_hint(Hint::PerhapsHttps),
    }
}

fn finished(
    outcome: Result<Response, Failed>,
    tries: u32,
    also: Vec<String>,
) -> Result<Response, RegistryError> {
    let also: String = also.iter().map(|said| format!("; {said}")).collect();
    match outcome {
        Ok(response) => Ok(Response {
            tries,
            also,
            ..response
        }),
        Err(Failed::Connection(error) | Failed::Otherwise(error)) => Err(error.and(&also)),
    }
}

/// Reads piece by piece, so that neither an endless nor a slow body delays the client beyond `stop`.
fn read_body(address: &Address, http: &mut HttpResponse, stop: Instant) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if Instant::now() >= stop {
            return Err(still_reading(address, body.len()));
        }
        match http.read(&mut piece) {
            Ok(0) => return Ok(body),
            Ok(count) => body.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if reason::is_timeout(&error) => return Err(still_reading(address, body.len())),
            Err(_) => {
                let what = format!("it ended after {} bytes", body.len());
                return Err(Failed::Connection(RegistryError::malformed(address, &what)));
            }
        }
        if body.len() > MAX_BYTES {
            let what = format!("larger than {} MiB", MAX_BYTES >> 20);
            return Err(Failed::Otherwise(RegistryError::malformed(address, &what)));
        }
    }
}

fn still_reading(address: &Address, bytes: usize) -> Failed {
    let what = format!("the response was not complete in time ({bytes} bytes received)");
    Failed::Otherwise(RegistryError::timed_out(address, &what))
}

impl Response {
    fn head_of(http: &HttpResponse, redaction: &Redaction) -> Self {
        let headers = http.headers();
        let text = |headers: &HeaderMap, name| {
            headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            status: http.status().as_u16(),
            content_type: redaction.hidden_in(&text(headers, CONTENT_TYPE).unwrap_or_default()),
            location: address::location_in_words(
                text(headers, LOCATION).map(|location| redaction.hidden_in(&location)),
            ),
            body: Vec::new(),
            tries: 1,
            also: String::new(),
            // Only seconds are read: the form with a date is not worth a parser, and the default pause is sufficient.
            retry_after: text(headers, RETRY_AFTER)
                .and_then(|value| value.trim().parse().ok())
                .map(Duration::from_secs),
            redaction: redaction.clone(),
        }
    }

    /// The body as text for messages.
    pub(super) fn shown_body(&self) -> String {
        self.shown(&String::from_utf8_lossy(&self.body))
    }

    /// The text of this response for messages: without the credentials of the request.
    pub(super) fn shown(&self, text: &str) -> String {
        self.redaction.hidden_in(text)
    }

    /// Whether the same request may succeed later.
    fn may_improve(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..=599)
    }
}

fn in_seconds(duration: Duration) -> String {
    if duration < Duration::from_millis(100) {
        return format!("{} ms", duration.as_millis());
    }
    format!("{} s", (duration.as_secs_f64() * 10.0).round() / 10.0)
}
