//! Golden data: `tests/data/**/*.json` of every crate. Each says which tool made it, its version and the command,
//! and holds the SHA-256 of every array next to it and of every input, so that data and provenance cannot part.

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
    /// Make all of it again with NEURON, the only way to change it.
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

/// Runs every command that golden data names, once.
fn bless(python: &PythonOptions) -> Outcome {
    let version = python.require_neuron()?;
    println!("making golden data again with NEURON {version}");
    let mut commands: Vec<String> = Vec::new();
    for file in files()?.iter().filter(|file| is_golden(file, "json")) {
        let line = text(&parse(file)?, "command", file)?;
        if !commands.contains(&line) {
            commands.push(line);
        }
    }
    for line in commands {
        let Some(arguments) = line.strip_prefix("python ") else {
            println!("    left alone, not made by Python: {line}");
            continue;
        };
        command::run(python.command().args(arguments.split_whitespace()))?;
    }
    Ok(())
}

/// The files a golden JSON vouches for and their hashes.
fn hashes(file: &Path) -> Outcome<Vec<(PathBuf, String)>> {
    let json = parse(file)?;
    for key in ["tool", "version"] {
        text(&json, key, file)?;
    }
    let made_by = text(&json, "command", file)?;
    let folder = file.parent().unwrap_or(file);
    let arrays = entries(&json["arrays"]).map(|(name, entry)| {
        let name = entry["file"].as_str().unwrap_or(name);
        (folder.join(name), entry)
    });
    let inputs = entries(&json["files"])
        .map(|(name, entry)| (input_folder(&made_by).unwrap_or(folder).join(name), entry));
    arrays.chain(inputs).map(|(path, entry)| Ok((path, text(entry, "sha256", file)?))).collect()
}

/// `python script.py FOLDER OUT`: the folder with the inputs.
fn input_folder(made_by: &str) -> Option<&Path> {
    made_by.split_whitespace().nth(2).map(Path::new)
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
    fn golden_data_lies_in_tests_data() {
        assert!(is_golden(Path::new("crates/a/tests/data/x/y.json"), "json"));
        assert!(!is_golden(Path::new("crates/a/data/y.json"), "json"));
        assert!(!is_golden(Path::new("crates/a/tests/data/y.npy"), "json"));
    }
}
