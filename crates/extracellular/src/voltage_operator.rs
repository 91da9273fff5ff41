use std::collections::{BTreeMap, BTreeSet};

use apical_core::CompartmentId;
use sprs::{CsMat, TriMat};

use crate::error::check_shape;
use crate::product::{MatrixView, apply};
use crate::{ExtracellularError, TransferMatrix};

/// The operator M·B from voltages, mV, to potentials at electrodes, mV: `[electrodes × compartments]`.
///
/// The axial operator B ([`AxialTree::membrane_current_operator`](apical_morphology::AxialTree::membrane_current_operator))
/// turns voltages into the currents that enter compartments along the cable, and where no electrode injects, leave them
/// through the membrane. So the potential follows from voltages of any source, with no simulation and no channel:
/// φ = M·(B·v). Where an electrode injects I into compartment c, I of the membrane current does not come along the cable:
/// add `matrix.row(electrode)[c] * I`.
///
/// Voltages that are off by independent noise make potentials that are off by [`noise_gain`](Self::noise_gain) times that:
/// the axial operator takes differences between neighbours.
///
/// ```
/// use apical_extracellular::{Electrode, LineSource, TransferMatrix, VoltageOperator};
/// use apical_morphology::{AxialTree, CompartmentTree, MaxLength, default_cell};
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let electrodes = [Electrode::point([50.0, 0.0, 0.0])];
/// let matrix = TransferMatrix::new(&LineSource::default(), &tree.geometry(), &electrodes)?;
/// let axial = AxialTree::new(&tree, 100.0)?.membrane_current_operator();
/// let operator = VoltageOperator::new(&matrix, &axial)?;
///
/// // At one voltage everywhere, no current flows.
/// let potential_mv = operator.apply(&vec![-76.0; tree.len()])?;
/// assert!(potential_mv[0].abs() < 1e-9);
/// // Volts per volt: 1 mV of noise in every compartment is this many mV here.
/// assert!((1e-4..10.0).contains(&operator.noise_gain()[0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VoltageOperator {
    electrodes: usize,
    compartments: usize,
    values: Vec<f64>,
}

impl VoltageOperator {
    /// The product of a transfer matrix and an axial operator, nA/mV.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless they are of the same compartments, [`ExtracellularError::RowSum`] unless every
    /// row of the axial operator sums to zero, to 10⁻⁹ of its largest value.
    pub fn new(matrix: &TransferMatrix, axial: &CsMat<f64>) -> Result<Self, ExtracellularError> {
        let compartments = matrix.compartment_count();
        for found in [axial.rows(), axial.cols()] {
            check_shape("axial operator [compartments × compartments]", compartments, found)?;
        }
        for (i, row) in axial.outer_iterator().enumerate() {
            let (sum, largest) = row.iter().fold((0.0, 0.0_f64), |(sum, largest), (_, value)| {
                (sum + value, largest.max(value.abs()))
            });
            // Not a number compares as false.
            if !(sum.abs() <= 1e-9 * largest || row.nnz() == 0) {
                return Err(ExtracellularError::RowSum { compartment: CompartmentId::new(i), sum });
            }
        }
        let mut values = vec![0.0; matrix.electrode_count() * compartments];
        for electrode in 0..matrix.electrode_count() {
            let row = &mut values[electrode * compartments..][..compartments];
            for (value, (i, j)) in axial {
                row[j] += matrix.row(electrode)[i] * value;
            }
        }
        Ok(Self { electrodes: matrix.electrode_count(), compartments, values })
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

    /// All values, `[electrodes × compartments]`, compartment fastest, mV/mV.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Standard deviation of each electrode's potential, mV, for independent noise of 1 mV in every compartment:
    /// √Σ(M·B)².
    #[must_use]
    pub fn noise_gain(&self) -> Vec<f64> {
        let norm = |row: &[f64]| row.iter().map(|value| value * value).sum::<f64>().sqrt();
        self.values.chunks_exact(self.compartments.max(1)).map(norm).collect()
    }

    /// Potentials, mV, `[electrodes × times]`, from voltages, mV, `[compartments × times]`, both with time fastest.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless there are as many values for each compartment.
    pub fn apply(&self, voltages_mv: &[f64]) -> Result<Vec<f64>, ExtracellularError> {
        apply(self.view(), "voltages [compartments × times]", voltages_mv)
    }

    pub(crate) fn view(&self) -> MatrixView<'_, f64> {
        MatrixView::rows(&self.values, self.electrodes, self.compartments)
    }
}

/// The axial operator where the voltages of some compartments are not known: those are taken to have no membrane current.
///
/// A network that predicts no axon leaves its rows unknown. What is stated for them is that what flows in along the cable
/// flows out along the cable; their voltages then follow from those of their neighbours, and they are eliminated as nodes
/// without membrane are: the star of conductances g_i around one of them becomes g_i·g_j / Σg between each two of its
/// neighbours. Rows and columns of the unknown are zero, and all rows still sum to zero, so that currents still sum to zero.
/// An axon that is unknown ends at the soma: its currents are missing, and the soma's balance what the dendrites draw.
///
/// The voltages of the unknown no longer matter, but have to be numbers: fill their rows with any, not with NaN.
///
/// The book's chapter on field potentials has the error that this makes on the reference neuron.
///
/// ```
/// use apical_core::SectionType;
/// use apical_extracellular::without_unknown;
/// use apical_morphology::{AxialTree, CompartmentTree, MaxLength, default_cell};
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// let axial = AxialTree::new(&tree, 100.0)?.membrane_current_operator();
/// let axon: Vec<_> = tree
///     .iter()
///     .filter(|(_, c)| tree.morphology().section(c.section).section_type() == SectionType::Axon)
///     .map(|(id, _)| id)
///     .collect();
/// let known = without_unknown(&axial, &axon)?;
/// assert!(known.outer_view(axon[0].index()).is_none_or(|row| row.nnz() == 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ExtracellularError::Shape`] unless the operator is square, [`ExtracellularError::NoCompartment`] for a compartment
/// that it does not have.
pub fn without_unknown(
    axial: &CsMat<f64>,
    unknown: &[CompartmentId],
) -> Result<CsMat<f64>, ExtracellularError> {
    let count = axial.rows();
    check_shape("axial operator [compartments × compartments]", count, axial.cols())?;
    if let Some(&compartment) = unknown.iter().find(|id| id.index() >= count) {
        return Err(ExtracellularError::NoCompartment { compartment, count });
    }
    // Conductances between neighbours, µS.
    let mut neighbors: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); count];
    for (&conductance_us, (i, j)) in axial {
        if i != j && conductance_us != 0.0 {
            neighbors[i].insert(j, conductance_us);
        }
    }
    let mut remaining: BTreeSet<usize> = unknown.iter().map(|id| id.index()).collect();
    // The one with the fewest neighbours first: on a tree no star grows.
    while let Some(&node) = remaining.iter().min_by_key(|&&node| neighbors[node].len()) {
        remaining.remove(&node);
        let star: Vec<(usize, f64)> = std::mem::take(&mut neighbors[node]).into_iter().collect();
        let total_us: f64 = star.iter().map(|(_, conductance_us)| conductance_us).sum();
        for &(i, first_us) in &star {
            neighbors[i].remove(&node);
            for &(j, second_us) in star.iter().filter(|(j, _)| *j != i) {
                *neighbors[i].entry(j).or_default() += first_us * second_us / total_us;
            }
        }
    }
    let mut operator = TriMat::new((count, count));
    for (i, row) in neighbors.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        operator.add_triplet(i, i, -row.values().sum::<f64>());
        for (&j, &conductance_us) in row {
            operator.add_triplet(i, j, conductance_us);
        }
    }
    Ok(operator.to_csr())
}
