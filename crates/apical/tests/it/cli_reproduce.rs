//! `apical reproduce`, with a plan so small that nothing is learnt.
#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says what it skips"
)]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::common::{stderr, stdout, stop};
use serde_json::{Value, json};

/// Networks of three taps, one that sees voltages with experts, and one that does not.
fn plan(folder: &Path) -> PathBuf {
    let small = json!({
        "temporal": {"channels": [4], "taps": 3}, "window": 20, "stretch_ms": 50, "batch_size": 2,
        "steps": 4, "validate_every": 2, "stride_ms": 11,
    });
    let with = |more: Value| {
        let mut config = small.clone();
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let experts = json!(["shared", "shared", {"exclusive-to": 0}]);
    let mixture = json!({"units": 2, "experts": experts, "masked": true, "gate_init": "small"});
    let hard = json!({"hard-sharing": {"units": 2}});
    let plan = json!({
        "name": "tiny", "seed": 3, "morphology": null, "trials": 7, "duration_ms": 1050,
        "batch_sizes": [1, 2], "measured_s": 0.001,
        "networks": [
            {"folder": "mh", "title": "MH", "config": with(json!({"architecture": hard}))},
            {"folder": "mmoe", "title": "MMoE", "config": with(json!({"architecture": {"mixture": mixture}}))},
            {"folder": "mh-input", "title": "MH, input alone", "config": with(json!({
                "architecture": hard, "inputs": {"voltages": "estimated", "currents": true}}))},
        ],
    });
    let path = folder.join("tiny.json");
    fs::write(&path, plan.to_string()).unwrap();
    path
}

fn reproduce(out: &Path, more: &[&OsStr]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apical"));
    command.arg("reproduce").arg("--out").arg(out).args(more);
    command
}

/// The report without what differs from run to run.
fn report(out: &Path) -> String {
    let text = fs::read_to_string(out.join("report.html")).unwrap();
    let parts: Vec<&str> = text.split("<!-- times -->").collect();
    assert_eq!(parts.len(), 3, "the table of speed and the times of stages");
    let after = parts[1..].iter().map(|part| part.split_once("<!-- /times -->").unwrap().1);
    std::iter::once(parts[0]).chain(after).collect()
}

fn stages(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("stages.json")).unwrap()).unwrap()
}

/// The page in a browser without a window: nothing on its console, and the neuron drawn. Skipped where there is no Chromium.
fn look_at(report: &Path) {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let run = |name: &str| {
        Command::new(name)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"])
            .args(["--virtual-time-budget=5000", "--dump-dom"])
            .arg(format!("file://{}", report.display()))
            .output()
    };
    let Some(seen) = names.iter().find_map(|name| run(name).ok()) else {
        println!("skipped: there is no Chromium to look at the report with");
        return;
    };
    let page = String::from_utf8_lossy(&seen.stdout);
    assert!(page.contains(r#"data-ready="true""#), "the script has not come to its end");
    assert!(
        page.contains("simulated \u{2212}") && page.contains("predicted \u{2212}"),
        "no voltages"
    );
    let log = stderr(&seen);
    let messages: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(messages.is_empty(), "{messages:?}");
}

#[test]
fn a_reproduction_goes_on_and_comes_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    let with_plan = [OsStr::new("--plan"), plan.as_os_str()];

    // interrupted as soon as there is something of a training
    let out = folder.path().join("killed");
    let mut child = reproduce(&out, &with_plan).stderr(Stdio::null()).spawn().unwrap();
    while !out.join("mh/last.safetensors").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ends before it trains");
        sleep(Duration::from_millis(20));
    }
    stop(&mut child, 1);
    assert_eq!(stages(&out)["data"]["is_done"], true);
    assert!(!out.join("report.html").exists());
    let output = reproduce(&out, &["--resume".as_ref()]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("done before").count(), 1, "{}", stderr(&output));

    // not killed
    let whole = folder.path().join("whole");
    let quiet = [&with_plan[..], &["--quiet".as_ref()]].concat();
    let output = reproduce(&whole, &quiet).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!((String::new(), String::new()), (stdout(&output), stderr(&output)));
    assert_eq!(report(&out), report(&whole));

    let text = report(&out);
    for figure in 1..=5 {
        assert!(text.contains(&format!("Figure {figure}. ")));
        let png = fs::read(out.join(format!("figures/figure{figure}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000, "figure {figure}");
    }
    // explained variance of two networks, what they are compared with, and the third with its linear step
    let rows = ["MH", "MMoE", "linear step", "persistence", "MH, input alone"];
    assert!(rows.iter().all(|row| text.contains(&format!("<td>{row}</td>"))));
    assert!(text.contains(
        "apical train --dataset data --out mmoe --device cpu --config settings/mmoe.json"
    ));
    assert!(!text.contains(folder.path().to_str().unwrap()), "a path of this machine");
    let plain = text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    assert!(!plain.contains("http:") && !plain.contains("src="), "something to ask a server for");
    look_at(&out.join("report.html"));

    // only what is missing is made again
    fs::remove_dir_all(out.join("speed")).unwrap();
    let output = reproduce(&out, &["--resume".as_ref()]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let count = stages(&out).as_object().unwrap().len();
    assert_eq!(stderr(&output).matches("done before").count(), count - 1);
    assert!(out.join("speed/speed.csv").exists());

    // NEURON is in the table where it was timed, and nowhere else
    let whole_text = || fs::read_to_string(out.join("report.html")).unwrap();
    assert!(!whole_text().contains("<td>NEURON 9.0.2</td>"));
    fs::write(out.join("speed/neuron.json"), r#"{"model": "NEURON 9.0.2", "ms_per_ms": 12.5}"#)
        .unwrap();
    assert!(
        reproduce(&out, &["--resume".as_ref(), "--quiet".as_ref()]).status().unwrap().success()
    );
    assert!(whole_text().contains("<td>NEURON 9.0.2</td><td>cpu</td><td>1</td><td>12.5000</td>"));
    assert_eq!(report(&out), report(&whole));
}

/// What no reproduction has made is not removed.
#[test]
fn folders_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    let out = folder.path().join("out");
    fs::create_dir_all(out.join("data")).unwrap();
    fs::write(out.join("data/precious.txt"), "mine").unwrap();
    let output = reproduce(&out, &["--plan".as_ref(), plan.as_os_str()]).output().unwrap();
    assert!(!output.status.success());
    let message = stderr(&output);
    assert!(message.contains("data: is there already, and not of a reproduction"), "{message}");
    assert_eq!(fs::read_to_string(out.join("data/precious.txt")).unwrap(), "mine");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1, "something was written");

    let output = reproduce(&folder.path().join("none"), &["--resume".as_ref()]).output().unwrap();
    assert!(stderr(&output).contains("plan.json"), "{}", stderr(&output));
}

/// What was made with another device or seed is not removed unless that is asked for. The device is none, so that there is
/// a data set and no training.
#[test]
fn what_other_inputs_have_made_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    let out = folder.path().join("out");
    let fails = |more: &[&str], code: i32, what: &str| {
        let more: Vec<&OsStr> = more.iter().map(AsRef::as_ref).collect();
        let output = reproduce(&out, &more).output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(message.contains(what), "{what}: {message}");
        message
    };
    let read = |name: &str| fs::read(out.join(name)).unwrap();
    let with_plan = ["--plan", plan.to_str().unwrap()];
    let with = |more: &[&'static str]| [&with_plan[..], more].concat();
    fails(&with(&["--device", "none"]), 1, "device \"none\"");
    fs::create_dir(out.join("mh")).unwrap();
    fs::write(out.join("mh/last.safetensors"), "precious").unwrap();

    // --resume goes on with the device of the plan, and with what is done
    let message = fails(&["--resume"], 1, "device \"none\"");
    assert_eq!(message.matches("done before").count(), 1, "{message}");
    fails(&["--resume", "--device", "cpu"], 2, "cannot be used with");

    let names = ["plan.json", "stages.json", "data/manifest.json", "mh/last.safetensors"];
    let before = names.map(read);
    let wrong = "was made from another plan, version or file: choose another --out";
    fails(&with(&[]), 1, &format!("mh: {wrong}"));
    fails(&with(&["--device", "none", "--seed", "4"]), 1, &format!("data: {wrong}"));
    assert_eq!(names.map(read), before);

    fails(&with(&["--device", "none", "--seed", "4", "--overwrite"]), 1, "device \"none\"");
    let seed = |name: &str, pointer: &str| {
        serde_json::from_slice::<Value>(&read(name)).unwrap().pointer(pointer).cloned()
    };
    assert_eq!(seed("plan.json", "/seed"), Some(json!(4)));
    assert_eq!(seed("data/manifest.json", "/generator/trials/seed"), Some(json!(4)));
    assert!(!out.join("mh").exists());
}
