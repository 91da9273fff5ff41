//! The command line, run as its users run it.

use std::fs;
use std::path::Path;

use apical::biophysics::InstructionSet;
use serde_json::Value;

use crate::common::{
    SMALL_CELL, apical, array, manifest, simulate, simulated, stderr, stdout, write_npy,
};

/// Status and standard error of a command that must fail.
#[track_caller]
fn refused(line: &str, status: i32) -> String {
    let (folder, output) = simulate(line);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{line}: {message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{line}: nothing is written");
    message
}

/// Writes rows of (dendritic compartment, ms) as int32 in C order.
fn write_events(path: &Path, rows: &[[i32; 2]]) {
    write_npy(path, npyz::Order::C, [rows.len(), 2], rows.iter().flatten().copied());
}

#[test]
fn a_run_writes_what_its_help_says() {
    let folder = simulated(
        "--protocol step --amplitude-na 2 --delay-ms 1 --stim-ms 8 --duration-ms 12 --dt-ms 0.05 \
         --currents",
    );
    let path = folder.path();
    let (shape, voltage) = array::<f32>(&path.join("voltage_mv.npy"));
    assert_eq!(shape, [642, 13]);
    let (shape, soma) = array::<f64>(&path.join("soma_mv.npy"));
    assert_eq!(shape, [241]);
    let (shape, current) = array::<f64>(&path.join("membrane_current_na.npy"));
    assert_eq!(shape, [642, 13]);

    // The soma is the first compartment: every twentieth step of it is in the first row.
    for (ms, v) in voltage[..13].iter().enumerate() {
        assert_eq!(*v, soma[20 * ms] as f32);
    }
    assert_eq!(soma[0], -80.0);
    // While 2 nA are injected they leave through the membrane; to 1e-9 nA of rounding over 642 compartments.
    for (ms, injected_na) in [(1, 0.0), (2, 2.0), (9, 2.0), (10, 0.0)] {
        let sum: f64 = current.iter().skip(ms).step_by(13).sum();
        assert!((sum - injected_na).abs() < 1e-9, "{ms} ms: {sum} nA");
    }
    // The spike that 2 nA fire, by its definition.
    let (shape, spikes) = array::<f64>(&path.join("spikes_ms.npy"));
    let crossings: Vec<f64> = (1..soma.len())
        .filter(|&i| soma[i - 1] < -20.0 && soma[i] >= -20.0)
        .map(|i| i as f64 * 0.05)
        .collect();
    assert_eq!(shape, [crossings.len() as u64]);
    assert!(!crossings.is_empty());
    assert!(spikes.iter().zip(&crossings).all(|(a, b)| (a - b).abs() < 1e-9));

    let figure = fs::read_to_string(path.join("traces.svg")).unwrap();
    assert!(figure.starts_with("<svg") && figure.ends_with("</svg>\n"));
    assert!(figure.contains("Time (ms)") && figure.contains("Membrane potential (mV)"));
    assert!(!figure.contains("NaN") && !figure.contains("inf"));
    let mut names: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "manifest.json",
            "membrane_current_na.npy",
            "soma_mv.npy",
            "spikes_ms.npy",
            "traces.svg",
            "voltage_mv.npy"
        ]
    );
}

#[test]
fn the_manifest_says_what_was_run_and_what_rows_are() {
    let folder = simulated(
        "--preset hay2011 --protocol bac --delay-ms 2 --duration-ms 3 --dt-ms 0.1 --v-init-mv -77.5 \
         --celsius 34",
    );
    let manifest = manifest(folder.path());
    assert_eq!(manifest["versions"]["apical"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["versions"]["numerics"], apical::core::NUMERICS_VERSION);
    let parameters = &manifest["parameters"];
    for (name, expected) in [
        ("preset", "hay2011".into()),
        ("protocol", "bac".into()),
        ("dt_ms", 0.1.into()),
        ("integration", "implicit-euler".into()),
        ("instruction_set", InstructionSet::best().to_string().into()),
        ("duration_ms", 3.0.into()),
        ("v_init_mv", (-77.5).into()),
        ("celsius", 34.0.into()),
        ("synapses", Value::Null),
    ] {
        assert_eq!(parameters[name], expected, "{name}");
    }
    // The EPSP follows the pulse by 5 ms; what was not given is as published.
    assert_eq!(parameters["soma"]["delay_ms"], 2.0);
    assert_eq!(parameters["soma"]["amplitude_na"], 1.9);
    assert_eq!(parameters["apical"]["onset_ms"], 7.0);
    assert_eq!(manifest["morphology"]["source"], "default");
    assert_eq!(manifest["spikes"]["count"], 0);
    assert_eq!(manifest["arrays"][0]["name"], "voltage_mv.npy");
    assert_eq!(manifest["arrays"][0]["shape"], serde_json::json!([642, 4]));

    let compartments = manifest["compartments"].as_array().unwrap();
    assert_eq!(compartments.len(), 642);
    let count = |section_type| {
        compartments.iter().filter(|record| record["section_type"] == section_type).count()
    };
    assert_eq!(["soma", "basal", "apical", "axon"].map(count), [1, 262, 377, 2]);
    let soma = &compartments[0];
    assert_eq!(soma["section"], "soma[0]");
    assert_eq!(soma["x"], 0.5);
    assert_eq!(soma["region"], "soma");
    assert!(soma["area_um2"].as_f64().unwrap() > 100.0);
    assert_eq!(soma["center_um"].as_array().unwrap().len(), 3);
    for key in ["path_distance_um", "diameter_um", "length_um"] {
        assert!(soma[key].as_f64().unwrap() > 0.0, "{key}");
    }
    // The stub axon has no place in space.
    assert_eq!(compartments[641]["section"], "axon[1]");
    assert_eq!(compartments[641]["center_um"], Value::Null);
}

#[test]
fn one_seed_makes_one_run() {
    let line = "--duration-ms 20 --dt-ms 0.1 --release-probability 0.6";
    let voltage = |seed| {
        let folder = simulated(&format!("{line} --seed {seed}"));
        fs::read(folder.path().join("voltage_mv.npy")).unwrap()
    };
    let first = voltage(5);
    assert!(first == voltage(5), "the same bytes");
    assert!(first != voltage(6), "other input");
}

#[test]
fn integration_and_instruction_set_are_those_asked_for() {
    let line = "--protocol bap --delay-ms 1 --duration-ms 8 --dt-ms 0.05";
    let run = |more: &str| {
        let folder = simulated(&format!("{line} {more}"));
        let (_, soma_mv) = array::<f64>(&folder.path().join("soma_mv.npy"));
        (manifest(folder.path())["parameters"].clone(), soma_mv)
    };
    let largest =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let (_, euler) = run("");
    for set in InstructionSet::available() {
        let (parameters, voltage) = run(&format!("--instruction-set {set}"));
        assert_eq!(parameters["instruction_set"], set.to_string());
        assert!(largest(&voltage, &euler) < 1e-7, "{set}");
    }
    let (parameters, voltage) = run("--integration crank-nicolson");
    assert_eq!(parameters["integration"], "crank-nicolson");
    let difference = largest(&voltage, &euler);
    assert!((0.1..120.0).contains(&difference), "other errors of the time step: {difference}");
}

#[test]
fn given_events_arrive_where_and_when_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let (excitatory, inhibitory) = (folder.path().join("e.npy"), folder.path().join("i.npy"));
    write_events(&excitatory, &[[300, 2], [300, 2], [300, 2]]);
    write_events(&inhibitory, &[]);
    let line = format!(
        "--excitatory-events {} --inhibitory-events {} --duration-ms 5",
        excitatory.display(),
        inhibitory.display()
    );
    let out = simulated(&line);
    assert_eq!(manifest(out.path())["events"], 3);
    let silent = folder.path().join("silent.npy");
    write_events(&silent, &[]);
    let without = simulated(&line.replace("e.npy", "silent.npy"));
    let [with, without] =
        [&out, &without].map(|run| array::<f32>(&run.path().join("voltage_mv.npy")).1);
    let difference = |compartment: usize, ms: usize| {
        (with[compartment * 6 + ms] - without[compartment * 6 + ms]).abs()
    };
    // Dendritic compartment 300 is compartment 301, after the soma. Nothing differs before the events.
    assert!((0..642).all(|compartment| difference(compartment, 2) == 0.0));
    let largest = (0..642).max_by(|&a, &b| difference(a, 3).total_cmp(&difference(b, 3)));
    assert_eq!(largest, Some(301));
    assert!(difference(301, 3) > 0.1);
}

#[test]
fn events_after_the_end_are_left_out_and_noted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("e.npy");
    write_events(&file, &[[3, 1], [3, 2]]);
    let (file, out) = (file.to_str().unwrap(), folder.path().join("out"));
    let line = ["simulate", "--duration-ms", "2", "--quiet", "--out", out.to_str().unwrap()];
    let files = ["--excitatory-events", file, "--inhibitory-events", file];
    let output = apical(&[&line[..], &files[..]].concat());
    assert!(output.status.success());
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.contains("the run ends at 2 ms, before 2 events"), "{note}");
}

#[test]
fn a_neuron_without_a_soma_is_recorded_at_its_root() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dendrite.swc");
    fs::write(&file, "1 3 0 0 0 1 -1\n2 3 0 90 0 1 1\n").unwrap();
    let (file, out) = (file.to_str().unwrap(), folder.path().join("out"));
    let line = ["simulate", "--preset", "passive", "--morphology", file, "--duration-ms", "2"];
    let rest = ["--protocol", "rest", "--quiet", "--out", out.to_str().unwrap()];
    let output = apical(&[&line[..], &rest[..]].concat());
    assert!(output.status.success());
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.contains("dendrite.swc: there is no soma"), "{note}");
    let (shape, root) = array::<f64>(&out.join("soma_mv.npy"));
    assert_eq!(shape, [81]);
    // Decays from −76 towards the leak's −90 mV with 2 µF/cm² over 6e-5 S/cm²: 33.3 ms.
    let expected = -90.0 + 14.0 * (1.0_f64 + 0.025 / (100.0 / 3.0)).powi(-80);
    assert!((root[80] - expected).abs() < 1e-9, "{} {expected}", root[80]);
    let line = ["simulate", "--preset", "passive", "--morphology", file, "--protocol", "step"];
    let output = apical(&[&line[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(1), "nothing to inject into");
}

#[test]
fn event_files_may_have_any_integers_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [[3, 0], [7, 1], [100, 2]];
    let by_column = || [3, 7, 100, 0, 1, 2].into_iter();
    let path = |name| folder.path().join(name);
    write_events(&path("a.npy"), &rows);
    write_npy(&path("b.npy"), npyz::Order::Fortran, [3, 2], by_column().map(i64::from));
    write_npy(&path("c.npy"), npyz::Order::Fortran, [3, 2], by_column().map(|value| value as u8));
    let voltage = |name| {
        let file = path(name).display().to_string();
        let folder = simulated(&format!(
            "--excitatory-events {file} --inhibitory-events {file} --duration-ms 4 --dt-ms 0.1"
        ));
        fs::read(folder.path().join("voltage_mv.npy")).unwrap()
    };
    let expected = voltage("a.npy");
    assert!(expected == voltage("b.npy") && expected == voltage("c.npy"));
}

#[test]
fn event_files_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.npy");
    write_events(&good, &[[0, 0]]);
    let bad = folder.path().join("bad.npy");
    let run = |first: &Path| {
        let (first, good) = (first.display(), good.display());
        let line = "--protocol synaptic --duration-ms 5";
        refused(&format!("{line} --excitatory-events {first} --inhibitory-events {good}"), 1)
    };
    for (rows, expected) in [
        ([[0, 0], [639, 1]], ["row 1", "639"]),
        ([[-1, 0], [0, 1]], ["row 0", "-1"]),
        ([[0, -3], [1, 1]], ["row 0", "-3 ms"]),
    ] {
        write_events(&bad, &rows);
        let message = run(&bad);
        for part in expected.iter().chain(&["bad.npy"]) {
            assert!(message.contains(part), "{message}");
        }
    }
    fs::write(&bad, "not an array").unwrap();
    assert!(run(&bad).contains("bad.npy"));
    // Cut off within the last row.
    let mut bytes = fs::read(&good).unwrap();
    bytes.pop();
    fs::write(&bad, bytes).unwrap();
    assert!(run(&bad).contains("bad.npy"));
    assert!(run(&folder.path().join("none.npy")).contains("none.npy"));
    let floats = simulated("--protocol rest --duration-ms 1 --dt-ms 0.5");
    let message = run(&floats.path().join("voltage_mv.npy"));
    assert!(message.contains("voltage_mv.npy") && message.contains("<f4"), "{message}");
    let message = run(&floats.path().join("soma_mv.npy"));
    assert!(message.contains("soma_mv.npy") && message.contains("[3]"), "{message}");
}

#[test]
fn options_of_another_protocol_are_refused() {
    for (line, option) in [
        ("--protocol rest --amplitude-na 1", "--amplitude-na"),
        ("--protocol rest --delay-ms 1", "--delay-ms"),
        ("--protocol rest --stim-ms 1", "--stim-ms"),
        ("--protocol epsp --stim-ms 1", "--stim-ms"),
        ("--protocol ca-burst --stim-ms 1", "--stim-ms"),
        ("--protocol synaptic --amplitude-na 1", "--amplitude-na"),
        ("--protocol step --seed 1", "--seed"),
        ("--protocol bac --release-probability 0.5", "--release-probability"),
        (
            "--protocol bap --excitatory-events e.npy --inhibitory-events i.npy",
            "--excitatory-events",
        ),
        ("--excitatory-events e.npy", "--inhibitory-events"),
        ("--inhibitory-events i.npy", "--excitatory-events"),
        ("--excitatory-events e.npy --inhibitory-events i.npy --seed 1", "--seed"),
        ("--preset passive --celsius 30", "--celsius"),
    ] {
        let message = refused(line, 2);
        assert!(message.contains(option), "{line}: {message}");
        if let Some((_, protocol)) = line.split_once("--protocol ") {
            assert!(message.contains(protocol.split(' ').next().unwrap()), "{line}: {message}");
        }
    }
}

#[test]
fn impossible_values_are_refused() {
    for line in [
        "--dt-ms 0",
        "--dt-ms nan",
        "--duration-ms -1",
        "--release-probability 1.5",
        "--preset hay",
        "--integration euler",
        "--instruction-set mmx",
        "--protocol bac --delay-ms -1",
        "--no-such-option",
    ] {
        refused(line, 2);
    }
    let message = refused("--dt-ms 0.03", 1);
    assert!(message.contains("0.03"), "{message}");
}

#[test]
fn failures_name_the_file() {
    let message = refused("--morphology nowhere.swc", 1);
    assert!(message.contains("nowhere.swc"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.swc");
    fs::write(&bad, "1 1 0 0 0 8 -1\n2 3 x 0 0 1 1\n").unwrap();
    let message = refused(&format!("--morphology {}", bad.display()), 1);
    assert!(message.contains("bad.swc") && message.contains("line 2"), "{message}");
    // A neuron that the preset, the protocol or the synapses do not fit.
    let soma = folder.path().join("soma.swc");
    fs::write(&soma, "1 1 0 0 0 8 -1\n").unwrap();
    for options in ["", "--preset hh", "--preset hh --protocol bac"] {
        let message = refused(&format!("--morphology {} {options}", soma.display()), 1);
        assert!(message.contains("soma.swc"), "{message}");
    }
    // A section of SWC type 5, which only the preset hh puts channels on.
    let other = folder.path().join("other.swc");
    fs::write(&other, "1 1 0 0 0 8 -1\n2 5 8 0 0 1 1\n3 5 90 0 0 1 2\n").unwrap();
    let message = refused(&format!("--morphology {} --preset passive", other.display()), 1);
    assert!(message.contains("other.swc") && message.contains("dend_5[0]"), "{message}");
    // An axon alone.
    let axon = folder.path().join("axon.swc");
    fs::write(&axon, "1 2 0 0 0 1 -1\n2 2 50 0 0 1 1\n").unwrap();
    let message = refused(&format!("--morphology {}", axon.display()), 1);
    assert!(message.contains("axon.swc"), "{message}");
    // The folder to write to is a file.
    let output =
        apical(&["simulate", "--duration-ms", "1", "--out", bad.join("run").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("bad.swc"), "{}", stderr(&output));
}

#[test]
fn what_was_repaired_is_said_even_when_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let cell = folder.path().join("small.swc");
    fs::write(&cell, SMALL_CELL).unwrap();
    let (out, output) = simulate(&format!(
        "--morphology {} --protocol epsp --delay-ms 1 --duration-ms 4 --quiet",
        cell.display()
    ));
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    let message = stderr(&output);
    assert!(message.contains("small.swc: line 3"), "{message}");
    assert!(message.contains("axon (1 section) is replaced"), "{message}");
    let manifest = manifest(out.path());
    assert_eq!(manifest["morphology"]["axon_replaced"], true);
    assert_eq!(manifest["morphology"]["import"]["format"], "swc");
    assert_eq!(manifest["morphology"]["import"]["warnings"][0]["line"], 3);
}

#[test]
fn a_new_run_replaces_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let line = ["simulate", "--protocol", "rest", "--dt-ms", "0.5", "--out", out, "--duration-ms"];
    assert!(apical(&[&line[..], &["2", "--currents"]].concat()).status.success());
    assert!(folder.path().join("membrane_current_na.npy").exists());
    assert!(apical(&[&line[..], &["1"]].concat()).status.success());
    assert!(!folder.path().join("membrane_current_na.npy").exists());
    assert_eq!(array::<f64>(&folder.path().join("soma_mv.npy")).0, [3]);
}

#[test]
fn inspects_the_embedded_cell() {
    let output = apical(&["inspect", "default", "--json"]);
    assert!(output.status.success());
    let inspection: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(inspection["compartments"], 642);
    assert_eq!(inspection["sections"], 196);
    let parts = |key: &str, quantity: &str| -> f64 {
        let parts = inspection[key].as_array().unwrap().iter();
        parts.map(|part| part[quantity].as_f64().unwrap()).sum()
    };
    for key in ["section_types", "regions"] {
        for quantity in ["sections", "compartments", "length_um", "area_um2"] {
            let total = inspection[quantity].as_f64().unwrap();
            // Sums of a few numbers in another order.
            assert!((parts(key, quantity) - total).abs() < 1e-9 * total, "{key} {quantity}");
        }
    }
    let bifurcation = inspection["main_bifurcation"]["distance_from_trunk_base_um"].as_f64();
    assert!(bifurcation.unwrap() < inspection["d_max_um"].as_f64().unwrap());

    let table = stdout(&apical(&["inspect", "default"]));
    assert!(table.contains("642") && table.contains("main bifurcation"), "{table}");

    // as a file of SWC it is the same neuron, nothing of which has to be repaired
    let folder = tempfile::tempdir().unwrap();
    let swc = folder.path().join("default.swc");
    let swc = swc.to_str().unwrap();
    assert!(apical(&["inspect", "default", "--swc", swc]).status.success());
    let output = apical(&["inspect", swc, "--json"]);
    assert_eq!(stderr(&output), "");
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    // without the stub axon, two cylinders of 30 µm × 1 µm
    assert_eq!((&found["sections"], &found["compartments"]), (&194.into(), &640.into()));
    for (quantity, axon) in [("length_um", 60.0), ("area_um2", 60.0 * std::f64::consts::PI)] {
        let [found, all] = [&found, &inspection].map(|of| of[quantity].as_f64().unwrap());
        // that of reading what was written
        assert!((found + axon - all).abs() <= 1e-12 * all, "{quantity}: {found}, {all}");
    }
    let nowhere = folder.path().join("none").join("default.swc");
    let output = apical(&["inspect", "default", "--swc", nowhere.to_str().unwrap()]);
    assert!(!output.status.success() && stderr(&output).contains("none"), "{}", stderr(&output));
}

#[test]
fn inspects_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let cell = folder.path().join("small.swc");
    fs::write(&cell, SMALL_CELL).unwrap();
    let output = apical(&["inspect", cell.to_str().unwrap(), "--json"]);
    assert!(stderr(&output).contains("line 3"));
    let inspection: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(inspection["sections"], 4);
    assert_eq!(inspection["import"]["warnings"].as_array().unwrap().len(), 1);
    // 692 µm between the points, and the way from the soma's surface that NEURON adds or not.
    assert!((inspection["d_max_um"].as_f64().unwrap() - 692.0).abs() <= 8.0);
    assert_eq!(inspection["main_bifurcation"], Value::Null);
    assert_eq!(apical(&["inspect", "nowhere.asc"]).status.code(), Some(1));
    assert_eq!(apical(&["inspect"]).status.code(), Some(2));
}

#[test]
fn help_succeeds() {
    for args in [&["--help"][..], &["simulate", "--help"], &["inspect", "--help"], &["--version"]] {
        assert!(apical(args).status.success(), "{args:?}");
    }
}

/// The published synaptic run of the reference neuron, through the command line alone.
#[test]
fn parity_with_neuron() {
    let Some(reference) = std::env::var_os("APICAL_REFERENCE") else {
        println!("skipped: APICAL_REFERENCE is not set");
        return;
    };
    let reference = Path::new(&reference);
    let stored = reference.join("shai2015_cell1");
    let out = simulated(&format!(
        "--morphology {} --protocol synaptic --currents --excitatory-events {} --inhibitory-events {}",
        reference.join("cell1.asc").display(),
        stored.join("syn_excitatory_events.npy").display(),
        stored.join("syn_inhibitory_events.npy").display(),
    ));
    /// Rounding that 13 spikes amplify; see the crate's own parity tests.
    const TOLERANCE_MV: f64 = 1e-5;
    /// One unit in the last place of float32 above 64 mV: both sides are rounded to it.
    const FLOAT32_MV: f64 = 7.7e-6;
    /// Voltages agree to 1e-5 mV; a compartment's axial conductance is below 10 µS.
    const TOLERANCE_NA: f64 = 1e-6;
    let largest = |a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let ours = array::<f64>(&out.path().join("soma_mv.npy")).1;
    let theirs = array::<f64>(&stored.join("syn_v_soma.npy")).1;
    let difference = largest(&ours, &theirs);
    println!("soma: {difference:.1e} mV");
    assert!(difference <= TOLERANCE_MV, "{difference:e} mV");

    // The stored arrays end before the last column, and NEURON computes no currents before the first step.
    let columns = |values: &[f64], of: usize, from: usize, to: usize| -> Vec<f64> {
        values.chunks_exact(of).flat_map(|row| row[from..to].to_vec()).collect()
    };
    let widen = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
    let (shape, ours) = array::<f32>(&out.path().join("voltage_mv.npy"));
    assert_eq!(shape, [642, 601]);
    let theirs = widen(array::<f32>(&stored.join("syn_v_all_1ms.npy")).1);
    let difference = largest(&columns(&widen(ours), 601, 0, 600), &theirs);
    println!("all compartments: {difference:.1e} mV");
    assert!(difference <= TOLERANCE_MV + FLOAT32_MV, "{difference:e} mV");

    let ours = array::<f64>(&out.path().join("membrane_current_na.npy")).1;
    let theirs = array::<f64>(&stored.join("syn_imem_all_1ms.npy")).1;
    let difference = largest(&columns(&ours, 601, 1, 600), &columns(&theirs, 600, 1, 600));
    println!("membrane currents: {difference:.1e} nA");
    assert!(difference <= TOLERANCE_NA, "{difference:e} nA");

    let meta: Value =
        serde_json::from_str(&fs::read_to_string(stored.join("meta_syn.json")).unwrap()).unwrap();
    let expected: Vec<f64> = meta["syn"]["spike_times_ms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|time| time.as_f64().unwrap())
        .collect();
    let spikes = array::<f64>(&out.path().join("spikes_ms.npy")).1;
    // The same steps of 0.025 ms.
    assert!(largest(&spikes, &expected) < 0.01);
}

#[test]
fn shells_are_told_of_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&apical(&["completions", shell]));
        for word in ["reproduce", "evaluate", "generate", "checkpoint", "amplitude-na"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

/// What is read by a program has no colors.
#[test]
fn what_is_piped_is_plain() {
    for line in [&["help", "simulate"][..], &["inspect", "none.swc"], &["simulate", "--nothing"]] {
        let output = apical(line);
        assert!(!(stdout(&output) + &stderr(&output)).contains('\u{1b}'), "{line:?}");
    }
}
