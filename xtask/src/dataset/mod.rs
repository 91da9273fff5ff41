//! Data sets: read by Python, and how fast they are made and loaded.

mod load;
mod python;
mod speed;

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::{root, target, text};
use crate::{Outcome, command};

/// What about data sets is looked at.
#[derive(clap::Subcommand)]
pub(crate) enum Options {
    /// Makes a data set, reads every array with Python's zarr, and runs the book's Python.
    Python(python::Options),
    /// Rates at which a data set is loaded from disk, in windows and in stretches.
    Load(load::Options),
    /// Rate of generation beside that of the bare simulator, and its memory.
    Speed(speed::Options),
}

/// Runs one of them.
pub(crate) fn run(options: &Options) -> Outcome {
    match options {
        Options::Python(options) => python::run(options),
        Options::Load(options) => load::run(options),
        Options::Speed(options) => speed::run(options),
    }
}

/// An empty folder below target.
pub(crate) fn empty_folder(name: &str) -> Outcome<PathBuf> {
    let folder = root().join("target").join(name);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", folder.display()));
        }
        _ => {}
    }
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// The program `apical`, built in release mode.
pub(crate) fn program() -> Outcome<PathBuf> {
    program_with(&[])
}

/// The same with more arguments of cargo.
pub(crate) fn program_with(more: &[&str]) -> Outcome<PathBuf> {
    let mut build = command::cargo(&["build", "--release", "--locked", "-p", "apical"]);
    command::run(build.args(more))?;
    Ok(target().join("release").join("apical"))
}

/// The same with these features in the profile of tests, copied into a folder, where another does not replace it.
///
/// The whole workspace is selected, so that it is made of what `cargo test` has built.
pub(crate) fn test_program(folder: &Path, name: &str, features: &[&str]) -> Outcome<PathBuf> {
    let mut build = command::cargo(&["build", "--workspace", "--profile", "test", "--locked"]);
    command::run(build.args(["--bin", "apical"]).args(features))?;
    let copy = folder.join(name);
    fs::copy(target().join("debug").join("apical"), &copy).map_err(text)?;
    Ok(copy)
}
