use std::f64::consts::PI;

use apical_morphology::CompartmentGeometry;

use crate::product::{MatrixView, apply};
use crate::{Electrode, ExtracellularError, TransferMatrix, VolumeConductor};

/// The current dipole moment of a whole neuron, p = Σ I_i·r_i with the membrane currents I_i, nA, of compartments whose
/// middles are at r_i, µm (Lindén et al. 2010, doi:10.1007/s10827-010-0245-4).
///
/// It does not depend on the origin where the currents sum to zero. From afar it is all that the potential depends on.
///
/// ```
/// use apical_extracellular::{CurrentDipole, Electrode, LayeredSphere};
/// use apical_morphology::CompartmentGeometry;
///
/// // 1 nA enters one end of a neurite (inward negative) under the vertex and leaves the other.
/// let ends_um = [[[0.0, 0.0, 77e3], [0.0, 0.0, 77.05e3]], [[0.0, 0.0, 77.05e3], [0.0, 0.0, 77.1e3]]];
/// let dipole = CurrentDipole::new(&CompartmentGeometry::new(&ends_um, &[2.0, 2.0])?);
/// let currents_na = [-1.0, 1.0];
/// let moment = dipole.apply(&currents_na)?;
/// assert!(moment[0] == 0.0 && (moment[2] - 50.0).abs() < 1e-9);
///
/// let scalp = [Electrode::point([0.0, 0.0, 90e3]), Electrode::point([90e3, 0.0, 0.0])];
/// let eeg = dipole.transfer_matrix(&LayeredSphere::four_sphere(), dipole.location_um(), &scalp)?;
/// let potentials_mv = eeg.apply(&currents_na)?;
/// assert!(potentials_mv[0] > 10.0 * potentials_mv[1].abs());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "CurrentDipoleMoment")]
pub struct CurrentDipole {
    compartments: usize,
    values_um: Vec<f64>,
    location_um: [f64; 3],
}

impl CurrentDipole {
    /// The operator of these compartments.
    #[must_use]
    pub fn new(geometry: &CompartmentGeometry) -> Self {
        let count = geometry.len();
        let centers_um: Vec<[f64; 3]> = (0..count).map(|i| geometry.center_um(i)).collect();
        let areas_um2: Vec<f64> = (0..count).map(|i| area_um2(geometry, i)).collect();
        let total_um2: f64 = areas_um2.iter().sum();
        // Sums of differences from the first keep the digits of a neuron far from the origin.
        let first_um = centers_um.first().copied().unwrap_or_default();
        let location_um = [0, 1, 2].map(|axis| {
            let weighted =
                |(center, area): (&[f64; 3], &f64)| (center[axis] - first_um[axis]) * area;
            let sum: f64 = centers_um.iter().zip(&areas_um2).map(weighted).sum();
            first_um[axis] + if count == 0 { 0.0 } else { sum / total_um2 }
        });
        let column = |axis: usize| centers_um.iter().map(move |center| center[axis]);
        let values_um = (0..3).flat_map(column).collect();
        Self { compartments: count, values_um, location_um }
    }

    /// Number of compartments.
    #[must_use]
    pub const fn compartment_count(&self) -> usize {
        self.compartments
    }

    /// The operator from membrane currents, nA, to the moment, nA·µm: `[3 × compartments]`, compartment fastest, µm.
    #[must_use]
    pub fn values_um(&self) -> &[f64] {
        &self.values_um
    }

    /// A place for the dipole, µm: the mean of the middles weighted by membrane area (of a compartment without length, that
    /// of a sphere), the origin without compartments.
    #[must_use]
    pub const fn location_um(&self) -> [f64; 3] {
        self.location_um
    }

    /// Moments, nA·µm, `[3 × times]`, from membrane currents, nA, `[compartments × times]`, outward positive, both with time
    /// fastest.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless there are as many values for each compartment.
    pub fn apply(&self, currents_na: &[f64]) -> Result<Vec<f64>, ExtracellularError> {
        let operator = MatrixView::rows(&self.values_um, 3, self.compartments);
        apply(operator, "currents [compartments × times]", currents_na)
    }

    /// The matrix from membrane currents to what a dipole of their moment, at a place, does to electrodes.
    ///
    /// Compartments are seen from that place, which keeps digits, and changes nothing where the currents sum to zero.
    ///
    /// # Errors
    ///
    /// What the conductor refuses.
    pub fn transfer_matrix(
        &self,
        conductor: &dyn VolumeConductor,
        location_um: [f64; 3],
        electrodes: &[Electrode],
    ) -> Result<TransferMatrix, ExtracellularError> {
        let rows = conductor.potential_matrix(location_um, electrodes)?;
        let potential = |row: &[f64; 3], compartment: usize| -> f64 {
            let arm_um = |axis: usize| {
                self.values_um[axis * self.compartments + compartment] - location_um[axis]
            };
            (0..3).map(|axis| row[axis] * arm_um(axis)).sum()
        };
        let values =
            rows.iter().flat_map(|row| (0..self.compartments).map(move |i| potential(row, i)));
        TransferMatrix::from_values(electrodes.len(), self.compartments, values.collect())
    }
}

/// Lateral area of a cylinder from end to end; of a point, the area of a sphere.
fn area_um2(geometry: &CompartmentGeometry, compartment: usize) -> f64 {
    let (start, end) = (geometry.start_um(compartment), geometry.end_um(compartment));
    let diameter_um = geometry.diameters_um()[compartment];
    let square: f64 = (0..3).map(|axis| (end[axis] - start[axis]).powi(2)).sum();
    PI * diameter_um * if square > 0.0 { square.sqrt() } else { diameter_um }
}
