//! `apical train` and `predict`, from a data set to predicted voltages.
#![cfg(feature = "cli")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use apical::input::read_json;
use apical::surrogate::Checkpoint;
use apical::training::{Device, ModelName, Training, TrainingConfig, TrainingEvent};

use crate::common::training::{assert_same, config, data, succeeds, train};
use crate::common::{SMALL_CELL, apical, array, manifest, stderr, stdout, stop};

/// Killed or interrupted at any moment, a training goes on to the same network, to the last bit, and to the same table of losses, times
/// aside.
#[test]
fn a_killed_training_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let config = config(&folder, r#"{"residual": "persistence", "steps": 60}"#);
    let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(name));
    assert!(train(&data, &whole, Some(&config)).output().unwrap().status.success());
    let mut kills = 0;
    for attempt in 0..12_u64 {
        let is_begun = killed.join("last.safetensors").exists();
        let mut run = train(&data, &killed, (!is_begun).then_some(&*config));
        let mut child = run.stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + 97 * attempt % 400));
        kills += u32::from(child.try_wait().unwrap().is_none());
        stop(&mut child, attempt);
    }
    println!("{kills} runs were killed, the others had ended");
    assert!(kills > 0);
    let is_begun = killed.join("last.safetensors").exists();
    let output = train(&data, &killed, (!is_begun).then_some(&*config)).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let files = ["best.safetensors", "last.safetensors", "test.json", "validation.csv"];
    assert_same(&files, [&whole, &killed]);
    let losses = |folder: &Path| -> Vec<String> {
        let text = fs::read_to_string(folder.join("losses.csv")).unwrap();
        text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
    };
    assert_eq!(losses(&killed).len(), 61);
    assert_eq!(losses(&killed), losses(&whole));
}

/// Ctrl-C ends a training after a step, of which nothing is lost.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_training_loses_no_step() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let out = folder.path().join("network");
    let config =
        config(&folder, r#"{"residual": "persistence", "steps": 20000, "validate_every": 20000}"#);
    // started deaf to Ctrl-C, as in the background of a shell that runs these tests, it would stay so
    let mut hearing = Command::new("env");
    let run = train(&data, &out, Some(&config));
    hearing.arg("--default-signal=INT").arg(run.get_program()).args(run.get_args());
    let child = hearing.stderr(Stdio::piped()).spawn().unwrap();
    let steps =
        || fs::read_to_string(out.join("losses.csv")).map_or(0, |text| text.lines().count());
    let started = Instant::now();
    while steps() < 4 {
        assert!(started.elapsed() < Duration::from_secs(60), "no step");
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(130), "{message}");
    let made = steps() - 1;
    let expected = format!("stopped after step {made}: --resume goes on with it");
    assert!(message.contains(&expected), "{message}");
    let last = Checkpoint::load(&out.join("last.safetensors"), &Device::Cpu).unwrap();
    assert_eq!(last.trainer.unwrap().adam().steps(), made as u64);
}

/// Told to stop after any step, at a validation as well, a training goes on to the same network, run again or resumed.
#[test]
fn a_stopped_training_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let config = config(&folder, r#"{"residual": "persistence", "steps": 10}"#);
    let config: TrainingConfig = read_json(&config).unwrap();
    let [whole, stopped] = ["whole", "stopped"].map(|name| folder.path().join(name));
    let mut training = Training::start(&data, &whole, config.clone(), &Device::Cpu).unwrap();
    training.run(|_| ControlFlow::Continue(())).unwrap();

    let mut training = Training::start(&data, &stopped, config, &Device::Cpu).unwrap();
    for stop in [3, 4, 6, 7] {
        if stop == 6 {
            training = Training::resume(&data, &stopped, &Device::Cpu).unwrap();
        }
        let mut events = Vec::new();
        let told = training.run(|event| {
            let (step, is_step) = match event {
                TrainingEvent::Step { step, .. } => (step, true),
                TrainingEvent::Validated { step, .. } => (step, false),
                _ => unreachable!(),
            };
            events.push((step, is_step));
            if step >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        told.unwrap();
        assert_eq!(training.steps(), stop);
        // at a validation it is told both, whatever it says to the first
        assert_eq!(events.last(), Some(&(stop, stop != 4)));
        assert!(!training.is_over());
    }
    training.run(|_| ControlFlow::Continue(())).unwrap();
    assert!(training.is_over());
    assert_same(&["best.safetensors", "last.safetensors", "validation.csv"], [&whole, &stopped]);
}

/// A network that sees estimates, from a data set to arrays; errors of the network are in its report beside those of the
/// linear step that it adds to.
#[test]
fn a_trained_network_predicts() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let config = config(&folder, r#"{"steps": 8}"#);
    let network = folder.path().join("network");
    let mut command = train(&data, &network, Some(&config));
    let output = command.args(["--voltages", "estimated"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "", "--quiet");
    let table = succeeds("train --resume --dataset", &[&data, Path::new("--out"), &network]);
    for row in ["1 test trial", "network", "linear step", "soma", "tuft", "cross-entropy"] {
        assert!(table.contains(row), "{row}: {table}");
    }

    let out = folder.path().join("predicted");
    let text = succeeds(
        "predict --trial 2 --checkpoint",
        &[&network, Path::new("--dataset"), &data, Path::new("--out"), &out],
    );
    assert!(text.contains("% explained"), "{text}");
    let (shape, voltages) = array::<f32>(&out.join("voltage_mv.npy"));
    assert_eq!(shape, [640, 301]);
    assert!(voltages.iter().all(|v_mv| (-200.0..100.0).contains(v_mv)));
    let (shape, probability) = array::<f64>(&out.join("spike_probability.npy"));
    assert_eq!(shape, [300]);
    assert!(probability.iter().all(|p| (0.0..=1.0).contains(p)));
    let (_, soma) = array::<f64>(&out.join("soma_mv.npy"));
    assert_eq!(soma[0], -76.0);
    let manifest = manifest(&out);
    assert_eq!(manifest["compartments"].as_array().unwrap().len(), 640);
    assert_eq!(manifest["errors"][0]["region"], "soma");
    assert!(fs::read_to_string(out.join("traces.svg")).unwrap().starts_with("<svg"));

    // potentials follow from predicted voltages, as from simulated ones
    let potentials = folder.path().join("potentials");
    succeeds("lfp --electrodes six --voltages", &[&out, Path::new("--out"), &potentials]);
    let (shape, values) = array::<f64>(&potentials.join("potential_mv.npy"));
    assert_eq!(shape, [6, 301]);
    assert!(values.iter().any(|v_mv| v_mv.abs() > 1e-6) && values.iter().all(|v| v.is_finite()));

    // input that is drawn needs no data set
    succeeds("predict --duration-ms 50 --checkpoint", &[&network, Path::new("--out"), &out]);
    assert_eq!(array::<f32>(&out.join("voltage_mv.npy")).0, [640, 51]);
    assert!(crate::common::manifest(&out)["errors"].is_null());
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let fails = |command: &mut Command, code: i32, what: &str| {
        let output = command.output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(message.contains(what), "{message}");
    };
    let out = folder.path().join("out");
    fails(&mut train(&data, &out, None), 1, "last.safetensors");
    let typo = config(&folder, r#"{"step": 8}"#);
    fails(&mut train(&data, &out, Some(&typo)), 1, "unknown field `step`");
    let longer = config(&folder, r#"{"stretch_ms": 400}"#);
    fs::write(&longer, r#"{"stretch_ms": 400, "residual": "persistence"}"#).unwrap();
    fails(&mut train(&data, &out, Some(&longer)), 1, "bins");
    fails(train(&data, &out, None).args(["--steps", "3"]), 2, "cannot be used with");
    fails(train(&data, &out, Some(&typo)).args(["--device", "gpu"]), 1, "device \"gpu\"");
    let network = folder.path().join("none.safetensors");
    let mut predict = Command::new(env!("CARGO_BIN_EXE_apical"));
    predict.args(["predict", "--checkpoint"]).arg(&network).arg("--out").arg(&out);
    fails(&mut predict, 1, "none.safetensors");
}

/// Another training is not replaced by mistake: only when asked to, and when all else is right.
#[test]
fn a_training_is_replaced_only_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let config = config(&folder, r#"{"steps": 1, "residual": "persistence"}"#);
    let out = folder.path().join("network");
    assert!(train(&data, &out, Some(&config)).status().unwrap().success());
    let read = |name: &str| fs::read(out.join(name)).unwrap();
    let names = ["last.safetensors", "best.safetensors", "config.json", "test.json", "losses.csv"];
    let before = names.map(read);
    // what is not of a training stays, what is left of one that was killed does not
    let own = ["notes.txt", "mine.1.partial", "last.safetensors.old.partial"];
    let stale = ["last.safetensors.1.partial", ".losses.csv.1.partial", ".config.json.1.partial"];
    own.iter().chain(&stale).for_each(|name| fs::write(out.join(name), name).unwrap());

    let fails = |more: &[&str], what: &str| {
        let output = train(&data, &out, Some(&config)).args(more).output().unwrap();
        assert!(!output.status.success() && stderr(&output).contains(what), "{}", stderr(&output));
        assert!(names.map(read) == before, "a file has changed");
        assert!(stale.iter().all(|name| out.join(name).exists()));
    };
    fails(
        &["--seed", "2"],
        "network: has a training already: --resume goes on with it, --overwrite",
    );
    fails(&["--resume", "--overwrite"], "cannot be used with");
    fs::rename(data.join("trials/000000.json"), folder.path().join("record")).unwrap();
    fails(&["--overwrite"], "1 of 6 trials are missing");
    fs::rename(folder.path().join("record"), data.join("trials/000000.json")).unwrap();

    let output = train(&data, &out, Some(&config)).args(["--overwrite", "--seed", "2"]).output();
    assert!(output.as_ref().unwrap().status.success(), "{}", stderr(&output.unwrap()));
    assert!(names.iter().zip(&before).all(|(name, before)| read(name) != *before));
    assert!(own.iter().all(|name| out.join(name).exists()));
    assert!(!stale.iter().any(|name| out.join(name).exists()));
    let events = fs::read_dir(&out).unwrap().filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("events.out.")
    });
    assert_eq!(events.count(), 1);
}

/// What does not belong together is refused with what differs, and what cannot be used yet with what to do.
#[test]
fn networks_are_refused_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let config = config(&folder, r#"{"steps": 1, "residual": "persistence"}"#);
    let [network, out, other, cell] =
        ["network", "out", "other", "cell.swc"].map(|name| folder.path().join(name));
    assert!(train(&data, &network, Some(&config)).status().unwrap().success());
    let fails = |output: Output, what: &str| {
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(what), "{}", stderr(&output));
    };

    fs::write(&cell, SMALL_CELL).unwrap();
    let line = "dataset generate --quiet --trials 3 --duration-ms 20 --morphology";
    succeeds(line, &[&cell, Path::new("--out"), &other]);
    let [network_text, other_text, out] =
        [&network, &other, &out].map(|path| path.to_str().unwrap());
    let paths = ["--checkpoint", network_text, "--dataset", other_text, "--out", out];
    let count = manifest(&other)["layout"]["compartments"].as_array().unwrap().len();
    let differs = format!(
        "is a network of another neuron than that of {other_text}: its compartments are 642, those of the data set {count}"
    );
    for command in [&["evaluate"][..], &["speed"], &["predict", "--trial", "0"]] {
        fails(apical(&[command, &paths].concat()), &differs);
    }
    let another = format!("is not a training with the trials of {other_text}");
    fails(train(&other, &network, None).output().unwrap(), &another);

    // the best network has no state to go on from
    let [best, last] = ["best", "last"].map(|name| network.join(format!("{name}.safetensors")));
    fs::copy(&best, last).unwrap();
    let stateless = "last.safetensors: holds a network without the state of its training";
    fails(train(&data, &network, None).output().unwrap(), stateless);
    fs::remove_file(best).unwrap();
    let unvalidated = "network: the training has not been validated yet";
    fails(apical(&["predict", "--checkpoint", network_text, "--out", out]), unvalidated);
}

#[test]
fn names_of_networks_are_those_of_the_command_line() {
    for name in ModelName::ALL {
        assert_eq!(name.to_string().parse::<ModelName>().unwrap(), name);
    }
    let message = "mlp".parse::<ModelName>().unwrap_err().to_string();
    assert_eq!(message, "there is no network 'mlp'; there are mh, mmoe, mmoeex");
}
