//! Looks before a producer connects, and how soon it can send.

use super::*;
use crate::kafka::limits::fit;

/// A look at the topic of `settings`, and the configuration of a producer if the topic has this `max.message.bytes`.
fn look(settings: &ProducerSettings, limit: Option<usize>) -> (Look, ClientConfig) {
    let look = Look::at_topics(settings, None).unwrap();
    let mut config = settings.client_config().unwrap();
    fit(&mut config, &[limit]);
    (look, config)
}

#[test]
fn a_producer_takes_over_the_client_of_a_look_unless_its_topic_needs_another_one() {
    let cluster = cluster(1);
    for (codec, limit, takes_over) in [
        ("lz4", Some(1_048_588), true),
        ("lz4", None, true),
        ("lz4", Some(200_000), true),
        ("lz4", Some(20_000), false),
        ("lz4", Some(8 << 20), false),
        ("none", Some(1_048_588), true),
        ("none", Some(200_000), false),
    ] {
        let settings = settings(&cluster, &[("compression.type", codec)]);
        let (look, config) = look(&settings, limit);
        assert_eq!(
            look.into_client(&config).is_some(),
            takes_over,
            "{codec} {limit:?}"
        );
    }
}

#[test]
fn a_producer_can_send_as_soon_as_it_is_connected() {
    let cluster = cluster(3);
    // Without compression the mock cluster's unknown limits differ from the usual ones, so the producer has its own client.
    for codec in ["lz4", "none"] {
        let settings = settings(&cluster, &[("compression.type", codec)]);
        let times = (0..10).map(|_| {
            let start = Instant::now();
            let mut sink = Counting::connect(&settings).unwrap();
            sink.send(&rows(0, 100, |row| (row % 3) as i32).batch(0));
            sink.flush();
            assert_eq!(sink.delivered, 100);
            start.elapsed()
        });
        let shortest = times.min().unwrap();
        // If it waited for librdkafka's timer, it would take more than half a second.
        assert!(shortest < Duration::from_millis(400), "{shortest:?}");
    }
}

#[test]
fn an_early_look_finds_the_topic_or_says_why_not() {
    let cluster = cluster(3);
    let mut settings = settings(&cluster, &[]);
    let look = EarlyLook::begin(&settings).unwrap().finish().unwrap();
    let producer = Producer::connect_after(&settings, look).unwrap();
    assert_eq!(producer.topics()[0].facts.partitions, 3);
    settings.topics = vec!["absent".to_owned()];
    let Err(error) = EarlyLook::begin(&settings).unwrap().finish() else {
        panic!("there is no such topic")
    };
    assert_eq!(error.kind(), ConnectErrorKind::MissingTopic);
}

#[test]
fn nobody_waits_long_for_an_early_look_that_is_not_needed() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let look = EarlyLook::begin(&ProducerSettings::new(address, TOPIC)).unwrap();
    let start = Instant::now();
    drop(look);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_log_that_the_user_wants_to_see_appears_in_order() {
    let cluster = cluster(1);
    assert!(EarlyLook::begin(&settings(&cluster, &[("debug", "broker")])).is_none());
    assert!(EarlyLook::begin(&settings(&cluster, &[("log_level", "6")])).is_none());
}
