use crate::electrode::sample_points;
use crate::{Electrode, ExtracellularError};

/// How a current dipole raises the potential in a model of the medium.
///
/// [`CurrentDipole::transfer_matrix`](crate::CurrentDipole::transfer_matrix) and
/// [`MultiDipole::transfer_matrix`](crate::MultiDipole::transfer_matrix) ask it on behalf of membrane currents.
pub trait VolumeConductor: Send + Sync {
    /// The potential at each point, mV, for 1 nA·µm along x, y and z of a dipole at `location_um`: `[points × 3]`.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError`] that names the first point, as `electrode`, or the place that the model is not made for.
    fn point_potentials(
        &self,
        location_um: [f64; 3],
        points_um: &[[f64; 3]],
    ) -> Result<Vec<[f64; 3]>, ExtracellularError>;

    /// The potential at each electrode, mV, for 1 nA·µm along x, y and z of a dipole at `location_um`: `[electrodes × 3]`.
    /// A contact averages over its [`sample_points_um`](Electrode::sample_points_um).
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Coordinate`] and [`ExtracellularError::InContact`] for an electrode without a place or a contact
    /// that is none, and what [`point_potentials`](Self::point_potentials) refuses.
    fn potential_matrix(
        &self,
        location_um: [f64; 3],
        electrodes: &[Electrode],
    ) -> Result<Vec<[f64; 3]>, ExtracellularError> {
        let (points_um, shares) = sample_points(electrodes)?;
        let potentials = self
            .point_potentials(location_um, &points_um)
            .map_err(|error| error.with_electrode(|point| shares[point].0))?;
        let mut rows = vec![[0.0; 3]; electrodes.len()];
        for (potential, (electrode, weight)) in potentials.into_iter().zip(shares) {
            for (sum, value) in rows[electrode].iter_mut().zip(potential) {
                *sum += weight * value;
            }
        }
        Ok(rows)
    }
}
