//! Three brokers, of which one fails or gives up the leadership of a partition.

use std::time::{Duration, Instant};

use crate::exactly_once::{self, expect_each_row_once};
use crate::kafka::{Cluster, cluster};
use crate::load::{Ended, Load};
use crate::support::{fixture, unique};

/// A topic with two partitions on all brokers, led by brokers 2 and 3. Broker 1 is the only controller.
fn topic(cluster: &Cluster, min_insync_replicas: u32) -> String {
    let topic = unique("cluster");
    let setting = format!("min.insync.replicas={min_insync_replicas}");
    let replicas = ["--replicas", "2,3,1", "--replicas", "3,2,1"];
    cluster.witness(
        &[
            &["create-topic", "--topic", &topic, "--set", &setting],
            &replicas[..],
        ]
        .concat(),
    );
    let schema = std::fs::read_to_string(fixture("schemas/trade_v2.avsc")).unwrap();
    cluster.register(&format!("{topic}-value"), &schema);
    await_replicas(cluster, &topic, 3);
    topic
}

/// Waits until each partition has this many replicas in sync.
#[track_caller]
fn await_replicas(cluster: &Cluster, topic: &str, in_sync: u64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let described = &cluster.witness(&["describe-replicas", "--topic", topic])[0];
        let mut partitions = described.as_array().unwrap().iter();
        if partitions.all(|partition| partition["in_sync"] == in_sync) {
            return;
        }
        assert!(Instant::now() < deadline, "{described}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn leader(cluster: &Cluster, topic: &str, partition: usize) -> Option<u64> {
    cluster.witness(&["describe-replicas", "--topic", topic])[0][partition]["leader"].as_u64()
}

/// The partition of `__transaction_state` whose leader coordinates the transactions of a producer: by Java's hash of its
/// transactional id.
pub(crate) fn coordinator_of(id: &str) -> usize {
    const PARTITIONS: usize = 4; // broker.properties
    let hash = id.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    (hash & i32::MAX) as usize % PARTITIONS
}

#[test]
fn a_leader_that_moves_during_a_load_loses_nothing() {
    let cluster = cluster();
    let topic = topic(&cluster, 2);
    assert_eq!(leader(&cluster, &topic, 0), Some(2));
    let mut load = Load::start_on(&cluster, topic.clone(), 40_000, &[]);
    load.feed_and_await(5_000, &cluster);
    // While rows are being written.
    load.feed(30_000);
    let partition = ["--topic", &topic, "--partition", "0", "--replicas"];
    cluster.witness(&[&["move-partition"], &partition[..], &["1,3,2"]].concat());
    assert_eq!(leader(&cluster, &topic, 0), Some(1));
    load.feed(5_000);
    let ended = load.end();
    ended.expect_every_row_once(&cluster);
    expect_change(
        &ended,
        "the leader of partition 0 (broker 2, now 1) changed",
        [true, false],
    );
}

/// Asserts that the load reports once that leaders changed, and of which partitions.
#[track_caller]
fn expect_change(ended: &Ended, words: &str, changed: [bool; 2]) {
    assert_eq!(
        ended.stderr.matches("changed during the run").count(),
        1,
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
    for (partition, changed) in changed.into_iter().enumerate() {
        let partition = &ended.summary["topic"]["partitions"][partition];
        assert_eq!(partition["leader_changed"], changed, "{partition}");
    }
}

#[test]
fn a_leader_that_moves_and_comes_back_is_noticed() {
    let cluster = cluster();
    let topic = topic(&cluster, 2);
    let mut load = Load::start_on(&cluster, topic.clone(), 10_000, &[]);
    load.feed_and_await(5_000, &cluster);
    let partition = [
        "move-partition",
        "--topic",
        &topic,
        "--partition",
        "1",
        "--replicas",
    ];
    for replicas in ["1,3,2", "3,2,1"] {
        cluster.witness(&[&partition[..], &[replicas]].concat());
    }
    assert_eq!(leader(&cluster, &topic, 1), Some(3));
    load.feed(5_000);
    let ended = load.end();
    ended.expect_every_row_once(&cluster);
    expect_change(
        &ended,
        "the leader of partition 1 (broker 3 again) changed",
        [false, true],
    );
}

#[test]
fn leaders_that_stay_are_not_mentioned() {
    let cluster = cluster();
    let topic = topic(&cluster, 2);
    let mut load = Load::start_on(&cluster, topic, 10_000, &[]);
    load.feed_and_await(5_000, &cluster);
    load.feed(5_000);
    let ended = load.end();
    ended.expect_every_row_once(&cluster);
    assert!(!ended.stderr.contains("leader"), "{}", ended.stderr);
    let partitions = ended.summary["topic"]["partitions"].as_array().unwrap();
    assert!(
        partitions
            .iter()
            .all(|partition| partition["leader_changed"] == false)
    );
}

#[test]
fn a_leader_that_is_killed_during_a_load_loses_nothing() {
    let cluster = cluster();
    let topic = topic(&cluster, 2);
    let mut load = Load::start_on(&cluster, topic.clone(), 40_000, &[]);
    load.feed_and_await(5_000, &cluster);
    load.feed(30_000);
    cluster.signal(2, "-KILL");
    await_replicas(&cluster, &topic, 2);
    assert_ne!(leader(&cluster, &topic, 0), Some(2));
    load.feed(5_000);
    let ended = load.end();
    cluster.start_again(2);
    ended.expect_every_row_once(&cluster);
}

#[test]
fn a_load_waits_for_a_replica_that_is_required_and_was_lost() {
    let cluster = cluster();
    let topic = topic(&cluster, 3);
    let mut load = Load::start_on(&cluster, topic.clone(), 10_000, &[]);
    load.feed_and_await(5_000, &cluster);
    cluster.signal(3, "-KILL");
    await_replicas(&cluster, &topic, 2);
    load.feed(5_000);
    std::thread::sleep(Duration::from_secs(2));
    cluster.start_again(3);
    load.end().expect_every_row_once(&cluster);
}

#[test]
fn a_required_replica_that_is_lost_for_too_long_is_the_reason_for_messages_that_time_out() {
    let cluster = cluster();
    let topic = topic(&cluster, 3);
    let limit = ["-X", "message.timeout.ms=3000"];
    let mut load = Load::start_on(&cluster, topic.clone(), 10_000, &limit);
    load.feed_and_await(5_000, &cluster);
    cluster.signal(3, "-KILL");
    await_replicas(&cluster, &topic, 2);
    load.feed(5_000);
    let ended = load.end();
    cluster.start_again(3);
    assert_eq!(ended.status, Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("not enough in-sync replicas"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.count("delivered"), 5_000, "{}", ended.stderr);
    ended.expect_true_counts(&cluster);
}

#[test]
fn a_leader_and_a_coordinator_that_move_during_an_exactly_once_load_lose_nothing() {
    let cluster = cluster();
    let topic = topic(&cluster, 2);
    let load = exactly_once::Load::on(&cluster, topic.clone());
    let mut child = load.start(&[]);
    cluster.await_records(&topic, 30_000);
    let id = format!("k2-produce.{topic}/trades.jsonl");
    let coordinator = coordinator_of(&id);
    let moved = [(topic.as_str(), 0), ("__transaction_state", coordinator)].map(|(topic, partition)| {
        let before = leader(&cluster, topic, partition).unwrap();
        let replicas: Vec<String> = (0..3).map(|step| (1 + (before + step) % 3).to_string()).collect();
        let partition = partition.to_string();
        let command = ["move-partition", "--topic", topic, "--partition", &partition];
        cluster.witness(&[&command[..], &["--replicas", &replicas.join(",")]].concat());
        before.to_string() != replicas[0]
    });
    assert!(moved[0] && moved[1]);
    assert!(child.try_wait().unwrap().is_none(), "it ended before the moves");
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    expect_each_row_once(&cluster, &topic);
}

#[test]
fn a_broker_that_is_killed_and_restarted_during_an_exactly_once_load_loses_nothing() {
    let cluster = cluster();
    let topic = topic(&cluster, 2);
    let load = exactly_once::Load::on(&cluster, topic.clone());
    let mut child = load.start(&[]);
    cluster.await_records(&topic, 30_000);
    cluster.signal(2, "-KILL");
    assert!(
        child.try_wait().unwrap().is_none(),
        "it ended before the broker was killed"
    );
    cluster.start_again(2);
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    expect_each_row_once(&cluster, &topic);
}
