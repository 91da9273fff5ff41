use apical_morphology::CompartmentGeometry;

use crate::ExtracellularError;

/// How the current of a compartment raises the potential at a place: an approximation of the membrane's shape in a model of
/// the medium.
///
/// [`TransferMatrix::new`](crate::TransferMatrix::new) asks it for every electrode.
pub trait ForwardModel: Send + Sync {
    /// Refuses compartments and places that the model is not made for; by default none.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError`] that names the first of them.
    fn check(
        &self,
        _geometry: &CompartmentGeometry,
        _points_um: &[[f64; 3]],
    ) -> Result<(), ExtracellularError> {
        Ok(())
    }

    /// The potential at each point, mV, for 1 nA from each compartment: `values` are `[points × compartments]`, compartment
    /// fastest. All of them are replaced.
    ///
    /// A point that is nearer to a compartment than its radius is taken at the radius, and the pair added to `moved`.
    ///
    /// # Panics
    ///
    /// If `values` have another length.
    fn fill(
        &self,
        geometry: &CompartmentGeometry,
        points_um: &[[f64; 3]],
        values: &mut [f64],
        moved: &mut Vec<Moved>,
    );
}

/// A point that was nearer to a compartment than its radius, where a source that has no thickness knows no limit.
/// The potential was computed at the radius instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// Index of the point; in [`TransferMatrix::moved`](crate::TransferMatrix::moved), of the electrode.
    pub point: usize,
    /// Index of the compartment.
    pub compartment: usize,
    /// Distance, µm, from what stands for the compartment: its middle, its axis, or the line that prolongs its axis.
    pub distance_um: f64,
    /// Radius of the compartment, at which the potential was computed, µm.
    pub radius_um: f64,
}
