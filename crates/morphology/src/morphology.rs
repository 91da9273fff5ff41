use apical_core::{SectionId, SectionType};
use serde::{Deserialize, Serialize};

use crate::{MorphologyError, Section, SectionShape};

/// A neuron's sections: one tree.
///
/// Sections are ordered by type (soma, basal, apical, axon, others), within a type as they were added; this is the
/// order of every list of sections and compartments. Names are NEURON's: `soma[0]`, `dend[0]` … `apic[0]` …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Section>", into = "Vec<Section>")]
pub struct Morphology {
    sections: Vec<Section>,
}

/// As [`Morphology::new`].
impl TryFrom<Vec<Section>> for Morphology {
    type Error = MorphologyError;

    fn try_from(sections: Vec<Section>) -> Result<Self, MorphologyError> {
        Self::new(sections)
    }
}

impl From<Morphology> for Vec<Section> {
    fn from(morphology: Morphology) -> Self {
        morphology.sections
    }
}

impl Morphology {
    /// A morphology from sections whose attachments refer to positions in this list.
    ///
    /// # Errors
    ///
    /// [`MorphologyError`] if there is not exactly one root, an attachment refers to no section, is not in 0 to 1 or is
    /// part of a loop, or a section has fewer than two points, a value that is not finite, a diameter that is not
    /// positive, or no length.
    pub fn new(sections: Vec<Section>) -> Result<Self, MorphologyError> {
        for (index, section) in sections.iter().enumerate() {
            check_shape(index, section)?;
            if let Some(attachment) = section.attachment() {
                let parent = attachment.parent.index();
                if parent >= sections.len() || !(0.0..=1.0).contains(&attachment.x) {
                    return Err(MorphologyError::Attachment {
                        section: index,
                        parent,
                        x: attachment.x,
                    });
                }
            }
        }
        let roots: Vec<usize> =
            (0..sections.len()).filter(|&i| sections[i].attachment().is_none()).collect();
        if roots.len() != 1 {
            return Err(MorphologyError::Roots { sections: roots });
        }
        check_acyclic(&sections)?;
        Ok(Self { sections: in_type_order(sections) })
    }

    /// A morphology from sections that are known to pass the checks of [`Morphology::new`].
    pub(crate) fn from_tree(sections: Vec<Section>) -> Self {
        Self { sections: in_type_order(sections) }
    }

    /// All sections in order.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Ids and sections in order.
    pub fn iter(&self) -> impl Iterator<Item = (SectionId, &Section)> {
        self.sections.iter().enumerate().map(|(i, section)| (SectionId::new(i), section))
    }

    /// One section.
    ///
    /// # Panics
    ///
    /// If the id is of another morphology and out of range.
    #[must_use]
    pub fn section(&self, id: SectionId) -> &Section {
        &self.sections[id.index()]
    }

    /// Ids of the sections of one type, in order.
    pub fn sections_of(&self, section_type: SectionType) -> impl Iterator<Item = SectionId> {
        self.iter()
            .filter(move |(_, section)| section.section_type() == section_type)
            .map(|(id, _)| id)
    }

    /// The section that all others descend from.
    #[must_use]
    pub fn root(&self) -> SectionId {
        let root = self.sections.iter().position(|section| section.attachment().is_none());
        SectionId::new(root.unwrap_or_default())
    }

    /// NEURON's name of a section, `apic[36]`.
    #[must_use]
    pub fn name(&self, id: SectionId) -> String {
        let section_type = self.section(id).section_type();
        let key = type_key(section_type);
        let first = self.sections.partition_point(|s| type_key(s.section_type()) < key);
        format!("{section_type}[{}]", id.index() - first)
    }

    /// The section of this name.
    #[must_use]
    pub fn section_named(&self, name: &str) -> Option<SectionId> {
        self.iter().map(|(id, _)| id).find(|&id| self.name(id) == name)
    }

    /// The sections attached to each section, in order.
    #[must_use]
    pub fn children(&self) -> Vec<Vec<SectionId>> {
        let mut children = vec![Vec::new(); self.sections.len()];
        for (id, section) in self.iter() {
            if let Some(attachment) = section.attachment() {
                children[attachment.parent.index()].push(id);
            }
        }
        children
    }

    /// All sections such that parents come before their children, depth first, children in order.
    #[must_use]
    pub fn topological_order(&self) -> Vec<SectionId> {
        let children = self.children();
        let mut order = Vec::with_capacity(self.sections.len());
        let mut stack = vec![self.root()];
        while let Some(id) = stack.pop() {
            order.push(id);
            stack.extend(children[id.index()].iter().rev());
        }
        order
    }

    /// The axon replaced by two cylinders of 30 µm length and 1 µm diameter, the first at the centre of the root, the
    /// second at the end of the first, as the models of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107) do.
    /// What grew from the old axon goes with it. A root stays, even an axon: a reconstruction of an axon alone gains two
    /// sections.
    #[must_use]
    pub fn with_stub_axon(&self) -> Self {
        let mut sections = self.without_axon().sections;
        let root = sections.iter().position(|s| s.attachment().is_none()).unwrap_or_default();
        let first = SectionId::new(sections.len());
        for attachment in [
            crate::Attachment { parent: SectionId::new(root), x: 0.5 },
            crate::Attachment { parent: first, x: 1.0 },
        ] {
            let shape = SectionShape::Cylinder { length_um: 30.0, diameter_um: 1.0 };
            sections.push(Section::new(SectionType::Axon, shape, Some(attachment)));
        }
        Self { sections: in_type_order(sections) }
    }

    /// All but the axon and what grows from it. A root stays, even an axon.
    #[must_use]
    pub fn without_axon(&self) -> Self {
        let mut kept = vec![false; self.sections.len()];
        for id in self.topological_order() {
            let section = self.section(id);
            kept[id.index()] = section.attachment().is_none_or(|attachment| {
                section.section_type() != SectionType::Axon && kept[attachment.parent.index()]
            });
        }
        let order: Vec<usize> = (0..kept.len()).filter(|&i| kept[i]).collect();
        Self { sections: reorder(self.sections.clone(), &order) }
    }
}

fn check_shape(index: usize, section: &Section) -> Result<(), MorphologyError> {
    let bad = |what, value| Err(MorphologyError::Geometry { section: index, what, value });
    match section.shape() {
        SectionShape::Cylinder { length_um, diameter_um } => {
            if !(length_um.is_finite() && *length_um > 0.0) {
                return bad("length", *length_um);
            }
            if !(diameter_um.is_finite() && *diameter_um > 0.0) {
                return bad("diameter", *diameter_um);
            }
        }
        SectionShape::Points(points) => {
            if points.len() < 2 {
                return bad("number of points", points.len() as f64);
            }
            for point in points {
                if let Some(&value) = point.position_um().iter().find(|c| !c.is_finite()) {
                    return bad("coordinate", value);
                }
                let diameter_um = point.diameter_um();
                if !(diameter_um.is_finite() && diameter_um > 0.0) {
                    return bad("diameter", diameter_um);
                }
            }
            let length_um = section.length_um();
            if !(length_um.is_finite() && length_um > 0.0) {
                return bad("length", length_um);
            }
        }
    }
    Ok(())
}

fn check_acyclic(sections: &[Section]) -> Result<(), MorphologyError> {
    // 0: not seen, 1: on the present path, 2: leads to the root.
    let mut mark = vec![0_u8; sections.len()];
    for start in 0..sections.len() {
        let mut path = Vec::new();
        let mut at = Some(start);
        while let Some(index) = at {
            match mark[index] {
                1 => return Err(MorphologyError::Loop { section: index }),
                2 => break,
                _ => {}
            }
            mark[index] = 1;
            path.push(index);
            at = sections[index].attachment().map(|a| a.parent.index());
        }
        for index in path {
            mark[index] = 2;
        }
    }
    Ok(())
}

/// What sections are sorted by.
const fn type_key(section_type: SectionType) -> (u8, i32) {
    match section_type {
        SectionType::Soma => (0, 0),
        SectionType::Basal => (1, 0),
        SectionType::Apical => (2, 0),
        SectionType::Axon => (3, 0),
        SectionType::Other(code) => (4, code),
    }
}

fn in_type_order(sections: Vec<Section>) -> Vec<Section> {
    let mut order: Vec<usize> = (0..sections.len()).collect();
    order.sort_by_key(|&i| type_key(sections[i].section_type()));
    reorder(sections, &order)
}

/// The sections of this order, attachments renumbered; a section may be left out with all that grows from it.
fn reorder(sections: Vec<Section>, order: &[usize]) -> Vec<Section> {
    let mut place = vec![0; sections.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = new;
    }
    let mut slots: Vec<Option<Section>> = sections.into_iter().map(Some).collect();
    order
        .iter()
        .filter_map(|&old| slots[old].take())
        .map(|mut section| {
            if let Some(attachment) = section.attachment() {
                section.set_parent(SectionId::new(place[attachment.parent.index()]));
            }
            section
        })
        .collect()
}
