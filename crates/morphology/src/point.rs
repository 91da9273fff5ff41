use serde::{Deserialize, Serialize};

/// A sample of a reconstruction (a line of an SWC file): a position and the diameter there.
///
/// Coordinates and diameter are kept to float32 precision, as NEURON keeps them, so that lengths, areas and resistances
/// are the same numbers as there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    position_um: [f64; 3],
    diameter_um: f64,
    source_id: Option<i64>,
}

impl Point {
    /// A point; the values are rounded to float32.
    #[must_use]
    pub fn new(position_um: [f64; 3], diameter_um: f64) -> Self {
        Self {
            position_um: position_um.map(to_f32),
            diameter_um: to_f32(diameter_um),
            source_id: None,
        }
    }

    /// The same point, known under this id (SWC) or line (Neurolucida) in its file.
    #[must_use]
    pub const fn with_source_id(self, source_id: i64) -> Self {
        Self { source_id: Some(source_id), ..self }
    }

    /// The same point under no id: the copy of a parent's point that a child section starts with.
    #[must_use]
    pub const fn without_source_id(self) -> Self {
        Self { source_id: None, ..self }
    }

    /// The same place with another diameter, µm.
    #[must_use]
    pub fn with_diameter_um(self, diameter_um: f64) -> Self {
        Self { diameter_um: to_f32(diameter_um), ..self }
    }

    /// Position, µm.
    #[must_use]
    pub const fn position_um(&self) -> [f64; 3] {
        self.position_um
    }

    /// Diameter, µm.
    #[must_use]
    pub const fn diameter_um(&self) -> f64 {
        self.diameter_um
    }

    /// SWC id, or line of a Neurolucida file; none for a point that is not in the file itself.
    #[must_use]
    pub const fn source_id(&self) -> Option<i64> {
        self.source_id
    }

    /// Straight distance to another point, µm: that of NEURON, which takes the differences of coordinates in float32
    /// and goes on in float64.
    #[must_use]
    pub fn distance_um(&self, other: &Self) -> f64 {
        let [dx, dy, dz] =
            std::array::from_fn(|i| to_f32(self.position_um[i] - other.position_um[i]));
        (dx * dx + dy * dy + dz * dz).sqrt()
    }
}

fn to_f32(value: f64) -> f64 {
    f64::from(value as f32)
}
