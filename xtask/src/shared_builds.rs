//! Whether one build serves all stages of the continuous integration.

use std::collections::BTreeSet;

use crate::Outcome;
use crate::command::{cargo, output};

/// What of the build without tests another build cannot use: a dependency with other features is compiled once more, and so is
/// all that depends on it, candle and zarrs among it.
pub(crate) fn breaches() -> Outcome<Vec<String>> {
    let plain = dependencies(&["--edges", "no-dev"])?;
    let mut breaches = Vec::new();
    for (what, arguments) in [
        ("tests", &["--edges", "normal,build,dev"][..]),
        ("MPI", &["--edges", "no-dev", "--features", "apical/mpi"]),
    ] {
        let other = dependencies(arguments)?;
        let missing = plain.difference(&other);
        breaches.extend(missing.map(|dependency| {
            format!("{dependency}: not with {what}, whose features have to be asked for in xtask/Cargo.toml")
        }));
    }
    Ok(breaches)
}

/// Those that are not of the workspace, with their versions and features.
fn dependencies(arguments: &[&str]) -> Outcome<BTreeSet<String>> {
    let mut command = cargo(&["tree", "--workspace", "--locked", "--prefix", "none"]);
    let tree = output(command.args(["--format", "{p} [{f}]"]).args(arguments))?;
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    // a name and version with a path is of the workspace
    let is_of_workspace = |line: &str| {
        let package = line.split(" [").next().unwrap_or_default();
        package.ends_with(')') && !package.ends_with("(proc-macro)")
    };
    Ok(lines.filter(|line| !line.is_empty() && !is_of_workspace(line)).map(str::to_owned).collect())
}
