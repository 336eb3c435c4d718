//! Key -> partition, the way Java's producer, Connect, Flink and Streams do it.
//!
//! The partition is worked out here, where the key is at hand, and given to librdkafka explicitly. Keys that are
//! null and partitioners other than murmur2's are left to librdkafka.

/// The hash of Java's `org.apache.kafka.common.utils.Utils.murmur2`.
pub fn murmur2(key: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MULTIPLIER: u32 = 0x5bd1_e995;
    const SHIFT: u32 = 24;

    // Java works on an int length; a key beyond 2 GiB cannot be a Kafka key.
    let mut hash = SEED ^ (key.len() as u32);
    let (words, tail) = key.as_chunks::<4>();
    for word in words {
        let mut part = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        part ^= part >> SHIFT;
        hash = hash.wrapping_mul(MULTIPLIER) ^ part.wrapping_mul(MULTIPLIER);
    }
    if !tail.is_empty() {
        for (position, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * position);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

/// The partition that Java's partitioner picks for `key` on a topic of `partitions` partitions.
pub fn partition_for(key: &[u8], partitions: u32) -> i32 {
    ((murmur2(key) & 0x7fff_ffff) % partitions) as i32
}

/// Who picks the partition of a message, decided once when the sink is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitioner {
    /// The topic's partitions when the run began.
    partitions: u32,
    /// Whether the client is set to murmur2, so that the partition can be worked out here.
    murmur2: bool,
}

impl Partitioner {
    /// The partitioner for librdkafka's property value `name` (`murmur2_random`, `consistent`, ...).
    pub fn new(name: &str, partitions: u32) -> Partitioner {
        Partitioner {
            partitions,
            murmur2: matches!(name, "murmur2" | "murmur2_random") && partitions > 0,
        }
    }

    /// The partition for a message with this key; -1 leaves the choice to librdkafka.
    pub fn partition(&self, key: Option<&[u8]>) -> i32 {
        match key {
            Some(key) if self.murmur2 => partition_for(key, self.partitions),
            _ => -1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_java_does() {
        let cases: [(&[u8], i32); 7] = [
            (b"21", -973932308),
            (b"foobar", -790332482),
            (b"a-little-bit-long-string", -985981536),
            (b"a-little-bit-longer-string", -1486304829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
            (b"abc", 479470107),
            (b"", 275646681),
        ];
        for (key, expected) in cases {
            assert_eq!(murmur2(key) as i32, expected, "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn takes_the_positive_hash_modulo_the_partitions() {
        // 479470107 % 3, and a negative hash with its sign bit off.
        assert_eq!(partition_for(b"abc", 3), 0);
        assert_eq!(partition_for(b"21", 7), ((-973932308_i32 & 0x7fff_ffff) % 7));
    }

    #[test]
    fn leaves_null_keys_and_foreign_partitioners_to_librdkafka() {
        assert_eq!(Partitioner::new("murmur2_random", 3).partition(None), -1);
        assert_eq!(Partitioner::new("consistent", 3).partition(Some(b"abc")), -1);
        assert_eq!(Partitioner::new("murmur2", 3).partition(Some(b"abc")), 0);
    }
}
