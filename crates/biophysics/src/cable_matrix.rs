use apical_morphology::AxialTree;
use fearless_simd::Simd;
use sprs::{CsMat, TriMat};

use crate::InstructionSet;
use crate::simd::{Kernel, Lanes, Real};

/// The cable equation's passive part on the nodes of a neuron: axial conductances and capacitances.
///
/// Rows are nodes: first the compartments, in their order, then the points without membrane of an [`AxialTree`] at which
/// sections are joined; tips, where nothing flows, are left out. Such points have no capacitance: their rows say that the
/// axial currents into them sum to zero.
#[derive(Clone, Debug)]
pub struct CableMatrix {
    root: usize,
    parents: Vec<usize>,
    /// To all neighbors, µS.
    axial_sum_us: Vec<f64>,
    capacitance_nf: Vec<f64>,
    /// Of each node but the root, in the order of elimination.
    joints: Vec<Joint>,
}

/// A node and its parent, and the conductance between them.
#[derive(Clone, Copy, Debug)]
struct Joint {
    node: u32,
    parent: u32,
    axial_us: f64,
}

impl Joint {
    #[inline(always)]
    const fn rows(&self) -> [usize; 2] {
        [self.node as usize, self.parent as usize]
    }
}

impl CableMatrix {
    /// The matrix of a tree with `capacitance_nf` at each compartment, in order of compartments.
    #[must_use]
    pub(crate) fn new(tree: &AxialTree, capacitance_nf: &[f64]) -> Self {
        // The longest way from each node to a tip; none for tips themselves.
        let mut heights: Vec<Option<usize>> =
            tree.compartments().iter().map(|compartment| compartment.map(|_| 0)).collect();
        let links = tree.parents().iter().enumerate().skip(1);
        for (node, &parent) in links.rev() {
            let above = heights[node].map(|height| height + 1);
            heights[parent] = heights[parent].max(above);
        }
        let mut points = capacitance_nf.len()..;
        let rows: Vec<Option<usize>> = tree
            .compartments()
            .iter()
            .zip(&heights)
            .map(|(compartment, height)| {
                height
                    .and_then(|_| compartment.map_or_else(|| points.next(), |id| Some(id.index())))
            })
            .collect();
        let count = points.start;
        let root = rows[0].unwrap_or_default();
        let mut matrix = Self {
            root,
            parents: vec![root; count],
            axial_sum_us: vec![0.0; count],
            capacitance_nf: capacitance_nf.to_vec(),
            joints: Vec::with_capacity(count),
        };
        matrix.capacitance_nf.resize(count, 0.0);
        let mut order: Vec<usize> = (1..rows.len()).collect();
        // Nodes of equal height do not wait for each other: a processor works on many at once where they are neighbors.
        order.sort_by_key(|&node| heights[node]);
        for node in order {
            let (Some(row), Some(parent)) = (rows[node], rows[tree.parents()[node]]) else {
                continue;
            };
            let axial_us = tree.axial_resistance_mohm()[node].recip();
            matrix.parents[row] = parent;
            matrix.axial_sum_us[row] += axial_us;
            matrix.axial_sum_us[parent] += axial_us;
            matrix.joints.push(Joint { node: row as u32, parent: parent as u32, axial_us });
        }
        matrix
    }

    /// Number of rows.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.parents.len()
    }

    /// Parent row of each row; the root's entry is its own.
    #[must_use]
    pub fn parents(&self) -> &[usize] {
        &self.parents
    }

    /// Capacitance of each node, nF; 0 for points without membrane.
    #[must_use]
    pub fn capacitance_nf(&self) -> &[f64] {
        &self.capacitance_nf
    }

    /// Adds to `rhs`, `[nodes × batch]`, the axial current into each node at voltages `v_mv`, nA.
    pub fn add_axial_currents(&self, batch_size: usize, v_mv: &[f64], rhs: &mut [f64]) {
        for joint in &self.joints {
            let ([node, parent], axial_us) = (joint.rows(), joint.axial_us);
            for trial in 0..batch_size {
                let (at, up) = (node * batch_size + trial, parent * batch_size + trial);
                let current = axial_us * (v_mv[up] - v_mv[at]);
                rhs[at] += current;
                rhs[up] -= current;
            }
        }
    }

    /// Capacitive and axial conductances of each row's diagonal, µS, where capacitances count as C/`dt_ms`.
    #[must_use]
    pub fn passive_diagonal(&self, dt_ms: f64) -> Vec<f64> {
        let terms = self.capacitance_nf.iter().zip(&self.axial_sum_us);
        terms.map(|(capacitance, axial)| capacitance / dt_ms + axial).collect()
    }

    /// Solves a step for every trial by Hines elimination (doi:10.1016/0020-7101(84)90008-4).
    ///
    /// `diagonal` and `rhs` are `[nodes × batch]`; `rhs` holds the solution afterwards, `diagonal` is used up.
    /// From the tips to the root and back, without fill-in: the cost is linear in the number of nodes. An instruction set that
    /// this machine lacks is replaced by what every machine has.
    ///
    /// # Panics
    ///
    /// If an array is shorter than that.
    pub fn solve(
        &self,
        instruction_set: InstructionSet,
        batch_size: usize,
        diagonal: &mut [f64],
        rhs: &mut [f64],
    ) {
        instruction_set.run(Solve { matrix: self, batch_size, v_mv: None, diagonal, rhs });
    }

    /// The same, where the axial currents at `v_mv`, `[nodes × batch]`, are to be added to `rhs` first: the solution is the
    /// change of voltage.
    pub(crate) fn solve_change(
        &self,
        instruction_set: InstructionSet,
        batch_size: usize,
        v_mv: &[f64],
        diagonal: &mut [f64],
        rhs: &mut [f64],
    ) {
        let v_mv = Some(v_mv);
        instruction_set.run(Solve { matrix: self, batch_size, v_mv, diagonal, rhs });
    }

    /// The matrix of one trial's step as a sparse matrix, µS, from its diagonal.
    #[must_use]
    pub fn to_sparse(&self, diagonal: &[f64]) -> CsMat<f64> {
        let n = self.node_count();
        let mut triplets = TriMat::new((n, n));
        for (node, &value) in diagonal.iter().enumerate() {
            triplets.add_triplet(node, node, value);
        }
        for joint in &self.joints {
            let [node, parent] = joint.rows();
            triplets.add_triplet(node, parent, -joint.axial_us);
            triplets.add_triplet(parent, node, -joint.axial_us);
        }
        triplets.to_csr()
    }
}

struct Solve<'a> {
    matrix: &'a CableMatrix,
    batch_size: usize,
    v_mv: Option<&'a [f64]>,
    diagonal: &'a mut [f64],
    rhs: &'a mut [f64],
}

impl Kernel for Solve<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { matrix, batch_size, v_mv, diagonal, rhs } = self;
        if batch_size.is_multiple_of(8) {
            let v_mv = v_mv.map(|v_mv| v_mv.as_chunks::<8>().0);
            let (diagonal, rhs) = (diagonal.as_chunks_mut::<8>().0, rhs.as_chunks_mut::<8>().0);
            eliminate(simd, matrix, batch_size / 8, v_mv, diagonal, rhs);
        } else {
            eliminate(simd, matrix, batch_size, v_mv, diagonal, rhs);
        }
    }
}

/// What the elimination works on at once: one trial, or eight.
trait Trials<S> {
    type Number: Real;

    fn load(&self, simd: S) -> Self::Number;

    fn store(&mut self, value: Self::Number);
}

impl<S> Trials<S> for f64 {
    type Number = f64;

    #[inline(always)]
    fn load(&self, _simd: S) -> f64 {
        *self
    }

    #[inline(always)]
    fn store(&mut self, value: f64) {
        *self = value;
    }
}

impl<S: Simd> Trials<S> for [f64; 8] {
    type Number = Lanes<S>;

    #[inline(always)]
    fn load(&self, simd: S) -> Lanes<S> {
        Lanes::load(simd, self)
    }

    #[inline(always)]
    fn store(&mut self, value: Lanes<S>) {
        value.store(self);
    }
}

/// With one operation for each that is written, rounded alone: so one trial and eight have the same bits.
#[inline(always)]
fn eliminate<S: Simd, T: Trials<S>>(
    simd: S,
    matrix: &CableMatrix,
    per_node: usize,
    v_mv: Option<&[T]>,
    diagonal: &mut [T],
    rhs: &mut [T],
) {
    // Of one length, so that an index is checked once for all three.
    let len = matrix.node_count() * per_node;
    let (diagonal, rhs) = (&mut diagonal[..len], &mut rhs[..len]);
    let v_mv = v_mv.map(|v_mv| &v_mv[..len]);
    for joint in &matrix.joints {
        let ([node, parent], axial_us) = (joint.rows(), joint.axial_us);
        for i in 0..per_node {
            let (at, up) = (node * per_node + i, parent * per_node + i);
            let (mut here, mut above) = (rhs[at].load(simd), rhs[up].load(simd));
            if let Some(v_mv) = v_mv {
                let current = (v_mv[up].load(simd) - v_mv[at].load(simd)) * axial_us;
                here = here + current;
                above = above - current;
                rhs[at].store(here);
            }
            let reciprocal = here.constant(1.0) / diagonal[at].load(simd);
            let factor = reciprocal * axial_us;
            diagonal[at].store(reciprocal);
            let pivot = diagonal[up].load(simd) - factor * axial_us;
            diagonal[up].store(pivot);
            rhs[up].store(above + factor * here);
        }
    }
    for i in 0..per_node {
        let at = matrix.root * per_node + i;
        let solution = rhs[at].load(simd) / diagonal[at].load(simd);
        rhs[at].store(solution);
    }
    for joint in matrix.joints.iter().rev() {
        let ([node, parent], axial_us) = (joint.rows(), joint.axial_us);
        for i in 0..per_node {
            let (at, up) = (node * per_node + i, parent * per_node + i);
            let sum = rhs[at].load(simd) + rhs[up].load(simd) * axial_us;
            rhs[at].store(sum * diagonal[at].load(simd));
        }
    }
}
