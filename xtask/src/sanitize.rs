//! Tests of the crates that have `unsafe`, under the address sanitizer.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::command::{cargo_of, output, run as run_command};
use crate::workspace::{packages, root, target, text};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The toolchain with sanitizers.
    #[arg(long, default_value = "nightly")]
    toolchain: String,
}

/// Finds the crates by their sources. What rayon's threads hold to the end is no leak.
pub(crate) fn run(options: &Options) -> Outcome {
    let mut version = cargo_of(&options.toolchain, &root());
    let version = output(version.args(["version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or("cargo does not say what machine this is")?;
    let mut command = cargo_of(&options.toolchain, &root());
    command.args(["test", "--locked", "--lib", "--test", "it", "--target", host]);
    command.arg("--target-dir").arg(target().join("sanitize"));
    for package in packages()? {
        let sources = package.manifest.with_file_name("src");
        if package.is_published && has_unsafe(&sources)? {
            command.args(["-p", &package.name]);
        }
    }
    command.env("RUSTFLAGS", "-Zsanitizer=address").env("ASAN_OPTIONS", "detect_leaks=0");
    run_command(&mut command)
}

fn has_unsafe(folder: &Path) -> Outcome<bool> {
    for entry in fs::read_dir(folder).map_err(text)? {
        let path = entry.map_err(text)?.path();
        let is_found = if path.is_dir() {
            has_unsafe(&path)?
        } else {
            fs::read_to_string(&path).map_err(text)?.contains("unsafe {")
        };
        if is_found {
            return Ok(true);
        }
    }
    Ok(false)
}
