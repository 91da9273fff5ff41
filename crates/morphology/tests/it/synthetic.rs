//! The generated pyramidal cell: counts that hold for every seed, the same cell everywhere, values in the range of
//! reconstructed cells.

use apical_core::{Region, SectionId, SectionType};
use apical_morphology::{
    CompartmentTree, ImportOptions, MaxLength, Morphology, MorphologyError, SyntheticPyramidal,
    default_cell, read_swc, write_swc,
};

const SEEDS: std::ops::Range<u64> = 0..60;

fn divided(morphology: Morphology) -> CompartmentTree {
    CompartmentTree::new(morphology, &MaxLength::default()).unwrap()
}

fn cell(seed: u64) -> CompartmentTree {
    divided(SyntheticPyramidal::default().generate(seed).unwrap())
}

fn count(tree: &CompartmentTree, section_type: SectionType) -> usize {
    tree.iter()
        .filter(|(_, c)| tree.morphology().section(c.section).section_type() == section_type)
        .count()
}

/// Sections of one region, with path distance of their two ends from the base of the trunk, µm.
fn sections(tree: &CompartmentTree, region: Region) -> Vec<(SectionId, f64, f64)> {
    let morphology = tree.morphology();
    let base_um = tree.start_um(morphology.section_named("apic[0]").unwrap());
    morphology
        .iter()
        .filter(|&(id, _)| tree.region(id) == region)
        .map(|(id, section)| {
            let start_um = tree.start_um(id) - base_um;
            (id, start_um, start_um + section.length_um())
        })
        .collect()
}

fn farthest_um(sections: &[(SectionId, f64, f64)]) -> f64 {
    sections.iter().map(|s| s.2).fold(0.0, f64::max)
}

#[test]
fn every_seed_has_639_dendritic_compartments() {
    for seed in SEEDS {
        let tree = cell(seed);
        assert_eq!(tree.len(), 640, "seed {seed}");
        assert_eq!(count(&tree, SectionType::Soma), 1, "seed {seed}");
        assert_eq!(count(&tree, SectionType::Basal), 262, "seed {seed}");
        assert_eq!(count(&tree, SectionType::Apical), 377, "seed {seed}");
    }
    let default = divided(default_cell());
    assert_eq!(default.len(), 642);
    assert_eq!(count(&default, SectionType::Axon), 2);
}

#[test]
fn every_seed_is_one_tree_that_passes_all_checks() {
    for seed in SEEDS {
        let cell = SyntheticPyramidal::default().generate(seed).unwrap();
        assert_eq!(Morphology::new(cell.sections().to_vec()).unwrap(), cell);
        assert_eq!(cell.topological_order().len(), cell.sections().len());
        for (id, section) in cell.iter() {
            let Some(attachment) = section.attachment() else { continue };
            let (parent, points) = (cell.section(attachment.parent), section.points());
            if attachment.parent != cell.root() {
                assert_eq!(
                    parent.points().last(),
                    points.first(),
                    "seed {seed}, {}",
                    cell.name(id)
                );
            }
            let spacing_um = points.windows(2).map(|p| p[0].distance_um(&p[1])).fold(0.0, f64::max);
            assert!(spacing_um < 6.1, "seed {seed}, {}: {spacing_um} µm", cell.name(id));
        }
    }
}

/// Regions as they are told from the geometry alone must be those that were generated: 19 pieces of trunk between 18
/// obliques, 40 and 15 tips.
#[test]
fn regions_are_those_of_a_thick_tufted_cell() {
    for seed in SEEDS {
        let tree = cell(seed);
        let trunk = sections(&tree, Region::Trunk);
        assert_eq!(trunk.len(), 19, "seed {seed}");
        assert_eq!(trunk[0].0, tree.morphology().section_named("apic[0]").unwrap());
        assert_eq!(sections(&tree, Region::Oblique).len(), 2 * 40 - 18, "seed {seed}");
        assert_eq!(sections(&tree, Region::Tuft).len(), 2 * (15 - 1), "seed {seed}");
        assert_eq!(sections(&tree, Region::Basal).len(), 2 * 47 - 10, "seed {seed}");
    }
}

/// Ranges that adult thick-tufted cells of rat somatosensory cortex fall into.
#[test]
fn sizes_are_plausible() {
    for seed in SEEDS {
        let tree = cell(seed);
        let (trunk, tuft) = (sections(&tree, Region::Trunk), sections(&tree, Region::Tuft));
        let bifurcation_um = farthest_um(&trunk);
        assert!((640.0..720.0).contains(&bifurcation_um), "seed {seed}: {bifurcation_um} µm");
        let last_oblique_um = trunk[trunk.len() - 1].1;
        assert!((300.0..450.0).contains(&last_oblique_um), "seed {seed}: {last_oblique_um} µm");
        let height_um = farthest_um(&tuft);
        assert!((1050.0..1450.0).contains(&height_um), "seed {seed}: {height_um} µm");

        let (mut basal_um, mut apical_um, mut area_um2, mut hot_zone_um2) = (0.0, 0.0, 0.0, 0.0);
        let base_um = tree.start_um(trunk[0].0);
        for (_, compartment) in tree.iter() {
            area_um2 += compartment.area_um2;
            match tree.region(compartment.section) {
                Region::Soma => {
                    assert!((12.0..15.0).contains(&compartment.diameter_um));
                    assert!((900.0..1400.0).contains(&compartment.area_um2));
                    continue;
                }
                Region::Basal => basal_um += compartment.length_um,
                _ => {
                    apical_um += compartment.length_um;
                    let distance_um = compartment.path_distance_um - base_um;
                    if (685.0..885.0).contains(&distance_um) {
                        hot_zone_um2 += compartment.area_um2;
                    }
                }
            }
            let diameter_um = compartment.diameter_um;
            assert!((0.25..5.1).contains(&diameter_um), "seed {seed}: {diameter_um} µm");
        }
        assert!((4800.0..5800.0).contains(&basal_um), "seed {seed}: {basal_um} µm");
        assert!((7000.0..8200.0).contains(&apical_um), "seed {seed}: {apical_um} µm");
        assert!((25e3..40e3).contains(&area_um2), "seed {seed}: {area_um2} µm²");
        assert!((1200.0..3500.0).contains(&hot_zone_um2), "seed {seed}: {hot_zone_um2} µm²");
    }
}

#[test]
fn the_trunk_narrows_and_points_to_the_surface() {
    let tree = divided(default_cell());
    let trunk = sections(&tree, Region::Trunk);
    let point = |section: SectionId, last: bool| {
        let points = tree.morphology().section(section).points();
        *(if last { points.last() } else { points.first() }).unwrap()
    };
    let (base, end) = (point(trunk[0].0, false), point(trunk[trunk.len() - 1].0, true));
    assert_eq!((base.diameter_um(), end.diameter_um()), (f64::from(3.3_f32), f64::from(2.9_f32)));
    // Nearly straight: the height gained is most of the path.
    let gained_um = end.position_um()[1] - base.position_um()[1];
    assert!(gained_um > 0.9 * farthest_um(&trunk), "{gained_um} µm");
}

#[test]
fn a_seed_is_a_cell() {
    let generator = SyntheticPyramidal::default();
    assert_eq!(generator.generate(7).unwrap(), generator.generate(7).unwrap());
    assert_ne!(generator.generate(7).unwrap(), generator.generate(8).unwrap());
    let without_axon = generator.generate(1).unwrap();
    assert_eq!(default_cell(), without_axon.with_stub_axon());
    assert_eq!(default_cell().without_axon(), without_axon);
}

/// Of this program's earlier output: a change is a new default cell, and changes every result on it.
#[test]
fn the_default_cell_stays_the_same() {
    let tree = divided(default_cell());
    let length_um: f64 = tree.iter().map(|(_, c)| c.length_um).sum();
    let area_um2: f64 = tree.iter().map(|(_, c)| c.area_um2).sum();
    // Coordinates have two decimals, so that only rounding of the sums can differ between machines.
    assert!((length_um - LENGTH_UM).abs() < 1e-6, "{length_um} µm");
    assert!((area_um2 - AREA_UM2).abs() < 1e-6, "{area_um2} µm²");
    assert_eq!(fingerprint(tree.morphology()), FINGERPRINT);
}

const LENGTH_UM: f64 = 12_890.037_377_612_75;
const AREA_UM2: f64 = 32626.710215768075;
const FINGERPRINT: u64 = 0x7a30ba2949ce3ec7;

/// Of all coordinates and diameters in units of 0.01 µm, in order.
fn fingerprint(morphology: &Morphology) -> u64 {
    let points = morphology.sections().iter().flat_map(|section| section.points());
    let values = points.flat_map(|p| p.position_um().into_iter().chain([p.diameter_um()]));
    values.fold(0, |hash: u64, value| {
        let hundredths = (value * 100.0).round() as i64;
        (hash ^ hundredths.cast_unsigned()).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
    })
}

/// Files of generated cells read back as they are: geometry needs nothing that SWC cannot say.
#[test]
fn swc_keeps_every_section() {
    let cell = SyntheticPyramidal::default().generate(1).unwrap();
    let mut file = Vec::new();
    write_swc(&cell, &mut file).unwrap();
    let read = read_swc(&file[..], &ImportOptions::default()).unwrap().morphology;
    assert_eq!(read.sections().len(), cell.sections().len());
    let (read, cell) = (divided(read), divided(cell));
    assert_eq!(read.len(), cell.len());
    for ((_, a), (_, b)) in read.iter().zip(cell.iter()) {
        assert_eq!(
            (a.area_um2, a.length_um, a.diameter_um),
            (b.area_um2, b.length_um, b.diameter_um)
        );
        assert_eq!((a.ends_um, a.path_distance_um), (b.ends_um, b.path_distance_um));
    }
}

#[test]
fn other_sizes_keep_their_counts() {
    let mut small = SyntheticPyramidal::default();
    small.basal_stems = 4;
    small.basal_tips = 8;
    small.basal_compartments = 40;
    small.oblique_stems = 0;
    small.oblique_tips = 0;
    small.tuft_tips = 4;
    small.apical_compartments = 61;
    small.trunk_length_um = 300.0;
    for seed in SEEDS {
        let tree = divided(small.generate(seed).unwrap());
        assert_eq!(count(&tree, SectionType::Basal), 40, "seed {seed}");
        assert_eq!(count(&tree, SectionType::Apical), 61, "seed {seed}");
    }
}

#[test]
fn impossible_cells_are_refused() {
    type Edit = fn(&mut SyntheticPyramidal);
    let error = |edit: Edit| {
        let mut generator = SyntheticPyramidal::default();
        edit(&mut generator);
        generator.generate(0).unwrap_err()
    };
    let numbers: [Edit; 5] = [
        |g| g.basal_tips = 9,
        |g| g.basal_stems = 0,
        |g| g.oblique_stems = 0,
        |g| g.oblique_tips = 12,
        |g| g.tuft_tips = 1,
    ];
    for edit in numbers {
        assert!(matches!(error(edit), MorphologyError::BranchNumbers { .. }));
    }
    let compartments: [Edit; 6] = [
        |g| g.basal_compartments = 263,
        |g| g.basal_compartments = 82,
        |g| g.apical_compartments = 378,
        |g| g.apical_compartments = 109,
        |g| g.trunk_length_um = 1e300,
        |g| (g.basal_stems, g.basal_tips) = (0, 0),
    ];
    for edit in compartments {
        assert!(matches!(error(edit), MorphologyError::CompartmentNumber { .. }));
    }
    let absurd: [Edit; 3] = [
        |g| g.basal_compartments = usize::MAX - 1,
        |g| g.apical_compartments = (1 << 20) + 1,
        |g| (g.basal_compartments, g.apical_compartments) = (1 << 21, (1 << 21) + 1),
    ];
    for edit in absurd {
        assert!(matches!(error(edit), MorphologyError::TooManyCompartments { .. }));
    }
    // finite in float64, not in the float32 of points
    let thick: [Edit; 5] = [
        |g| g.trunk_base_diameter_um = 1e39,
        |g| g.trunk_end_diameter_um = 1e39,
        |g| g.basal_tip_diameter_um = 1e39,
        |g| g.oblique_tip_diameter_um = 1e39,
        |g| g.tuft_tip_diameter_um = 1e300,
    ];
    for edit in thick {
        assert!(matches!(error(edit), MorphologyError::Geometry { what: "diameter", .. }));
    }
    let lengths: [Edit; 3] = [
        |g| g.trunk_length_um = f64::NAN,
        |g| g.tuft_tip_diameter_um = 0.0,
        |g| g.trunk_end_diameter_um = -1.0,
    ];
    for edit in lengths {
        assert!(matches!(error(edit), MorphologyError::Parameter { .. }));
    }
}
