//! What a release needs: crates that can be packaged, and the oldest dependencies that they say they work with.

use std::fs;
use std::path::Path;

use crate::command::{cargo, cargo_of, run as run_command};
use crate::workspace::{Package, target, text};
use crate::{Outcome, worktree};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The toolchain that can choose the oldest versions.
    #[arg(long, default_value = "nightly")]
    toolchain: String,
}

/// Every crate that is published can be packaged, alone and after those that it depends on. What is packaged is not built:
/// that is what all other stages do.
pub(crate) fn package(packages: &[Package]) -> Outcome {
    let mut command =
        cargo(&["package", "--workspace", "--locked", "--no-verify", "--allow-dirty"]);
    for package in packages.iter().filter(|package| !package.is_published) {
        command.args(["--exclude", &package.name]);
    }
    run_command(command.arg("--target-dir").arg(target().join("package")))
}

/// Checks the workspace with the oldest versions that its manifests name, in a worktree of what is committed.
pub(crate) fn minimal_versions(options: &Options) -> Outcome {
    worktree::with("minimal-versions", "HEAD", |folder| check_in(folder, options))
}

fn check_in(worktree: &Path, options: &Options) -> Outcome {
    let mut update = cargo_of(&options.toolchain, worktree);
    run_command(update.args(["update", "-Z", "direct-minimal-versions"]))?;
    let mut check = cargo(&["check", "--workspace", "--locked", "--all-targets"]);
    run_command(check.current_dir(worktree).env("CARGO_TARGET_DIR", target()))?;
    let lock = fs::read_to_string(worktree.join("Cargo.lock")).map_err(text)?;
    println!("{} packages, the oldest that are asked for", lock.matches("[[package]]").count());
    Ok(())
}
