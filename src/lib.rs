//! Publishes trade files to Kafka as Avro: every row exactly as in the file, or a precise reason why not.
//!
//! Data flows one way:
//!
//! ```text
//! input -> record -> encode -> kafka -> report       mapping and schema feed encode; load joins them; cli decides
//! bytes    row's     Avro      broker   people and
//! to rows  parts     bytes              machines
//! ```
//!
//! This example encodes lines of CSV and JSONL with a schema from a registry, and publishes them. The registry and the
//! broker are those of the [`sandbox`]:
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
//! use k2_produce::kafka::{Batch, Message, Outcome, Producer, ProducerSettings, Wait};
//! use k2_produce::mapping::Mapping;
//! use k2_produce::sandbox::Sandbox;
//! use k2_produce::schema::{RegistryClient, RegistrySettings, SchemaVersion};
//! # const TRADE: &str = r#"{"type": "record", "name": "Trade", "fields": [
//! #     {"name": "symbol", "type": "string"}, {"name": "volume", "type": "long"}]}"#;
//!
//! let sandbox = Sandbox::start("trades", TRADE, 1)?;
//! let registry = RegistryClient::new(&RegistrySettings::new(sandbox.registry_url()))?;
//! let schema = registry.version("trades-value", SchemaVersion::Latest)?;
//!
//! let settings = PlanSettings::new(KeyChoice::Default);
//! let columns = ["symbol", "volume"].map(str::to_owned);
//! let csv = MessagePlan::compile(&Mapping::default().bind_columns(&columns, &schema)?, &settings)?;
//! let jsonl = MessagePlan::compile(&Mapping::default().bind_keys(&schema)?, &settings)?;
//! let (mut csv, mut jsonl) = (Encoder::new(Arc::new(csv)), Encoder::new(Arc::new(jsonl)));
//!
//! let mut arena = Vec::new();
//! let bhp = csv.encode_line(b"BHP,744", &mut arena)?;
//! let rio = jsonl.encode_line(br#"{"symbol": "RIO", "volume": 61}"#, &mut arena)?;
//! let error = csv.encode_line(b"CBA,many", &mut arena).unwrap_err();
//! assert_eq!(error.to_string(), "`many` does not fit `volume` (column 2): expected an integer (long)");
//!
//! let messages = [Message::new(0, bhp.value, bhp.key), Message::new(1, rio.value, rio.key)];
//! let mut producer = Producer::connect(&ProducerSettings::new(sandbox.bootstrap_servers(), "trades"))?;
//! let batch = Batch { block: 0, arena: &arena, messages: &messages, headers: &[], topics: &[] };
//! producer.send(&batch, &mut |_| Wait::GoOn);
//! producer.flush(Duration::from_secs(10));
//! let mut reports = Vec::new();
//! producer.inbox().take_reports(&mut reports);
//! assert_eq!(reports.iter().filter(|report| report.outcome == Outcome::Delivered).count(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// The library never prints, reads the environment or ends the process.
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::exit,
        clippy::print_stderr,
        clippy::print_stdout
    )
)]

mod bounded_end;
pub mod cli;
mod decode;
mod draft;
pub mod encode;
mod escape;
#[doc(hidden)]
pub mod fuzzing;
mod heap;
mod heeded_signals;
pub mod input;
pub mod kafka;
pub mod load;
pub mod mapping;
mod nearest;
pub mod record;
pub mod report;
pub mod sandbox;
pub mod schema;
mod signal_mask;
mod table;
#[cfg(test)]
mod test_certificates;
