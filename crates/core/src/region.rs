use serde::{Deserialize, Serialize};

/// What a section is, as reconstructions mark it (SWC types 1 to 4 and others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionType {
    /// Cell body (SWC type 1).
    Soma,
    /// Basal dendrite (SWC type 3).
    Basal,
    /// Apical dendrite (SWC type 4).
    Apical,
    /// Axon (SWC type 2).
    Axon,
    /// Any other SWC type.
    Other(i32),
}

impl SectionType {
    /// The type that an SWC file writes as this number.
    #[must_use]
    pub const fn from_swc(code: i32) -> Self {
        match code {
            1 => Self::Soma,
            2 => Self::Axon,
            3 => Self::Basal,
            4 => Self::Apical,
            other => Self::Other(other),
        }
    }

    /// The number of this type in SWC files.
    #[must_use]
    pub const fn swc(self) -> i32 {
        match self {
            Self::Soma => 1,
            Self::Axon => 2,
            Self::Basal => 3,
            Self::Apical => 4,
            Self::Other(code) => code,
        }
    }

    /// Basal or apical.
    #[must_use]
    pub const fn is_dendrite(self) -> bool {
        matches!(self, Self::Basal | Self::Apical)
    }
}

/// NEURON's names: `soma`, `dend`, `apic`, `axon`, and `dend_N` for SWC type N.
impl std::fmt::Display for SectionType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Soma => f.write_str("soma"),
            Self::Basal => f.write_str("dend"),
            Self::Apical => f.write_str("apic"),
            Self::Axon => f.write_str("axon"),
            Self::Other(code) => write!(f, "dend_{code}"),
        }
    }
}

/// Where on the neuron a compartment lies: the section type, the apical tree divided in three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Cell body.
    Soma,
    /// Basal dendrite.
    Basal,
    /// Apical trunk: the path from the soma to the main bifurcation.
    Trunk,
    /// Apical oblique: what leaves the trunk before the main bifurcation.
    Oblique,
    /// Apical tuft: what lies beyond the main bifurcation.
    Tuft,
    /// Axon.
    Axon,
    /// A section of another type, or an apical one of which it is not known where it belongs.
    Other,
}

/// The name as serialized: `trunk`.
impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Soma => "soma",
            Self::Basal => "basal",
            Self::Trunk => "trunk",
            Self::Oblique => "oblique",
            Self::Tuft => "tuft",
            Self::Axon => "axon",
            Self::Other => "other",
        })
    }
}

impl Region {
    /// The group that Verhellen et al. 2024 (doi:10.1371/journal.pcbi.1011728) report by, if it belongs to one.
    #[must_use]
    pub const fn group(self) -> Option<RegionGroup> {
        match self {
            Self::Basal => Some(RegionGroup::Basal),
            Self::Oblique => Some(RegionGroup::Oblique),
            Self::Trunk | Self::Tuft => Some(RegionGroup::Apical),
            Self::Soma | Self::Axon | Self::Other => None,
        }
    }
}

/// The three groups of dendritic compartments that results are reported by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionGroup {
    /// Basal dendrites.
    Basal,
    /// Apical obliques.
    Oblique,
    /// Apical trunk and tuft.
    Apical,
}
