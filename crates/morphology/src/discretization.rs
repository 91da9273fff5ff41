//! How many compartments a section is divided into.

use std::f64::consts::PI;

use apical_core::SectionId;

use crate::{Morphology, MorphologyError, Section, SectionShape};

/// A rule for the number of compartments of every section (NEURON: `nseg`; Arbor: `cv_policy`).
#[doc(alias = "nseg")]
pub trait DiscretizationPolicy: Send + Sync {
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
        let count = |section: &Section| odd((section.length_um() / self.length_um) as usize);
        Ok(morphology.sections().iter().map(count).collect())
    }
}

/// Compartments no longer than a fraction of the AC length constant (NEURON: the d_lambda rule; Hines and Carnevale 2001,
/// doi:10.1177/107385840100700207).
///
/// The length constant at frequency f of a cylinder, membrane conductance neglected, is
/// λ_f = ½·√(d / (π·f·R_a·c_m)); a section of L is 1 + 2·⌊(L / (fraction·λ_f) + 0.9) / 2⌋ compartments, where
/// L / λ_f is summed over its frusta, each with its mean diameter. So are NEURON's `lambda_f` and the rounding
/// (+ 0.9) of its standard recipe; rounding by 0.999, as its CellBuilder does, gives a higher count for a few sections.
/// Fraction 0.1 and frequency 100 Hz unless changed.
#[doc(alias = "lambda_f")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DLambda {
    fraction: f64,
    frequency_hz: f64,
    axial_resistivity_ohm_cm: f64,
    specific_membrane_capacitance_uf_cm2: f64,
}

impl DLambda {
    /// The rule for this axial resistivity, Ω·cm, and specific membrane capacitance, µF/cm².
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Parameter`] unless both are positive and finite.
    pub fn new(
        axial_resistivity_ohm_cm: f64,
        specific_membrane_capacitance_uf_cm2: f64,
    ) -> Result<Self, MorphologyError> {
        Ok(Self {
            fraction: 0.1,
            frequency_hz: 100.0,
            axial_resistivity_ohm_cm: positive(
                "axial resistivity (Ω·cm)",
                axial_resistivity_ohm_cm,
            )?,
            specific_membrane_capacitance_uf_cm2: positive(
                "specific membrane capacitance (µF/cm²)",
                specific_membrane_capacitance_uf_cm2,
            )?,
        })
    }

    /// The same with another fraction of the length constant.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Parameter`] unless it is positive and finite.
    pub fn with_fraction(self, fraction: f64) -> Result<Self, MorphologyError> {
        Ok(Self { fraction: positive("fraction of the length constant", fraction)?, ..self })
    }

    /// The same at another frequency, Hz.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Parameter`] unless it is positive and finite.
    pub fn with_frequency_hz(self, frequency_hz: f64) -> Result<Self, MorphologyError> {
        Ok(Self { frequency_hz: positive("frequency (Hz)", frequency_hz)?, ..self })
    }

    /// Length of a section in length constants.
    fn electrotonic_length(&self, section: &Section) -> f64 {
        // 1/cm, from Hz · Ω·cm · µF/cm² = 1e-6 / cm.
        let per_cm = 1e-6
            * 4.0
            * PI
            * self.frequency_hz
            * self.axial_resistivity_ohm_cm
            * self.specific_membrane_capacitance_uf_cm2;
        // λ² = diameter / per_cm, with 1 cm = 1e4 µm.
        let lambda_um = |diameter_um: f64| (diameter_um * 1e4 / per_cm).sqrt();
        match section.shape() {
            SectionShape::Points(points) => points
                .windows(2)
                .map(|pair| {
                    let mean_um = (pair[0].diameter_um() + pair[1].diameter_um()) / 2.0;
                    pair[0].distance_um(&pair[1]) / lambda_um(mean_um)
                })
                .sum(),
            SectionShape::Cylinder { length_um, diameter_um } => {
                length_um / lambda_um(*diameter_um)
            }
        }
    }
}

impl DiscretizationPolicy for DLambda {
    fn compartment_counts(&self, morphology: &Morphology) -> Result<Vec<usize>, MorphologyError> {
        let count = |section: &Section| {
            odd(((self.electrotonic_length(section) / self.fraction + 0.9) / 2.0) as usize)
        };
        Ok(morphology.sections().iter().map(count).collect())
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
    ///
    /// # Errors
    ///
    /// [`MorphologyError::NoSection`] if there is no count for it so far.
    pub fn with(mut self, section: SectionId, count: usize) -> Result<Self, MorphologyError> {
        let slot = self.counts.get_mut(section.index());
        *slot.ok_or(MorphologyError::NoSection { section })? = count;
        Ok(self)
    }
}

impl DiscretizationPolicy for ExplicitCounts {
    fn compartment_counts(&self, _: &Morphology) -> Result<Vec<usize>, MorphologyError> {
        Ok(self.counts.clone())
    }
}

/// The odd number 1 + 2·pairs.
const fn odd(pairs: usize) -> usize {
    pairs.saturating_mul(2).saturating_add(1)
}

pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, MorphologyError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(MorphologyError::Parameter { what, value })
    }
}
