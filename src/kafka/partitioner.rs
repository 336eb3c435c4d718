//! Key -> partition, as in Java's producer, Connect, Flink and Streams.
//!
//! The partition is computed here, where the key is available, and given to librdkafka explicitly. Null keys and
//! partitioners other than murmur2 are left to librdkafka.

/// The hash of Java's `org.apache.kafka.common.utils.Utils.murmur2`.
pub fn murmur2(key: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MULTIPLIER: u32 = 0x5bd1_e995;
    const SHIFT: u32 = 24;

    // Java uses an int for the length; a Kafka key cannot exceed 2 GiB.
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

/// The partition that Java's partitioner chooses for `key` on a topic with `partitions` partitions.
pub fn partition_for(key: &[u8], partitions: u32) -> i32 {
    ((murmur2(key) & 0x7fff_ffff) % partitions) as i32
}

/// Chooses the partition of a message; created once, when the producer connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitioner {
    /// The number of partitions when the run began.
    partitions: u32,
    /// Whether the client uses murmur2, so that the partition can be computed here.
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

    /// The number of partitions of the topic.
    pub fn partitions(&self) -> u32 {
        self.partitions
    }

    /// The partition for a message with this key; with -1 librdkafka chooses one.
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
    fn the_partition_is_the_positive_hash_modulo_the_number_of_partitions() {
        // 479470107 % 3, and a negative hash with its sign bit cleared.
        assert_eq!(partition_for(b"abc", 3), 0);
        assert_eq!(partition_for(b"21", 7), ((-973932308_i32 & 0x7fff_ffff) % 7));
    }

    #[test]
    fn null_keys_and_other_partitioners_are_left_to_librdkafka() {
        assert_eq!(Partitioner::new("murmur2_random", 3).partition(None), -1);
        assert_eq!(Partitioner::new("consistent", 3).partition(Some(b"abc")), -1);
        assert_eq!(Partitioner::new("murmur2", 3).partition(Some(b"abc")), 0);
    }
}
