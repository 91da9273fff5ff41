use nalgebra::{Matrix3, Vector3};

use crate::error::{DIPOLE_LOCATION, check_point, finite};
use crate::{ExtracellularError, InfiniteConductor, LayeredSphere};

/// The magnetic field of a current dipole, that of the currents it drives through the medium included.
///
/// ```
/// use apical_extracellular::{InfiniteConductor, LayeredSphere, MagneticConductor};
///
/// // A dipole along y under the vertex, and a sensor 2 mm above it: the field is along x.
/// let (location_um, sensors_um) = ([0.0, 0.0, 75e3], [[0.0, 0.0, 92e3]]);
/// let unbounded = InfiniteConductor::default().field_matrix(location_um, &sensors_um)?;
/// assert!((unbounded[0][0][1] / (1e5 / 17e3_f64.powi(2)) - 1.0).abs() < 1e-14);
/// let head = LayeredSphere::four_sphere().field_matrix(location_um, &sensors_um)?;
/// assert!(head[0][0][1] > 0.0 && head[0][0][1] < unbounded[0][0][1]);
/// # Ok::<(), apical_extracellular::ExtracellularError>(())
/// ```
#[doc(alias = "MEG")]
pub trait MagneticConductor: Send + Sync {
    /// The field B at each sensor, fT, for 1 nA·µm of a dipole at `location_um`: `[sensors × 3 × 3]`, rows the components
    /// of the field, columns those of the moment.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError`] that names the first sensor, as `electrode`, or the place that the model is not made for.
    fn field_matrix(
        &self,
        location_um: [f64; 3],
        sensors_um: &[[f64; 3]],
    ) -> Result<Vec<[[f64; 3]; 3]>, ExtracellularError>;
}

/// μ₀/4π = 10⁻⁷ T·m/A, with 1 nA·µm = 10⁻¹⁵ A·m, 1/µm² = 10¹²/m² and 1 T = 10¹⁵ fT.
const FT_UM2_PER_NA_UM: f64 = 1e5;

/// Biot & Savart's law, B = μ₀/4π·p × R/R³ with R from the dipole to the sensor: the currents in an endless homogeneous
/// medium have no field of their own (Hämäläinen et al. 1993, doi:10.1103/RevModPhys.65.413).
impl MagneticConductor for InfiniteConductor {
    fn field_matrix(
        &self,
        location_um: [f64; 3],
        sensors_um: &[[f64; 3]],
    ) -> Result<Vec<[[f64; 3]; 3]>, ExtracellularError> {
        finite(DIPOLE_LOCATION, location_um)?;
        let field = |(index, &sensor): (usize, &[f64; 3])| {
            check_point(index, sensor)?;
            let away = Vector3::from(sensor) - Vector3::from(location_um);
            let distance_um = away.norm();
            if distance_um == 0.0 {
                return Err(ExtracellularError::AtDipole { electrode: index, position_um: sensor });
            }
            // p × R = −R × p.
            let factor = -FT_UM2_PER_NA_UM / (distance_um * distance_um * distance_um);
            Ok(rows(&(away.cross_matrix() * factor)))
        };
        sensors_um.iter().enumerate().map(field).collect()
    }
}

/// Outside a head of which the conductivity depends on the radius alone, whatever it is:
///
/// B = μ₀/(4π·F²)·(F·p × r₀ − (p × r₀·r)·∇F),
///
/// with the dipole at r₀, the sensor at r, a = r − r₀, F = a·(r·a + **a**·**r**) and
/// ∇F = (a²/r + **a**·**r**/a + 2a + 2r)·**r** − (a + 2r + **a**·**r**/a)·**r₀**
/// (Sarvas 1987, doi:10.1088/0031-9155/32/1/004). A radial dipole has no field there.
impl MagneticConductor for LayeredSphere {
    fn field_matrix(
        &self,
        location_um: [f64; 3],
        sensors_um: &[[f64; 3]],
    ) -> Result<Vec<[[f64; 3]; 3]>, ExtracellularError> {
        self.check_dipole(location_um)?;
        let r0 = Vector3::from(location_um);
        let field = |(index, &sensor): (usize, &[f64; 3])| {
            check_point(index, sensor)?;
            let r = Vector3::from(sensor);
            let (distance_um, radius_um) = (r.norm(), self.outer_radius_um());
            if distance_um < radius_um {
                return Err(ExtracellularError::InsideHead {
                    electrode: index,
                    distance_um,
                    radius_um,
                });
            }
            let away = r - r0;
            let a = away.norm();
            let along = away.dot(&r);
            let f = a * (distance_um * a + along);
            let gradient = r * (a * a / distance_um + along / a + 2.0 * (a + distance_um))
                - r0 * (a + 2.0 * distance_um + along / a);
            // p × r₀ = −r₀ × p, and (p × r₀)·r = (r₀ × r)·p.
            let matrix = -r0.cross_matrix() - gradient * r0.cross(&r).transpose() / f;
            Ok(rows(&(matrix * (FT_UM2_PER_NA_UM / f))))
        };
        sensors_um.iter().enumerate().map(field).collect()
    }
}

fn rows(matrix: &Matrix3<f64>) -> [[f64; 3]; 3] {
    matrix.transpose().into()
}
