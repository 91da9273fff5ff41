//! What tests of the command line share.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod training;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use npyz::WriterBuilder;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) fn apical(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_apical")).args(args).output().unwrap()
}

/// Runs `apical simulate` into a new folder; the first argument is the rest of the line.
pub(crate) fn simulate(line: &str) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec!["simulate", "--out", folder.path().to_str().unwrap()];
    args.extend(line.split_whitespace());
    let output = apical(&args);
    (folder, output)
}

#[track_caller]
pub(crate) fn simulated(line: &str) -> TempDir {
    let (folder, output) = simulate(line);
    assert!(output.status.success(), "{line}: {}", stderr(&output));
    folder
}

/// Ends a run: each second time as Ctrl-C does, else as `kill -9` does. What a shell runs in the background may be deaf to
/// Ctrl-C: it is given no time to go on.
pub(crate) fn stop(child: &mut Child, time: u64) {
    if cfg!(unix) && time % 2 == 1 {
        let id = child.id().to_string();
        Command::new("kill").args(["-INT", &id]).stderr(Stdio::null()).status().unwrap();
        let sent = Instant::now();
        while sent.elapsed() < Duration::from_millis(20) {
            if child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn array<T: npyz::Deserialize>(path: &Path) -> (Vec<u64>, Vec<T>) {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(file.order(), npyz::Order::C);
    (file.shape().to_vec(), file.into_vec().unwrap())
}

pub(crate) fn manifest(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Writes a matrix, its values in the order of the file.
pub(crate) fn write_npy<T: npyz::AutoSerialize>(
    path: &Path,
    order: npyz::Order,
    shape: [usize; 2],
    values: impl Iterator<Item = T>,
) {
    let mut bytes = Vec::new();
    let shape = shape.map(|length| length as u64);
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape).order(order);
    let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
    writer.extend(values).unwrap();
    writer.finish().unwrap();
    fs::write(path, bytes).unwrap();
}

/// A soma, a basal dendrite, an apical one of 700 µm and an axon, one point with a negative radius.
pub(crate) const SMALL_CELL: &str = "\
1 1 0 0 0 8 -1
2 3 8 0 0 1 1
3 3 60 -40 0 -0.5 2
4 4 0 8 0 2 1
5 4 0 700 0 1 4
6 2 0 -8 0 0.5 1
7 2 0 -90 0 0.5 6
";
