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
    /// A potential beyond what float64 holds, or none: places or conductivities are.
    #[error("electrode {electrode}, compartment {compartment}: the potential is {value} mV/nA")]
    Overflow {
        /// The electrode.
        electrode: usize,
        /// The compartment.
        compartment: CompartmentId,
        /// What was found, mV/nA.
        value: f64,
    },
    /// An axial operator under which a voltage that is the same everywhere drives a current.
    #[error("row {compartment} of the axial operator sums to {sum} nA/mV, not to 0")]
    RowSum {
        /// The compartment of the row.
        compartment: CompartmentId,
        /// What it sums to, nA/mV.
        sum: f64,
    },
    /// A compartment that does not exist.
    #[error("there is no compartment {compartment} among {count}")]
    NoCompartment {
        /// The compartment given.
        compartment: CompartmentId,
        /// Number of compartments.
        count: usize,
    },
    /// An electrode or sensor where the potential or field of a dipole has no limit.
    #[error("electrode {electrode} is at the very place of the dipole, {position_um:?} µm")]
    AtDipole {
        /// The electrode.
        electrode: usize,
        /// Where both are, µm.
        position_um: [f64; 3],
    },
    /// A radius of a layered sphere that is not finite or not larger than the one inside, or no radius at all.
    #[error(
        "radius {value_um} µm of shell {shell} is not a finite number larger than that of the one inside"
    )]
    Radius {
        /// The shell; 0 is the inner sphere.
        shell: usize,
        /// The value given, µm; 0 where there is none.
        value_um: f64,
    },
    /// A dipole that is not in the inner sphere.
    #[error(
        "the dipole is {distance_um} µm from the centre, not inside the inner sphere of {radius_um} µm"
    )]
    DipoleOutside {
        /// Its distance from the centre, µm.
        distance_um: f64,
        /// Radius of the inner sphere, µm.
        radius_um: f64,
    },
    /// An electrode in the air around the head.
    #[error(
        "electrode {electrode} is {distance_um} µm from the centre, outside the head of {radius_um} µm"
    )]
    OutsideHead {
        /// The electrode.
        electrode: usize,
        /// Its distance from the centre, µm.
        distance_um: f64,
        /// Radius of the head, µm.
        radius_um: f64,
    },
    /// A magnetic sensor in the head.
    #[error(
        "sensor {electrode} is {distance_um} µm from the centre, inside the head of {radius_um} µm"
    )]
    InsideHead {
        /// The sensor.
        electrode: usize,
        /// Its distance from the centre, µm.
        distance_um: f64,
        /// Radius of the head, µm.
        radius_um: f64,
    },
    /// An electrode and a dipole so near to each other and to an interface that the series converges too slowly.
    #[error(
        "electrode {electrode}: the series of the sphere, of ratio {ratio}, needs more than {terms} terms"
    )]
    TooManyTerms {
        /// The electrode.
        electrode: usize,
        /// The ratio of the series.
        ratio: f64,
        /// Terms at most.
        terms: usize,
    },
    /// A number that is not finite.
    #[error("{what}: {value} is not a finite number")]
    NotFinite {
        /// What the number is, with its unit.
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// Two directions that should span a plane, but are parallel.
    #[error("{what} are parallel: the sine of the angle between them is {sine}")]
    Parallel {
        /// What the directions are.
        what: &'static str,
        /// Sine of the angle between them.
        sine: f64,
    },
    /// A probe without contacts.
    #[error("a probe without contacts")]
    NoContacts,
    /// No contacts, or more than can be meant.
    #[error("{what}: {value} is not in 1 to {limit}")]
    ContactCount {
        /// What is counted.
        what: &'static str,
        /// The number given.
        value: usize,
        /// Largest number allowed.
        limit: usize,
    },
    /// Two contacts of one id.
    #[error("contacts {first} and {second} have the same id, {id:?}")]
    RepeatedId {
        /// The first of them.
        first: usize,
        /// The other one.
        second: usize,
        /// Their id.
        id: String,
    },
    /// What is wrong with a contact.
    #[error("contact {contact}: {source}")]
    InContact {
        /// Index of the contact in its probe.
        contact: usize,
        /// What is wrong with it.
        source: Box<ExtracellularError>,
    },
    /// What is wrong with a probe of a file.
    #[error("probe {probe}: {source}")]
    InProbe {
        /// Index of the probe in the file.
        probe: usize,
        /// What is wrong with it.
        source: Box<ExtracellularError>,
    },
    /// A file of probes that is not JSON.
    #[error("not JSON: {message}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, with the place.
        message: String,
    },
    /// A field of a file of probes that is missing, or is not what it should be.
    #[error("{field} is {}, expected {expected}", .found.as_deref().unwrap_or("missing"))]
    Field {
        /// Name of the field.
        field: &'static str,
        /// Its value, shortened, if there is one.
        found: Option<String>,
        /// What could be there.
        expected: &'static str,
    },
    /// A list of a file of probes that has not one value for each contact.
    #[error("{field} has {found} values for {contacts} contacts")]
    FieldLength {
        /// Name of the field.
        field: &'static str,
        /// Number of contacts.
        contacts: usize,
        /// Number of values.
        found: usize,
    },
    /// A description of a kind of probe that there is none of.
    #[error("there is no probe {kind:?}, only {allowed}")]
    UnknownProbe {
        /// The kind given.
        kind: String,
        /// All kinds.
        allowed: String,
    },
    /// A key that probes of a kind do not have.
    #[error("{kind}: there is no key {key:?}, {allowed}")]
    UnknownKey {
        /// Kind of the probe.
        kind: &'static str,
        /// The key given.
        key: String,
        /// The keys it has.
        allowed: String,
    },
    /// A key that is given twice.
    #[error("{kind}: {key} is given twice")]
    RepeatedKey {
        /// Kind of the probe.
        kind: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A value in the description of a probe that means nothing.
    #[error("{kind}: {key} cannot be {value:?}, expected {expected}")]
    KeyValue {
        /// Kind of the probe.
        kind: &'static str,
        /// The key.
        key: &'static str,
        /// The value given.
        value: String,
        /// What could be there.
        expected: &'static str,
    },
    /// A parameter below zero.
    #[error("{what}: {value} is not a finite number of at least 0")]
    Negative {
        /// What the parameter is, with its unit.
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// A slice between two insulators (or two perfect conductors), whose images converge too slowly or not at all.
    #[error(
        "the product {product} of the reflection factors of saline and glass is too near to 1 for the images to converge"
    )]
    Images {
        /// The product of (σ_T − σ)/(σ_T + σ) for saline and glass.
        product: f64,
    },
    /// A compartment that is not within the slice.
    #[error(
        "compartment {compartment}: an end at z = {z_um} µm is outside the slice, which goes from {} to {} µm",
        z_range_um[0], z_range_um[1]
    )]
    CompartmentOutsideSlice {
        /// The compartment.
        compartment: CompartmentId,
        /// z of its end, µm.
        z_um: f64,
        /// Lowest and highest z of the slice, µm.
        z_range_um: [f64; 2],
    },
    /// An electrode, or a part of its contact, that is not within the slice.
    #[error(
        "electrode {electrode}: z = {z_um} µm is outside the slice, which goes from {} to {} µm",
        z_range_um[0], z_range_um[1]
    )]
    ElectrodeOutsideSlice {
        /// The electrode; the point, where [`ForwardModel::check`](crate::ForwardModel::check) was given points.
        electrode: usize,
        /// Its z, µm.
        z_um: f64,
        /// Lowest and highest z of the slice, µm.
        z_range_um: [f64; 2],
    },
    /// A layer whose end is not above its beginning.
    #[error("a layer from {from_um} to {to_um} µm does not ascend")]
    LayerBounds {
        /// Where it begins along the axis, µm.
        from_um: f64,
        /// Where it ends, µm.
        to_um: f64,
    },
    /// An edge of a grid or of layers that is not above the one before.
    #[error("edge {index} along {along}: {value} µm is not a finite number above the edge before")]
    Edge {
        /// The direction.
        along: &'static str,
        /// Its place in the list.
        index: usize,
        /// The value given, µm.
        value: f64,
    },
    /// Fewer than two edges.
    #[error("along {along}: {found} edges bound nothing")]
    TooFewEdges {
        /// The direction.
        along: &'static str,
        /// Edges given.
        found: usize,
    },
    /// More boxes than can be counted.
    #[error("a grid of {} × {} × {} boxes is too large", boxes[0], boxes[1], boxes[2])]
    TooManyBoxes {
        /// Boxes along x, y and z.
        boxes: [usize; 3],
    },
    /// From the morphology.
    #[error(transparent)]
    Morphology(#[from] apical_morphology::MorphologyError),
}

impl ExtracellularError {
    /// The same error of the electrode that a point belongs to.
    pub(crate) fn with_electrode(mut self, electrode_of: impl Fn(usize) -> usize) -> Self {
        if let Self::Coordinate { electrode, .. }
        | Self::AtDipole { electrode, .. }
        | Self::OutsideHead { electrode, .. }
        | Self::ElectrodeOutsideSlice { electrode, .. }
        | Self::TooManyTerms { electrode, .. } = &mut self
        {
            *electrode = electrode_of(*electrode);
        }
        self
    }
}

/// A point that has a place.
pub(crate) fn check_point(electrode: usize, point_um: [f64; 3]) -> Result<(), ExtracellularError> {
    match point_um.into_iter().find(|value| !value.is_finite()) {
        Some(value) => Err(ExtracellularError::Coordinate { electrode, value }),
        None => Ok(()),
    }
}

/// A positive finite number.
pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, ExtracellularError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(ExtracellularError::Parameter { what, value })
    }
}

/// What [`ExtracellularError::NotFinite`] calls the place of a dipole.
pub(crate) const DIPOLE_LOCATION: &str = "location of the dipole (µm)";

/// Finite numbers.
pub(crate) fn finite<const N: usize>(
    what: &'static str,
    values: [f64; N],
) -> Result<[f64; N], ExtracellularError> {
    match values.into_iter().find(|value| !value.is_finite()) {
        Some(value) => Err(ExtracellularError::NotFinite { what, value }),
        None => Ok(values),
    }
}

/// A finite number of at least 0.
pub(crate) fn not_negative(what: &'static str, value: f64) -> Result<f64, ExtracellularError> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(ExtracellularError::Negative { what, value })
    }
}

/// Two finite edges or more, each above the one before.
pub(crate) fn check_edges(along: &'static str, edges_um: &[f64]) -> Result<(), ExtracellularError> {
    let mut before = f64::NEG_INFINITY;
    for (index, &value) in edges_um.iter().enumerate() {
        if !(value.is_finite() && value > before) {
            return Err(ExtracellularError::Edge { along, index, value });
        }
        before = value;
    }
    match edges_um.len() {
        found @ (0 | 1) => Err(ExtracellularError::TooFewEdges { along, found }),
        _ => Ok(()),
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
