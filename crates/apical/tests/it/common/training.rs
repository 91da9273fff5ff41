//! A small data set and small networks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{apical, stderr, stdout};

/// Six trials of 300 ms under random input.
pub(crate) fn data(folder: &TempDir) -> PathBuf {
    let data = folder.path().join("data");
    let line = "dataset generate --quiet --trials 6 --duration-ms 300 --stimulus-share 0.5 --out";
    succeeds(line, &[&data]);
    data
}

#[track_caller]
pub(crate) fn succeeds(line: &str, paths: &[&Path]) -> String {
    let mut args: Vec<&str> = line.split_whitespace().collect();
    args.extend(paths.iter().map(|path| path.to_str().unwrap()));
    let output = apical(&args);
    assert!(output.status.success(), "{line}: {}", stderr(&output));
    stdout(&output)
}

/// A small network whose memory fits into the trials, with these entries besides or instead.
pub(crate) fn config(folder: &TempDir, entries: &str) -> PathBuf {
    let small = r#"{"architecture": {"hard-sharing": {"units": 2}}, "temporal": {"channels": [4], "taps": 3}, "window": 20,
        "stretch_ms": 50, "settling_ms": 40, "batch_size": 2, "validate_every": 4, "stride_ms": 11}"#;
    let [mut all, given] = [small, entries]
        .map(|text| serde_json::from_str::<serde_json::Map<_, Value>>(text).unwrap());
    all.extend(given);
    let path = folder.path().join("given.json");
    fs::write(&path, Value::from(all).to_string()).unwrap();
    path
}

pub(crate) fn train(data: &Path, out: &Path, config: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apical"));
    command.args(["train", "--quiet", "--dataset"]).arg(data).arg("--out").arg(out);
    match config {
        Some(config) => command.arg("--config").arg(config),
        None => command.arg("--resume"),
    };
    command
}

/// That files of two trainings are the same, byte for byte.
#[track_caller]
pub(crate) fn assert_same(files: &[&str], folders: [&Path; 2]) {
    for file in files {
        let [expected, found] = folders.map(|folder| fs::read(folder.join(file)).unwrap());
        assert!(expected == found, "{file} differs");
    }
}
