use apical_core::CompartmentId;
use apical_morphology::CompartmentGeometry;
use rayon::prelude::*;

use crate::electrode::sample_points;
use crate::error::check_shape;
use crate::product::{MatrixView, apply};
use crate::{Contact, Electrode, ExtracellularError, ForwardModel, Moved};

/// The matrix M from membrane currents, nA, to potentials at electrodes, mV: `[electrodes × compartments]`, mV/nA.
///
/// ```
/// use apical_extracellular::{Conductivity, Electrode, LineSource, TransferMatrix};
/// use apical_morphology::CompartmentGeometry;
///
/// // A current enters one end of a neurite (inward negative) and leaves the other.
/// let ends_um = [[[0.0; 3], [0.0, 50.0, 0.0]], [[0.0, 50.0, 0.0], [0.0, 100.0, 0.0]]];
/// let geometry = CompartmentGeometry::new(&ends_um, &[2.0, 2.0])?;
/// let electrodes = [Electrode::point([20.0, 0.0, 0.0]), Electrode::point([20.0, 100.0, 0.0])];
/// let matrix = TransferMatrix::new(&LineSource::default(), &geometry, &electrodes)?;
/// let potentials_mv = matrix.apply(&[-1.0, 1.0])?;
/// assert!(potentials_mv[0] < 0.0 && potentials_mv[1] > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "mapping")]
pub struct TransferMatrix {
    electrodes: usize,
    compartments: usize,
    values: Vec<f64>,
    moved: Vec<Moved>,
}

impl TransferMatrix {
    /// The matrix of a model for these compartments and electrodes. Electrodes are shared among the threads of rayon's
    /// pool, which changes no bit.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Coordinate`] for an electrode without a place, [`ExtracellularError::InContact`] for a contact
    /// that is none, what the model refuses, and [`ExtracellularError::Overflow`] if a potential exceeds what float64 holds.
    pub fn new(
        model: &dyn ForwardModel,
        geometry: &CompartmentGeometry,
        electrodes: &[Electrode],
    ) -> Result<Self, ExtracellularError> {
        let (points_um, shares) = sample_points(electrodes)?;
        model
            .check(geometry, &points_um)
            .map_err(|error| error.with_electrode(|point| shares[point].0))?;
        let compartments = geometry.len();
        let mut values = vec![0.0; electrodes.len() * compartments];
        let moved: Result<Vec<Vec<Moved>>, ExtracellularError> = values
            .par_chunks_mut((ELECTRODES_AT_ONCE * compartments).max(1))
            .zip(electrodes.par_chunks(ELECTRODES_AT_ONCE))
            .enumerate()
            .map(|(chunk, (rows, electrodes))| {
                let mut moved = fill(model, geometry, electrodes, rows);
                let first = chunk * ELECTRODES_AT_ONCE;
                moved.iter_mut().for_each(|moved| moved.point += first);
                check_finite(first, compartments, rows)?;
                Ok(moved)
            })
            .collect();
        let mut moved = moved?.concat();
        moved.sort_by_key(|moved| (moved.point, moved.compartment));
        Ok(Self { electrodes: electrodes.len(), compartments, values, moved })
    }

    /// A matrix of these values, `[electrodes × compartments]`, compartment fastest, mV/nA: from elsewhere.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless the values fill the shape, [`ExtracellularError::Overflow`] for one that is not
    /// finite.
    pub fn from_values(
        electrodes: usize,
        compartments: usize,
        values: Vec<f64>,
    ) -> Result<Self, ExtracellularError> {
        let expected = electrodes.saturating_mul(compartments);
        check_shape("transfer matrix [electrodes × compartments]", expected, values.len())?;
        check_finite(0, compartments, &values)?;
        Ok(Self { electrodes, compartments, values, moved: Vec::new() })
    }

    /// Number of electrodes.
    #[must_use]
    pub const fn electrode_count(&self) -> usize {
        self.electrodes
    }

    /// Number of compartments.
    #[must_use]
    pub const fn compartment_count(&self) -> usize {
        self.compartments
    }

    /// All values, `[electrodes × compartments]`, compartment fastest, mV/nA.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// What each compartment does to one electrode, mV/nA.
    ///
    /// # Panics
    ///
    /// If there is no such electrode.
    #[must_use]
    pub fn row(&self, electrode: usize) -> &[f64] {
        &self.values[electrode * self.compartments..][..self.compartments]
    }

    /// The pairs of electrode ([`Moved::point`] is its index; of a contact with several points, each that was moved) and
    /// compartment that were nearer to each other than the compartment's radius, in order of electrodes.
    #[must_use]
    pub fn moved(&self) -> &[Moved] {
        &self.moved
    }

    /// Potentials, mV, `[electrodes × times]`, from membrane currents, nA, `[compartments × times]`, outward positive,
    /// both with time fastest.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless there are as many values for each compartment.
    pub fn apply(&self, currents_na: &[f64]) -> Result<Vec<f64>, ExtracellularError> {
        apply(self.view(), "currents [compartments × times]", currents_na)
    }

    pub(crate) fn view(&self) -> MatrixView<'_, f64> {
        MatrixView::rows(&self.values, self.electrodes, self.compartments)
    }
}

/// Few enough that threads share the work evenly, enough to prepare each compartment rarely.
const ELECTRODES_AT_ONCE: usize = 16;

/// Refuses values that are not finite, in the rows of the electrodes from `first` on.
fn check_finite(first: usize, compartments: usize, rows: &[f64]) -> Result<(), ExtracellularError> {
    match rows.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(ExtracellularError::Overflow {
            electrode: first + at / compartments,
            compartment: CompartmentId::new(at % compartments),
            value: rows[at],
        }),
        None => Ok(()),
    }
}

/// The rows of electrodes, and what was moved, with the index of the electrode in place of the point's.
fn fill(
    model: &dyn ForwardModel,
    geometry: &CompartmentGeometry,
    electrodes: &[Electrode],
    rows: &mut [f64],
) -> Vec<Moved> {
    let mut moved = Vec::new();
    if electrodes.iter().all(|electrode| electrode.contact() == Contact::Point) {
        let points_um: Vec<_> = electrodes.iter().map(Electrode::position_um).collect();
        model.fill(geometry, &points_um, rows, &mut moved);
        return moved;
    }
    for (index, (electrode, row)) in
        electrodes.iter().zip(rows.chunks_exact_mut(geometry.len())).enumerate()
    {
        let (points_um, weights): (Vec<_>, Vec<_>) = electrode.samples().into_iter().unzip();
        let mut of_points = vec![0.0; points_um.len() * row.len()];
        let first = moved.len();
        model.fill(geometry, &points_um, &mut of_points, &mut moved);
        moved[first..].iter_mut().for_each(|moved| moved.point = index);
        for (values, weight) in of_points.chunks_exact(row.len()).zip(weights) {
            row.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
    }
    moved
}
