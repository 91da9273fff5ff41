//! `apical dataset info`, run as its users run it.

use std::fs;
use std::path::Path;

use apical::core::{
    BinnedEvents, CalciumEvent, CalciumRule, CompartmentId, CompartmentRecord, CompartmentTable,
    Region, SectionType, SynapseId, Trial, TrialLayout, TrialMarks,
};
use apical::dataset::store::{Manifest, StoreWriter, seal};
use serde_json::{Value, json};

use crate::common::{apical, stderr, stdout};

const DURATION_MS: usize = 400;

/// A soma, a basal and an apical compartment with two synapses each.
fn manifest(trials: usize, calcium: bool) -> Manifest {
    let record = |section_type: SectionType, region| {
        CompartmentRecord::new(section_type, region, format!("{section_type}[0]"))
    };
    let compartments = CompartmentTable::new(vec![
        record(SectionType::Soma, Region::Soma),
        record(SectionType::Basal, Region::Basal),
        record(SectionType::Apical, Region::Tuft),
    ]);
    let mut layout = TrialLayout::new(compartments, CompartmentId::new(0), 4, DURATION_MS);
    layout.calcium_site = calcium.then_some(CompartmentId::new(2));
    layout.injection_sites = vec![CompartmentId::new(0), CompartmentId::new(2)];
    let generator = json!({"seed": 42, "note": "µ".repeat(100)});
    Manifest::new(trials, layout, 1, "crossing".to_owned(), CalciumRule::default(), generator)
}

/// Each of the four synapses receives an event every 8 ms.
fn write(writer: &StoreWriter, number: usize, marks: TrialMarks, na: f32) {
    let layout = &writer.manifest().layout;
    let offsets = (0..=DURATION_MS).map(|bin| bin.div_ceil(2) as u32).collect();
    let synapses = (0..DURATION_MS / 2).map(|k| SynapseId::new(k % 4)).collect();
    let events = BinnedEvents::new(offsets, synapses).unwrap();
    let injected = (0..2 * DURATION_MS).map(|k| if k > 100 { na } else { 0.0 }).collect();
    let voltages = |count: usize| -> Vec<f32> {
        (0..count).map(|k| -70.0 + 30.0 * (0.01 * k as f32).sin()).collect()
    };
    let trial =
        Trial::new(layout, events, injected, voltages(3 * (DURATION_MS + 1)), marks).unwrap();
    writer.write(number, trial, voltages(DURATION_MS + 1), Value::Null).unwrap();
}

fn spiking(spikes_ms: &[f64]) -> TrialMarks {
    let calcium_events = vec![CalciumEvent { onset_ms: 100.0, end_ms: 130.0, peak_mv: -12.5 }];
    TrialMarks { spikes_ms: spikes_ms.to_vec(), calcium_events }
}

fn info(root: &Path, options: &[&str]) -> String {
    let args = [&["dataset", "info", root.to_str().unwrap()], options].concat();
    let output = apical(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// The SVG of `info --svg`, after a look at what every figure must be.
fn figure(root: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("figure.svg");
    // a new file takes the place of the one that is there, which is not written into
    let other = folder.path().join("other.svg");
    fs::write(&other, "old").unwrap();
    fs::hard_link(&other, &path).unwrap();
    info(root, &["--svg", path.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(other).unwrap(), "old");
    if cfg!(unix) {
        assert!(info(root, &["--svg", "/dev/stdout"]).starts_with("<svg"), "a pipe is written to");
    }
    let svg = fs::read_to_string(path).unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "every place is a number");
    svg
}

#[test]
fn says_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let writer = StoreWriter::open(folder.path(), &manifest(3, true)).unwrap();
    write(&writer, 0, TrialMarks::default(), 0.0);
    write(&writer, 2, spiking(&[50.0, 100.0, 170.0]), 0.5);
    let text = info(folder.path(), &[]);
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "trials 2 of 3 trials of 400 ms",
        "simulated time 0.8 s",
        "compartments 3: 1 soma, 1 basal, 1 tuft",
        "calcium events at apic[0](0.5)",
        "with currents 1 (50.0 %)",
        "all synapses 4 500.0 125.000",
        "inhibitory 2 250.0 125.000",
        "rate mean 3.750 ± 5.303 (sd) Hz, 0.000 to 7.500 Hz",
        "silent trials 1 (50.0 %)",
        "intervals median 60.0 ms, coefficient of variation 0.24",
        "median duration 30.0 ms",
        "median peak -12.5 mV",
        "spikes within events 33.3 %",
        "seed 42",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}:\n{text}");
    }
    assert!(!text.contains("checksum"), "{text}");

    write(&writer, 1, spiking(&[100.0]), 0.0);
    let checksum = seal(folder.path()).unwrap().seal.unwrap().checksum;
    let text = info(folder.path(), &[]);
    assert!(text.contains(&checksum) && text.contains(" 3 trials of 400 ms"), "{text}");
    let json: Value = serde_json::from_str(&info(folder.path(), &["--json"])).unwrap();
    assert_eq!(json["trials"], 3);
    assert_eq!(json["checksum"], checksum);
    assert_eq!(json["input"]["excitatory"]["apical"]["per_synapse_hz"], 125.0);
    assert_eq!(json["calcium"]["share_with_spike"], 1.0);
    assert_eq!(json["neuron"]["regions"]["tuft"], 1);

    let svg = figure(folder.path());
    // the first trial with a calcium event; a dot a trial
    assert!(svg.contains("Trial 1: calcium events at apic[0](0.5) shaded"));
    assert_eq!(svg.matches("<circle").count(), 3);
}

#[test]
fn figures_of_little_have_empty_panels() {
    let folder = tempfile::tempdir().unwrap();
    let writer = StoreWriter::open(folder.path(), &manifest(1, false)).unwrap();
    let text = info(folder.path(), &[]);
    assert!(text.contains("0 of 1 trial of 400 ms"), "{text}");
    assert!(figure(folder.path()).matches("no trial yet").count() > 1);
    write(&writer, 0, TrialMarks::default(), 0.0);
    let svg = figure(folder.path());
    assert!(svg.contains("no trial has two spikes") && !svg.contains("no trial yet"));
}

#[test]
fn refuses_what_is_no_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |root: &Path, expected: &str| {
        let output = apical(&["dataset", "info", root.to_str().unwrap()]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains(expected) && output.stdout.is_empty(), "{message}");
    };
    refused(folder.path(), "there is no manifest.json: not a data set");
    refused(&folder.path().join("missing"), "missing: there is no manifest.json");
    fs::write(folder.path().join("manifest.json"), "{\"versions\": {}}").unwrap();
    refused(folder.path(), "not of a data set");
    let writer = StoreWriter::open(folder.path().join("data"), &manifest(1, true)).unwrap();
    let nowhere = folder.path().join("nowhere/figure.svg");
    let output = apical(&[
        "dataset",
        "info",
        writer.path().to_str().unwrap(),
        "--svg",
        nowhere.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("figure.svg"), "{}", stderr(&output));
}
