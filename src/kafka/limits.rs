//! Size limits of batches and messages.
//!
//! A broker compares a whole batch, compressed as it was sent, with the topic's `max.message.bytes`. librdkafka fills a
//! batch up to `batch.size` before compression, and sends a larger message in a batch of its own
//! (rd_kafka_msgset_writer_write_msgq). So if `batch.size` does not exceed the topic's limit, a batch of several
//! messages always fits, and a message that is too large never causes its neighbours to be rejected.

use std::fmt;

use rdkafka::config::ClientConfig;

use super::lz4;
use super::record_batch::{BATCH_HEADER, LARGEST_RECORD_OVERHEAD, MessageBytes};

/// The bytes that librdkafka counts for a message in addition to key, value and headers.
const MESSAGE_OVERHEAD: usize = 64;
/// The smallest `message.max.bytes` that librdkafka accepts.
const SMALLEST_LIMIT: usize = 1000;
/// The largest default of `message.max.bytes`, even if the topic allows more.
const LARGEST_LIMIT: usize = 16 << 20;
/// The largest message before compression if the topic allows less. It is enough for a row of 1 MiB, the default limit.
/// librdkafka allocates buffers of this size.
const COMPRESSIBLE_LIMIT: usize = 2 << 20;

/// The size limits of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimit {
    /// A message with key, value and headers of at most this size always fits.
    always: usize,
    /// The topic's `max.message.bytes`, if it is known.
    topic: Option<usize>,
    /// The client's `message.max.bytes`, which applies before compression.
    client: usize,
    /// The size of the client's queue: a larger message would wait forever.
    queue: usize,
    codec: Codec,
}

/// How batches are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    None,
    Lz4 {
        level: i32,
    },
    /// The compressed size cannot be computed here, so the broker decides.
    Other,
}

/// Why a message is too large; sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    /// A batch with only this message is larger than the topic allows.
    ForTopic {
        /// The size of the batch as it would be sent.
        batch: usize,
        /// Its size without compression.
        uncompressed: usize,
        /// `max.message.bytes`.
        limit: usize,
    },
    /// It is larger than the client allows.
    ForClient {
        /// The size of key, value and headers.
        size: usize,
        /// `message.max.bytes`.
        limit: usize,
    },
    /// It is larger than the client's queue.
    ForQueue {
        /// The size of key, value and headers.
        size: usize,
        /// `queue.buffering.max.kbytes`, in bytes.
        limit: usize,
    },
}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TooLarge::ForTopic {
                batch,
                uncompressed,
                limit,
            } => {
                write!(formatter, "the message has {uncompressed} bytes")?;
                if batch < uncompressed {
                    write!(formatter, ", {batch} compressed")?;
                }
                write!(
                    formatter,
                    ", but the topic allows {limit} (its `max.message.bytes`)"
                )
            }
            TooLarge::ForClient { size, limit } => write!(
                formatter,
                "the message has {size} bytes before compression, but the client allows {limit} (`message.max.bytes`)"
            ),
            TooLarge::ForQueue { size, limit } => write!(
                formatter,
                "the message has {size} bytes, but the client's queue holds {limit} (`queue.buffering.max.kbytes`)"
            ),
        }
    }
}

impl SizeLimit {
    /// Only a limit for key, value and headers together.
    #[cfg(test)]
    pub(crate) fn of_bytes(limit: usize) -> SizeLimit {
        SizeLimit {
            always: limit,
            client: limit + MESSAGE_OVERHEAD,
            topic: None,
            queue: usize::MAX,
            codec: Codec::None,
        }
    }

    /// Whether a message with key, value and headers of this total size always fits.
    #[inline]
    pub fn always_fits(&self, size: usize) -> bool {
        size <= self.always
    }

    /// Checks a message for which [`SizeLimit::always_fits`] is false, by the size of what would be sent.
    ///
    /// # Errors
    /// It is too large for the client or its queue, or, in a batch of its own, for the topic.
    pub fn judge(&self, message: &MessageBytes<'_>) -> Result<(), TooLarge> {
        let size = message.size();
        if size.saturating_add(MESSAGE_OVERHEAD) > self.client {
            let limit = self.client;
            return Err(TooLarge::ForClient { size, limit });
        }
        if size > self.queue {
            let limit = self.queue;
            return Err(TooLarge::ForQueue { size, limit });
        }
        let Some(limit) = self.topic else {
            return Ok(());
        };
        let record = message.record();
        let uncompressed = BATCH_HEADER + record.len();
        let batch = match self.codec {
            Codec::None => uncompressed,
            Codec::Lz4 { level } => {
                let compressed = lz4::compressed_length(&record, level).unwrap_or(record.len());
                // librdkafka sends a batch uncompressed if compression does not make it smaller.
                BATCH_HEADER + compressed.min(record.len())
            }
            Codec::Other => return Ok(()),
        };
        if batch <= limit {
            return Ok(());
        }
        Err(TooLarge::ForTopic {
            batch,
            uncompressed,
            limit,
        })
    }
}

/// Adjusts the configuration to the limits of the topics, and returns the limits of messages for each.
///
/// The client allows what the most generous topic allows, and fills batches only up to what the strictest one does.
pub(super) fn fit(config: &mut ClientConfig, topics: &[Option<usize>]) -> Vec<SizeLimit> {
    let number =
        |config: &ClientConfig, name: &str| config.get(name).and_then(|value| value.parse::<usize>().ok());
    let codec = codec(config);
    let client = number(config, "message.max.bytes").unwrap_or_else(|| {
        let of_topics = topics.iter().map(|topic| topic.unwrap_or(1_000_000)).max();
        let of_topic = of_topics.unwrap_or(1_000_000).min(LARGEST_LIMIT);
        match codec {
            Codec::None => of_topic,
            Codec::Lz4 { .. } | Codec::Other => of_topic.max(COMPRESSIBLE_LIMIT),
        }
    });
    let client = client.max(SMALLEST_LIMIT);
    config.set("message.max.bytes", client.to_string());
    if let (Some(batch), Some(strictest)) = (number(config, "batch.size"), topics.iter().flatten().min()) {
        config.set("batch.size", batch.min(*strictest).max(1).to_string());
    }
    let queue =
        number(config, "queue.buffering.max.kbytes").map_or(usize::MAX, |size| size.saturating_mul(1024));
    let of_topic = |topic: &Option<usize>| SizeLimit {
        always: (client - MESSAGE_OVERHEAD)
            .min(queue)
            .min(topic.map_or(usize::MAX, |limit| {
                limit.saturating_sub(BATCH_HEADER + LARGEST_RECORD_OVERHEAD)
            })),
        topic: *topic,
        client,
        queue,
        codec,
    };
    topics.iter().map(of_topic).collect()
}

fn codec(config: &ClientConfig) -> Codec {
    match config.get("compression.codec").unwrap_or("none") {
        "none" => Codec::None,
        "lz4" => {
            let level = config
                .get("compression.level")
                .and_then(|level| level.parse().ok());
            // As in rd_kafka_topic_new0.
            let level = level.filter(|level| *level != -1).unwrap_or(0).min(12);
            Codec::Lz4 { level }
        }
        _ => Codec::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(properties: &[(&str, &str)], topic: Option<usize>) -> (SizeLimit, String, String) {
        let mut config = ClientConfig::new();
        config
            .set("batch.size", "32768")
            .set("queue.buffering.max.kbytes", "65536")
            .set("compression.codec", "lz4");
        for (name, value) in properties {
            config.set(*name, *value);
        }
        let limit = fit(&mut config, &[topic])[0];
        config.create_native_config().unwrap();
        let value = |name: &str| config.get(name).unwrap().to_owned();
        (limit, value("message.max.bytes"), value("batch.size"))
    }

    fn judged(limit: SizeLimit, value: &[u8]) -> Result<(), TooLarge> {
        limit.judge(&MessageBytes {
            key: None,
            value,
            headers: Vec::new(),
        })
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(7);
        (0..length).map(|_| random.u8(..)).collect()
    }

    #[test]
    fn a_topics_limit_bounds_batches() {
        type Properties = &'static [(&'static str, &'static str)];
        /// The size that always fits, `message.max.bytes` and `batch.size`.
        type Fitted = (usize, &'static str, &'static str);
        let cases: [(Properties, Option<usize>, Fitted); 7] = [
            // Kafka's default, a small limit, one below librdkafka's minimum, and one for huge messages.
            (&[], Some(1_048_588), (1_048_504, "2097152", "32768")),
            (&[], Some(5_000), (4_916, "2097152", "5000")),
            (&[("compression.codec", "none")], Some(200), (116, "1000", "200")),
            (&[], Some(1 << 30), ((16 << 20) - 64, "16777216", "32768")),
            // Nothing is known about the topic.
            (&[], None, (2_097_088, "2097152", "32768")),
            // Limits set by the user.
            (
                &[("message.max.bytes", "2000")],
                Some(5_000),
                (1_936, "2000", "5000"),
            ),
            (
                &[("queue.buffering.max.kbytes", "100")],
                Some(1_048_588),
                (102_400, "2097152", "32768"),
            ),
        ];
        for (properties, topic, (always, message, batch)) in cases {
            let (limit, message_max, batch_size) = fitted(properties, topic);
            assert_eq!(
                (limit.always, message_max.as_str(), batch_size.as_str()),
                (always, message, batch),
                "{properties:?} {topic:?}"
            );
        }
    }

    #[test]
    fn a_message_is_judged_by_what_would_be_sent() {
        let limit = |topic| fitted(&[], Some(topic)).0;
        // 61 bytes for the batch, 9 for the record, and the value.
        assert_eq!(judged(limit(200), &noise(130)), Ok(()));
        assert_eq!(
            judged(limit(200), &noise(131)),
            Err(TooLarge::ForTopic {
                batch: 201,
                uncompressed: 201,
                limit: 200
            })
        );
        assert_eq!(judged(limit(2_000), &[b'x'; 5_000]), Ok(()));
        let error = judged(limit(60), &[b'x'; 5_000]).unwrap_err();
        assert!(
            error.to_string().starts_with("the message has 5070 bytes, ")
                && error
                    .to_string()
                    .ends_with(" compressed, but the topic allows 60 (its `max.message.bytes`)"),
            "{error}"
        );
        let (uncompressed, ..) = fitted(&[("compression.codec", "none")], Some(2_000));
        assert!(judged(uncompressed, &[b'x'; 5_000]).is_err());
        // The broker decides.
        let (gzip, ..) = fitted(&[("compression.codec", "gzip")], Some(2_000));
        assert_eq!(judged(gzip, &noise(5_000)), Ok(()));
    }

    #[test]
    fn the_clients_own_limits_are_reported() {
        let (small, ..) = fitted(&[("message.max.bytes", "2000")], None);
        assert!(matches!(
            judged(small, &[b'x'; 1_937]),
            Err(TooLarge::ForClient { .. })
        ));
        assert_eq!(judged(small, &[b'x'; 1_936]), Ok(()));
        let (queue, ..) = fitted(&[("queue.buffering.max.kbytes", "1")], None);
        assert!(matches!(
            judged(queue, &[b'x'; 1_025]),
            Err(TooLarge::ForQueue { .. })
        ));
    }

    #[test]
    fn each_topic_has_its_own_limit() {
        let mut config = ClientConfig::new();
        config.set("batch.size", "32768").set("compression.codec", "none");
        let limits = fit(&mut config, &[Some(2_000), None, Some(3_000_000)]);
        assert_eq!(config.get("message.max.bytes"), Some("3000000"));
        assert_eq!(config.get("batch.size"), Some("2000"));
        let value = [b'x'; 5_000];
        assert!(matches!(
            judged(limits[0], &value),
            Err(TooLarge::ForTopic { limit: 2_000, .. })
        ));
        assert_eq!(judged(limits[1], &value), Ok(()));
        assert!(limits[2].always_fits(2_000_000) && !limits[1].always_fits(3_000_000));
    }
}
