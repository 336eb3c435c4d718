//! A round: runs a load with the planned faults, again and again until it is complete, and judges it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::events::{self, Restarts};
use super::plan::{Event, Mode, Plan};
use super::runs::{Ended, Load};
use super::tally::Tally;
use super::{Violation, evidence, file, verdict};
use crate::kafka::Cluster;
use crate::proxy::{Fault, Order};
use crate::support::{TestEnv, unique};

/// A load that is not complete after so many runs makes no progress.
const MOST_RUNS: usize = 40;

/// Plays a round; returns where the evidence of a violation is.
pub(super) fn play(plan: &Plan, cluster: &Cluster, tally: &mut Tally) -> Result<(), String> {
    let env = TestEnv::new();
    let rows = plan.file.write(&env.path("."));
    let topic = unique("chaos");
    let count = plan.partitions.to_string();
    let brokers = ["1,2,3", "2,3,1", "3,1,2"].iter().cycle();
    let replicas = brokers
        .take(plan.partitions as usize)
        .flat_map(|brokers| ["--replicas", brokers]);
    let settings = [
        "create-topic",
        "--topic",
        &topic,
        "--set",
        "min.insync.replicas=2",
    ];
    let created = catch_unwind(AssertUnwindSafe(|| {
        cluster.witness(&settings.into_iter().chain(replicas).collect::<Vec<_>>());
        cluster.register(&format!("{topic}-value"), file::SCHEMA);
    }));
    assert!(
        created.is_ok(),
        "the topic with {count} partitions was not created"
    );
    let mut load = Load {
        env,
        cluster,
        plan,
        rows,
        topic,
        started: 0,
    };
    let played = catch_unwind(AssertUnwindSafe(|| load_until_complete(&mut load, tally)));
    let played = played.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or(panic.downcast_ref::<&str>().copied());
        Err(Violation(words.unwrap_or("a panic").to_owned()))
    });
    tally.rounds += 1;
    tally.plain_rounds += u64::from(plan.mode == Mode::Plain);
    tally.runs += load.started as u64;
    tally.rows += load.rows.rows.len() as u64;
    played.map_err(|violation| evidence::keep(&load, &violation))
}

/// The orders of a round, with what they are counted as.
type Orders = Vec<(&'static str, Arc<Order>)>;

fn load_until_complete(load: &mut Load<'_>, tally: &mut Tally) -> Result<(), Violation> {
    let (cluster, plan) = (load.cluster, load.plan);
    let mut orders = Orders::new();
    let complete = std::thread::scope(|scope| {
        let mut restarts = Restarts::default();
        let mut floor = 0;
        let mut complete = None;
        while complete.is_none() {
            let index = load.started;
            if index >= MOST_RUNS {
                return Err(Violation(format!("it is not complete after {index} runs")));
            }
            let planned = plan.runs.get(index).map_or(&[][..], Vec::as_slice);
            let mut is_disturbed = restarts.are_recent() || planned.iter().any(|one| one.event.can_fail());
            for proxy in &cluster.proxies {
                proxy.revoke_orders();
            }
            for one in planned {
                if let Event::Request(api, turn, fault, wait) = one.event {
                    orders.push((one.event.name(), events::give(cluster, api, turn, fault, wait)));
                }
            }
            let started = Instant::now();
            let mut run = load.start(floor);
            let mut second = None;
            let mut counted = Vec::new();
            for one in planned {
                let is_time = !matches!(one.event, Event::Request(..))
                    && events::await_moment(cluster, &mut run, started, one.at);
                let mut occurred = false;
                if is_time && matches!(one.event, Event::SecondRun) {
                    second = Some(load.start(floor));
                } else if is_time {
                    let place = (cluster, &*load.topic);
                    occurred = events::bring_about(&one.event, &mut run, place, &mut restarts, scope);
                }
                counted.push((&one.event, occurred));
            }
            is_disturbed |= restarts.are_recent();
            let mut ended = vec![load.end(run)?];
            if let Some(second) = second {
                ended.push(load.end(second)?);
            }
            for (event, occurred) in counted {
                let occurred = match event {
                    Event::Kill => ended[0].is_killed,
                    Event::Stop(signal) => ended[0].code() == Some(128 + signal),
                    Event::SecondRun => ended.iter().any(Ended::is_superseded),
                    Event::Request(..) => continue,
                    _ => occurred,
                };
                tally.count(event.name(), occurred);
            }
            for one in &ended {
                verdict::check_run(plan.mode, one, is_disturbed)?;
                floor = floor.max(one.settled());
            }
            complete = match plan.mode {
                Mode::ExactlyOnce => ended.into_iter().find(|one| matches!(one.code(), Some(0 | 1))),
                Mode::Plain => ended.into_iter().next(),
            };
        }
        restarts.wait();
        Ok(complete.expect("the loop ended"))
    })?;
    count_orders(&orders, tally);
    for proxy in &cluster.proxies {
        proxy.reset();
    }
    match plan.mode {
        Mode::ExactlyOnce => {
            tally.not_committed += verdict::judge(load, &complete)?;
            if plan.seed.is_multiple_of(3) {
                verdict::judge_repetition(load, &complete)?;
            }
            Ok(())
        }
        Mode::Plain => verdict::judge_plain(load, &complete),
    }
}

/// Counts orders that hit a request, once each; those that held one if the broker answered it when it arrived.
fn count_orders(orders: &Orders, tally: &mut Tally) {
    for (name, order) in orders {
        let deadline = Instant::now() + Duration::from_secs(8);
        let is_held = order.fault() == Fault::Hold && !order.hits().is_empty();
        while is_held && order.late_answers() == 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let occurred = match order.fault() {
            Fault::Hold => order.late_answers() > 0,
            _ => !order.hits().is_empty(),
        };
        tally.count(name, occurred);
    }
}
