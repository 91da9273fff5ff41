//! What NEURON 9 makes of the same Neurolucida files.
//!
//! Golden data: `xtask/neuron/import_golden.py`; its command and version are in `data/asc/neuron-9.0.2.json`.

use std::path::{Path, PathBuf};

use apical_morphology::{
    ImportOptions, ImportWarningKind, Morphology, MorphologyError, SomaConvention, import,
    read_neurolucida,
};
use serde_json::Value;

/// NEURON sums the same float32 distances in float64; only the order of operations may differ.
const LENGTH_TOLERANCE: f64 = 1e-14;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/asc")
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn assert_length(name: &str, ours_um: f64, theirs_um: f64, tolerance: f64) {
    let error = (ours_um / theirs_um - 1.0).abs();
    assert!(error < tolerance, "{name}: {ours_um}, NEURON {theirs_um}: {error:e}");
}

fn assert_attachment(morphology: &Morphology, name: &str, expected: &Value) {
    let id = morphology.section_named(name).unwrap();
    let attachment = morphology.section(id).attachment();
    assert_eq!(
        attachment.map(|a| morphology.name(a.parent)).as_deref(),
        expected["parent"].as_str(),
        "{name}"
    );
    assert_eq!(attachment.map(|a| a.x), expected["parent_x"].as_f64(), "{name}");
}

fn assert_as_neuron(file: &str, morphology: &Morphology, sections: &[Value]) {
    assert_eq!(morphology.sections().len(), sections.len(), "{file}");
    for expected in sections {
        let name = expected["name"].as_str().unwrap();
        let id = morphology.section_named(name).unwrap_or_else(|| panic!("{file}: no {name}"));
        let section = morphology.section(id);
        let label = format!("{file}: {name}");
        assert_eq!(i64::from(section.section_type().swc()), expected["type"], "{label}");
        assert_attachment(morphology, name, expected);
        let points: Vec<[f32; 4]> = section
            .points()
            .iter()
            .map(|p| {
                let [x, y, z] = p.position_um();
                [x, y, z, p.diameter_um()].map(|value| value as f32)
            })
            .collect();
        let theirs: Vec<[f32; 4]> = serde_json::from_value(expected["pts"].clone()).unwrap();
        assert_eq!(points.len(), theirs.len(), "{label}");
        for (ours, theirs) in points.iter().zip(&theirs) {
            let same = ours.iter().zip(theirs).all(|(a, b)| close(*a, *b));
            assert!(same, "{label}: {ours:?}, NEURON {theirs:?}");
        }
        assert_length(
            &label,
            section.length_um(),
            expected["L"].as_f64().unwrap(),
            LENGTH_TOLERANCE,
        );
    }
}

/// The same float32, computed or not, but for what cancels to zero.
fn close(ours: f32, theirs: f32) -> bool {
    ours == theirs || ours.abs().max(theirs.abs()) < 1e-12
}

#[test]
fn made_up_files_become_the_sections_of_neuron() {
    let golden = read_json(&data().join("neuron-9.0.2.json"));
    assert_eq!(golden["tool"], "NEURON");
    let files = golden["files"].as_object().unwrap();
    assert!(files.len() >= 25);
    for (file, expected) in files {
        let import =
            read_neurolucida(&std::fs::read(data().join(file)).unwrap(), &ImportOptions::default());
        let Some(sections) = expected["sections"].as_array() else {
            assert!(import.is_err(), "{file}: NEURON refuses it");
            continue;
        };
        let roots = sections.iter().filter(|section| section["parent"].is_null()).count();
        if roots > 1 {
            let error = import.unwrap_err();
            assert!(
                matches!(
                    error,
                    MorphologyError::SecondSoma { .. } | MorphologyError::DisconnectedTree { .. }
                ),
                "{file}: {error}"
            );
            continue;
        }
        let import = import.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_as_neuron(file, &import.morphology, sections);
    }
}

#[test]
fn hay_reconstruction_becomes_the_sections_of_neuron() {
    let Some(folder) = std::env::var_os("APICAL_REFERENCE").map(PathBuf::from) else {
        println!("skipped: APICAL_REFERENCE is not set");
        return;
    };
    let import = read_neurolucida(
        &std::fs::read(folder.join("cell1.asc")).unwrap(),
        &ImportOptions::default(),
    )
    .unwrap();
    assert_eq!(import.report.soma, SomaConvention::Contour);
    assert_eq!(import.report.warnings, []);
    let morphology = import.morphology.with_stub_axon();
    let geometry = read_json(&folder.join("shai2015_cell1/geometry.json"));
    let sections = geometry["sections"].as_array().unwrap();
    assert_eq!(sections.len(), 196);
    assert_eq!(morphology.sections().len(), 196);
    assert_eq!(morphology.section(morphology.root()).points().len(), 21);
    let mut worst = 0.0_f64;
    for ((id, section), expected) in morphology.iter().zip(sections) {
        let name = morphology.name(id);
        assert_eq!(name, expected["name"]);
        assert_eq!(section.section_type().to_string(), expected["type"], "{name}");
        let length_um = expected["L"].as_f64().unwrap();
        assert_length(&name, section.length_um(), length_um, LENGTH_TOLERANCE);
        worst = worst.max((section.length_um() / length_um - 1.0).abs());
        if name.starts_with("axon") {
            continue;
        }
        assert_eq!(section.points().len() as u64, expected["n3d"], "{name}");
        assert_attachment(&morphology, &name, expected);
        let compartments: Vec<&Value> = geometry["segments"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|compartment| compartment["section"] == name)
            .collect();
        let ends = [
            (section.points().first(), &compartments[0]["start"]),
            (section.points().last(), &compartments[compartments.len() - 1]["end"]),
        ];
        for (point, expected) in ends {
            for (ours, theirs) in
                point.unwrap().position_um().iter().zip(expected.as_array().unwrap())
            {
                let theirs = theirs.as_f64().unwrap();
                // The reference is printed with seven significant digits.
                assert!((ours - theirs).abs() <= 1e-6 * theirs.abs(), "{name}: {ours} {theirs}");
            }
        }
    }
    println!("largest difference of a length: {worst:e}");
}

#[test]
fn what_neuron_reports_is_in_the_report() {
    let kinds = |file: &str| {
        let report = import(data().join(file), &ImportOptions::default()).unwrap().report;
        report.warnings.into_iter().map(|w| (w.line.unwrap(), w.kind)).collect::<Vec<_>>()
    };
    assert_eq!(kinds("whole_cell.asc"), []);
    assert_eq!(kinds("spines.asc"), []);
    for (line, kind) in kinds("outside_soma.asc") {
        assert!(line >= 19 && matches!(kind, ImportWarningKind::AttachedTree { .. }), "{kind:?}");
    }
    assert_eq!(kinds("outside_soma.asc").len(), 2);
}
