//! Which branch grows from which, how long and how thick.

use std::ops::Range;

use apical_core::SectionType;
use rand::{Rng, RngExt};

use super::SyntheticPyramidal;

/// The trunk's length relative to its mean.
const TRUNK_LENGTH: Range<f64> = 0.97..LONGEST_TRUNK;
pub(super) const LONGEST_TRUNK: f64 = 1.03;

/// Obliques leave the trunk within this part of its length, denser near the soma.
const OBLIQUE_ZONE: Range<f64> = 0.05..0.6;
const OBLIQUE_CROWDING: f64 = 1.3;

/// Part of a branch's tips that go to one of its two daughters; the same at the main bifurcation.
const SPLIT: Range<f64> = 0.25..0.75;
const MAIN_SPLIT: Range<f64> = 0.42..0.58;

/// Distance over which the trunk's surplus of diameter at its base falls to 1/e, µm.
const TRUNK_TAPER_UM: f64 = 80.0;

/// Diameters of ending dendrites relative to their mean.
const TIP_DIAMETER: Range<f64> = 0.75..1.25;

/// Diameter at the beginning and at the end of a branch relative to its middle: of one that divides, of one that ends.
const TAPER: [f64; 2] = [1.08, 0.92];
const TIP_TAPER: [f64; 2] = [1.25, 0.75];

/// What a branch is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Basal,
    Trunk,
    Oblique,
    Tuft,
}

impl Kind {
    pub(super) const fn section_type(self) -> SectionType {
        match self {
            Self::Basal => SectionType::Basal,
            Self::Trunk | Self::Oblique | Self::Tuft => SectionType::Apical,
        }
    }

    /// Length of a branch that ends, µm.
    const fn tip_length_um(self) -> Range<f64> {
        match self {
            Self::Basal => 50.0..145.0,
            Self::Trunk | Self::Oblique => 45.0..125.0,
            Self::Tuft => 60.0..160.0,
        }
    }

    /// Length of a branch that divides, µm, by the number of branch points between it and its stem.
    const fn inner_length_um(self, order: usize) -> Range<f64> {
        match (self, order) {
            (Self::Tuft, 0) => 70.0..120.0,
            (Self::Tuft, 1) => 100.0..200.0,
            (Self::Tuft, _) => 20.0..80.0,
            _ => 6.0..36.0,
        }
    }
}

/// A section to be.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) kind: Kind,
    /// The branch it grows from, an earlier one; none for the soma.
    pub(super) parent: Option<usize>,
    pub(super) length_um: f64,
    /// At its beginning and at its end, µm.
    pub(super) diameters_um: [f64; 2],
    /// Whether it does not divide.
    pub(super) is_tip: bool,
}

/// All branches, parents before their daughters.
#[derive(Debug)]
pub(super) struct Arbor {
    branches: Vec<Branch>,
}

impl Arbor {
    pub(super) const fn new() -> Self {
        Self { branches: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.branches.len()
    }

    pub(super) fn branches(&self) -> &[Branch] {
        &self.branches
    }

    pub(super) fn branches_mut(&mut self) -> &mut [Branch] {
        &mut self.branches
    }

    pub(super) fn add_basal(&mut self, config: &SyntheticPyramidal, rng: &mut impl Rng) {
        for tips in shares(config.basal_tips, config.basal_stems, rng) {
            self.add_tree(Kind::Basal, None, tips, 0, rng);
        }
    }

    pub(super) fn add_apical(&mut self, config: &SyntheticPyramidal, rng: &mut impl Rng) {
        let trunk_um = config.trunk_length_um * rng.random_range(TRUNK_LENGTH);
        let obliques = shares(config.oblique_tips, config.oblique_stems, rng);
        let mut from_um = 0.0;
        let mut trunk = None;
        for (i, &tips) in obliques.iter().enumerate() {
            // One oblique in each of as many equal parts of the zone, which is then crowded towards the soma.
            let part = (i as f64 + rng.random_range(0.15..0.85)) / obliques.len() as f64;
            let zone = OBLIQUE_ZONE.end - OBLIQUE_ZONE.start;
            let at_um = trunk_um * (OBLIQUE_ZONE.start + zone * part.powf(OBLIQUE_CROWDING));
            trunk = Some(self.add(Kind::Trunk, trunk, at_um - from_um, false));
            from_um = at_um;
            self.add_tree(Kind::Oblique, trunk, tips, 0, rng);
        }
        trunk = Some(self.add(Kind::Trunk, trunk, trunk_um - from_um, false));
        let left = part_of(config.tuft_tips, MAIN_SPLIT, rng);
        for tips in [left, config.tuft_tips - left] {
            self.add_tree(Kind::Tuft, trunk, tips, 0, rng);
        }
    }

    /// A branch that divides until it has this number of tips.
    fn add_tree(
        &mut self,
        kind: Kind,
        parent: Option<usize>,
        tips: usize,
        order: usize,
        rng: &mut impl Rng,
    ) {
        if tips < 2 {
            self.add(kind, parent, rng.random_range(kind.tip_length_um()), true);
            return;
        }
        let length_um = rng.random_range(kind.inner_length_um(order));
        let branch = Some(self.add(kind, parent, length_um, false));
        let left = part_of(tips, SPLIT, rng);
        self.add_tree(kind, branch, left, order + 1, rng);
        self.add_tree(kind, branch, tips - left, order + 1, rng);
    }

    fn add(&mut self, kind: Kind, parent: Option<usize>, length_um: f64, is_tip: bool) -> usize {
        self.branches.push(Branch { kind, parent, length_um, diameters_um: [0.0; 2], is_tip });
        self.branches.len() - 1
    }

    /// Diameters from the tips inwards, the cube of a branch's being the sum of its daughters' cubes; the trunk's from its
    /// base outwards.
    pub(super) fn set_diameters(&mut self, config: &SyntheticPyramidal, rng: &mut impl Rng) {
        let mut cubes_um3 = vec![0.0; self.branches.len()];
        for (i, branch) in self.branches.iter_mut().enumerate().rev() {
            if branch.is_tip {
                let mean_um = match branch.kind {
                    Kind::Basal => config.basal_tip_diameter_um,
                    Kind::Trunk | Kind::Oblique => config.oblique_tip_diameter_um,
                    Kind::Tuft => config.tuft_tip_diameter_um,
                };
                cubes_um3[i] = (mean_um * rng.random_range(TIP_DIAMETER)).powi(3);
            }
            if let Some(parent) = branch.parent {
                cubes_um3[parent] += cubes_um3[i];
            }
            let taper = if branch.is_tip { TIP_TAPER } else { TAPER };
            branch.diameters_um = taper.map(|factor| factor * f64::cbrt(cubes_um3[i]));
        }
        let (base_um, end_um) = (config.trunk_base_diameter_um, config.trunk_end_diameter_um);
        let mut from_um = 0.0;
        for branch in self.branches.iter_mut().filter(|branch| branch.kind == Kind::Trunk) {
            let to_um = from_um + branch.length_um;
            branch.diameters_um = [from_um, to_um]
                .map(|at_um: f64| end_um + (base_um - end_um) * (-at_um / TRUNK_TAPER_UM).exp());
            from_um = to_um;
        }
    }
}

/// The tips of each stem, at least one.
fn shares(tips: usize, stems: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut shares = vec![1; stems];
    for _ in stems..tips {
        shares[rng.random_range(0..stems)] += 1;
    }
    shares
}

/// A part of at least two tips that leaves at least one.
fn part_of(tips: usize, range: Range<f64>, rng: &mut impl Rng) -> usize {
    ((tips as f64 * rng.random_range(range)).round() as usize).clamp(1, tips - 1)
}
