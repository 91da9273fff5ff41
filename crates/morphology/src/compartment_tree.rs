use apical_core::{CompartmentId, CompartmentRecord, CompartmentTable, Region, SectionId};

use crate::frustum::Profile;
use crate::region;
use crate::{DiscretizationPolicy, Morphology, MorphologyError, Site, SourceMap};

/// A piece of a section that has one voltage (NEURON: segment; Arbor: control volume).
#[doc(alias = "segment")]
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Compartment {
    /// Its section.
    pub section: SectionId,
    /// Its place among the compartments of the section, from the 0 end.
    pub index: usize,
    /// Normalised position of its centre along the section.
    pub x: f64,
    /// Length along the section, µm.
    pub length_um: f64,
    /// Lateral membrane area, integrated over the frusta, µm².
    pub area_um2: f64,
    /// Mean over arc length of the linearly interpolated diameter, µm.
    pub diameter_um: f64,
    /// Path distance of its centre from the 0 end of the root section, µm.
    pub path_distance_um: f64,
    /// Its centre in space (halfway along the neurite), µm; none for a section without points.
    pub center_um: Option<[f64; 3]>,
    /// Its two ends in space, µm; none for a section without points.
    pub ends_um: Option<[[f64; 3]; 2]>,
    /// ∫ dl / (π r²) over its first and its second half, 1/µm.
    /// Times the axial resistivity, this is the axial resistance between an end and the centre.
    pub axial_factor_per_um: [f64; 2],
}

/// More than any neuron needs; a policy that asks for more has a wrong unit.
pub(crate) const MAX_COMPARTMENTS: usize = 1 << 20;

/// A morphology divided into compartments.
///
/// Compartments are ordered by section, within a section from its 0 end.
///
/// ```
/// use apical_core::SectionType;
/// use apical_morphology::{AxialTree, CompartmentTree, MaxLength, Morphology, Section, SectionShape};
///
/// let shape = SectionShape::Cylinder { length_um: 100.0, diameter_um: 2.0 };
/// let morphology = Morphology::new(vec![Section::new(SectionType::Basal, shape, None)])?;
/// let tree = CompartmentTree::new(morphology, &MaxLength::new(40.0)?)?;
/// assert_eq!(tree.len(), 5);
/// let first = &tree.compartments()[0];
/// assert_eq!(first.x, 0.1);
/// assert_eq!(AxialTree::new(&tree, 100.0)?.node_count(), 7);
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CompartmentTree {
    morphology: Morphology,
    compartments: Vec<Compartment>,
    /// First compartment of each section, and the number of all compartments.
    first: Vec<usize>,
    /// Path distance of each section's 0 end from the root's, µm.
    start_um: Vec<f64>,
    lengths_um: Vec<f64>,
    /// Region of each section.
    regions: Vec<Region>,
    branch_orders: Vec<usize>,
    terminal: Vec<bool>,
    sources: SourceMap,
}

impl CompartmentTree {
    /// Divides every section into compartments of equal length.
    ///
    /// # Errors
    ///
    /// [`MorphologyError`] if the policy does not fit the morphology, or gives a section no compartment or all sections
    /// together more than a million.
    pub fn new(
        morphology: Morphology,
        policy: &dyn DiscretizationPolicy,
    ) -> Result<Self, MorphologyError> {
        let counts = policy.compartment_counts(&morphology)?;
        let total = counts.iter().fold(0_usize, |sum, &count| sum.saturating_add(count));
        if total > MAX_COMPARTMENTS {
            return Err(MorphologyError::TooManyCompartments {
                found: total,
                limit: MAX_COMPARTMENTS,
            });
        }
        if counts.len() != morphology.sections().len() {
            return Err(MorphologyError::CountLength {
                expected: morphology.sections().len(),
                found: counts.len(),
            });
        }
        let lengths_um: Vec<f64> = morphology.sections().iter().map(|s| s.length_um()).collect();
        let mut start_um = vec![0.0; counts.len()];
        for id in morphology.topological_order() {
            if let Some(attachment) = morphology.section(id).attachment() {
                let parent = attachment.parent.index();
                start_um[id.index()] = start_um[parent] + attachment.x * lengths_um[parent];
            }
        }
        let mut compartments = Vec::with_capacity(total);
        let mut first = vec![0];
        for (id, section) in morphology.iter() {
            let count = counts[id.index()];
            if count == 0 {
                return Err(MorphologyError::NoCompartment { section: id });
            }
            divide(id, &Profile::new(section), count, start_um[id.index()], &mut compartments);
            first.push(compartments.len());
        }
        Ok(Self {
            regions: region::of_sections(&morphology),
            branch_orders: region::branch_orders(&morphology),
            terminal: morphology.children().iter().map(Vec::is_empty).collect(),
            sources: SourceMap::new(&morphology),
            morphology,
            compartments,
            first,
            start_um,
            lengths_um,
        })
    }

    /// The morphology.
    #[must_use]
    pub const fn morphology(&self) -> &Morphology {
        &self.morphology
    }

    /// All compartments in order.
    #[must_use]
    pub fn compartments(&self) -> &[Compartment] {
        &self.compartments
    }

    /// Ids and compartments in order.
    pub fn iter(&self) -> impl Iterator<Item = (CompartmentId, &Compartment)> {
        self.compartments.iter().enumerate().map(|(i, c)| (CompartmentId::new(i), c))
    }

    /// One compartment.
    ///
    /// # Panics
    ///
    /// If the id is of another tree and out of range.
    #[must_use]
    pub fn compartment(&self, id: CompartmentId) -> &Compartment {
        &self.compartments[id.index()]
    }

    /// Number of compartments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.compartments.len()
    }

    /// Whether there are none; never so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.compartments.is_empty()
    }

    /// The compartments of a section, from its 0 end.
    ///
    /// # Panics
    ///
    /// If the id is of another morphology and out of range.
    pub fn compartments_of(
        &self,
        section: SectionId,
    ) -> impl DoubleEndedIterator<Item = CompartmentId> + ExactSizeIterator + use<> {
        (self.first[section.index()]..self.first[section.index() + 1]).map(CompartmentId::new)
    }

    /// The compartment that contains a place. A place between two compartments belongs to the farther one.
    ///
    /// # Panics
    ///
    /// If the site's section is of another morphology and out of range.
    #[must_use]
    pub fn compartment_at(&self, site: Site) -> CompartmentId {
        let ids = self.first[site.section().index()]..self.first[site.section().index() + 1];
        let index = (ids.len() as f64 * site.x()) as usize;
        CompartmentId::new(ids.start + index.min(ids.len() - 1))
    }

    /// The centre of a compartment.
    ///
    /// # Panics
    ///
    /// If the id is of another tree and out of range.
    #[must_use]
    pub fn site_of(&self, id: CompartmentId) -> Site {
        let compartment = self.compartment(id);
        Site::unchecked(compartment.section, compartment.x)
    }

    /// Region of a section. Of an apical section:
    ///
    /// - trunk: from the soma to the main bifurcation, at each branch point along the branch whose tips reach farthest;
    /// - tuft: all beyond the main bifurcation, which is the first branch point of the trunk where a second branch
    ///   reaches at least half as far as the first (obliques end near the trunk, both branches of a bifurcation of the
    ///   tuft make for the surface);
    /// - oblique: all others, a second apical tree included.
    ///
    /// # Panics
    ///
    /// If the id is of another morphology and out of range.
    #[must_use]
    pub fn region(&self, section: SectionId) -> Region {
        self.regions[section.index()]
    }

    /// Centrifugal branch order of a section: 0 for the soma, 1 for what leaves it, one more after every branch point.
    ///
    /// # Panics
    ///
    /// If the id is of another morphology and out of range.
    #[must_use]
    pub fn branch_order(&self, section: SectionId) -> usize {
        self.branch_orders[section.index()]
    }

    /// Whether nothing is attached to a section.
    ///
    /// # Panics
    ///
    /// If the id is of another morphology and out of range.
    #[must_use]
    pub fn is_terminal(&self, section: SectionId) -> bool {
        self.terminal[section.index()]
    }

    /// Path distance of a section's 0 end from the 0 end of the root section, µm.
    ///
    /// # Panics
    ///
    /// If the id is of another morphology and out of range.
    #[must_use]
    pub fn start_um(&self, section: SectionId) -> f64 {
        self.start_um[section.index()]
    }

    pub(crate) fn section_length_um(&self, section: SectionId) -> f64 {
        self.lengths_um[section.index()]
    }

    /// The compartment in which a point of the file (SWC id, Neurolucida line) lies.
    #[must_use]
    pub fn compartment_of_source(&self, source_id: i64) -> Option<CompartmentId> {
        self.sources.locate(source_id).map(|site| self.compartment_at(site))
    }

    /// The points of the file (SWC ids, Neurolucida lines) that lie in a compartment, from its 0 end.
    ///
    /// # Panics
    ///
    /// If the id is of another tree and out of range.
    #[must_use]
    pub fn sources_of(&self, id: CompartmentId) -> Vec<i64> {
        let in_section = self.sources.ids_of(self.compartment(id).section);
        let within = |&source_id: &i64| self.compartment_of_source(source_id) == Some(id);
        in_section.iter().copied().filter(within).collect()
    }

    /// The rows of every voltage array of this tree.
    #[must_use]
    pub fn compartment_table(&self) -> CompartmentTable {
        let record = |compartment: &Compartment| {
            let id = compartment.section;
            let section_type = self.morphology.section(id).section_type();
            let name = self.morphology.name(id);
            let mut record = CompartmentRecord::new(section_type, self.region(id), name);
            record.x = compartment.x;
            record.center_um = compartment.center_um;
            record.path_distance_um = compartment.path_distance_um;
            record.area_um2 = compartment.area_um2;
            record.diameter_um = compartment.diameter_um;
            record.length_um = compartment.length_um;
            record
        };
        CompartmentTable::new(self.compartments.iter().map(record).collect())
    }
}

/// Appends the compartments of one section.
fn divide(
    section: SectionId,
    profile: &Profile<'_>,
    count: usize,
    start_um: f64,
    compartments: &mut Vec<Compartment>,
) {
    // In halves of compartments, so that neighbours share the very same boundary.
    let halves = 2 * count;
    let arc_um = |half: usize| {
        if half == halves {
            profile.length_um()
        } else {
            profile.length_um() * half as f64 / halves as f64
        }
    };
    for index in 0..count {
        let [from, center, to] = [0, 1, 2].map(|i| arc_um(2 * index + i));
        let whole = profile.integrate(from, to);
        let factor = |a, b| profile.integrate(a, b).axial_factor_per_um;
        compartments.push(Compartment {
            section,
            index,
            x: (2 * index + 1) as f64 / halves as f64,
            length_um: to - from,
            area_um2: whole.area_um2,
            diameter_um: whole.diameter_integral_um2 / (to - from),
            path_distance_um: start_um + center,
            center_um: profile.position_um(center),
            ends_um: profile.position_um(from).zip(profile.position_um(to)).map(Into::into),
            axial_factor_per_um: [factor(from, center), factor(center, to)],
        });
    }
}
