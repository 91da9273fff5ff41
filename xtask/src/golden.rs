//! Golden data: `tests/data/**/*.json` of every crate. Each says which tool made it, its version and the command,
//! and holds the SHA-256 of every array and every input, which lie next to it, so that data and provenance cannot part.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::python::PythonOptions;
use crate::workspace::{files, read, root};
use crate::{Outcome, command};

/// What to do with the golden data.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Make all of it again with NEURON (and probeinterface 0.4.2, probe files), the only way to change it.
    #[arg(long)]
    bless: bool,
    #[command(flatten)]
    python: PythonOptions,
}

/// Checks the golden data, after making it again if asked to.
pub(crate) fn run(options: &Options) -> Outcome {
    if options.bless {
        bless(&options.python)?;
    }
    check()
}

/// Checks provenance and hashes of all golden data.
pub(crate) fn check() -> Outcome {
    let files = files()?;
    let mut breaches = Vec::new();
    let mut hashed: BTreeMap<PathBuf, String> = BTreeMap::new();
    let jsons: Vec<&PathBuf> = files.iter().filter(|file| is_golden(file, "json")).collect();
    for file in &jsons {
        match hashes(file) {
            Ok(found) => hashed.extend(found),
            Err(message) => breaches.push(message),
        }
    }
    for (file, expected) in &hashed {
        match std::fs::read(root().join(file)) {
            Ok(bytes) if hex(&bytes) == *expected => {}
            Ok(_) => breaches.push(format!("{}: not the file that was hashed", file.display())),
            Err(error) => breaches.push(format!("{}: {error}", file.display())),
        }
    }
    for file in files.iter().filter(|file| is_golden(file, "npy")) {
        if !hashed.contains_key(file) {
            breaches.push(format!("{}: no JSON says where it comes from", file.display()));
        }
    }
    if breaches.is_empty() {
        println!("golden: {} sets, {} hashed files agree", jsons.len(), hashed.len());
        return Ok(());
    }
    Err(format!("golden:\n  {}", breaches.join("\n  ")))
}

/// Runs every script that golden data names, once for what it writes.
fn bless(python: &PythonOptions) -> Outcome {
    let version = python.require_neuron()?;
    println!("making golden data again with NEURON {version}");
    let mut commands: Vec<Vec<String>> = Vec::new();
    for file in files()?.iter().filter(|file| is_golden(file, "json")) {
        let arguments = remake(&text(&parse(file)?, "command", file)?, file);
        if !commands.contains(&arguments) {
            commands.push(arguments);
        }
    }
    commands.iter().try_for_each(|arguments| command::run(python.command().args(arguments)))
}

/// The script and arguments that make a golden JSON again, from the root: its place is known, wherever the recorded
/// command was given.
fn remake(made_by: &str, file: &Path) -> Vec<String> {
    let folder = file.parent().unwrap_or(file).display().to_string();
    let script = script(made_by).to_owned();
    match Path::new(&script).file_name().and_then(|name| name.to_str()) {
        Some("import_golden.py") => vec![script, folder, file.display().to_string()],
        Some("ball_and_stick.py") => vec![script, folder],
        _ => made_by.split_whitespace().skip(1).map(str::to_owned).collect(),
    }
}

/// `python SCRIPT …`
fn script(made_by: &str) -> &str {
    made_by.split_whitespace().nth(1).unwrap_or_default()
}

/// The files a golden JSON vouches for and their hashes.
fn hashes(file: &Path) -> Outcome<Vec<(PathBuf, String)>> {
    let json = parse(file)?;
    for key in ["tool", "version"] {
        text(&json, key, file)?;
    }
    let made_by = text(&json, "command", file)?;
    if !root().join(script(&made_by)).is_file() {
        return Err(format!("{}: no script makes it: {made_by}", file.display()));
    }
    let folder = file.parent().unwrap_or(file);
    let arrays = entries(&json["arrays"])
        .map(|(name, entry)| (folder.join(entry["file"].as_str().unwrap_or(name)), entry));
    let inputs = entries(&json["files"]).map(|(name, entry)| (folder.join(name), entry));
    arrays.chain(inputs).map(|(path, entry)| Ok((path, text(entry, "sha256", file)?))).collect()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value, key: &str, file: &Path) -> Outcome<String> {
    value[key].as_str().map(str::to_owned).ok_or(format!("{}: lacks `{key}`", file.display()))
}

fn parse(file: &Path) -> Outcome<Value> {
    serde_json::from_str(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))
}

fn is_golden(file: &Path, extension: &str) -> bool {
    let parts: Vec<_> = file.iter().collect();
    file.extension().is_some_and(|found| found == extension)
        && parts.windows(2).any(|pair| pair[0] == "tests" && pair[1] == "data")
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_sha_256() {
        // FIPS 180-2, appendix B.1
        assert_eq!(hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn data_is_made_again_where_it_lies() {
        let file = Path::new("crates/a/tests/data/swc/n.json");
        let again = remake("python xtask/neuron/import_golden.py swc swc/n.json", file);
        let folder = "crates/a/tests/data/swc";
        assert_eq!(
            again,
            ["xtask/neuron/import_golden.py", folder, "crates/a/tests/data/swc/n.json"]
        );
        assert_eq!(remake("python x/ball_and_stick.py y", file), ["x/ball_and_stick.py", folder]);
        assert_eq!(remake("python x/other.py y z", file), ["x/other.py", "y", "z"]);
    }

    #[test]
    fn golden_data_lies_in_tests_data() {
        assert!(is_golden(Path::new("crates/a/tests/data/x/y.json"), "json"));
        assert!(!is_golden(Path::new("crates/a/data/y.json"), "json"));
        assert!(!is_golden(Path::new("crates/a/tests/data/y.npy"), "json"));
    }
}
