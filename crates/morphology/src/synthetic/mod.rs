//! A made-up layer 5 pyramidal cell: a tree of branches, its compartment count, its diameters, its way through space.

mod arbor;
mod budget;
mod path;

use apical_core::{RandomStreams, SectionId, SectionType};

use crate::compartment_tree::MAX_COMPARTMENTS;
use crate::discretization::positive;
use crate::{Attachment, Morphology, MorphologyError, Point, Section, SectionShape};
use arbor::Arbor;

/// The seed of the default cell.
const DEFAULT_SEED: u64 = 1;

/// Length and largest diameter of the soma, µm, and its number of points: odd, so that one lies in the middle.
const SOMA_LENGTH_UM: f64 = 23.0;
const SOMA_DIAMETER_UM: f64 = 16.5;
const SOMA_POINTS: usize = 15;

/// A generator of thick-tufted layer 5 pyramidal cells, without reading a file.
///
/// A seed gives the same cell everywhere. Branch numbers, and compartment numbers under [`MaxLength::default`], are the
/// same for every seed; branching pattern, lengths, diameters and course vary. The defaults are in the range of adult
/// rat neocortex (Hay et al. 2011, doi:10.1371/journal.pcbi.1002107; Ramaswamy & Markram 2015,
/// doi:10.3389/fncel.2015.00233): a trunk that gives off its obliques within the first 400 µm and divides beyond
/// 620 µm into a tuft that reaches the surface some 1200 µm from the soma. Under the densities of Hay et al. 2011 and
/// Shai et al. 2015, calcium spikes then start at the beginning of the tuft.
///
/// Dendrites start on the surface of the soma and are attached to its centre. There is no axon: see
/// [`Morphology::with_stub_axon`]. The apical dendrite points along y; coordinates are µm from the soma's centre.
///
/// ```
/// use apical_morphology::{CompartmentTree, MaxLength, SyntheticPyramidal};
///
/// let mut generator = SyntheticPyramidal::default();
/// generator.trunk_length_um = 500.0;
/// let cell = generator.generate(1)?;
/// let tree = CompartmentTree::new(cell, &MaxLength::default())?;
/// assert_eq!(tree.len(), 1 + 262 + 377);
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
///
/// [`MaxLength::default`]: crate::MaxLength
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SyntheticPyramidal {
    /// Number of basal dendrites.
    pub basal_stems: usize,
    /// Number of their tips.
    pub basal_tips: usize,
    /// Number of their compartments.
    pub basal_compartments: usize,
    /// Number of dendrites that leave the apical trunk before it divides.
    pub oblique_stems: usize,
    /// Number of their tips.
    pub oblique_tips: usize,
    /// Number of tips beyond the point where the trunk divides.
    pub tuft_tips: usize,
    /// Number of compartments of trunk, obliques and tuft.
    pub apical_compartments: usize,
    /// Mean length of the trunk, µm; cells vary by 3 %.
    pub trunk_length_um: f64,
    /// Diameter of the trunk where it leaves the soma, µm.
    pub trunk_base_diameter_um: f64,
    /// Diameter of the trunk where it divides, µm.
    pub trunk_end_diameter_um: f64,
    /// Mean diameter of the branches that end in a basal dendrite, µm.
    pub basal_tip_diameter_um: f64,
    /// The same in an oblique dendrite, µm.
    pub oblique_tip_diameter_um: f64,
    /// The same in the tuft, µm.
    pub tuft_tip_diameter_um: f64,
}

impl Default for SyntheticPyramidal {
    fn default() -> Self {
        Self {
            basal_stems: 10,
            basal_tips: 47,
            basal_compartments: 262,
            oblique_stems: 18,
            oblique_tips: 40,
            tuft_tips: 15,
            apical_compartments: 377,
            trunk_length_um: 680.0,
            trunk_base_diameter_um: 3.3,
            trunk_end_diameter_um: 2.9,
            basal_tip_diameter_um: 0.45,
            oblique_tip_diameter_um: 0.9,
            tuft_tip_diameter_um: 0.5,
        }
    }
}

impl SyntheticPyramidal {
    /// The cell of this seed.
    ///
    /// # Errors
    ///
    /// [`MorphologyError::Parameter`] for a length or diameter that is not positive and finite;
    /// [`MorphologyError::BranchNumbers`] for fewer tips than stems, tips without stems, or fewer than two tips in
    /// the tuft; [`MorphologyError::CompartmentNumber`] if the branches cannot have this number of compartments: every
    /// branch has an odd one, and the trunk's are given by its length; [`MorphologyError::TooManyCompartments`] for more
    /// than a million of them; [`MorphologyError::Geometry`] for a diameter that is not finite in float32.
    pub fn generate(&self, seed: u64) -> Result<Morphology, MorphologyError> {
        self.check()?;
        Morphology::new(self.grow(RandomStreams::new(seed)))
    }

    fn check(&self) -> Result<(), MorphologyError> {
        positive("trunk length (µm)", self.trunk_length_um)?;
        positive("trunk diameter at the soma (µm)", self.trunk_base_diameter_um)?;
        positive("trunk diameter at its end (µm)", self.trunk_end_diameter_um)?;
        positive("diameter of basal tips (µm)", self.basal_tip_diameter_um)?;
        positive("diameter of oblique tips (µm)", self.oblique_tip_diameter_um)?;
        positive("diameter of tuft tips (µm)", self.tuft_tip_diameter_um)?;
        for (what, stems, tips) in [
            ("basal", self.basal_stems, self.basal_tips),
            ("oblique", self.oblique_stems, self.oblique_tips),
            ("tuft", 2, self.tuft_tips),
        ] {
            if tips < stems || (stems == 0 && tips > 0) {
                return Err(MorphologyError::BranchNumbers { what, stems, tips });
            }
        }
        let found = self.basal_compartments.saturating_add(self.apical_compartments);
        if found > MAX_COMPARTMENTS {
            return Err(MorphologyError::TooManyCompartments { found, limit: MAX_COMPARTMENTS });
        }
        let sections = |tips: usize, stems| tips.saturating_mul(2).saturating_sub(stems);
        let basal = sections(self.basal_tips, self.basal_stems);
        let apical = sections(self.oblique_tips.saturating_add(self.tuft_tips), 1);
        let trunk = budget::most_compartments(self.trunk_length_um * arbor::LONGEST_TRUNK);
        for (what, sections, fixed, compartments) in [
            ("basal", basal, 0, self.basal_compartments),
            ("apical", apical, trunk, self.apical_compartments),
        ] {
            let least = sections.saturating_add(fixed);
            let most = if sections == 0 { 0 } else { usize::MAX };
            if !(least..=most).contains(&compartments) || (compartments - sections) % 2 != 0 {
                return Err(MorphologyError::CompartmentNumber { what, sections, compartments });
            }
        }
        Ok(())
    }

    /// Its sections, parents before their daughters.
    fn grow(&self, streams: RandomStreams) -> Vec<Section> {
        let mut arbor = Arbor::new();
        arbor.add_basal(self, &mut streams.stream("synthetic/branches", 0));
        let basal = arbor.len();
        arbor.add_apical(self, &mut streams.stream("synthetic/branches", 1));
        let (basal, apical) = arbor.branches_mut().split_at_mut(basal);
        budget::fit(basal, self.basal_compartments);
        budget::fit(apical, self.apical_compartments);
        arbor.set_diameters(self, &mut streams.stream("synthetic/diameters", 0));

        let soma = Section::new(SectionType::Soma, SectionShape::Points(soma_points()), None);
        let mut sections = vec![soma];
        let paths = path::lay(arbor.branches(), streams);
        for (branch, points) in arbor.branches().iter().zip(paths) {
            let attachment = match branch.parent {
                // Behind the soma.
                Some(parent) => Attachment { parent: SectionId::new(parent + 1), x: 1.0 },
                None => Attachment { parent: SectionId::new(0), x: 0.5 },
            };
            let shape = SectionShape::Points(points);
            sections.push(Section::new(branch.kind.section_type(), shape, Some(attachment)));
        }
        sections
    }
}

/// The cell that everything runs on when no reconstruction is given: [`SyntheticPyramidal::default`] with a fixed seed
/// and a stub axon, 642 compartments under [`MaxLength::default`](crate::MaxLength), 639 of them dendritic.
///
/// ```
/// use apical_morphology::{CompartmentTree, MaxLength, default_cell};
///
/// let tree = CompartmentTree::new(default_cell(), &MaxLength::default())?;
/// assert_eq!(tree.len(), 642);
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
#[must_use]
pub fn default_cell() -> Morphology {
    let sections = SyntheticPyramidal::default().grow(RandomStreams::new(DEFAULT_SEED));
    Morphology::from_tree(sections).with_stub_axon()
}

/// A cell body that narrows towards the apical dendrite.
fn soma_points() -> Vec<Point> {
    (0..SOMA_POINTS)
        .map(|i| {
            let along = i as f64 / (SOMA_POINTS - 1) as f64;
            let y_um = SOMA_LENGTH_UM * (along - 0.5);
            rounded([0.0, y_um, 0.0], SOMA_DIAMETER_UM * soma_profile(along))
        })
        .collect()
}

/// Diameter of the soma from its base (0) to the apical dendrite (1), relative to its largest.
fn soma_profile(along: f64) -> f64 {
    let pear = (std::f64::consts::PI * along.powf(0.75)).sin();
    0.35 + 0.65 * pear.max(0.0).sqrt()
}

/// A point with two decimals, as tracing programs write it.
fn rounded(position_um: [f64; 3], diameter_um: f64) -> Point {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    Point::new(position_um.map(round), round(diameter_um).max(0.01))
}
