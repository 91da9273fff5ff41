use std::f64::consts::PI;

use crate::error::{DIPOLE_LOCATION, check_point, finite};
use crate::{Conductivity, ExtracellularError, VolumeConductor};

/// An endless homogeneous medium: φ = p·R/(4π·σ·R³) with R from the dipole to the point (Nunez & Srinivasan 2006,
/// doi:10.1093/acprof:oso/9780195050387.001.0001).
///
/// Where the conductivity depends on the direction, the derivative of the potential of
/// [`PointSource`](crate::PointSource) along the moment.
///
/// ```
/// use apical_extracellular::{Conductivity, InfiniteConductor, VolumeConductor};
///
/// let medium = InfiniteConductor::new(Conductivity::isotropic(0.3)?);
/// let rows = medium.point_potentials([0.0; 3], &[[0.0, 0.0, 1000.0]])?;
/// let expected_mv = 1.0 / (4.0 * std::f64::consts::PI * 0.3 * 1000.0 * 1000.0);
/// assert!((rows[0][2] / expected_mv - 1.0).abs() < 1e-15);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[doc(alias = "InfiniteVolumeConductor")]
pub struct InfiniteConductor {
    conductivity: Conductivity,
}

impl InfiniteConductor {
    /// A medium of this conductivity.
    #[must_use]
    pub const fn new(conductivity: Conductivity) -> Self {
        Self { conductivity }
    }
}

impl VolumeConductor for InfiniteConductor {
    fn point_potentials(
        &self,
        location_um: [f64; 3],
        points_um: &[[f64; 3]],
    ) -> Result<Vec<[f64; 3]>, ExtracellularError> {
        finite(DIPOLE_LOCATION, location_um)?;
        let sigma = self.conductivity.s_per_m();
        let determinant = sigma[0] * sigma[1] * sigma[2];
        let potential = |(index, &point): (usize, &[f64; 3])| {
            check_point(index, point)?;
            let away = [0, 1, 2].map(|axis| point[axis] - location_um[axis]);
            if away == [0.0; 3] {
                return Err(ExtracellularError::AtDipole { electrode: index, position_um: point });
            }
            // With y = R/√σ along each axis, φ = Σ p·(R/σ)/(4π·√(σ_x·σ_y·σ_z)·y³).
            let square: f64 = (0..3).map(|axis| away[axis] * away[axis] / sigma[axis]).sum();
            let factor = 1.0 / (4.0 * PI * determinant.sqrt() * square * square.sqrt());
            Ok([0, 1, 2].map(|axis| away[axis] / sigma[axis] * factor))
        };
        points_um.iter().enumerate().map(potential).collect()
    }
}
