use apical_core::CompartmentId;
use thiserror::Error;

/// Errors of field potentials.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExtracellularError {
    /// A conductivity that is zero, negative or not finite.
    #[error("conductivity {value} S/m is not a positive finite number")]
    Conductivity {
        /// The value given, S/m.
        value: f64,
    },
    /// A parameter out of its range.
    #[error("{what}: {value} is not a positive finite number")]
    Parameter {
        /// What the parameter is, with its unit.
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// A coordinate of an electrode that is not finite.
    #[error("electrode {electrode}: coordinate {value} µm is not a finite number")]
    Coordinate {
        /// The electrode.
        electrode: usize,
        /// The value given, µm.
        value: f64,
    },
    /// Sides of a rectangle that are not at a right angle.
    #[error("the sides of a contact are not at a right angle: their cosine is {cosine}")]
    RightAngle {
        /// Cosine of the angle between them.
        cosine: f64,
    },
    /// An array whose length does not match its stated shape.
    #[error("{what}: expected {expected} values, found {found}")]
    Shape {
        /// What the array is.
        what: &'static str,
        /// Values needed.
        expected: usize,
        /// Values present.
        found: usize,
    },
    /// A compartment that does not exist.
    #[error("there is no compartment {compartment}: they are 0 to {}", *count as i64 - 1)]
    NoCompartment {
        /// The compartment given.
        compartment: CompartmentId,
        /// Number of compartments.
        count: usize,
    },
    /// From the morphology.
    #[error(transparent)]
    Morphology(#[from] apical_morphology::MorphologyError),
}

/// A positive finite number.
pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, ExtracellularError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(ExtracellularError::Parameter { what, value })
    }
}

/// An array of this length.
pub(crate) fn check_shape(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), ExtracellularError> {
    if expected == found {
        Ok(())
    } else {
        Err(ExtracellularError::Shape { what, expected, found })
    }
}
