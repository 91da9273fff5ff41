use std::f64::consts::PI;

use crate::ExtracellularError;
use crate::error::{check_edges, finite, positive};

/// A straight line along which layers follow each other, as along a laminar electrode.
///
/// The default is the y axis, in which most reconstructions ascend.
///
/// ```
/// use apical_extracellular::LaminarAxis;
///
/// let axis = LaminarAxis::new([0.0, 0.0, 100.0], [0.0, 0.0, 2.0])?;
/// assert_eq!(axis.position_um([5.0, 5.0, 130.0]), 30.0);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaminarAxis {
    origin_um: [f64; 3],
    direction: [f64; 3],
}

impl Default for LaminarAxis {
    fn default() -> Self {
        Self { origin_um: [0.0; 3], direction: [0.0, 1.0, 0.0] }
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

impl LaminarAxis {
    /// The axis through a place, µm, from which positions are counted, along a direction of any length.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::NotFinite`] for the place, [`ExtracellularError::Parameter`] unless the direction points
    /// somewhere.
    pub fn new(origin_um: [f64; 3], direction: [f64; 3]) -> Result<Self, ExtracellularError> {
        let origin_um = finite("origin of the axis of layers (µm)", origin_um)?;
        let length = positive("length of the direction", dot(direction, direction).sqrt())?;
        Ok(Self { origin_um, direction: direction.map(|component| component / length) })
    }

    /// How far along the axis a place is, µm.
    #[must_use]
    pub fn position_um(&self, place_um: [f64; 3]) -> f64 {
        dot(self.relative(place_um), self.direction)
    }

    /// From the origin to a place, µm.
    fn relative(&self, place_um: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|axis| place_um[axis] - self.origin_um[axis])
    }

    /// From the axis to a place at this position along it.
    fn away(&self, place_um: [f64; 3], position_um: f64) -> [f64; 3] {
        let relative = self.relative(place_um);
        [0, 1, 2].map(|axis| relative[axis] - position_um * self.direction[axis])
    }
}

/// A cylinder around a [`LaminarAxis`], from one position along it to another. The lower face and the mantle belong to it,
/// the upper face does not.
///
/// ```
/// use apical_extracellular::Layer;
///
/// let layers = Layer::stack(&[-400.0, 0.0, 300.0], 150.0)?;
/// assert_eq!(layers, [Layer::new([-400.0, 0.0], 150.0)?, Layer::new([0.0, 300.0], 150.0)?]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    bounds_um: [f64; 2],
    radius_um: f64,
}

impl Layer {
    /// A layer between two positions along the axis, µm, with a radius, µm.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::LayerBounds`] unless the bounds are finite and ascend, [`ExtracellularError::Parameter`]
    /// unless the radius and the volume are positive and finite.
    pub fn new(bounds_um: [f64; 2], radius_um: f64) -> Result<Self, ExtracellularError> {
        let [from_um, to_um] = bounds_um;
        if !(from_um.is_finite() && to_um.is_finite() && from_um < to_um) {
            return Err(ExtracellularError::LayerBounds { from_um, to_um });
        }
        let radius_um = positive("radius of the layer (µm)", radius_um)?;
        let layer = Self { bounds_um, radius_um };
        positive("volume of the layer (µm³)", layer.volume_um3())?;
        Ok(layer)
    }

    /// Layers of one radius, µm, between each edge, µm, and the next.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::TooFewEdges`], [`ExtracellularError::Edge`] for an edge that is not finite or not above the one
    /// before, [`ExtracellularError::Parameter`] unless the radius and the volumes are positive and finite.
    pub fn stack(edges_um: &[f64], radius_um: f64) -> Result<Vec<Self>, ExtracellularError> {
        check_edges("the axis of layers", edges_um)?;
        edges_um.windows(2).map(|pair| Self::new([pair[0], pair[1]], radius_um)).collect()
    }

    /// Where it begins and ends along the axis, µm.
    #[must_use]
    pub const fn bounds_um(&self) -> [f64; 2] {
        self.bounds_um
    }

    /// Its radius, µm.
    #[must_use]
    pub const fn radius_um(&self) -> f64 {
        self.radius_um
    }

    /// Its volume, µm³.
    #[must_use]
    pub fn volume_um3(&self) -> f64 {
        PI * self.radius_um * self.radius_um * (self.bounds_um[1] - self.bounds_um[0])
    }

    /// The share of a line's length within the layer; of a line without length, 0 or 1.
    pub(super) fn share(&self, axis: &LaminarAxis, start_um: [f64; 3], end_um: [f64; 3]) -> f64 {
        let (position, end) = (axis.position_um(start_um), axis.position_um(end_um));
        let faces = self.between_faces(position, end);
        let start_away = axis.away(start_um, position);
        let end_away = axis.away(end_um, end);
        let mantle = self.within_mantle(start_away, [0, 1, 2].map(|i| end_away[i] - start_away[i]));
        match (faces, mantle) {
            (Some([a, b]), Some([c, d])) => (b.min(d) - a.max(c)).max(0.0),
            _ => 0.0,
        }
    }

    /// From which to which share of its length a line is between the planes of the faces.
    fn between_faces(&self, start: f64, end: f64) -> Option<[f64; 2]> {
        let [from, to] = self.bounds_um;
        if start == end {
            return (from..to).contains(&start).then_some([0.0, 1.0]);
        }
        let [a, b] = [from, to].map(|face| ((face - start) / (end - start)).clamp(0.0, 1.0));
        Some([a.min(b), a.max(b)])
    }

    /// The same for the endless cylinder, of the line's start and extent at a right angle to the axis.
    fn within_mantle(&self, start: [f64; 3], extent: [f64; 3]) -> Option<[f64; 2]> {
        let squared_radius = self.radius_um * self.radius_um;
        let squared_extent = dot(extent, extent);
        if squared_extent == 0.0 {
            return (dot(start, start) <= squared_radius).then_some([0.0, 1.0]);
        }
        let nearest = -dot(start, extent) / squared_extent;
        let away = [0, 1, 2].map(|i| start[i] + nearest * extent[i]);
        let half = (squared_radius - dot(away, away)) / squared_extent;
        // Never nearer than the radius.
        (half >= 0.0)
            .then(|| [nearest - half.sqrt(), nearest + half.sqrt()].map(|t| t.clamp(0.0, 1.0)))
    }
}
