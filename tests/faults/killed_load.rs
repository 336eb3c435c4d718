//! A load that is killed.

use std::collections::BTreeMap;

use crate::kafka::proxied;
use crate::load::Load;
use crate::proxy::Conditions;

#[test]
fn a_killed_load_leaves_the_first_rows_of_each_partition_without_gaps() {
    let kafka = proxied();
    // Slow enough to be killed in between.
    kafka.proxy.link.set(Conditions {
        bytes_per_second: Some(500_000),
        ..Conditions::default()
    });
    let mut load = Load::start(&kafka, 20_000, 3, &[]);
    load.feed(20_000);
    let topic = load.topic().to_owned();
    kafka.await_records(&topic, 1_000);
    load.child.kill().unwrap();
    load.child.wait().unwrap();
    kafka.proxy.reset();

    // The whole file again. So each partition has some of its rows, and then all of them.
    let mut again = Load::start_on(&kafka, topic.clone(), 20_000, &[]);
    again.feed(20_000);
    let ended = again.end();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("delivered"), 20_000);
    let mut partitions: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for record in kafka.dump(&topic) {
        let line = record["value"]["platform_sequence"].as_u64().unwrap();
        partitions
            .entry(record["partition"].as_u64().unwrap())
            .or_default()
            .push(line);
    }
    let (mut before, mut all) = (0, Vec::new());
    for (partition, lines) in partitions {
        let start = lines.iter().rposition(|line| *line == lines[0]).unwrap();
        let (first, whole) = lines.split_at(start);
        assert!(
            whole.is_sorted() && whole.starts_with(first),
            "partition {partition}"
        );
        before += first.len();
        all.extend_from_slice(whole);
    }
    all.sort_unstable();
    assert!(all.into_iter().eq(1..=20_000), "every row once");
    assert!(
        (1_000..20_000).contains(&before),
        "{before} rows before it was killed"
    );
}
