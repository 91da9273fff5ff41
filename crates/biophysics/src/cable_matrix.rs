use apical_morphology::AxialTree;
use sprs::{CsMat, TriMat};

/// The cable equation's passive part on the nodes of a neuron: axial conductances and capacitances.
///
/// Rows are the nodes of an [`AxialTree`], zero-area nodes included, parents before children. A zero-area node has no
/// capacitance: its row says that the axial currents into it sum to zero.
#[derive(Clone, Debug)]
pub struct CableMatrix {
    parents: Vec<usize>,
    /// To the parent, µS; 0 for the root.
    axial_us: Vec<f64>,
    /// To all neighbors, µS.
    axial_sum_us: Vec<f64>,
    capacitance_nf: Vec<f64>,
}

impl CableMatrix {
    /// The matrix of a tree with `capacitance_nf` at each compartment, in order of compartments.
    #[must_use]
    pub(crate) fn new(tree: &AxialTree, capacitance_nf: &[f64]) -> Self {
        let parents = tree.parents().to_vec();
        let mut axial_us: Vec<f64> =
            tree.axial_resistance_mohm().iter().map(|resistance| resistance.recip()).collect();
        axial_us[0] = 0.0;
        let mut axial_sum_us = axial_us.clone();
        for (node, &parent) in parents.iter().enumerate().skip(1) {
            axial_sum_us[parent] += axial_us[node];
        }
        let capacitance_nf = tree
            .compartments()
            .iter()
            .map(|compartment| compartment.map_or(0.0, |id| capacitance_nf[id.index()]))
            .collect();
        Self { parents, axial_us, axial_sum_us, capacitance_nf }
    }

    /// Number of rows.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.parents.len()
    }

    /// Parent row of each row; the root's entry is 0 and has no meaning.
    #[must_use]
    pub fn parents(&self) -> &[usize] {
        &self.parents
    }

    /// Axial conductance between each node and its parent, µS; 0 for the root.
    #[must_use]
    pub fn axial_us(&self) -> &[f64] {
        &self.axial_us
    }

    /// Capacitance of each node, nF; 0 for zero-area nodes.
    #[must_use]
    pub fn capacitance_nf(&self) -> &[f64] {
        &self.capacitance_nf
    }

    /// Adds to `rhs`, `[nodes × batch]`, the axial current into each node at voltages `v_mv`, nA.
    pub fn add_axial_currents(&self, batch_size: usize, v_mv: &[f64], rhs: &mut [f64]) {
        for (node, &parent) in self.parents.iter().enumerate().skip(1) {
            let conductance = self.axial_us[node];
            for trial in 0..batch_size {
                let (at, up) = (node * batch_size + trial, parent * batch_size + trial);
                let current = conductance * (v_mv[up] - v_mv[at]);
                rhs[at] += current;
                rhs[up] -= current;
            }
        }
    }

    /// Writes the diagonal of the implicit Euler step, `[nodes × batch]`, µS: C/dt + membrane + axial conductances.
    pub fn write_diagonal(
        &self,
        batch_size: usize,
        dt_ms: f64,
        membrane_us: &[f64],
        diagonal: &mut [f64],
    ) {
        for node in 0..self.node_count() {
            let passive = self.capacitance_nf[node] / dt_ms + self.axial_sum_us[node];
            for at in node * batch_size..(node + 1) * batch_size {
                diagonal[at] = passive + membrane_us[at];
            }
        }
    }

    /// Solves the step for every trial by Hines elimination (doi:10.1016/0020-7101(84)90008-4).
    ///
    /// `diagonal` and `rhs` are `[nodes × batch]`; `rhs` holds the solution afterwards, `diagonal` is used up.
    /// From the tips to the root and back, without fill-in: the cost is linear in the number of nodes.
    pub fn solve(&self, batch_size: usize, diagonal: &mut [f64], rhs: &mut [f64]) {
        for node in (1..self.node_count()).rev() {
            let parent = self.parents[node];
            let conductance = self.axial_us[node];
            for trial in 0..batch_size {
                let (at, up) = (node * batch_size + trial, parent * batch_size + trial);
                let factor = conductance / diagonal[at];
                diagonal[up] -= factor * conductance;
                rhs[up] += factor * rhs[at];
            }
        }
        for trial in 0..batch_size {
            rhs[trial] /= diagonal[trial];
        }
        for node in 1..self.node_count() {
            let parent = self.parents[node];
            let conductance = self.axial_us[node];
            for trial in 0..batch_size {
                let (at, up) = (node * batch_size + trial, parent * batch_size + trial);
                rhs[at] = (rhs[at] + conductance * rhs[up]) / diagonal[at];
            }
        }
    }

    /// The matrix of one trial's step as a sparse matrix, µS, from its diagonal.
    #[must_use]
    pub fn to_sparse(&self, diagonal: &[f64]) -> CsMat<f64> {
        let n = self.node_count();
        let mut triplets = TriMat::new((n, n));
        for (node, &value) in diagonal.iter().enumerate() {
            triplets.add_triplet(node, node, value);
        }
        for (node, &parent) in self.parents.iter().enumerate().skip(1) {
            triplets.add_triplet(node, parent, -self.axial_us[node]);
            triplets.add_triplet(parent, node, -self.axial_us[node]);
        }
        triplets.to_csr()
    }
}
