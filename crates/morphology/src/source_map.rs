use std::collections::HashMap;

use apical_core::SectionId;

use crate::{Morphology, Site};

/// Where the points of a reconstruction's file lie on its sections: built once for many look-ups.
///
/// ```
/// use apical_morphology::{ImportOptions, SourceMap, read_swc};
///
/// let file = b"1 1 0 0 0 5 -1\n2 3 0 10 0 1 1\n3 3 0 30 0 1 2\n4 3 0 50 0 1 3\n";
/// let morphology = read_swc(file, &ImportOptions::default())?.morphology;
/// let map = SourceMap::new(&morphology);
/// let site = map.locate(3).unwrap();
/// assert_eq!((morphology.name(site.section()).as_str(), site.x()), ("dend[0]", 0.5));
/// assert_eq!(map.ids_of(site.section()), [2, 3, 4]);
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SourceMap {
    sites: HashMap<i64, Site>,
    ids: Vec<Vec<i64>>,
}

impl SourceMap {
    /// The map of a morphology whose points know their ids (SWC) or lines (Neurolucida).
    #[must_use]
    pub fn new(morphology: &Morphology) -> Self {
        let mut sites = HashMap::new();
        let mut ids = Vec::with_capacity(morphology.sections().len());
        for (section, shape) in morphology.iter() {
            let points = shape.points();
            let length_um = shape.length_um();
            let mut arc_um = 0.0;
            let mut of_section = Vec::new();
            for (place, point) in points.iter().enumerate() {
                if place > 0 {
                    arc_um += points[place - 1].distance_um(point);
                }
                if let Some(id) = point.source_id() {
                    let site = Site::unchecked(section, arc_um / length_um);
                    sites.entry(id).or_insert(site);
                    of_section.push(id);
                }
            }
            ids.push(of_section);
        }
        Self { sites, ids }
    }

    /// Where the point of this id or line lies; none if the file has no such point, or the reader did not keep it:
    /// the outer two of a three-point soma, points of a section without length.
    #[must_use]
    pub fn locate(&self, source_id: i64) -> Option<Site> {
        self.sites.get(&source_id).copied()
    }

    /// The ids or lines of a section's points, along the section; not that of the point it grows from.
    #[must_use]
    pub fn ids_of(&self, section: SectionId) -> &[i64] {
        self.ids.get(section.index()).map_or(&[], Vec::as_slice)
    }
}
