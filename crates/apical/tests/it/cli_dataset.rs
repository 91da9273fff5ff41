//! `apical dataset generate`, `verify` and `merge`, as a modeler and a cluster meet them.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use apical::dataset::store::{Manifest, Store, StoreError};

use crate::common::stop;

fn apical(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apical"));
    command.arg("dataset").args(arguments);
    command
}

/// Trials of 20 ms, of which half receive currents.
fn generate(out: &Path, trials: usize, more: &[&str]) -> Command {
    let mut command = apical(&["generate", "--quiet", "--duration-ms", "20"]);
    command.args(["--stimulus-share", "0.5", "--trials", &trials.to_string(), "--out"]).arg(out);
    command.args(more);
    command
}

fn succeeds(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", text(&done.stderr));
    text(&done.stdout)
}

/// Exit status 1, and what it says.
fn fails(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert_eq!(status.code(), Some(1), "{command:?}: {}", text(&stderr));
    text(&stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn checksum(root: &Path) -> String {
    Manifest::read(root).unwrap().seal.unwrap().checksum
}

/// Number of trials that are there; none before there is a manifest, and the arrays, which follow it.
fn there(root: &Path) -> usize {
    match Store::open(root) {
        Ok(store) => store.records().count(),
        Err(StoreError::NoManifest { .. } | StoreError::Array { .. }) => 0,
        Err(error) => panic!("{}: {error}", root.display()),
    }
}

#[test]
fn shards_are_merged_to_what_one_run_makes() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts, copies] = ["whole", "parts", "copies"].map(|name| folder.path().join(name));
    assert_eq!(succeeds(&mut generate(&whole, 7, &[])), "", "--quiet");

    // two processes at a time in one folder
    let mut running: Vec<_> =
        ["3/3", "1/3"].map(|part| generate(&parts, 7, &["--shard", part]).spawn().unwrap()).into();
    assert!(running.iter_mut().all(|child| child.wait().unwrap().success()));
    let message = fails(apical(&["merge"]).arg(&parts));
    assert!(message.contains("2 of 7 trials are missing, trial 2 among them"), "{message}");
    assert!(message.contains("goes on when it is repeated"), "{message}");
    let message = fails(apical(&["verify"]).arg(&parts));
    assert!(message.contains("`apical dataset generate`, goes on"), "{message}");
    succeeds(&mut generate(&parts, 7, &["--shard", "2/3", "--batch-size", "1"]));
    assert!(Manifest::read(&parts).unwrap().seal.is_none());
    assert!(succeeds(apical(&["merge"]).arg(&parts)).contains(&checksum(&whole)));
    assert_eq!(checksum(&parts), checksum(&whole));

    // folders of different machines, copied into one
    for part in ["1/2", "2/2"] {
        let part_folder = folder.path().join(part.replace('/', "-"));
        succeeds(&mut generate(&part_folder, 7, &["--shard", part]));
        copy(&part_folder, &copies);
    }
    succeeds(apical(&["merge"]).arg(&copies));
    assert_eq!(checksum(&copies), checksum(&whole));

    let message = text(&generate(&parts, 7, &["--shard", "4/3"]).output().unwrap().stderr);
    assert!(message.contains("no part 4 of 3"), "{message}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Killed or interrupted twenty times, at moments all over the run: no trial that is there is damaged, none is lost, and
/// the end is the same. Mostly it is stopped while it writes: as soon as there are more trials than before, and some more
/// milliseconds; each fourth time already while it starts, or not long after.
#[test]
fn a_killed_run_goes_on() {
    const TRIALS: usize = 200;
    const KILLS: u32 = 20;
    let folder = tempfile::tempdir().unwrap();
    let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(name));
    let started = Instant::now();
    succeeds(&mut generate(&whole, TRIALS, &["--batch-size", "2"]));
    let whole_run = started.elapsed();
    let mut before = 0;
    let mut moment = 1;
    let mut while_running = 0;
    for kill in 0..KILLS {
        let mut run = generate(&killed, TRIALS, &["--batch-size", "2"]);
        let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let spawned = Instant::now();
        // numbers below 251 that look like chance
        moment = moment * 75 % 251;
        let wait = if kill % 4 == 0 {
            whole_run / 10
        } else {
            while there(&killed) == before && child.try_wait().unwrap().is_none() {
                assert!(spawned.elapsed() < Duration::from_secs(120), "no trial was written");
                std::thread::sleep(Duration::from_millis(1));
            }
            // what about five trials take
            whole_run / (TRIALS as u32 / 5)
        };
        std::thread::sleep(wait * moment / 251);
        while_running += u32::from(child.try_wait().unwrap().is_none());
        stop(&mut child, u64::from(kill));
        let now = there(&killed);
        assert!(now >= before, "{now} trials, there were {before}");
        before = now;
        if now > 0 {
            let verified = apical(&["verify", "--quiet"]).arg(&killed).output().unwrap();
            assert!(!text(&verified.stdout).contains("killed/"), "{}", text(&verified.stdout));
        }
    }
    // else the test shows little
    assert!(
        while_running >= KILLS * 3 / 4,
        "{while_running} runs were killed, the others had ended"
    );
    println!(
        "{while_running} runs were killed; {before} of {TRIALS} trials were there after the last"
    );
    succeeds(&mut generate(&killed, TRIALS, &[]));
    assert_eq!(checksum(&killed), checksum(&whole));
    succeeds(apical(&["verify", "--quiet"]).arg(&killed));
}

#[test]
fn damage_is_reported_and_can_be_mended() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    succeeds(&mut generate(&data, 5, &[]));
    let before = checksum(&data);
    assert_eq!(succeeds(apical(&["verify"]).arg(&data)), "5 trials verified\n");
    assert_eq!(succeeds(apical(&["verify", "--quiet"]).arg(&data)), "");
    let damaged = data.join("voltage_mv/c/3/0/0");
    let mut bytes = fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&damaged, bytes).unwrap();
    fs::remove_file(data.join("soma_mv/c/0/0")).unwrap();
    let verified = apical(&["verify", "--json"]).arg(&data).output().unwrap();
    assert_eq!(verified.status.code(), Some(1));
    let files = serde_json::json!([
        {"trial": 0, "path": data.join("soma_mv/c/0/0"), "damage": "missing"},
        {"trial": 3, "path": damaged, "damage": "content"},
    ]);
    let expected = serde_json::json!(
        {"trials": 5, "missing": [], "damaged": files, "sealed_as_found": true}
    );
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&verified.stdout).unwrap(), expected);
    let verified = apical(&["verify", "--quiet", "--discard"]).arg(&data).output().unwrap();
    assert_eq!(verified.status.code(), Some(1));
    let report = text(&verified.stdout);
    assert!(report.contains("trial 3: ") && report.contains("its content is not what was written"));
    let hint = "`apical dataset verify --discard` removes those that are damaged";
    assert!(text(&verified.stderr).contains(hint), "{}", text(&verified.stderr));
    assert!(
        report.contains("trial 0: ") && report.contains("soma_mv/c/0/0: is missing"),
        "{report}"
    );
    succeeds(&mut generate(&data, 5, &[]));
    assert_eq!(checksum(&data), before);
}

#[test]
fn other_options_are_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    succeeds(&mut generate(&data, 2, &[]));
    let message = fails(&mut generate(&data, 2, &["--seed", "1"]));
    assert!(message.contains("made with /generator/trials/seed = 0, not 1"), "{message}");
    // what has no influence on the trials may change
    succeeds(&mut generate(&data, 2, &["--batch-size", "3"]));

    let manifest = data.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"format_version\": 1", "\"format_version\": 7")).unwrap();
    for command in [
        &mut generate(&data, 2, &[]),
        apical(&["merge"]).arg(&data),
        apical(&["verify"]).arg(&data),
    ] {
        let message = fails(command);
        assert!(message.contains("manifest.json: is of version 7 of the format"), "{message}");
    }
    fs::write(&manifest, "{").unwrap();
    assert!(fails(&mut generate(&data, 2, &[])).contains("line 1 column 1"));
    let message = fails(apical(&["verify"]).arg(folder.path()));
    assert!(message.contains("there is no manifest.json"), "{message}");
}

#[test]
fn a_data_set_is_not_replaced_by_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let [data, run] = ["data", "run"].map(|name| folder.path().join(name));
    succeeds(&mut generate(&data, 1, &[]));
    let manifest = fs::read(data.join("manifest.json")).unwrap();
    let simulate = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apical"));
        command.args(["simulate", "--quiet", "--duration-ms", "1", "--out"]).arg(out);
        command
    };
    succeeds(&mut simulate(&run));
    let mut lfp = Command::new(env!("CARGO_BIN_EXE_apical"));
    lfp.args(["lfp", "--electrodes", "six", "--voltages"]).arg(&run).arg("--out").arg(&data);
    let mut export = apical(&["export-lfdeep", "--quiet", "--form", "simulations", "--dataset"]);
    export.arg(&data).arg("--out").arg(&data);
    for command in [&mut simulate(&data), &mut lfp, &mut export] {
        let message = fails(command);
        assert!(message.contains("data: holds a data set"), "{message}");
        assert!(message.contains("choose another folder"), "{message}");
    }
    assert_eq!(fs::read(data.join("manifest.json")).unwrap(), manifest);
    succeeds(apical(&["verify", "--quiet"]).arg(&data));
}

#[test]
fn what_no_memory_holds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut command = apical(&["generate", "--quiet", "--trials", "999999", "--out"]);
    command.arg(&data).args(["--duration-ms", "1000000", "--batch-size", "4096"]);
    let message = fails(&mut command);
    assert!(message.contains("do not fit into 1 TiB"), "{message}");
    // a batch for each thread
    let message = fails(command.args(["--threads", "3"]));
    assert!(message.contains("12288 trials at a time"), "{message}");
    assert!(!data.exists());
}

#[test]
fn input_may_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input.json");
    fs::write(&input, r#"{"input": {"tree_rates": [], "hold_ms": [10]}}"#).unwrap();
    let given = ["--input", input.to_str().unwrap()];
    let message = fails(&mut generate(&folder.path().join("a"), 1, &given));
    assert!(message.contains("rates are given for 0 trees, the neuron has 2"), "{message}");
    fs::write(&input, r#"{"input": {"smoothing": [10]}}"#).unwrap();
    let message = fails(&mut generate(&folder.path().join("a"), 1, &given));
    assert!(message.contains("input.json") && message.contains("smoothing"), "{message}");
    fs::write(&input, r#"{"input": {"smoothing_ms": [10]}, "stimuli": {"trial_share": 0.0}}"#)
        .unwrap();
    let data = folder.path().join("b");
    let mut command = apical(&["generate", "--trials", "1", "--duration-ms", "5"]);
    let printed = succeeds(command.args(given).arg("--out").arg(&data));
    assert_eq!(printed, format!("1 trial, checksum {}\n", checksum(&data)));
    let manifest = Manifest::read(&data).unwrap();
    assert_eq!(manifest.generator["trials"]["input"]["smoothing_ms"], serde_json::json!([10]));
    assert!(manifest.layout.injection_sites.is_empty());
}

#[cfg(unix)]
mod without_room {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    use super::*;

    /// A file may not grow, as on a disk that is full.
    #[test]
    fn a_file_that_cannot_grow_is_an_error_and_no_trial() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, data] = ["whole", "data"].map(|name| folder.path().join(name));
        succeeds(&mut generate(&whole, 4, &[]));
        succeeds(&mut generate(&data, 4, &["--shard", "1/4"]));
        let run = generate(&data, 4, &["--batch-size", "1"]);
        let mut limited = Command::new("sh");
        // 8 or 16 KiB; the voltages of a trial are more
        limited.args(["-c", "ulimit -f 16; trap '' XFSZ; exec \"$@\"", "sh"]);
        limited.arg(run.get_program()).args(run.get_args());
        let message = fails(&mut limited);
        assert!(message.contains("voltage_mv/c/") && message.contains("too large"), "{message}");
        assert_eq!(there(&data), 1);
        succeeds(&mut generate(&data, 4, &[]));
        assert_eq!(checksum(&data), checksum(&whole));
    }

    /// Tells the test that it is the process with mounts of its own, and which folder to use.
    const OWN_MOUNTS: &str = "APICAL_TEST_OWN_MOUNTS";

    /// A small file system, where one may be mounted: by this test once more, in a process with mounts of its own, which end
    /// with it however it ends.
    #[test]
    fn a_full_disk_is_an_error_and_no_loss() {
        if let Some(folder) = std::env::var_os(OWN_MOUNTS) {
            return on_a_small_disk(Path::new(&folder));
        }
        let folder = tempfile::tempdir().unwrap();
        let mount = ["-m", "mount", "-t", "tmpfs", "tmpfs"];
        match Command::new("unshare").args(mount).arg(folder.path()).output() {
            Ok(tried) if tried.status.success() => {}
            Ok(tried) => return println!("skipped: {}", text(&tried.stderr).trim()),
            Err(error) => return println!("skipped: unshare: {error}"),
        }
        let mut again = Command::new("unshare");
        again.arg("-m").arg(std::env::current_exe().unwrap()).env(OWN_MOUNTS, folder.path());
        let name = "cli_dataset::without_room::a_full_disk_is_an_error_and_no_loss";
        let passed = succeeds(again.args(["--exact", name, "--nocapture"]));
        assert!(passed.contains("1 passed"), "{passed}");
    }

    fn on_a_small_disk(folder: &Path) {
        let [whole, disk] = ["whole", "disk"].map(|name| folder.join(name));
        fs::create_dir(&disk).unwrap();
        let mount = |options: &str| {
            let mut command = Command::new("mount");
            succeeds(command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&disk));
        };
        mount("size=1m");
        let data = disk.join("data");
        let message = fails(&mut generate(&data, 40, &["--batch-size", "1"]));
        assert!(message.contains("No space left on device"), "{message}");
        let verified = apical(&["verify", "--quiet"]).arg(&data).output().unwrap();
        assert!(!text(&verified.stdout).contains("trial 0:"), "{}", text(&verified.stdout));
        let before = there(&data);
        assert!((1..40).contains(&before), "{before}");
        mount("remount,size=64m");
        succeeds(&mut generate(&data, 40, &[]));
        succeeds(&mut generate(&whole, 40, &[]));
        assert_eq!(checksum(&data), checksum(&whole));
    }

    #[test]
    fn a_folder_that_may_not_be_written_to_is_an_error_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        succeeds(&mut generate(&data, 2, &["--shard", "1/2"]));
        let writable = |mode| {
            for path in [&data, &data.join("trials"), &data.join(".partial")] {
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            }
        };
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        writable(0o555);
        let mut run = generate(&data, 2, &[]);
        // root may write anywhere
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        if is_root {
            run.uid(65534).gid(65534);
        }
        let done = run.output();
        writable(0o755);
        match done {
            Err(error) => println!("skipped: the program cannot be run as another user: {error}"),
            Ok(done) => {
                let message = text(&done.stderr);
                assert_eq!(done.status.code(), Some(1), "{message}");
                assert!(message.contains("Permission denied"), "{message}");
                assert!(message.contains("data"), "{message}");
            }
        }
    }
}
