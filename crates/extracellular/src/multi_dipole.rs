use apical_core::CompartmentId;
use apical_morphology::{AxialTree, CompartmentGeometry};
use rayon::prelude::*;
use sprs::{CsMat, TriMat};

use crate::error::check_shape;
use crate::{Electrode, ExtracellularError, TransferMatrix, VolumeConductor};

/// A current dipole for every axial resistance: the current through it times the way from one node to the other, halfway
/// between them (Næss et al. 2021, doi:10.1016/j.neuroimage.2020.117467).
///
/// The moments add up to that of [`CurrentDipole`](crate::CurrentDipole), but each has its own place, which matters where
/// electrodes are not far from the neuron compared to its size. Nodes are the middles of compartments, the ends of sections
/// and the 0 end of the root. A sealed end, and two nodes at one place, make no dipole.
///
/// ```
/// use apical_core::SectionType;
/// use apical_extracellular::MultiDipole;
/// use apical_morphology::{
///     AxialTree, CompartmentTree, ExplicitCounts, Morphology, Point, Section, SectionShape,
/// };
///
/// let points = [0.0, 100.0].map(|x| Point::new([x, 0.0, 0.0], 2.0)).to_vec();
/// let section = Section::new(SectionType::Basal, SectionShape::Points(points), None);
/// let tree = CompartmentTree::new(Morphology::new(vec![section])?, &ExplicitCounts::new(vec![2]))?;
/// let dipoles = MultiDipole::new(&tree.geometry(), &AxialTree::new(&tree, 100.0)?)?;
/// assert_eq!(dipoles.positions_um(), [[50.0, 0.0, 0.0]]);
/// // 1 mV drives a current through 50 µm of the neurite, away from where the voltage is higher.
/// let moments = dipoles.apply(&[1.0, 0.0])?;
/// let resistance_mohm = 100.0 * 1e-2 * 50.0 / std::f64::consts::PI;
/// assert!((moments[0] - 50.0 / resistance_mohm).abs() < 1e-9);
/// assert_eq!(moments[1..], [0.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultiDipole {
    operator: CsMat<f64>,
    positions_um: Vec<[f64; 3]>,
    /// From the parent's node to the node, of each dipole, µm.
    displacements_um: Vec<[f64; 3]>,
    /// Parent of each node of the tree, and the dipole between them.
    parents: Vec<usize>,
    dipoles: Vec<Option<usize>>,
    /// Node of each compartment.
    nodes: Vec<usize>,
}

impl MultiDipole {
    /// The dipoles of a tree whose compartments lie as in this geometry: that of its own
    /// [`geometry`](apical_morphology::CompartmentTree::geometry), or the same elsewhere.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless both have as many compartments.
    pub fn new(
        geometry: &CompartmentGeometry,
        axial: &AxialTree,
    ) -> Result<Self, ExtracellularError> {
        let compartments = axial.nodes().len();
        check_shape("geometry [compartments]", compartments, geometry.len())?;
        let places_um = node_places_um(geometry, axial);
        let parents = axial.parents().to_vec();
        let stars = stars(axial);
        let conductance_us = |node: usize| 1.0 / axial.axial_resistance_mohm()[node];
        let (mut positions_um, mut displacements_um) = (Vec::new(), Vec::new());
        let mut dipoles = vec![None; parents.len()];
        // Per dipole, the compartments whose voltages drive the current from parent to node, and how much, nA/mV.
        let mut currents: Vec<Vec<(CompartmentId, f64)>> = Vec::new();
        for node in 1..parents.len() {
            let parent = parents[node];
            let [from, to] = [places_um[parent], places_um[node]];
            if from == to {
                continue;
            }
            let drive = match (axial.compartments()[parent], axial.compartments()[node]) {
                (Some(i), Some(j)) => vec![(i, conductance_us(node)), (j, -conductance_us(node))],
                (None, Some(j)) => star_current(&stars[parent], j, 1.0),
                (Some(i), None) => star_current(&stars[node], i, -1.0),
                // Two nodes without membrane are never neighbours.
                (None, None) => Vec::new(),
            };
            if drive.is_empty() {
                continue;
            }
            dipoles[node] = Some(positions_um.len());
            positions_um.push([0, 1, 2].map(|axis| 0.5 * (from[axis] + to[axis])));
            displacements_um.push([0, 1, 2].map(|axis| to[axis] - from[axis]));
            currents.push(drive);
        }
        let mut operator = TriMat::new((3 * positions_um.len(), compartments));
        for (dipole, (drive, displacement)) in currents.iter().zip(&displacements_um).enumerate() {
            for (axis, component_um) in displacement.iter().enumerate() {
                for &(compartment, per_mv) in drive {
                    operator.add_triplet(
                        3 * dipole + axis,
                        compartment.index(),
                        per_mv * component_um,
                    );
                }
            }
        }
        let nodes = axial.nodes().to_vec();
        let operator = operator.to_csr();
        Ok(Self { operator, positions_um, displacements_um, parents, dipoles, nodes })
    }

    /// Number of dipoles.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.positions_um.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.positions_um.is_empty()
    }

    /// Number of compartments.
    #[must_use]
    pub const fn compartment_count(&self) -> usize {
        self.nodes.len()
    }

    /// The operator from voltages, mV, to moments, nA·µm: `[3·dipoles × compartments]`, x, y and z of a dipole together,
    /// nA·µm/mV.
    #[must_use]
    pub const fn operator(&self) -> &CsMat<f64> {
        &self.operator
    }

    /// Where the dipoles are, µm.
    #[must_use]
    pub fn positions_um(&self) -> &[[f64; 3]] {
        &self.positions_um
    }

    /// Moments, nA·µm, `[dipoles × 3 × times]`, from voltages, mV, `[compartments × times]`, both with time fastest.
    ///
    /// # Errors
    ///
    /// [`ExtracellularError::Shape`] unless there are as many values for each compartment.
    pub fn apply(&self, voltages_mv: &[f64]) -> Result<Vec<f64>, ExtracellularError> {
        let compartments = self.compartment_count();
        let times = voltages_mv.len().checked_div(compartments).unwrap_or(0);
        check_shape("voltages [compartments × times]", compartments * times, voltages_mv.len())?;
        let mut moments = vec![0.0; self.operator.rows() * times];
        if times == 0 {
            return Ok(moments);
        }
        for (row, moment) in self.operator.outer_iterator().zip(moments.chunks_exact_mut(times)) {
            for (compartment, value) in row.iter() {
                let voltages = &voltages_mv[compartment * times..][..times];
                moment.iter_mut().zip(voltages).for_each(|(sum, voltage)| *sum += value * voltage);
            }
        }
        Ok(moments)
    }

    /// The matrix from membrane currents to what all dipoles do to electrodes.
    ///
    /// The current through an axial resistance is the sum of all membrane currents beyond it, so that the element of a
    /// compartment is the sum over the way from the root to it. It holds for membrane currents that the axial ones add up
    /// to, those of [`AxialTree::membrane_current_operator`]; they sum to zero. Dipoles are shared among the threads of rayon's
    /// pool, which changes no bit.
    ///
    /// # Errors
    ///
    /// What the conductor refuses.
    pub fn transfer_matrix(
        &self,
        conductor: &dyn VolumeConductor,
        electrodes: &[Electrode],
    ) -> Result<TransferMatrix, ExtracellularError> {
        // Per dipole and electrode, mV for 1 nA.
        let steps = self
            .positions_um
            .par_iter()
            .zip(&self.displacements_um)
            .map(|(&position_um, displacement)| {
                let dot = |row: [f64; 3]| (0..3).map(|axis| row[axis] * displacement[axis]).sum();
                let rows = conductor.potential_matrix(position_um, electrodes)?;
                Ok(rows.into_iter().map(dot).collect::<Vec<f64>>())
            })
            .collect::<Result<Vec<_>, ExtracellularError>>()?;
        let row = |electrode: usize| {
            let mut sums = vec![0.0; self.parents.len()];
            for node in 1..sums.len() {
                let step = self.dipoles[node].map_or(0.0, |dipole| steps[dipole][electrode]);
                sums[node] = sums[self.parents[node]] + step;
            }
            self.nodes.iter().map(move |&node| sums[node])
        };
        let values = (0..electrodes.len()).flat_map(row).collect();
        TransferMatrix::from_values(electrodes.len(), self.compartment_count(), values)
    }
}

/// The middle of a compartment, of a node after one its far end, of the root the 0 end of the compartment after it.
fn node_places_um(geometry: &CompartmentGeometry, axial: &AxialTree) -> Vec<[f64; 3]> {
    let place = |node: usize| {
        let compartment = |node: usize| axial.compartments().get(node).copied().flatten();
        match (compartment(node), compartment(axial.parents()[node])) {
            (Some(at), _) => geometry.center_um(at.index()),
            (None, Some(before)) => geometry.end_um(before.index()),
            (None, None) => {
                compartment(1).map_or([0.0; 3], |first| geometry.start_um(first.index()))
            }
        }
    };
    (0..axial.node_count()).map(place).collect()
}

/// The neighbours of each node without membrane, all compartments, and the conductances to them, nA/mV.
fn stars(axial: &AxialTree) -> Vec<Vec<(CompartmentId, f64)>> {
    let mut stars = vec![Vec::new(); axial.node_count()];
    for node in 1..axial.node_count() {
        let parent = axial.parents()[node];
        let conductance_us = 1.0 / axial.axial_resistance_mohm()[node];
        match (axial.compartments()[parent], axial.compartments()[node]) {
            (None, Some(j)) => stars[parent].push((j, conductance_us)),
            (Some(i), None) => stars[node].push((i, conductance_us)),
            _ => {}
        }
    }
    stars
}

/// The current from a node without membrane into one of its neighbours, times a sign, as a function of the voltages: the
/// node's voltage is the mean of its neighbours' by conductance. None from a sealed end.
fn star_current(
    star: &[(CompartmentId, f64)],
    into: CompartmentId,
    sign: f64,
) -> Vec<(CompartmentId, f64)> {
    let total_us: f64 = star.iter().map(|&(_, conductance_us)| conductance_us).sum();
    let own_us = star.iter().find(|&&(i, _)| i == into).map_or(0.0, |&(_, own_us)| own_us);
    let (mut drive, mut sum) = (Vec::new(), 0.0);
    for &(from, conductance_us) in star.iter().filter(|&&(from, _)| from != into) {
        let joint_us = sign * own_us * conductance_us / total_us;
        drive.push((from, joint_us));
        sum += joint_us;
    }
    if !drive.is_empty() {
        drive.push((into, -sum));
    }
    drive
}
