//! How large a batch and a row may be, so that one row never makes a broker refuse its neighbours.

use rdkafka::config::ClientConfig;

/// What a batch adds to its messages: 61 bytes of header, and some to spare.
const BATCH_OVERHEAD: usize = 128;
/// What librdkafka reckons for a message beside its key and value.
const MESSAGE_OVERHEAD: usize = 64;
/// librdkafka's smallest `message.max.bytes`.
const SMALLEST_LIMIT: usize = 1000;
/// The largest message that we ask librdkafka to take by ourselves, whatever the topic would.
const LARGEST_LIMIT: usize = 16 << 20;
/// Keeps batches below the topic's limit, and returns the most bytes a row may have.
///
/// The broker looks at the compressed batch; a batch that does not shrink is sent as it is, so the raw size must do.
pub(super) fn fit(config: &mut ClientConfig, topic_limit: Option<usize>) -> usize {
    let number =
        |config: &ClientConfig, name: &str| config.get(name).and_then(|value| value.parse::<usize>().ok());
    let room = topic_limit.map(|limit| limit.saturating_sub(BATCH_OVERHEAD).max(1));
    let wanted = number(config, "message.max.bytes");
    // Unless the user says otherwise, as large as the topic takes: librdkafka's own default of 1 MB may be more or less than that.
    let limit = match (wanted, room) {
        (Some(wanted), Some(room)) => wanted.min(room),
        (Some(wanted), None) => wanted,
        (None, Some(room)) => room.min(LARGEST_LIMIT),
        (None, None) => 1_000_000,
    };
    config.set("message.max.bytes", limit.max(SMALLEST_LIMIT).to_string());
    if let (Some(batch), Some(room)) = (number(config, "batch.size"), room) {
        config.set("batch.size", batch.min(room).to_string());
    }
    // A row larger than the whole queue would wait for ever.
    let queue =
        number(config, "queue.buffering.max.kbytes").map_or(usize::MAX, |size| size.saturating_mul(1024));
    limit.saturating_sub(MESSAGE_OVERHEAD).min(queue)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Properties = &'static [(&'static str, &'static str)];
    /// The largest row, `message.max.bytes` and `batch.size`.
    type Fitted = (usize, &'static str, &'static str);

    fn fitted(properties: &[(&str, &str)], topic_limit: Option<usize>) -> (usize, String, String) {
        let mut config = ClientConfig::new();
        config
            .set("batch.size", "32768")
            .set("queue.buffering.max.kbytes", "65536");
        for (name, value) in properties {
            config.set(*name, *value);
        }
        let row = fit(&mut config, topic_limit);
        config.create_native_config().unwrap();
        let value = |name: &str| config.get(name).unwrap().to_owned();
        (row, value("message.max.bytes"), value("batch.size"))
    }

    #[test]
    fn a_topics_limit_bounds_batches_and_rows() {
        let cases: [(Properties, Option<usize>, Fitted); 6] = [
            // Kafka's default, a small topic, one smaller than librdkafka's least.
            (&[], Some(1_048_588), (1_048_396, "1048460", "32768")),
            (&[], Some(5_000), (4_808, "4872", "4872")),
            (&[], Some(600), (408, "1000", "472")),
            // Nothing is known of the topic.
            (&[], None, (999_936, "1000000", "32768")),
            // What the user wants, as far as it goes.
            (
                &[("message.max.bytes", "2000")],
                Some(5_000),
                (1_936, "2000", "4872"),
            ),
            (
                &[("message.max.bytes", "9000")],
                Some(5_000),
                (4_808, "4872", "4872"),
            ),
        ];
        for (properties, topic_limit, (row, message, batch)) in cases {
            assert_eq!(
                fitted(properties, topic_limit),
                (row, message.to_owned(), batch.to_owned())
            );
        }
    }

    #[test]
    fn a_row_larger_than_the_queue_would_wait_for_ever() {
        assert_eq!(
            fitted(&[("queue.buffering.max.kbytes", "100")], Some(1_048_588)).0,
            102_400
        );
    }

    #[test]
    fn a_topic_for_huge_rows_gets_some_of_them() {
        assert_eq!(fitted(&[], Some(1 << 30)).1, "16777216");
    }
}
