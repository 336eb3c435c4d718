//! Tests of the real binary as users run it, most of them with a real Apache Kafka and a real schema registry, which
//! `tests/stack/run` starts for the first test that needs them.

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "unit tests use the rest of this module")]
#[path = "../../src/test_certificates.rs"]
mod certificates;

mod archives;
mod atomic;
mod avro_keys;
mod bad_rows;
mod changed_input;
mod compressed;
mod config;
mod contracts;
mod create_topic;
mod dialect;
mod documents;
mod dry_run;
mod early_end;
mod encodings;
mod exactly_once;
mod headers;
mod json;
mod loads;
mod main_job;
mod malformed;
mod many_files;
mod map_commands;
mod map_init;
mod mapping;
mod mapping_message;
mod mapping_rows;
mod mapping_topics;
mod memory;
mod mistakes;
mod null_keys;
mod output;
mod properties_file;
mod recipes;
mod refused;
mod registry;
mod registry_tls;
mod replay;
mod resume;
mod rows_gone;
mod sandbox;
mod schema;
mod schema_infer;
mod second_registry;
mod show;
mod signals;
mod stack;
mod system_errors;
mod terminal;
mod times;
mod trade_v2;
mod transcript;
mod unavailable;
mod verify;
