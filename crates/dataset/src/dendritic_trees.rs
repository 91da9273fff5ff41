use apical_core::{CompartmentTable, SectionType, SynapseId};

use crate::DatasetError;

/// The dendritic compartments that receive synapses, by tree.
///
/// Of N compartments, number k has the excitatory synapse k and the inhibitory synapse N + k.
#[derive(Clone, Debug, PartialEq)]
pub struct DendriticTrees {
    tree_count: usize,
    /// By compartment.
    trees: Vec<usize>,
    /// By compartment, µm.
    lengths_um: Vec<f64>,
}

impl DendriticTrees {
    /// Trees of compartments, each given by its excitatory synapse and its length, µm.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Synapse`] unless the N compartments have the synapses 0 … N − 1,
    /// [`DatasetError::Length`] for a length that is not positive and finite.
    pub fn new(trees: &[Vec<(SynapseId, f64)>]) -> Result<Self, DatasetError> {
        let compartments = trees.iter().map(Vec::len).sum();
        let mut of = vec![None; compartments];
        for (tree, members) in trees.iter().enumerate() {
            for &(synapse, length_um) in members {
                if !(length_um.is_finite() && length_um > 0.0) {
                    return Err(DatasetError::Length { synapse, length_um });
                }
                match of.get_mut(synapse.index()) {
                    Some(free @ None) => *free = Some((tree, length_um)),
                    _ => return Err(DatasetError::Synapse { synapse, compartments }),
                }
            }
        }
        // as many synapses as places, none twice: none is left out
        let (trees_of, lengths_um) = of.into_iter().flatten().unzip();
        Ok(Self { tree_count: trees.len(), trees: trees_of, lengths_um })
    }

    /// The basal and the apical tree, in this order; synapses in the order of the dendritic compartments.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Length`] for a length that is not positive and finite.
    pub fn basal_and_apical(table: &CompartmentTable) -> Result<Self, DatasetError> {
        let mut trees = [Vec::new(), Vec::new()];
        for (k, id) in table.dendritic().enumerate() {
            if let Some(record) = table.get(id) {
                let tree = usize::from(record.section_type == SectionType::Apical);
                trees[tree].push((SynapseId::new(k), record.length_um));
            }
        }
        Self::new(&trees)
    }

    /// Number of trees.
    #[must_use]
    pub const fn tree_count(&self) -> usize {
        self.tree_count
    }

    /// N, the number of compartments; there are 2N synapses.
    #[must_use]
    pub fn compartment_count(&self) -> usize {
        self.trees.len()
    }

    /// Tree of every compartment.
    pub(crate) fn trees(&self) -> &[usize] {
        &self.trees
    }

    /// Length of every compartment, µm.
    pub(crate) fn lengths_um(&self) -> &[f64] {
        &self.lengths_um
    }
}
