use apical_morphology::CompartmentGeometry;
use rayon::prelude::*;

use crate::error::check_shape;
use crate::product::{MatrixView, apply};
use crate::{Electrode, ExtracellularError, ForwardModel, Moved};

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
    /// [`ExtracellularError::Coordinate`] for an electrode without a place, or what the model refuses.
    pub fn new(
        model: &dyn ForwardModel,
        geometry: &CompartmentGeometry,
        electrodes: &[Electrode],
    ) -> Result<Self, ExtracellularError> {
        let mut points_um = Vec::with_capacity(electrodes.len());
        let mut shares = Vec::with_capacity(electrodes.len());
        for (index, electrode) in electrodes.iter().enumerate() {
            for (point, weight) in electrode.samples() {
                if let Some(&value) = point.iter().find(|value| !value.is_finite()) {
                    return Err(ExtracellularError::Coordinate { electrode: index, value });
                }
                points_um.push(point);
                shares.push((index, weight));
            }
        }
        model
            .check(geometry, &points_um)
            .map_err(|error| error.with_electrode(|point| shares[point].0))?;
        let compartments = geometry.len();
        if compartments == 0 {
            let (values, moved) = (Vec::new(), Vec::new());
            return Ok(Self { electrodes: electrodes.len(), compartments, values, moved });
        }
        let mut rows = vec![0.0; points_um.len() * compartments];
        let mut moved: Vec<Moved> = rows
            .par_chunks_mut(POINTS_AT_ONCE * compartments)
            .zip(points_um.par_chunks(POINTS_AT_ONCE))
            .enumerate()
            .flat_map_iter(|(chunk, (rows, points_um))| {
                let mut moved = Vec::new();
                model.fill(geometry, points_um, rows, &mut moved);
                moved.iter_mut().for_each(|moved| moved.point += chunk * POINTS_AT_ONCE);
                moved
            })
            .collect();
        // From points to electrodes.
        moved.iter_mut().for_each(|moved| moved.point = shares[moved.point].0);
        moved.sort_by_key(|moved| (moved.point, moved.compartment));
        let values = if points_um.len() == electrodes.len() {
            rows
        } else {
            averaged(&rows, &shares, electrodes.len(), compartments)
        };
        Ok(Self { electrodes: electrodes.len(), compartments, values, moved })
    }

    /// A matrix of these values, `[electrodes × compartments]`, compartment fastest, mV/nA: from elsewhere.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless the values fill the shape.
    pub fn from_values(
        electrodes: usize,
        compartments: usize,
        values: Vec<f64>,
    ) -> Result<Self, ExtracellularError> {
        let expected = electrodes * compartments;
        check_shape("transfer matrix [electrodes × compartments]", expected, values.len())?;
        Ok(Self { electrodes, compartments, values, moved: Vec::new() })
    }

    /// Number of electrodes.
    #[must_use]
    pub const fn electrodes(&self) -> usize {
        self.electrodes
    }

    /// Number of compartments.
    #[must_use]
    pub const fn compartments(&self) -> usize {
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
const POINTS_AT_ONCE: usize = 16;

/// Weighted sums of the rows of points.
fn averaged(
    rows: &[f64],
    shares: &[(usize, f64)],
    electrodes: usize,
    compartments: usize,
) -> Vec<f64> {
    let mut values = vec![0.0; electrodes * compartments];
    for (row, &(electrode, weight)) in rows.chunks_exact(compartments).zip(shares) {
        let sums = &mut values[electrode * compartments..][..compartments];
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
    }
    values
}
