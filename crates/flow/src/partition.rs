//! Which partition a key lives in: Kafka's own rule, so that any stock producer agrees with us.

/// The partition of `key` among `partitions`.
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = 0x9747_b28c ^ length;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let k = u32::from_le_bytes(*word).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ (k ^ (k >> 24)).wrapping_mul(M);
    }
    if !tail.is_empty() {
        let rest = tail.iter().rev().fold(0, |sum: u32, byte| (sum << 8) | u32::from(*byte));
        hash = (hash ^ rest).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that Apache Kafka's own test of its hash expects.
    #[test]
    fn agrees_with_kafka() {
        for (key, hash) in [("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536)] {
            assert_eq!(murmur2(key.as_bytes()), u32::from_ne_bytes(i32::to_ne_bytes(hash)), "{key}");
        }
        assert_eq!(murmur2(b"abc"), u32::from_ne_bytes(i32::to_ne_bytes(479_470_107)));
    }

    #[test]
    fn one_partition_takes_all() {
        assert_eq!(partition_of(b"anything", 1), 0);
        assert_eq!(partition_of(b"", 0), 0);
    }
}
