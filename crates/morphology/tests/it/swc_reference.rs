//! SWC files against what NEURON 9.0.2 makes of them (`data/swc/neuron-9.0.2.json`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use apical_morphology::{ImportOptions, ImportWarningKind, Morphology, import};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tool: String,
    version: String,
    files: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    sections: Option<Vec<GoldenSection>>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct GoldenSection {
    name: String,
    r#type: i32,
    #[serde(rename = "L")]
    length_um: f64,
    area: f64,
    parent: Option<String>,
    parent_x: Option<f64>,
    #[serde(rename = "pts")]
    points: Vec<[f64; 4]>,
}

/// Files that we read otherwise on purpose, and why.
fn deviations() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../data/swc/deviations.txt").lines();
    lines.filter_map(|line| line.split_once(": ")).map(|(name, _reason)| name)
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/swc")
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(folder().join("neuron-9.0.2.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn read(name: &str) -> Morphology {
    import(folder().join(name), &ImportOptions::default()).unwrap().morphology
}

/// Lateral area of the frusta, µm², with NEURON's lengths.
fn area_um2(morphology: &Morphology, name: &str) -> f64 {
    let section = morphology.section(morphology.section_named(name).unwrap());
    let frustum = |pair: &[apical_morphology::Point]| {
        let [from, to] = [pair[0].diameter_um(), pair[1].diameter_um()];
        let slant = pair[0].distance_um(&pair[1]).hypot((to - from) / 2.0);
        std::f64::consts::PI * (from + to) / 2.0 * slant
    };
    section.points().windows(2).map(frustum).sum()
}

/// What is not as in NEURON, one line each.
fn differences(morphology: &Morphology, expected: &[GoldenSection]) -> Vec<String> {
    // Float64 rounding in sums of up to 400 terms.
    const LENGTH: f64 = 1e-13;
    // Likewise; NEURON's area of a frustum goes through its ends, which costs another digit or two.
    const AREA: f64 = 1e-11;
    let mut found = Vec::new();
    if morphology.sections().len() != expected.len() {
        found.push(format!("{} sections, not {}", morphology.sections().len(), expected.len()));
    }
    for golden in expected {
        let Some(id) = morphology.section_named(&golden.name) else {
            found.push(format!("no {}", golden.name));
            continue;
        };
        let section = morphology.section(id);
        let name = &golden.name;
        if section.section_type().swc() != golden.r#type {
            found.push(format!("{name}: type {:?}", section.section_type()));
        }
        let parent = section.attachment().map(|a| (morphology.name(a.parent), a.x));
        if parent != golden.parent.clone().zip(golden.parent_x) {
            found.push(format!("{name}: on {parent:?}"));
        }
        let points: Vec<[f64; 4]> = section
            .points()
            .iter()
            .map(|p| {
                let [x, y, z] = p.position_um();
                [x, y, z, p.diameter_um()]
            })
            .collect();
        let as_float32 = |points: &[[f64; 4]]| -> Vec<[f32; 4]> {
            points.iter().map(|p| p.map(|v| v as f32)).collect()
        };
        if as_float32(&points) != as_float32(&golden.points) {
            found.push(format!("{name}: points {points:?}"));
        }
        if (section.length_um() / golden.length_um - 1.0).abs() > LENGTH {
            found.push(format!("{name}: length {} um", section.length_um()));
        }
        let area_um2 = area_um2(morphology, name);
        if (area_um2 / golden.area - 1.0).abs() > AREA {
            found.push(format!("{name}: area {area_um2} um2, not {}", golden.area));
        }
    }
    found
}

/// Refused by us, read by NEURON, with a root of length 1e-9 um.
const REFUSED: &str = "zero_length_root.swc";

fn deviates(name: &str) -> bool {
    deviations().any(|deviation| deviation == name)
}

#[test]
fn sections_points_lengths_areas_and_attachments_are_those_of_neuron() {
    let golden = golden();
    assert_eq!((golden.tool.as_str(), golden.version.as_str()), ("NEURON", "9.0.2"));
    let mut wrong = Vec::new();
    for (name, entry) in &golden.files {
        if deviates(name) {
            continue;
        }
        let expected = entry.sections.as_ref();
        let expected = expected.unwrap_or_else(|| panic!("{name}: {:?}", entry.refused));
        for difference in differences(&read(name), expected) {
            wrong.push(format!("{name}: {difference}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(golden.files.len() > 100);
}

#[test]
fn every_listed_deviation_is_one() {
    let golden = golden();
    for name in deviations().filter(|&name| name != REFUSED) {
        let entry = &golden.files[name];
        let morphology = read(name);
        let same = entry.sections.as_ref().is_some_and(|e| differences(&morphology, e).is_empty());
        assert!(!same, "{name} is as in NEURON");
    }
}

/// Sound files of which NEURON makes other sections are told by their report, and only they.
#[test]
fn what_neuron_reads_otherwise_is_reported() {
    for name in golden().files.keys().filter(|&name| name != REFUSED) {
        let report = import(folder().join(name), &ImportOptions::default()).unwrap().report;
        let warned = report.warnings.iter().any(|warning| {
            use ImportWarningKind::{OnePoint, ScatteredRun};
            matches!(warning.kind, ScatteredRun { .. } | OnePoint { .. })
        });
        let reported_otherwise = [
            "byte_order_mark",
            "types_odd",
            "zero_radius",
            "zero_length_soma",
            "two_roots_soma_second",
        ]
        .map(|name| format!("{name}.swc"));
        let expected = deviates(name) && !reported_otherwise.contains(name);
        assert_eq!(warned, expected, "{name}");
        if reported_otherwise.contains(name) {
            assert!(!report.warnings.is_empty(), "{name}");
        }
    }
}
