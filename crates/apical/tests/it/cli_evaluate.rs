//! `apical evaluate`, of networks that see voltages and of those that do not.
#![cfg(feature = "cli")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::training::{config, data, succeeds, train};
use crate::common::{apical, array, manifest, stderr};
use serde_json::Value;
use tempfile::TempDir;

/// Two experts of all tasks and one of the first, in a network of three taps.
const MIXTURE: &str = r#"{"steps": 6, "stride_ms": 1,
    "architecture": {"mixture": {"units": 2, "experts": ["shared", "shared", {"exclusive-to": 0}],
    "masked": true, "gate_init": "small"}}}"#;

/// Rows of a table, each by the names of its columns.
fn table(folder: &Path, name: &str) -> Vec<HashMap<String, String>> {
    let text = fs::read_to_string(folder.join(format!("{name}.csv"))).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let names: Vec<String> = lines.next().unwrap().collect();
    let rows = lines.map(|cells| names.iter().cloned().zip(cells).collect());
    rows.collect()
}

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or(f64::NAN)
}

fn trained(folder: &TempDir, data: &Path, more: &str, args: &[&str]) -> PathBuf {
    let network = folder.path().join("network");
    let config = config(folder, more);
    let output = train(data, &network, Some(&config)).args(args).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    network
}

/// What is said of one step ahead is what the training said of its test trials; freely, errors of the first millisecond are those
/// of one step, and grow.
#[test]
fn a_network_that_sees_voltages() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let network = trained(&folder, &data, MIXTURE, &[]);
    let out = folder.path().join("evaluation");
    let paths = [&network, Path::new("--dataset"), &data, Path::new("--out"), &out];
    let text = succeeds("evaluate --checkpoint", &paths);
    assert!(text.contains("1 trial, from ") && text.contains("persistence, one step"), "{text}");

    let report: Value =
        serde_json::from_slice(&fs::read(network.join("test.json")).unwrap()).unwrap();
    let regions = table(&out, "regions");
    for (name, entry) in ["network", "persistence", "linear step"].iter().zip([0, 1, 2]) {
        assert_eq!(report["rows"][entry]["name"], *name);
        for region in report["rows"][entry]["regions"].as_array().unwrap() {
            let is_it = |row: &&HashMap<String, String>| {
                (row["predictor"].as_str(), row["mode"].as_str()) == (name, "one step")
                    && region["region"] == row["region"]
            };
            let row = regions.iter().find(is_it).unwrap();
            let [found, expected] =
                [number(row, "standardized_mse"), region["standardized_mse"].as_f64().unwrap()];
            assert!((found - expected).abs() < 1e-12 * expected, "{name}: {found} {expected}");
        }
    }

    let horizon = table(&out, "horizon");
    let of = |name: &str, from_ms: &str| {
        let is_it = |row: &&HashMap<String, String>| {
            (row["predictor"].as_str(), row["mode"].as_str()) == (name, "free")
                && row["from_ms"] == from_ms
                && row["region"] == "tuft"
        };
        number(horizon.iter().find(is_it).unwrap(), "rmse_mv")
    };
    assert!(of("network", "1") < of("network", "50"));
    assert!(of("linear step", "1") < of("linear step", "50"));

    let experts = table(&out, "experts");
    assert_eq!(experts.len(), 641);
    for (place, row) in experts.iter().enumerate() {
        let weights: Vec<f64> =
            (0..3).map(|expert| number(row, &format!("expert_{expert}"))).collect();
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{weights:?}");
        assert_eq!(weights[2] > 0.0, place == 0, "task {place}: {weights:?}");
        let most = if place == 0 { 3.0_f64.log2() } else { 1.0 };
        assert!((0.0..=most + 1e-6).contains(&number(row, "entropy_bits")));
    }
    assert_eq!(table(&out, "potentials").len(), 6 * 5);
    assert_eq!(table(&out, "compartments").len(), 640 * 5);
    // in truth, both currents together fire a calcium spike and either alone none
    let protocols = table(&out, "protocols");
    assert_eq!(protocols.len(), 4 * 5);
    let truth: Vec<_> = protocols
        .iter()
        .filter(|row| row["predictor"] == "truth")
        .map(|row| (row["protocol"].as_str(), row["calcium_spikes"].as_str()))
        .collect();
    assert_eq!(truth, [("bap", "0"), ("epsp", "0"), ("bac", "1"), ("ca-burst", "1")]);
    // soma and apical dendrite of four protocols: truth, one step, free, and the linear step
    let figure = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(figure("protocols.svg").matches("<path").count(), 4 * 2 * 4);
    // every dendritic compartment, and the dot of the legend
    assert_eq!(figure("losses.svg").matches("<circle").count(), 639 + 1);
    // every compartment but the axon, once an expert
    assert_eq!(figure("experts.svg").matches("<path").count(), 3 * 640);
    // gains are what mean errors say
    let gains = table(&out, "gains");
    assert_eq!(gains.len(), 6 * 3, "two baselines one step ahead, one freely");
    let mse = |name: &str| {
        let is_it = |row: &&HashMap<String, String>| {
            (row["predictor"].as_str(), row["mode"].as_str(), row["region"].as_str())
                == (name, "one step", "tuft")
        };
        number(regions.iter().find(is_it).unwrap(), "standardized_mse")
    };
    let is_it = |row: &&HashMap<String, String>| {
        row["mode"] == "one step" && row["baseline"] == "persistence" && row["region"] == "tuft"
    };
    let found = number(gains.iter().find(is_it).unwrap(), "error_removed");
    assert!((found - (1.0 - mse("network") / mse("persistence"))).abs() < 1e-12, "{found}");

    // the example, and the potentials that follow from it
    let (shape, truth) = array::<f32>(&out.join("example_truth_mv.npy"));
    assert_eq!(shape[0], 640);
    let (of_prediction, predicted) = array::<f32>(&out.join("example_predicted_mv.npy"));
    assert!(shape == of_prediction && truth != predicted);
    let (of_potentials, _) = array::<f64>(&out.join("example_potential_truth_mv.npy"));
    assert_eq!(of_potentials, [6, shape[1]]);
    assert_eq!(figure("example.svg").matches("simulated").count(), 2, "both legends");

    let manifest = manifest(&out);
    assert_eq!(manifest["trials"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["tables"].as_array().unwrap().len(), 13);
    assert_eq!(manifest["parameters"]["settling_ms"], 250);

    // it agrees with itself; with electrodes of a file
    let electrodes = folder.path().join("two.csv");
    fs::write(&electrodes, "0,40,0\n30,0,0\n").unwrap();
    let again = folder.path().join("again");
    let paths = [
        &network,
        Path::new("--dataset"),
        &data,
        Path::new("--other"),
        &out,
        Path::new("--electrodes"),
        &electrodes,
        Path::new("--quiet"),
        Path::new("--out"),
        &again,
    ];
    succeeds("evaluate --checkpoint", &paths);
    assert_eq!(table(&again, "potentials").len(), 2 * 5);
    let found = &crate::common::manifest(&again)["electrodes"];
    assert_eq!(found.as_str().map(Path::new), Some(&*electrodes));
    let agreement = table(&again, "expert_agreement");
    assert!(number(&agreement[0], "mean_difference") < 1e-12);
    assert!((number(&agreement[0], "adjusted_rand_index") - 1.0).abs() < 1e-12);
}

/// From the input alone there is one way to predict, no horizon and no persistence. Tables of an earlier evaluation that are
/// no longer true are gone.
#[test]
fn a_network_that_sees_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let network = trained(&folder, &data, r#"{"steps": 2}"#, &["--voltages", "estimated"]);
    let out = folder.path().join("evaluation");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("horizon.csv"), "old").unwrap();
    let evaluate = |more: &[&str]| {
        let [network, data, out] = [&network, &data, &out].map(|path| path.to_str().unwrap());
        let line = ["evaluate", "--checkpoint", network, "--dataset", data, "--out", out];
        apical(&[&line[..], more].concat())
    };
    let settings = folder.path().join("settings.json");
    fs::write(&settings, r#"{"settling_ms": 300}"#).unwrap();
    let settings = settings.to_str().unwrap();
    let output = evaluate(&["--config", settings]);
    assert!(!output.status.success());
    let message = stderr(&output);
    assert!(message.contains("has 300 ms: the network needs"), "{message}");

    fs::write(settings, r#"{"settling_ms": 40}"#).unwrap();
    let output = evaluate(&["--config", settings, "--quiet"]);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    assert!(!out.join("horizon.csv").exists() && !out.join("experts.csv").exists());
    assert!(out.join("losses.svg").exists() && !out.join("experts.svg").exists());
    let ways: Vec<_> = table(&out, "spikes")
        .iter()
        .map(|row| format!("{} {}", row["predictor"], row["mode"]))
        .collect();
    assert_eq!(ways, ["network free", "linear step free"]);
}

/// A description of electrodes that says nothing is wrong usage, before anything is read.
#[test]
fn electrodes_are_checked_first() {
    let line = ["evaluate", "--checkpoint", "none", "--dataset", "none", "--out", "none"];
    let output = apical(&[&line[..], &["--electrodes", "seven"]].concat());
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("seven"), "{}", stderr(&output));
}
