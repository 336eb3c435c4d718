//! Brings the planned faults about, and finds out whether they really occurred.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::plan::{Event, Led, Moment};
use super::runs::Run;
use crate::brokers::coordinator_of;
use crate::kafka::Cluster;
use crate::proxy::{Api, Fault, Order, Turn};

/// How long a run can be disturbed by a broker that runs again.
const AFTERMATH: Duration = Duration::from_secs(10);

/// Brokers that were killed or frozen.
#[derive(Default)]
pub(super) struct Restarts {
    /// Those that are being started again.
    running: Vec<Arc<AtomicBool>>,
    last: Option<Instant>,
}

impl Restarts {
    /// Whether a broker does not run, or runs only since a short time.
    pub(super) fn are_recent(&mut self) -> bool {
        self.running.retain(|over| !over.load(Ordering::SeqCst));
        if !self.running.is_empty() {
            self.last = Some(Instant::now());
        }
        self.last.is_some_and(|last| last.elapsed() < AFTERMATH)
    }

    /// Waits until all brokers run.
    pub(super) fn wait(&mut self) {
        while !self.running.is_empty() {
            self.are_recent();
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Requests of the kind that the proxies of all brokers have seen since their reset.
fn requests(cluster: &Cluster, api: Api) -> u64 {
    cluster.proxies.iter().map(|proxy| proxy.requests(api)).sum()
}

/// Waits until a moment; false if the run ends before it.
pub(super) fn await_moment(cluster: &Cluster, run: &mut Run, started: Instant, at: Moment) -> bool {
    let sleep = |time: Duration| std::thread::sleep(time);
    match at {
        Moment::AfterStart(time) => sleep(time.saturating_sub(started.elapsed())),
        Moment::AfterRequests(api, number, time) => {
            while requests(cluster, api) < number {
                if !run.is_alive() {
                    return false;
                }
                sleep(Duration::from_millis(1));
            }
            sleep(time);
        }
    }
    run.is_alive()
}

/// Gives an order to all proxies. A held request is released `wait` after it came.
pub(super) fn give(cluster: &Cluster, api: Api, turn: Turn, fault: Fault, wait: Duration) -> Arc<Order> {
    let order = Order::new(api, turn, fault);
    for proxy in &cluster.proxies {
        proxy.give(&order);
    }
    if fault == Fault::Hold {
        let held = Arc::clone(&order);
        std::thread::spawn(move || {
            if held.is_hit_within(Duration::from_secs(60)) {
                std::thread::sleep(wait);
            }
            held.release();
        });
    }
    order
}

/// Whether a run of the load was under way from the beginning of a fault to its end.
fn during(run: &mut Run, fault: impl FnOnce()) -> bool {
    let is_alive = run.is_alive();
    fault();
    is_alive && run.is_alive()
}

/// Brings about a fault that does not concern single requests; returns whether it occurred.
pub(super) fn bring_about<'scope>(
    event: &Event,
    run: &mut Run,
    (cluster, topic): (&'scope Cluster, &str),
    restarts: &mut Restarts,
    scope: &'scope Scope<'scope, '_>,
) -> bool {
    match event {
        Event::Kill => {
            run.is_killed = run.signal(libc::SIGKILL);
            // It counts if the process dies by it.
            false
        }
        Event::Stop(signal) => {
            run.signal = run.signal(*signal).then_some(*signal);
            false
        }
        Event::Pause(time) => {
            let is_stopped = run.signal(libc::SIGSTOP);
            std::thread::sleep(*time);
            is_stopped && run.signal(libc::SIGCONT)
        }
        Event::KillBroker(broker, down) => {
            restarts.wait();
            if !run.is_alive() {
                return false;
            }
            let over = Arc::new(AtomicBool::new(false));
            restarts.running.push(Arc::clone(&over));
            let (broker, down) = (*broker, *down);
            during(run, || {
                cluster.signal(broker, "-KILL");
                scope.spawn(move || {
                    std::thread::sleep(down);
                    cluster.start_again(broker);
                    over.store(true, Ordering::SeqCst);
                });
                std::thread::sleep(Duration::from_millis(50));
            })
        }
        Event::FreezeBroker(broker, time) => {
            restarts.wait();
            let occurred = during(run, || {
                cluster.signal(*broker, "-STOP");
                std::thread::sleep(*time);
                cluster.signal(*broker, "-CONT");
            });
            restarts.last = Some(Instant::now());
            occurred
        }
        Event::MoveLeader(led) => {
            restarts.wait();
            let mut is_moved = false;
            during(run, || is_moved = move_leader(cluster, topic, *led)) && is_moved
        }
        Event::Network(conditions, time) => {
            for proxy in &cluster.proxies {
                proxy.link.set(*conditions);
            }
            std::thread::sleep(*time);
            for proxy in &cluster.proxies {
                proxy.link.set(Default::default());
            }
            affected(cluster, |affected| {
                affected.delayed + affected.slowed + affected.sliced
            })
        }
        Event::BlackHole(time) => {
            cluster.proxies.iter().for_each(|proxy| proxy.link.close());
            std::thread::sleep(*time);
            cluster.proxies.iter().for_each(|proxy| proxy.link.open());
            affected(cluster, |affected| affected.stopped)
        }
        Event::SecondRun | Event::Request(..) => false,
    }
}

fn affected(cluster: &Cluster, frames: impl Fn(crate::proxy::Affected) -> u64) -> bool {
    let mut proxies = cluster.proxies.iter();
    proxies.any(|proxy| frames(proxy.link.affected()) > 0)
}

/// Makes the next one of its replicas the leader of a partition.
fn move_leader(cluster: &Cluster, topic: &str, led: Led) -> bool {
    let (topic, partition) = match led {
        Led::Partition(partition) => (topic, partition as usize),
        Led::Coordinator => (
            "__transaction_state",
            coordinator_of(&format!("k2-produce.{topic}")),
        ),
    };
    let leader = || {
        let described = cluster.witness(&["describe-replicas", "--topic", topic]);
        described[0][partition]["leader"].as_u64()
    };
    let Some(before) = leader() else { return false };
    let rotated: Vec<String> = (0..3).map(|step| (1 + (before + step) % 3).to_string()).collect();
    let (partition, replicas) = (partition.to_string(), rotated.join(","));
    let command = ["move-partition", "--topic", topic, "--partition", &partition];
    cluster.witness(&[&command[..], &["--replicas", &replicas]].concat());
    leader() != Some(before)
}
