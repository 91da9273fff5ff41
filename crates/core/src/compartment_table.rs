use serde::{Deserialize, Serialize};

use crate::{CompartmentId, Region, SectionType};

/// One compartment as consumers of voltages see it.
///
/// ```
/// use apical_core::{CompartmentRecord, Region, SectionType};
///
/// let mut trunk = CompartmentRecord::new(SectionType::Apical, Region::Trunk, "apic[0]");
/// trunk.length_um = 35.0;
/// assert_eq!((trunk.x, trunk.center_um, trunk.area_um2), (0.5, None, 0.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// Path distance of the centre from the 0 end of the root section, µm; 0 where it is not known.
    pub path_distance_um: f64,
    /// Membrane area, µm²; 0 where it is not known.
    pub area_um2: f64,
    /// Mean diameter, µm; 0 where it is not known.
    pub diameter_um: f64,
    /// Length along the section, µm; 0 where it is not known.
    pub length_um: f64,
}

impl CompartmentRecord {
    /// The only compartment of a section, of which no more is known: its centre is at x = 0.5 and nowhere in space, its
    /// sizes and distance are 0.
    #[must_use]
    pub fn new(section_type: SectionType, region: Region, section: impl Into<String>) -> Self {
        Self {
            section_type,
            region,
            section: section.into(),
            x: 0.5,
            center_um: None,
            path_distance_um: 0.0,
            area_um2: 0.0,
            diameter_um: 0.0,
            length_um: 0.0,
        }
    }
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
