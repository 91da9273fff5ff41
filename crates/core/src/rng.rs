use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Named, independent random streams that follow from one seed.
///
/// A stream depends on the seed, its name and an index (a trial, a synapse) alone: it is the same bits wherever and in
/// whatever order it is drawn.
///
/// ```
/// use apical_core::RandomStreams;
/// use apical_core::rand_chacha::rand_core::Rng;
///
/// let streams = RandomStreams::new(1);
/// let draw = |name, index| streams.stream(name, index).next_u64();
/// assert_eq!(draw("input", 3), draw("input", 3));
/// assert_ne!(draw("input", 3), draw("input", 4));
/// assert_ne!(draw("input", 3), draw("release", 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomStreams {
    seed: u64,
}

impl RandomStreams {
    /// Streams of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream of this name and index: ChaCha with eight rounds, keyed by seed, FNV-1a hash of the name, and index.
    #[must_use]
    pub fn stream(&self, name: &str, index: u64) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&fnv1a(name.as_bytes()).to_le_bytes());
        key[16..24].copy_from_slice(&index.to_le_bytes());
        key[24..].copy_from_slice(b"apical/1");
        ChaCha8Rng::from_seed(key)
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published test vectors of FNV-1a (64 bit).
    #[test]
    fn fnv1a_known_values() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
