//! Compartments of the reference cell against NEURON 9.0.2.
//!
//! `APICAL_REFERENCE` names the folder with the reconstruction (`cell1.asc`, ModelDB 139653) and NEURON's results; the
//! reconstruction is not part of this project.

#![expect(clippy::print_stdout, reason = "says what was skipped or measured")]

use std::path::{Path, PathBuf};

use apical_core::{CompartmentId, Region, SectionId, SectionType};
use apical_morphology::{
    AxialTree, Compartment, CompartmentTree, ImportOptions, MaxLength, Morphology, Selection, Site,
    import, read_swc, write_swc,
};
use serde_json::Value;

/// Geometry is computed from the same float32 points, in another order of operations (found: 5e-15).
const GEOMETRY: f64 = 1e-12;
/// Ends are given with five decimals of a micrometer.
const ENDS_UM: f64 = 1e-4;
/// Voltages are stored in float32.
const CURRENT_NA: f64 = 6e-5;

fn reference() -> Option<(PathBuf, CompartmentTree)> {
    let Some(folder) = std::env::var_os("APICAL_REFERENCE").map(PathBuf::from) else {
        println!("skipped: APICAL_REFERENCE is not set");
        return None;
    };
    let import = import(folder.join("cell1.asc"), &ImportOptions::default()).unwrap();
    let morphology = import.morphology.with_stub_axon();
    let tree = CompartmentTree::new(morphology, &MaxLength::default()).unwrap();
    Some((folder.join("shai2015_cell1"), tree))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The rows of a two-dimensional array of float32 or float64.
fn rows(path: &Path) -> Vec<Vec<f64>> {
    let bytes = std::fs::read(path).unwrap();
    let open = || npyz::NpyFile::new(&bytes[..]).unwrap();
    let columns = open().shape()[1] as usize;
    let values: Vec<f64> = match open().try_data::<f64>() {
        Ok(data) => data.map(Result::unwrap).collect(),
        Err(file) => file.data::<f32>().unwrap().map(|v| f64::from(v.unwrap())).collect(),
    };
    values.chunks(columns).map(<[f64]>::to_vec).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected}");
}

fn relative(expected: &Value) -> f64 {
    GEOMETRY * expected.as_f64().unwrap()
}

#[test]
fn sections_and_compartments_are_those_of_neuron() {
    let Some((folder, tree)) = reference() else { return };
    let geometry = json(&folder.join("geometry.json"));
    let morphology = tree.morphology();

    let sections = geometry["sections"].as_array().unwrap();
    assert_eq!((sections.len(), morphology.sections().len()), (196, 196));
    for ((id, section), expected) in morphology.iter().zip(sections) {
        let name = morphology.name(id);
        assert_eq!(name, expected["name"].as_str().unwrap());
        assert_close(section.length_um(), &expected["L"], relative(&expected["L"]), &name);
        assert_eq!(tree.compartments_of(id).len() as u64, expected["nseg"].as_u64().unwrap());
        assert_eq!(section.points().len() as u64, expected["n3d"].as_u64().unwrap());
        let parent = section.attachment().map(|at| morphology.name(at.parent));
        assert_eq!(parent.as_deref(), expected["parent"].as_str());
        assert_eq!(section.attachment().map(|at| at.x), expected["parent_x"].as_f64());
    }

    let compartments = geometry["segments"].as_array().unwrap();
    assert_eq!((compartments.len(), tree.len()), (642, 642));
    let axial = AxialTree::new(&tree, 100.0).unwrap();
    for ((id, compartment), expected) in tree.iter().zip(compartments) {
        let what = format!("{} {}", morphology.name(compartment.section), compartment.x);
        let resistance_mohm = axial.axial_resistance_mohm()[axial.nodes()[id.index()]];
        for (key, found) in [
            ("area_um2", compartment.area_um2),
            ("diam_um", compartment.diameter_um),
            ("ri_MOhm", resistance_mohm),
        ] {
            let expected = &expected[key];
            assert_close(found, expected, relative(expected), &format!("{what} {key}"));
        }
        assert_close(compartment.x, &expected["x"], 1e-12, &what);
        let distance = &expected["path_distance_um"];
        assert_close(compartment.path_distance_um, distance, 1e-9, &what);
        assert_ends(compartment, expected, &what);
    }
}

fn assert_ends(compartment: &Compartment, expected: &Value, what: &str) {
    let ends = [&expected["start"], &expected["end"]];
    assert_eq!(compartment.ends_um.is_none(), ends[0].is_null(), "{what}");
    for (found, expected) in compartment.ends_um.into_iter().flatten().zip(ends) {
        for (axis, found) in found.into_iter().enumerate() {
            assert_close(found, &expected[axis], ENDS_UM, what);
        }
    }
}

#[test]
fn membrane_currents_follow_from_voltages() {
    let Some((folder, tree)) = reference() else { return };
    let operator = AxialTree::new(&tree, 100.0).unwrap().membrane_current_operator();
    let v_mv = rows(&folder.join("syn_v_all_1ms.npy"));
    let expected_na = rows(&folder.join("syn_imem_all_1ms.npy"));
    assert_eq!((v_mv.len(), expected_na.len()), (642, 642));
    let (mut largest, mut worst) = (0.0_f64, 0.0_f64);
    for (row, expected_na) in operator.outer_iterator().zip(&expected_na) {
        for (time, expected_na) in expected_na.iter().enumerate() {
            let found_na: f64 = row.iter().map(|(j, value)| value * v_mv[j][time]).sum();
            largest = largest.max(expected_na.abs());
            worst = worst.max((found_na - expected_na).abs());
        }
    }
    println!("membrane current: at most {largest} nA, off by {worst} nA");
    assert!(largest > 20.0);
    assert!(worst < CURRENT_NA, "off by {worst} nA");
}

#[test]
fn sites_are_those_of_the_protocols() {
    let Some((folder, tree)) = reference() else { return };
    let meta = json(&folder.join("meta_geom_rest_steps_bac.json"));
    for (key, distance_um) in [("distal_site", 620.0), ("proximal_site", 400.0)] {
        let site = tree.thickest_apical_site(distance_um).unwrap();
        assert_eq!(tree.morphology().name(site.section()), meta[key]["section"].as_str().unwrap());
        assert_close(site.x(), &meta[key]["x"], 1e-9, key);
    }
    assert_eq!(tree.thickest_apical_site(1e4), None);
    // As the published models have it.
    let extent_um = tree.apical_extent_um().unwrap();
    assert!((extent_um - 1300.5335).abs() < 1e-4, "{extent_um}");
}

#[test]
fn regions_of_the_reference_cell() {
    let Some((_, tree)) = reference() else { return };
    let morphology = tree.morphology();
    let origin = tree.apical_origin().unwrap();
    let sections_in = |region| -> Vec<SectionId> {
        morphology.iter().map(|(id, _)| id).filter(|&id| tree.region(id) == region).collect()
    };
    let trunk: Vec<String> =
        sections_in(Region::Trunk).into_iter().map(|id| morphology.name(id)).collect();
    let expected = [0, 1, 2, 3, 4, 14, 20, 26, 34, 36].map(|i| format!("apic[{i}]"));
    assert_eq!(trunk, expected);
    // The tuft begins 627 µm from the trunk's base, all obliques branch off and end before it.
    let distances = |region, end: fn(SectionId) -> Site| -> Vec<f64> {
        let sites = sections_in(region).into_iter().map(end);
        sites.map(|site| tree.path_distance_um(origin, site)).collect()
    };
    let tuft_um = distances(Region::Tuft, Site::start).into_iter().fold(f64::MAX, f64::min);
    assert!((tuft_um - 626.8).abs() < 0.1, "{tuft_um}");
    let oblique_um = distances(Region::Oblique, Site::end).into_iter().fold(0.0, f64::max);
    assert!(oblique_um < tuft_um, "{oblique_um}");

    let count = |selection: Selection| selection.compartments(&tree).len();
    let regions = [Region::Trunk, Region::Oblique, Region::Tuft].map(Selection::Region).map(count);
    println!("compartments in trunk, obliques and tuft: {regions:?}");
    assert_eq!(regions.iter().sum::<usize>(), count(Selection::Type(SectionType::Apical)));
    assert_eq!(count(Selection::Type(SectionType::Apical)), 377);
    assert_eq!(count(Selection::Type(SectionType::Basal)), 262);
    assert_eq!(tree.compartment_table().dendritic().count(), 639);
    assert_eq!(tree.compartment_at(Site::start(morphology.root())), CompartmentId::new(0));
}

/// Written as SWC and read again: all but the first frustum of branches that start thinner than their parents end, which
/// SWC cannot say and the writer lists. What was read is then written and read without a loss.
#[test]
fn swc_exports_of_the_reference_cell_agree() {
    let Some((folder, tree)) = reference() else { return };
    let path = folder.join("..").join("cell1.asc");
    let from_asc = import(path, &ImportOptions::default()).unwrap().morphology;
    let export = |morphology: &Morphology| {
        let mut file = Vec::new();
        let steps = write_swc(morphology, &mut file).unwrap();
        (read_swc(&file, &ImportOptions::default()).unwrap().morphology, steps)
    };
    let divided = |morphology: &Morphology| {
        CompartmentTree::new(morphology.with_stub_axon(), &MaxLength::default()).unwrap()
    };
    let (first, steps) = export(&from_asc);
    let (second, none) = export(&first);
    assert!(!steps.is_empty() && none.is_empty());
    assert_eq!(first, second, "the second export is the first");

    let again = divided(&first);
    let stepped: Vec<String> = steps.iter().map(|step| from_asc.name(step.section)).collect();
    for ((id, found), expected) in again.iter().zip(tree.compartments()) {
        let name = again.morphology().name(found.section);
        assert_eq!(found.section, expected.section, "compartment {id}");
        let mut pairs = vec![
            (found.length_um, expected.length_um),
            (found.path_distance_um, expected.path_distance_um),
        ];
        if found.index > 0 || !stepped.contains(&name) {
            pairs.push((found.area_um2, expected.area_um2));
            pairs.push((found.diameter_um, expected.diameter_um));
            pairs.push((found.axial_factor_per_um[0], expected.axial_factor_per_um[0]));
        }
        for (found, expected) in pairs {
            assert!((found - expected).abs() <= GEOMETRY * expected, "{name}, compartment {id}");
        }
    }
    assert_eq!(again.len(), tree.len());
}
