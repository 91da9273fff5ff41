use apical_core::CompartmentId;
use serde::{Deserialize, Serialize};

/// A value for each of some compartments: a conductance density (S/cm²), a specific capacitance (µF/cm²).
///
/// Painting is this list and nothing else: constants, functions of path distance and published rules all end here,
/// where they can be looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Density {
    values: Vec<(CompartmentId, f64)>,
}

impl Density {
    /// The same value on these compartments.
    #[must_use]
    pub fn uniform(compartments: &[CompartmentId], value: f64) -> Self {
        Self::from_fn(compartments, |_| value)
    }

    /// A value computed for each of these compartments, for instance from its path distance.
    #[must_use]
    pub fn from_fn(
        compartments: &[CompartmentId],
        mut value: impl FnMut(CompartmentId) -> f64,
    ) -> Self {
        Self { values: compartments.iter().map(|&id| (id, value(id))).collect() }
    }

    /// These values and those of another list.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.values.extend(other.values);
        self
    }

    /// The same compartments with values times a factor.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        for (_, value) in &mut self.values {
            *value *= factor;
        }
        self
    }

    /// Compartments and values, in the order given.
    #[must_use]
    pub fn values(&self) -> &[(CompartmentId, f64)] {
        &self.values
    }

    /// The value of one compartment; none where nothing was painted.
    #[must_use]
    pub fn get(&self, compartment: CompartmentId) -> Option<f64> {
        self.values.iter().find(|(id, _)| *id == compartment).map(|&(_, value)| value)
    }
}
