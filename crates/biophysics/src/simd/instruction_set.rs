use std::fmt;
use std::str::FromStr;

use fearless_simd::{Level, Simd, dispatch};
use serde::{Deserialize, Serialize};

use crate::BiophysicsError;

/// The vector instructions that a simulation computes with.
///
/// ```
/// use apical_biophysics::InstructionSet;
///
/// let best = InstructionSet::best();
/// assert!(InstructionSet::available().contains(&best));
/// assert_eq!(best.to_string().parse::<InstructionSet>()?, best);
/// # Ok::<(), apical_biophysics::BiophysicsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum InstructionSet {
    /// What every processor of the architecture has: SSE2 on x86-64. Not on 64-bit ARM, where that is [`Neon`](Self::Neon).
    Portable,
    /// NEON, which every 64-bit ARM processor has.
    Neon,
    /// AVX2 and FMA, on x86-64.
    Avx2,
    /// AVX-512 as of Ice Lake and Zen 4, on x86-64.
    Avx512,
}

impl InstructionSet {
    const ALL: [Self; 4] = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512];

    /// The fastest that this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::of(Level::new())
    }

    /// All that this machine has.
    #[must_use]
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|set| set.level().is_some()).collect()
    }

    /// Whether this machine has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        self.level().is_some()
    }

    #[cfg(target_arch = "x86_64")]
    fn of(level: Level) -> Self {
        match level {
            Level::Avx512(_) => Self::Avx512,
            Level::Avx2(_) => Self::Avx2,
            _ => Self::Portable,
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn of(_level: Level) -> Self {
        Self::Neon
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn of(_level: Level) -> Self {
        Self::Portable
    }

    #[cfg(target_arch = "x86_64")]
    fn level(self) -> Option<Level> {
        let level = Level::new();
        match self {
            Self::Portable => level.as_sse2().map(Level::Sse2),
            Self::Neon => None,
            Self::Avx2 => level.as_avx2().map(Level::Avx2),
            Self::Avx512 => level.as_avx512().map(Level::Avx512),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn level(self) -> Option<Level> {
        (self == Self::best()).then(Level::baseline)
    }

    /// Runs a kernel with it; with what every machine has where this one lacks it.
    pub(crate) fn run<K: Kernel>(self, kernel: K) {
        let level = self.level().unwrap_or_else(Level::baseline);
        dispatch!(level, simd => kernel.run(simd));
    }
}

/// As fast as the machine allows.
impl Default for InstructionSet {
    fn default() -> Self {
        Self::best()
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

impl FromStr for InstructionSet {
    type Err = BiophysicsError;

    fn from_str(name: &str) -> Result<Self, BiophysicsError> {
        Self::ALL
            .into_iter()
            .find(|set| set.to_string() == name)
            .ok_or_else(|| BiophysicsError::UnknownInstructionSet { name: name.to_owned() })
    }
}

/// A computation that is compiled for every instruction set.
pub(crate) trait Kernel {
    /// Does it. Implementations are marked `#[inline(always)]`, or they are compiled without the instructions.
    fn run<S: Simd>(self, simd: S);
}
