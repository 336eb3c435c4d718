//! What has been run, and how often each fault really occurred.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub rounds: u64,
    pub plain_rounds: u64,
    pub runs: u64,
    pub rows: u64,
    /// Rows of exactly-once loads that were sent, and then sent again because their transaction was not committed;
    /// with the markers of transactions.
    pub not_committed: u64,
    /// How often each fault occurred, and how often it was planned but came too late.
    faults: BTreeMap<&'static str, (u64, u64)>,
}

impl Tally {
    pub(super) fn count(&mut self, fault: &'static str, occurred: bool) {
        let (hits, misses) = self.faults.entry(fault).or_default();
        *hits += u64::from(occurred);
        *misses += u64::from(!occurred);
    }

    pub(super) fn kills(&self) -> u64 {
        self.faults.get("load killed").map_or(0, |(hits, _)| *hits)
    }

    /// Faults of brokers and of the network to them.
    pub(super) fn broker_and_network_faults(&self) -> u64 {
        let of_load = |name: &str| name.starts_with("load ") || name.starts_with("second run");
        let faults = self.faults.iter().filter(|(name, _)| !of_load(name));
        faults.map(|(_, (hits, _))| hits).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} rounds ({} plain), {} runs, {} rows, {} offsets of rows that were not committed and of markers",
            self.rounds, self.plain_rounds, self.runs, self.rows, self.not_committed
        )?;
        for (name, (hits, misses)) in &self.faults {
            writeln!(formatter, "{hits:>6}  {name} ({misses} came too late)")?;
        }
        write!(
            formatter,
            "{} kills, {} faults of brokers and network",
            self.kills(),
            self.broker_and_network_faults()
        )
    }
}
