//! Sets of the producer's properties for a purpose.

/// What the producer's default properties are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Batches of 32 KiB, sent after 10 ms at the latest.
    #[default]
    Standard,
    /// Few requests, and as little work for each record as possible.
    Throughput,
    /// Each record is sent at once.
    Latency,
}

impl Preset {
    /// The names, in the order of the presets.
    pub const NAMES: [&'static str; 3] = ["standard", "throughput", "latency"];

    /// The preset with this name, which must be one of [`Preset::NAMES`].
    pub fn named(name: &str) -> Preset {
        match name {
            "throughput" => Preset::Throughput,
            "latency" => Preset::Latency,
            _ => Preset::Standard,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Preset::NAMES[self as usize]
    }

    /// The properties that differ from those of [`Preset::Standard`], by their canonical names.
    pub(super) fn properties(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Preset::Standard => &[],
            Preset::Throughput => &[
                ("batch.size", "524288"),
                ("queue.buffering.max.ms", "50"),
                // With many partitions, batches are sent when they are that old: then the queue and the time limit the rate.
                ("queue.buffering.max.messages", "100000"),
            ],
            Preset::Latency => &[("queue.buffering.max.ms", "0")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_that_of_its_preset() {
        for name in Preset::NAMES {
            assert_eq!(Preset::named(name).name(), name);
        }
    }
}
