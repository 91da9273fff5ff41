use apical_core::{CompartmentId, SectionId};
use sprs::{CsMat, TriMat};

use crate::discretization::positive;
use crate::{CompartmentTree, MorphologyError, Site};

/// The compartments and the zero-area nodes between them as one tree, for the cable equation.
///
/// Nodes are in Hines order: parents before children, node 0 the root (the 0 end of the root section).
/// A node is the centre of a compartment or a point without membrane: the far end of a section, where its children
/// attach, or the root. Each node but the root is joined to its parent by an axial resistance.
#[derive(Clone, Debug, PartialEq)]
pub struct AxialTree {
    parents: Vec<usize>,
    axial_resistance_mohm: Vec<f64>,
    compartments: Vec<Option<CompartmentId>>,
    nodes: Vec<usize>,
}

/// MΩ of 1 Ω·cm times 1/µm.
const MOHM_PER_OHM_CM_PER_UM: f64 = 1e-2;

impl AxialTree {
    /// The tree with one axial resistivity (NEURON: `Ra`), Ω·cm, throughout.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Parameter`] unless it is positive and finite.
    pub fn new(
        tree: &CompartmentTree,
        axial_resistivity_ohm_cm: f64,
    ) -> Result<Self, MorphologyError> {
        Self::with_resistivity(tree, |_| axial_resistivity_ohm_cm)
    }

    /// The tree with an axial resistivity, Ω·cm, for each section.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Parameter`] unless all are positive and finite.
    pub fn with_resistivity(
        tree: &CompartmentTree,
        axial_resistivity_ohm_cm: impl Fn(SectionId) -> f64,
    ) -> Result<Self, MorphologyError> {
        let morphology = tree.morphology();
        let mut nodes = vec![0; tree.len()];
        // Per section the node at its 0 end and at its far end.
        let mut start_nodes = vec![0; morphology.sections().len()];
        let mut end_nodes = start_nodes.clone();
        let mut axial = Self {
            parents: vec![0],
            axial_resistance_mohm: vec![f64::INFINITY],
            compartments: vec![None],
            nodes: Vec::new(),
        };
        for id in morphology.topological_order() {
            let resistivity = positive("axial resistivity (Ω·cm)", axial_resistivity_ohm_cm(id))?;
            let mut node = match morphology.section(id).attachment() {
                None => 0,
                Some(at) if at.x == 0.0 => start_nodes[at.parent.index()],
                Some(at) if at.x == 1.0 => end_nodes[at.parent.index()],
                Some(at) => nodes[tree.compartment_at(Site::unchecked(at.parent, at.x)).index()],
            };
            start_nodes[id.index()] = node;
            let scale = resistivity * MOHM_PER_OHM_CM_PER_UM;
            let mut factor = 0.0;
            for compartment in tree.compartments_of(id) {
                let [before, after] = tree.compartment(compartment).axial_factor_per_um;
                node = axial.push(node, scale * (factor + before), Some(compartment));
                nodes[compartment.index()] = node;
                factor = after;
            }
            end_nodes[id.index()] = axial.push(node, scale * factor, None);
        }
        axial.nodes = nodes;
        Ok(axial)
    }

    fn push(
        &mut self,
        parent: usize,
        resistance_mohm: f64,
        compartment: Option<CompartmentId>,
    ) -> usize {
        self.parents.push(parent);
        self.axial_resistance_mohm.push(resistance_mohm);
        self.compartments.push(compartment);
        self.parents.len() - 1
    }

    /// The operator B from voltages (mV) to membrane currents (nA, outward positive), `[compartments × compartments]`
    /// in nA/mV.
    ///
    /// What flows into a compartment along the cable leaves it through the membrane:
    /// I_m,i = Σ_j (v_j − v_i) / R_ij, where no electrode injects. Nodes without membrane are eliminated exactly:
    /// the star of conductances g_i around such a node becomes g_i·g_j / Σg between each two of its neighbours.
    /// B is symmetric, its rows sum to zero.
    #[must_use]
    pub fn membrane_current_operator(&self) -> CsMat<f64> {
        let count = self.nodes.len();
        let mut operator = TriMat::new((count, count));
        let mut diagonal = vec![0.0; count];
        let mut join = |i: CompartmentId, j: CompartmentId, conductance_us: f64| {
            operator.add_triplet(i.index(), j.index(), conductance_us);
            operator.add_triplet(j.index(), i.index(), conductance_us);
            diagonal[i.index()] -= conductance_us;
            diagonal[j.index()] -= conductance_us;
        };
        // Neighbours of each node without membrane; such nodes never neighbour each other.
        let mut stars: Vec<Vec<(CompartmentId, f64)>> = vec![Vec::new(); self.node_count()];
        for node in 1..self.node_count() {
            let parent = self.parents[node];
            let conductance_us = 1.0 / self.axial_resistance_mohm[node];
            match (self.compartments[node], self.compartments[parent]) {
                (Some(i), Some(j)) => join(i, j, conductance_us),
                (Some(i), None) => stars[parent].push((i, conductance_us)),
                (None, Some(j)) => stars[node].push((j, conductance_us)),
                (None, None) => {}
            }
        }
        for star in &stars {
            let total_us: f64 = star.iter().map(|&(_, conductance_us)| conductance_us).sum();
            for (place, &(i, first_us)) in star.iter().enumerate() {
                for &(j, second_us) in &star[place + 1..] {
                    join(i, j, first_us * second_us / total_us);
                }
            }
        }
        for (i, conductance_us) in diagonal.into_iter().enumerate() {
            operator.add_triplet(i, i, conductance_us);
        }
        operator.to_csr()
    }

    /// Number of nodes, zero-area nodes included.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.parents.len()
    }

    /// Parent of each node, by row; the root's entry is 0 and has no meaning.
    #[must_use]
    pub fn parents(&self) -> &[usize] {
        &self.parents
    }

    /// Axial resistance between each node and its parent, MΩ; the root's entry is infinite.
    #[must_use]
    pub fn axial_resistance_mohm(&self) -> &[f64] {
        &self.axial_resistance_mohm
    }

    /// The compartment at each node; none for zero-area nodes.
    #[must_use]
    pub fn compartments(&self) -> &[Option<CompartmentId>] {
        &self.compartments
    }

    /// The node of each compartment, in order of compartments.
    #[must_use]
    pub fn nodes(&self) -> &[usize] {
        &self.nodes
    }
}
