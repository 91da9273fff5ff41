//! `apical lfp`, run as its users run it.

use std::fs;
use std::path::Path;
use std::process::Output;

use apical::core::{CompartmentId, SectionType};
use apical::extracellular::{
    Conductivity, ForwardModel, LineSource, PointSource, Probe, RootAsPoint, SliceConfig,
    SourceShape, TransferMatrix, VoltageOperator, without_unknown,
};
use apical::morphology::{AxialTree, CompartmentTree, MaxLength, default_cell};
use npyz::Order;
use tempfile::TempDir;

use crate::common::{SMALL_CELL, apical, array, manifest, simulated, stderr, stdout, write_npy};

const SYNAPTIC: &str = "--protocol synaptic --duration-ms 20 --dt-ms 0.1 --currents";

/// Runs `apical lfp` on voltages into a new folder.
fn lfp(voltages: &Path, line: &str) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec!["lfp", "--out", folder.path().to_str().unwrap()];
    args.extend(["--voltages", voltages.to_str().unwrap()]);
    args.extend(line.split_whitespace());
    let output = apical(&args);
    (folder, output)
}

/// What it writes, and its standard error.
#[track_caller]
fn found(voltages: &Path, line: &str) -> (TempDir, String) {
    let (folder, output) = lfp(voltages, line);
    assert!(output.status.success(), "{line}: {}", stderr(&output));
    (folder, stderr(&output))
}

/// Status and standard error of a command that must fail.
#[track_caller]
fn refused(voltages: &Path, line: &str, status: i32) -> String {
    let (folder, output) = lfp(voltages, line);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{line}: {message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{line}: nothing is written");
    message
}

fn floats(path: &Path) -> Vec<f64> {
    array(path).1
}

fn potentials(folder: &TempDir) -> Vec<f64> {
    floats(&folder.path().join("potential_mv.npy"))
}

fn default_tree() -> CompartmentTree {
    CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap()
}

fn matrix(model: &dyn ForwardModel, tree: &CompartmentTree, probe: &Probe) -> TransferMatrix {
    TransferMatrix::new(model, &tree.geometry(), probe.electrodes()).unwrap()
}

fn compartments_of(tree: &CompartmentTree, section_type: SectionType) -> Vec<CompartmentId> {
    let table = tree.compartment_table();
    table.iter().filter(|(_, r)| r.section_type == section_type).map(|(id, _)| id).collect()
}

fn six(tree: &CompartmentTree) -> Probe {
    Probe::six_around(tree.geometry().center_um(0)).unwrap()
}

#[test]
fn writes_what_its_help_says() {
    let run = simulated(SYNAPTIC);
    let (out, output) = lfp(run.path(), "--electrodes six");
    let path = out.path();
    let tree = default_tree();
    let probe = six(&tree);
    let matrix = matrix(&LineSource::default(), &tree, &probe);
    let (shape, values) = array::<f64>(&path.join("transfer_matrix.npy"));
    assert_eq!(shape, [6, 642]);
    assert_eq!(values, matrix.values());
    let (shape, places) = array::<f64>(&path.join("electrode_um.npy"));
    assert_eq!(shape, [6, 3]);
    assert_eq!(places[3..6], probe[1].position_um());
    let (shape, potentials) = array::<f64>(&path.join("potential_mv.npy"));
    assert_eq!(shape, [6, 21]);
    let currents = floats(&run.path().join("membrane_current_na.npy"));
    assert_eq!(potentials, matrix.apply(&currents).unwrap());

    let json = fs::read_to_string(path.join("electrodes.json")).unwrap();
    assert_eq!(Probe::from_probeinterface(&json).unwrap(), [probe]);
    let figure = fs::read_to_string(path.join("potentials.svg")).unwrap();
    assert!(figure.starts_with("<svg") && figure.contains("shai2015, synaptic: 6 electrodes"));
    assert!(!figure.contains("NaN") && !figure.contains("inf"));

    let axial = AxialTree::new(&tree, 100.0).unwrap().membrane_current_operator();
    let gains = VoltageOperator::new(&matrix, &axial).unwrap().noise_gain();
    let ours = manifest(path);
    let run_manifest = manifest(run.path());
    assert_eq!(ours["run"]["versions"], run_manifest["versions"]);
    assert_eq!(ours["run"]["parameters"], run_manifest["parameters"]);
    assert_eq!(ours["compartments"], run_manifest["compartments"]);
    assert_eq!(ours["electrodes"].as_array().unwrap().len(), 6);
    assert_eq!(ours["electrodes"][2]["id"], "2");
    assert_eq!(ours["electrodes"][2]["noise_gain"].as_f64(), Some(gains[2]));
    assert_eq!(ours["unplaced"], serde_json::json!(["axon[0](0.5)", "axon[1](0.5)"]));
    for (name, expected) in [
        ("from", "currents".into()),
        ("model", "line".into()),
        ("conductivity_s_per_m", serde_json::json!([0.3, 0.3, 0.3])),
        ("axial_resistivity_ohm_cm", 100.0.into()),
        ("max_compartment_length_um", 40.0.into()),
        ("sample_ms", 1.0.into()),
        ("preset", "shai2015".into()),
    ] {
        assert_eq!(ours["parameters"][name], expected, "{name}");
    }

    let summary = stdout(&output);
    let lowest = potentials.iter().copied().fold(0.0, f64::min);
    let index = potentials.iter().position(|&v| v == lowest).unwrap();
    let place = format!("at electrode {}, {} ms", index / 21, index % 21);
    for part in ["6 electrodes", "membrane currents", &place, "noise gain"] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    for file in fs::read_dir(path).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(summary.contains(&name), "{name}");
    }
    let quiet = lfp(run.path(), "--electrodes six --quiet").1;
    assert_eq!(stdout(&quiet), "");
    assert!(stderr(&quiet).contains("axon[0], axon[1] have no points"));
}

/// To the rounding of the stored voltages, float32.
#[test]
fn voltages_and_currents_of_a_run_agree() {
    /// A unit in the last place of float32 above 64 mV.
    const FLOAT32_MV: f64 = 7.7e-6;
    for (protocol, injects) in [
        ("--protocol synaptic", false),
        ("--protocol step --amplitude-na 1.5 --delay-ms 5 --stim-ms 10", true),
        ("--protocol bac --delay-ms 5", true),
    ] {
        let run = simulated(&format!("{protocol} --duration-ms 20 --dt-ms 0.1 --currents"));
        let (of_currents, _) = found(run.path(), "--electrodes six");
        let (of_voltages, notes) = found(run.path(), "--electrodes six --from voltages");
        let gains = manifest(of_voltages.path())["electrodes"].clone();
        let pairs = potentials(&of_currents).into_iter().zip(potentials(&of_voltages));
        for (index, (expected, found)) in pairs.enumerate() {
            let gain = gains[index / 21]["noise_gain"].as_f64().unwrap();
            let difference = (expected - found).abs();
            assert!(
                difference <= 6.0 * gain * FLOAT32_MV,
                "{protocol}, {index}: {difference:e} mV"
            );
        }
        let added = &manifest(of_voltages.path())["injected"];
        assert_eq!(added == "soma[0](0.5)", injects, "{protocol}");
        assert_eq!(notes.contains("injects into soma[0](0.5)"), injects, "{notes}");
        assert!(manifest(of_currents.path())["injected"].is_null());
        // Without the folder's currents, voltages are what there is.
        fs::remove_file(run.path().join("membrane_current_na.npy")).unwrap();
        assert_eq!(potentials(&found_quietly(run.path())), potentials(&of_voltages));
        let message = refused(run.path(), "--electrodes six --from currents", 1);
        assert!(message.contains("membrane_current_na.npy"), "{message}");
    }
}

fn found_quietly(voltages: &Path) -> TempDir {
    found(voltages, "--electrodes six").0
}

#[test]
fn models_and_media_are_those_asked_for() {
    let run = simulated("--protocol rest --duration-ms 2 --dt-ms 0.5");
    let tree = default_tree();
    let medium = Conductivity::anisotropic([0.3, 0.4, 0.35]).unwrap();
    let isotropic = Conductivity::isotropic(0.5).unwrap();
    let models: [(&str, &dyn ForwardModel); 4] = [
        ("--model point", &PointSource::default()),
        ("--model root-as-point --sigma 0.5", &RootAsPoint::new(isotropic)),
        ("--model line --sigma 0.5", &LineSource::new(isotropic)),
        ("--sigma-s-per-m 0.3,0.4,0.35", &LineSource::new(medium)),
    ];
    for (line, model) in models {
        let (out, _) = found(run.path(), &format!("--electrodes six {line}"));
        let values = floats(&out.path().join("transfer_matrix.npy"));
        assert_eq!(values, matrix(model, &tree, &six(&tree)).values(), "{line}");
    }
}

/// Its currents are those of the middle of a step, which the reader of potentials is told.
#[test]
fn currents_of_crank_nicolson_come_with_a_note() {
    let run = simulated(&format!("{SYNAPTIC} --integration crank-nicolson"));
    let (_, message) = found(run.path(), "--electrodes six");
    assert!(
        message.contains("middle of the step") && message.contains("0.05 ms early"),
        "{message}"
    );
    let (_, message) = found(run.path(), "--electrodes six --from voltages");
    assert!(!message.contains("Crank"), "{message}");
}

#[test]
fn a_slice_on_an_array() {
    let run = simulated(SYNAPTIC);
    let tree = default_tree();
    let line = "--electrodes six --slice-thickness-um 400 --array-z-um -200 --glass-s-per-m 0.1 --model point";
    let (out, _) = found(run.path(), line);
    let mut slice = SliceConfig::default();
    (slice.thickness_um, slice.array_z_um) = (400.0, -200.0);
    (slice.glass_s_per_m, slice.sources) = (0.1, SourceShape::Point);
    let expected = matrix(&slice.build().unwrap(), &tree, &six(&tree));
    assert_eq!(floats(&out.path().join("transfer_matrix.npy")), expected.values());
    assert_eq!(manifest(out.path())["parameters"]["slice"]["saline_s_per_m"], 1.5);
    // The neuron has to lie in it.
    let message = refused(run.path(), "--electrodes six --slice-thickness-um 400", 1);
    assert!(message.contains("outside the slice, which goes from 0 to 400 µm"), "{message}");
    let message = refused(run.path(), "--electrodes six --saline-s-per-m 3", 2);
    assert!(message.contains("--slice-thickness-um"), "{message}");
    let line = "--electrodes six --slice-thickness-um 400 --sigma 0.3,0.4,0.3";
    let message = refused(run.path(), line, 2);
    assert!(message.contains("--sigma-s-per-m of a slice is one value"), "{message}");
}

#[test]
fn voltages_of_a_file() {
    let run = simulated(SYNAPTIC);
    let (of_run, _) = found(run.path(), "--electrodes six --from voltages");
    let (_, voltages) = array::<f32>(&run.path().join("voltage_mv.npy"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("v.npy");
    let by_column = (0..21).flat_map(|ms| voltages[ms..].iter().step_by(21).map(|&v| f64::from(v)));
    write_npy(&file, Order::Fortran, [642, 21], by_column);
    let (of_file, _) = found(&file, "--electrodes six --sample-ms 0.5");
    assert_eq!(potentials(&of_file), potentials(&of_run));
    let ours = manifest(of_file.path());
    assert_eq!(ours["parameters"]["sample_ms"], 0.5);
    assert!(ours["run"].is_null() && ours["unknown"].as_array().unwrap().is_empty());

    // The axon's rows are the last.
    let known = 640 * 21;
    write_npy(&file, Order::C, [640, 21], voltages[..known].iter().copied());
    let (without_axon, notes) = found(&file, "--electrodes six");
    assert!(notes.contains("v.npy has no rows of the axon (2 compartments)"), "{notes}");
    assert!(notes.contains("book's page on field potentials"), "{notes}");
    let unknown = &manifest(without_axon.path())["unknown"];
    assert_eq!(unknown, &serde_json::json!(["axon[0](0.5)", "axon[1](0.5)"]));
    let tree = default_tree();
    let axon = compartments_of(&tree, SectionType::Axon);
    assert_eq!(axon, [640, 641].map(CompartmentId::new));
    let axial = AxialTree::new(&tree, 100.0).unwrap().membrane_current_operator();
    let axial = without_unknown(&axial, &axon).unwrap();
    let matrix = matrix(&LineSource::default(), &tree, &six(&tree));
    let values: Vec<f64> = voltages.iter().map(|&v| f64::from(v)).collect();
    let expected = VoltageOperator::new(&matrix, &axial).unwrap().apply(&values).unwrap();
    assert_eq!(potentials(&without_axon), expected);

    // Currents are inversely proportional to the axial resistivity.
    let (half, _) = found(&file, "--electrodes six --axial-resistivity-ohm-cm 200");
    for (half, whole) in potentials(&half).iter().zip(&expected) {
        assert!((2.0 * half - whole).abs() <= 1e-12);
    }
}

#[test]
fn a_reconstruction_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let cell = folder.path().join("cell.swc");
    fs::write(&cell, SMALL_CELL).unwrap();
    let source = cell.display();
    let run = simulated(&format!(
        "--morphology {source} --preset hh --protocol rest --duration-ms 3 --dt-ms 0.1 --currents"
    ));
    // Its axon stays, and its axial resistivity is that of the squid.
    let (of_run, _) = found(run.path(), "--electrodes site:20,0,0");
    let table = &manifest(of_run.path())["compartments"];
    let axon = table.as_array().unwrap().iter().filter(|c| c["section_type"] == "axon").count();
    assert_eq!(axon, 5, "90 µm");
    assert_eq!(manifest(of_run.path())["parameters"]["axial_resistivity_ohm_cm"], 35.4);
    let file = run.path().join("voltage_mv.npy");
    let line = format!("--morphology {source} --preset hh --electrodes site:20,0,0");
    let (of_file, _) = found(&file, &line);
    for (a, b) in potentials(&of_run).iter().zip(potentials(&of_file)) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    // Other compartments.
    let message = refused(&file, &format!("{line} --max-compartment-length-um 10"), 1);
    assert!(message.contains("voltage_mv.npy: has") && message.contains("without its axon"));

    // It moves, and then changes.
    let elsewhere = folder.path().join("elsewhere.swc");
    fs::rename(&cell, &elsewhere).unwrap();
    let message = refused(run.path(), "--electrodes six", 1);
    assert!(message.contains("cell.swc"), "{message}");
    let line = format!("--electrodes site:20,0,0 --morphology {}", elsewhere.display());
    let (moved, _) = found(run.path(), &line);
    assert_eq!(potentials(&moved), potentials(&of_run));
    fs::write(&elsewhere, SMALL_CELL.replace("0 700 0 1 4", "0 700 5 1 4")).unwrap();
    let message = refused(run.path(), &line, 1);
    for part in ["apic[0](", "center", "elsewhere.swc", "changed since the run"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn without_a_soma_electrodes_are_around_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let cell = folder.path().join("dendrite.swc");
    fs::write(&cell, "1 3 0 0 0 1 -1\n2 3 0 90 0 1 1\n").unwrap();
    let run = simulated(&format!(
        "--preset passive --morphology {} --protocol rest --duration-ms 2",
        cell.display()
    ));
    let (out, notes) = found(run.path(), "--electrodes site:20,0,0");
    assert!(notes.contains("dendrite.swc: there is no soma"), "{notes}");
    let places = floats(&out.path().join("electrode_um.npy"));
    // 90 µm are five compartments of 18.
    assert!((places[1] - 9.0).abs() < 1e-5 && places[0] == 20.0, "{places:?}");
}

#[test]
fn electrodes_of_files() {
    let run = simulated("--protocol rest --duration-ms 2 --dt-ms 0.5");
    let folder = tempfile::tempdir().unwrap();
    let places = [30.0, 0.0, 0.0, 40.0, 300.0, 0.0];
    let path = |name| folder.path().join(name);
    fs::write(path("points.csv"), "x,y,z\n30,0,0\n40,300,0\n").unwrap();
    write_npy(
        &path("points.npy"),
        Order::Fortran,
        [2, 3],
        [30.0, 40.0, 0.0, 300.0, 0.0, 0.0].into_iter(),
    );
    let probe = Probe::points(&[[30.0, 0.0, 0.0], [40.0, 300.0, 0.0]]).unwrap();
    fs::write(path("points.json"), Probe::to_probeinterface(&[probe])).unwrap();
    for name in ["points.csv", "points.npy", "points.json"] {
        let (out, _) = found(run.path(), &format!("--electrodes {}", path(name).display()));
        assert_eq!(floats(&out.path().join("electrode_um.npy")), places, "{name}");
        assert_eq!(manifest(out.path())["probe"], "points");
    }
    fs::write(path("bad.csv"), "x,y,z\n30,0,0\n40,?,0\n").unwrap();
    fs::write(path("sites.prb"), "").unwrap();
    write_npy(&path("bad.npy"), Order::C, [3, 2], places.into_iter());
    for (name, expected) in [
        ("bad.csv", "line 3"),
        ("bad.npy", "[3, 2]"),
        ("none.csv", "none.csv"),
        ("none.json", "none.json"),
        ("sites.prb", ".json, .npy, .csv and .txt"),
    ] {
        let message = refused(run.path(), &format!("--electrodes {}", path(name).display()), 1);
        assert!(message.contains(name) && message.contains(expected), "{message}");
    }
}

#[test]
fn electrodes_within_the_membrane_are_reported() {
    let run = simulated("--protocol rest --duration-ms 2 --dt-ms 0.5");
    let (out, notes) = found(run.path(), "--electrodes site:0,0,0;200,0,0");
    assert!(
        notes.contains("electrode 0 is 0.00 µm from soma[0](0.5), within its radius"),
        "{notes}"
    );
    assert!(!notes.contains("electrode 1"), "{notes}");
    let ours = manifest(out.path());
    let moved = ours["moved"].as_array().unwrap();
    let in_soma = moved.iter().find(|pair| pair["compartment"] == "soma[0](0.5)").unwrap();
    assert_eq!(in_soma["electrode"], "0");
    assert_eq!(in_soma["between_ends"], true);
    assert!(in_soma["distance_um"].as_f64().unwrap() < 1e-6);
    let tree = default_tree();
    let radius_um = 0.5 * tree.geometry().diameters_um()[0];
    assert_eq!(in_soma["radius_um"].as_f64(), Some(radius_um));
    // Twelve in the soma are not twelve sentences.
    let sites: Vec<String> = (0..12).map(|k| format!("{},0,0", 0.1 * f64::from(k))).collect();
    let (_, notes) = found(run.path(), &format!("--electrodes site:{}", sites.join(";")));
    assert_eq!(notes.matches("within its radius").count(), 10, "{notes}");
    assert!(notes.contains("more pair"), "{notes}");
}

#[test]
fn the_same_input_gives_the_same_files() {
    let run = simulated(SYNAPTIC);
    let [first, second] = [(); 2].map(|()| found(run.path(), "--electrodes tetrode").0);
    let mut names = Vec::new();
    for file in fs::read_dir(first.path()).unwrap() {
        let name = file.unwrap().file_name();
        let [a, b] = [&first, &second].map(|folder| fs::read(folder.path().join(&name)).unwrap());
        assert!(a == b, "{name:?}");
        names.push(name);
    }
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = refused(folder.path(), "--electrodes six", 1);
    assert!(message.contains("there is no manifest.json"), "{message}");
    fs::write(folder.path().join("manifest.json"), "{\"parameters\": 1}").unwrap();
    let message = refused(folder.path(), "--electrodes six", 1);
    assert!(message.contains("manifest.json"), "{message}");
    let message = refused(&folder.path().join("none.npy"), "--electrodes six", 1);
    assert!(message.contains("none.npy"), "{message}");

    let file = folder.path().join("v.npy");
    write_npy(&file, Order::C, [641, 2], std::iter::repeat_n(-70.0, 1282));
    let message = refused(&file, "--electrodes six", 1);
    assert!(message.contains("v.npy: has 641 rows") && message.contains("642"), "{message}");
    assert!(message.contains("640 without its axon"), "{message}");
    let mut values = [-70.0_f32; 1284];
    values[2 * 17 + 1] = f32::NAN;
    write_npy(&file, Order::C, [642, 2], values.into_iter());
    let message = refused(&file, "--electrodes six", 1);
    assert!(message.contains("v.npy: row 17, column 1: NaN"), "{message}");
    write_npy(&file, Order::C, [642, 2], [-70_i32; 1284].into_iter());
    assert!(refused(&file, "--electrodes six", 1).contains("float32 or float64"));
}

#[test]
fn wrong_usage_exits_with_2() {
    let run = simulated("--protocol rest --duration-ms 2 --dt-ms 0.5");
    for (line, expected) in [
        ("--electrodes seven", "six"),
        ("--electrodes laminar:n=none", "whole number"),
        ("--electrodes six --sigma 0", "conductivity 0 S/m"),
        ("--electrodes six --sigma -0.3", "-0.3"),
        ("--electrodes six --sigma 0.3,0.4", "three along x, y and z"),
        ("--electrodes six --sigma a", "not a finite number"),
        ("--electrodes six --model slice", "root-as-point"),
        ("--electrodes six --preset hh", "--preset"),
        ("--electrodes six --sample-ms 2", "--sample-ms"),
        ("--electrodes six --max-compartment-length-um 20", "--max-compartment-length-um"),
        ("--electrodes six --axial-resistivity-ohm-cm 150", "--axial-resistivity-ohm-cm"),
        ("", "--electrodes"),
    ] {
        let message = refused(run.path(), line, 2);
        assert!(message.contains(expected), "{line}: {message}");
    }
    let voltages = run.path().join("voltage_mv.npy");
    refused(&voltages, "--electrodes six --from voltages", 2);
    refused(&voltages, "--electrodes six --sample-ms 0", 2);
    // The run itself is no place to write to.
    let before = fs::read(run.path().join("manifest.json")).unwrap();
    for voltages in [run.path(), &voltages] {
        let [voltages, out] = [voltages, run.path()].map(|path| path.to_str().unwrap());
        let output = apical(&["lfp", "--voltages", voltages, "--electrodes", "six", "--out", out]);
        assert_eq!(output.status.code(), Some(2));
    }
    assert!(fs::read(run.path().join("manifest.json")).unwrap() == before);
    // A file is neither.
    let [from, out] = [run.path(), voltages.as_path()].map(|path| path.to_str().unwrap());
    let output = apical(&["lfp", "--voltages", from, "--electrodes", "six", "--out", out]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("voltage_mv.npy"));
}

#[test]
fn help_teaches() {
    let output = apical(&["lfp", "--help"]);
    assert!(output.status.success());
    let help = stdout(&output);
    let files = ["potential_mv.npy", "transfer_matrix.npy", "potentials.svg", "electrodes.json"];
    for part in files.iter().chain(&["Examples:", "S/m", "mV/nA", "root-as-point", "  six  "]) {
        assert!(help.contains(part), "{part}");
    }
    for line in Probe::description_help().lines().filter(|line| line.contains('=')) {
        assert!(help.contains(line.split_whitespace().next().unwrap()), "{line}");
    }
}
