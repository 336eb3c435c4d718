//! Sends records that are encoded before, as fast as librdkafka takes them: what its part of a load costs.
//!
//!     librdkafka_alone single|batch TOPIC SCHEMA_FILE CSV_FILE PROPERTY=VALUE...
//!
//! `single` calls `rd_kafka_produce` for each record, `batch` calls `rd_kafka_produce_batch` for up to 4,096 records of one
//! partition. Prints `SECONDS CPU_SECONDS` of the sending alone, from the first record to the last report.

use std::error::Error;
use std::ffi::CString;
use std::fs;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
use k2_produce::kafka::partition_for;
use k2_produce::mapping::Mapping;
use k2_produce::schema::RegisteredSchema;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka_sys::bindings as sys;

/// The partitions of the topic.
const PARTITIONS: u32 = 3;
/// The most records of a batch.
const BATCH: usize = 4_096;
const PATIENCE: Duration = Duration::from_millis(10);

/// Ranges of the encoded bytes.
struct Record {
    key: Range<usize>,
    value: Range<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [how, topic, schema, file, properties @ ..] = &arguments[..] else {
        return Err(
            "usage: librdkafka_alone single|batch TOPIC SCHEMA_FILE CSV_FILE PROPERTY=VALUE...".into(),
        );
    };
    let mut config = ClientConfig::new();
    for property in properties {
        let (name, value) = property.split_once('=').ok_or("PROPERTY=VALUE")?;
        config.set(name, value);
    }
    let (bytes, records) = encoded(schema, file)?;
    let producer: BaseProducer = config.create()?;
    let name = CString::new(topic.as_str())?;
    // SAFETY: the client and the name are alive; without a configuration the topic has that of the client.
    let topic = unsafe {
        sys::rd_kafka_topic_new(
            producer.client().native_ptr(),
            name.as_ptr(),
            std::ptr::null_mut(),
        )
    };
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let is_single = how == "single";
    for records in records.chunks(BATCH * PARTITIONS as usize) {
        let mut messages: [Vec<sys::rd_kafka_message_t>; PARTITIONS as usize] = Default::default();
        for record in records {
            let partition = partition_for(&bytes[record.key.clone()], PARTITIONS);
            let message = message(&bytes, record, partition);
            if is_single {
                produce(&producer, topic, message);
            } else {
                messages[partition as usize].push(message);
            }
        }
        for (partition, messages) in messages.iter_mut().enumerate() {
            produce_batch(&producer, topic, partition as i32, messages);
        }
        producer.poll(Duration::ZERO);
    }
    producer.flush(Duration::from_secs(120))?;
    println!("{} {}", begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    // SAFETY: nothing uses the topic any more.
    unsafe { sys::rd_kafka_topic_destroy(topic) };
    Ok(())
}

/// The rows of a file as records, encoded by k2-produce.
fn encoded(schema: &str, file: &str) -> Result<(Vec<u8>, Vec<Record>), Box<dyn Error>> {
    let schema = RegisteredSchema::from_text("bench-value", &fs::read_to_string(schema)?)?;
    let text = fs::read_to_string(file)?;
    let (header, rows) = text.split_once('\n').ok_or("the file has no header")?;
    let names: Vec<String> = header.split(',').map(str::to_owned).collect();
    let binding = Mapping::default().bind_columns(&names, &schema)?;
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::Default))?;
    let mut encoder = Encoder::new(Arc::new(plan));
    let (mut bytes, mut records) = (Vec::new(), Vec::new());
    for row in rows.lines() {
        let start = bytes.len();
        // The registry's header; which schema it names makes no difference here.
        bytes.extend_from_slice(&[0, 0, 0, 0, 1]);
        let message = encoder.encode_str(row, &mut bytes)?;
        records.push(Record {
            key: message.key.ok_or("a row has no key")?,
            value: start..message.value.end,
        });
    }
    Ok((bytes, records))
}

fn message(bytes: &[u8], record: &Record, partition: i32) -> sys::rd_kafka_message_t {
    let (key, value) = (&bytes[record.key.clone()], &bytes[record.value.clone()]);
    sys::rd_kafka_message_t {
        err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: std::ptr::null_mut(),
        partition,
        payload: value.as_ptr().cast_mut().cast(),
        len: value.len(),
        key: key.as_ptr().cast_mut().cast(),
        key_len: key.len(),
        offset: 0,
        _private: std::ptr::null_mut(),
    }
}

/// Hands one record over, as soon as there is room.
fn produce(producer: &BaseProducer, topic: *mut sys::rd_kafka_topic_t, message: sys::rd_kafka_message_t) {
    loop {
        // SAFETY: topic, key and value are alive, and the value is copied as the key is.
        let result = unsafe {
            sys::rd_kafka_produce(
                topic,
                message.partition,
                sys::RD_KAFKA_MSG_F_COPY,
                message.payload,
                message.len,
                message.key,
                message.key_len,
                message._private,
            )
        };
        if result == 0 {
            return;
        }
        producer.poll(PATIENCE);
    }
}

/// Hands the records over, in as many calls as their queue needs.
fn produce_batch(
    producer: &BaseProducer,
    topic: *mut sys::rd_kafka_topic_t,
    partition: i32,
    mut messages: &mut [sys::rd_kafka_message_t],
) {
    while !messages.is_empty() {
        // SAFETY: topic, keys and values are alive, and they are copied.
        let taken = unsafe {
            sys::rd_kafka_produce_batch(
                topic,
                partition,
                sys::RD_KAFKA_MSG_F_COPY,
                messages.as_mut_ptr(),
                messages.len() as i32,
            )
        };
        // Those that were not taken may be anywhere in the list, but only because the queue is full: they are the last.
        messages = &mut messages[taken as usize..];
        if !messages.is_empty() {
            producer.poll(PATIENCE);
        }
    }
}

/// The CPU time of this process so far, in its own code and in the system.
fn cpu_seconds() -> f64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: it is a writable `rusage`, for which zeros are valid.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
