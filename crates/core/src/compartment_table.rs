use serde::{Deserialize, Serialize};

use crate::{CompartmentId, Region, SectionType};

/// One compartment as consumers of voltages see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompartmentRecord {
    /// Type of the section.
    pub section_type: SectionType,
    /// Region within the neuron.
    pub region: Region,
    /// Name of the section, `dend[3]`.
    pub section: String,
    /// Normalised position of the compartment's centre along the section, 0 to 1.
    pub x: f64,
    /// Centre in space, µm; none for a section without points.
    pub center_um: Option<[f64; 3]>,
    /// Path distance of the centre from the 0 end of the root section, µm.
    pub path_distance_um: f64,
    /// Membrane area, µm²; 0 where it is not known.
    pub area_um2: f64,
    /// Mean diameter, µm; 0 where it is not known.
    pub diameter_um: f64,
    /// Length along the section, µm.
    pub length_um: f64,
}

/// What the rows of a voltage array are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CompartmentTable {
    records: Vec<CompartmentRecord>,
}

impl CompartmentTable {
    /// A table of these rows, in this order.
    #[must_use]
    pub const fn new(records: Vec<CompartmentRecord>) -> Self {
        Self { records }
    }

    /// All rows in order.
    #[must_use]
    pub fn records(&self) -> &[CompartmentRecord] {
        &self.records
    }

    /// Number of compartments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The row of a compartment.
    #[must_use]
    pub fn get(&self, id: CompartmentId) -> Option<&CompartmentRecord> {
        self.records.get(id.index())
    }

    /// Ids and rows in order.
    pub fn iter(&self) -> impl Iterator<Item = (CompartmentId, &CompartmentRecord)> {
        self.records.iter().enumerate().map(|(i, record)| (CompartmentId::new(i), record))
    }

    /// The dendritic compartments, in order.
    pub fn dendritic(&self) -> impl Iterator<Item = CompartmentId> {
        self.iter().filter(|(_, record)| record.section_type.is_dendrite()).map(|(id, _)| id)
    }
}
