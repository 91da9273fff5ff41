use apical_core::CompartmentId;

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

impl AxialTree {
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
