use serde::{Deserialize, Serialize};

use crate::ExtracellularError;
use crate::error::positive;

/// A contact at a place.
///
/// ```
/// use apical_extracellular::{Contact, Electrode};
///
/// let tip = Electrode::point([50.0, 0.0, 0.0]);
/// let pad = Electrode::new([50.0, 0.0, 0.0], Contact::disc(7.5, [1.0, 0.0, 0.0])?);
/// assert_eq!(tip.sample_points_um().len(), 1);
/// // All points of the pad lie on it.
/// assert!(pad.sample_points_um().iter().all(|p| p[0] == 50.0 && p[1].hypot(p[2]) < 7.5));
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Electrode {
    position_um: [f64; 3],
    contact: Contact,
}

/// The surface of an electrode, over which it averages the potential.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Contact {
    /// A point.
    Point,
    /// A flat disc.
    Disc {
        /// Radius, µm.
        radius_um: f64,
        /// Unit vector at a right angle to it.
        normal: [f64; 3],
    },
    /// A flat rectangle.
    Rectangle {
        /// Half of each side, µm, as vectors at a right angle to each other.
        half_sides_um: [[f64; 3]; 2],
    },
}

impl Contact {
    /// A disc.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Parameter`] unless the radius, µm, is positive, and the normal, of any length, points
    /// somewhere.
    pub fn disc(radius_um: f64, normal: [f64; 3]) -> Result<Self, ExtracellularError> {
        let length = positive("length of the normal", norm(normal))?;
        let radius_um = positive("radius of the contact (µm)", radius_um)?;
        Ok(Self::Disc { radius_um, normal: normal.map(|component| component / length) })
    }

    /// A rectangle with these sides, µm, along two directions of any length at a right angle to each other.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Parameter`] unless the sides are positive, and the directions point somewhere,
    /// [`ExtracellularError::RightAngle`] if their cosine exceeds 10⁻⁶.
    pub fn rectangle(
        sides_um: [f64; 2],
        directions: [[f64; 3]; 2],
    ) -> Result<Self, ExtracellularError> {
        let mut half_sides_um = [[0.0; 3]; 2];
        for (half, (side_um, direction)) in
            half_sides_um.iter_mut().zip(sides_um.into_iter().zip(directions))
        {
            let side_um = positive("side of the contact (µm)", side_um)?;
            let length = positive("length of a direction", norm(direction))?;
            *half = direction.map(|component| component * 0.5 * side_um / length);
        }
        let [a, b] = half_sides_um;
        let cosine = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / (norm(a) * norm(b));
        if cosine.abs() > 1e-6 {
            return Err(ExtracellularError::RightAngle { cosine });
        }
        Ok(Self::Rectangle { half_sides_um })
    }

    /// The same if it could be made by the constructors; one that was written down or read may be anything.
    pub(crate) fn checked(self) -> Result<Self, ExtracellularError> {
        match self {
            Self::Point => Ok(self),
            Self::Disc { radius_um, normal } => {
                let made = Self::disc(radius_um, normal)?;
                // Unit vectors keep their bits.
                Ok(if (norm(normal) - 1.0).abs() < 1e-12 { self } else { made })
            }
            Self::Rectangle { half_sides_um } => {
                Self::rectangle(half_sides_um.map(|half| 2.0 * norm(half)), half_sides_um)?;
                Ok(self)
            }
        }
    }
}

pub(crate) fn norm(vector: [f64; 3]) -> f64 {
    vector.into_iter().map(|component| component * component).sum::<f64>().sqrt()
}

impl Electrode {
    /// A contact whose middle is at a place, µm.
    #[must_use]
    pub const fn new(position_um: [f64; 3], contact: Contact) -> Self {
        Self { position_um, contact }
    }

    /// A point at a place, µm.
    #[must_use]
    pub const fn point(position_um: [f64; 3]) -> Self {
        Self::new(position_um, Contact::Point)
    }

    /// The middle of its contact, µm.
    #[must_use]
    pub const fn position_um(&self) -> [f64; 3] {
        self.position_um
    }

    /// Its contact.
    #[must_use]
    pub const fn contact(&self) -> Contact {
        self.contact
    }

    /// Points on the contact, µm, whose mean potential stands for that of the contact.
    ///
    /// Of a disc, 4 rings of 9 points, of a rectangle, 6 × 6: the nodes of Gauss's quadrature (on a disc in the square of the
    /// radius), where the potential is a polynomial of degree 7 (8 around the disc, 11 on the rectangle) exact.
    /// The quadrature's weights are those of [`sample_weights`](Self::sample_weights).
    #[must_use]
    pub fn sample_points_um(&self) -> Vec<[f64; 3]> {
        self.samples().into_iter().map(|(point, _)| point).collect()
    }

    /// The share of each of [`sample_points_um`](Self::sample_points_um) in the mean; they sum to 1.
    #[must_use]
    pub fn sample_weights(&self) -> Vec<f64> {
        self.samples().into_iter().map(|(_, weight)| weight).collect()
    }

    pub(crate) fn samples(&self) -> Vec<([f64; 3], f64)> {
        let at = |a: f64, u: [f64; 3], b: f64, v: [f64; 3]| {
            std::array::from_fn(|axis| self.position_um[axis] + a * u[axis] + b * v[axis])
        };
        match self.contact {
            Contact::Point => vec![(self.position_um, 1.0)],
            Contact::Disc { radius_um, normal } => {
                let [u, v] = across(normal);
                let rings = RADIAL.iter().enumerate().flat_map(|(ring, &(node, weight))| {
                    let radius = radius_um * (0.5 + 0.5 * node).sqrt();
                    (0..DISC_ANGLES).map(move |spoke| {
                        // Rings are turned against each other.
                        let turn = spoke as f64 + 0.5 * (ring % 2) as f64;
                        let angle = turn * std::f64::consts::TAU / DISC_ANGLES as f64;
                        (radius * angle.cos(), radius * angle.sin(), weight)
                    })
                });
                rings
                    .map(|(a, b, weight)| (at(a, u, b, v), 0.5 * weight / DISC_ANGLES as f64))
                    .collect()
            }
            Contact::Rectangle { half_sides_um: [u, v] } => {
                let grid = SIDE.iter().flat_map(|a| SIDE.iter().map(move |b| (a, b)));
                grid.map(|(a, b)| (at(a.0, u, b.0, v), 0.25 * a.1 * b.1)).collect()
            }
        }
    }
}

/// A sample point's electrode, by index, and its share in the electrode's mean.
pub(crate) type Share = (usize, f64);

/// The sample points of electrodes, µm, and their shares.
pub(crate) fn sample_points(
    electrodes: &[Electrode],
) -> Result<(Vec<[f64; 3]>, Vec<Share>), ExtracellularError> {
    let mut points_um = Vec::with_capacity(electrodes.len());
    let mut shares = Vec::with_capacity(electrodes.len());
    for (index, electrode) in electrodes.iter().enumerate() {
        electrode.contact.checked().map_err(|source| ExtracellularError::InContact {
            contact: index,
            source: Box::new(source),
        })?;
        for (point, share) in electrode.samples() {
            if let Some(&value) = point.iter().find(|value| !value.is_finite()) {
                return Err(ExtracellularError::Coordinate { electrode: index, value });
            }
            points_um.push(point);
            shares.push((index, share));
        }
    }
    Ok((points_um, shares))
}

/// Two unit vectors at right angles to a unit vector and to each other.
pub(crate) fn across(normal: [f64; 3]) -> [[f64; 3]; 2] {
    let normal = nalgebra::Vector3::from(normal);
    let least = normal.iamin();
    let mut other = nalgebra::Vector3::zeros();
    other[least] = 1.0;
    let u = normal.cross(&other).normalize();
    [u.into(), normal.cross(&u).into()]
}

const DISC_ANGLES: usize = 9;

/// Gauss–Legendre nodes and weights on −1 to 1, of degree 4.
const RADIAL: [(f64, f64); 4] = [
    (-0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
    (-0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
    (0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
    (0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
];

/// The same of degree 6.
const SIDE: [(f64, f64); 6] = [
    (-0.932_469_514_203_152, 0.171_324_492_379_170_34),
    (-0.661_209_386_466_264_5, 0.360_761_573_048_138_6),
    (-0.238_619_186_083_196_9, 0.467_913_934_572_691),
    (0.238_619_186_083_196_9, 0.467_913_934_572_691),
    (0.661_209_386_466_264_5, 0.360_761_573_048_138_6),
    (0.932_469_514_203_152, 0.171_324_492_379_170_34),
];
