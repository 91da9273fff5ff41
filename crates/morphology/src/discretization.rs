//! How many compartments a section is divided into.

use apical_core::SectionId;

use crate::{Morphology, MorphologyError};

/// A rule for the number of compartments of every section (NEURON: `nseg`; Arbor: `cv_policy`).
pub trait DiscretizationPolicy {
    /// Number of compartments of each section, in order of sections.
    ///
    /// # Errors
    ///
    /// [`MorphologyError`] if the rule does not fit this morphology.
    fn compartment_counts(&self, morphology: &Morphology) -> Result<Vec<usize>, MorphologyError>;
}

/// 1 + 2·⌊L / length⌋ compartments: odd, hence always one with its centre at the middle of the section, and none longer
/// than `length`. The rule of the models of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107), there with 40 µm,
/// which is the default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxLength {
    length_um: f64,
}

impl MaxLength {
    /// The rule with this length, µm.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Parameter`] unless the length is positive and finite.
    pub fn new(length_um: f64) -> Result<Self, MorphologyError> {
        Ok(Self { length_um: positive("maximum compartment length (µm)", length_um)? })
    }
}

impl Default for MaxLength {
    fn default() -> Self {
        Self { length_um: 40.0 }
    }
}

impl DiscretizationPolicy for MaxLength {
    fn compartment_counts(&self, morphology: &Morphology) -> Result<Vec<usize>, MorphologyError> {
        let count = |length_um: f64| 1 + 2 * (length_um / self.length_um).floor() as usize;
        Ok(morphology.sections().iter().map(|section| count(section.length_um())).collect())
    }
}

/// A compartment count given for every section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplicitCounts {
    counts: Vec<usize>,
}

impl ExplicitCounts {
    /// These counts, in order of sections.
    #[must_use]
    pub const fn new(counts: Vec<usize>) -> Self {
        Self { counts }
    }

    /// The same count for every section.
    #[must_use]
    pub fn uniform(morphology: &Morphology, count: usize) -> Self {
        Self { counts: vec![count; morphology.sections().len()] }
    }

    /// The same with another count for one section.
    #[must_use]
    pub fn with(mut self, section: SectionId, count: usize) -> Self {
        if let Some(slot) = self.counts.get_mut(section.index()) {
            *slot = count;
        }
        self
    }
}

impl DiscretizationPolicy for ExplicitCounts {
    fn compartment_counts(&self, _: &Morphology) -> Result<Vec<usize>, MorphologyError> {
        Ok(self.counts.clone())
    }
}

pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, MorphologyError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(MorphologyError::Parameter { what, value })
    }
}
