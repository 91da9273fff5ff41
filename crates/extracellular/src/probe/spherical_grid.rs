use serde::{Deserialize, Serialize};

use std::f64::consts::PI;

use super::description::{Described, Key, coordinates, key};
use super::{Probe, check_count};
use crate::error::{finite, positive};
use crate::{Electrode, ExtracellularError};

/// Points spread evenly on a sphere, in the Fibonacci lattice (González 2010, doi:10.1007/s11004-009-9257-x): point i of n is
/// in the middle of the i-th of n layers of the same height, from +y to −y, and the golden angle π·(3 − √5) from the one
/// before.
///
/// By default 100 points 100 µm from the origin.
///
/// ```
/// use apical_extracellular::SphericalGrid;
///
/// let mut grid = SphericalGrid::default();
/// grid.radius_um = 50.0;
/// let probe = grid.build()?;
/// assert_eq!(probe.electrodes().len(), 100);
/// assert!((probe[0].position_um()[1] - 49.5).abs() < 1e-12);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SphericalGrid {
    /// Number of points.
    pub points: usize,
    /// Radius of the sphere, µm.
    pub radius_um: f64,
    /// Middle of the sphere, µm.
    pub center_um: [f64; 3],
}

impl Default for SphericalGrid {
    fn default() -> Self {
        Self { points: 100, radius_um: 100.0, center_um: [0.0; 3] }
    }
}

impl SphericalGrid {
    /// The probe.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::ContactCount`] for no points or too many, [`ExtracellularError::Parameter`] unless the radius is
    /// positive, [`ExtracellularError::NotFinite`] for a middle that is not finite.
    pub fn build(&self) -> Result<Probe, ExtracellularError> {
        let points = check_count("points", self.points)?;
        let radius_um = positive("radius of the sphere (µm)", self.radius_um)?;
        let center_um = finite("place of the probe (µm)", self.center_um)?;
        let golden_angle = PI * (3.0 - 5.0_f64.sqrt());
        let electrode = |index| {
            let height = 1.0 - (2 * index + 1) as f64 / points as f64;
            let around = ((1.0 - height) * (1.0 + height)).sqrt();
            let (sine, cosine) = (golden_angle * index as f64).sin_cos();
            let direction = [around * cosine, height, around * sine];
            let position_um = std::array::from_fn(|i| center_um[i] + radius_um * direction[i]);
            Electrode::point(position_um)
        };
        Probe::numbered("sphere", (0..points).map(electrode).collect())
    }
}

impl Described for SphericalGrid {
    fn keys(&mut self) -> Vec<Key<'_>> {
        let mut keys = vec![
            key("n", "points", &mut self.points),
            key("radius", "radius of the sphere, µm", &mut self.radius_um),
        ];
        keys.extend(coordinates("middle", &mut self.center_um));
        keys
    }

    fn build(&self) -> Result<Probe, ExtracellularError> {
        self.build()
    }
}
