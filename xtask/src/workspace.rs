//! What cargo and git know of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Outcome;
use crate::command::{cargo, output};

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    root().join(target.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    /// Not one for the workspace alone.
    pub(crate) is_published: bool,
    /// Names of the crates of this workspace it depends on; tests and benchmarks do not count.
    pub(crate) depends_on: Vec<String>,
    /// Features but `default`, sorted.
    pub(crate) features: Vec<String>,
    /// Features that need more than a Rust toolchain: `package.metadata.xtask.skip-features`.
    pub(crate) skip_features: Vec<String>,
}

/// The crates of the workspace, by name.
pub(crate) fn packages() -> Outcome<Vec<Package>> {
    let text = output(&mut cargo(&["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let listed = array(&metadata["packages"]);
    let names: Vec<String> = listed.iter().map(|package| string(&package["name"])).collect();
    let mut packages: Vec<Package> = listed.iter().map(|value| package(value, &names)).collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packages)
}

fn package(value: &Value, names: &[String]) -> Package {
    let mut depends_on: Vec<String> = array(&value["dependencies"])
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| string(&dependency["name"]))
        .filter(|name| names.contains(name))
        .collect();
    depends_on.sort();
    depends_on.dedup();
    let features = value["features"].as_object().map_or_else(Vec::new, |features| {
        features.keys().filter(|name| *name != "default").cloned().collect()
    });
    Package {
        name: string(&value["name"]),
        manifest: PathBuf::from(string(&value["manifest_path"])),
        // null, or the registries that it may be published to
        is_published: value["publish"].is_null(),
        depends_on,
        features,
        skip_features: array(&value["metadata"]["xtask"]["skip-features"])
            .iter()
            .map(string)
            .collect(),
    }
}

/// Files that are tracked or would be, relative to the root.
pub(crate) fn files() -> Outcome<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let listed = output(&mut git)?;
    let mut files: Vec<PathBuf> = listed
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|file| root().join(file).is_file())
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// The text of a file under the root.
pub(crate) fn read(file: &Path) -> Outcome<String> {
    std::fs::read_to_string(root().join(file))
        .map_err(|error| format!("{}: {error}", file.display()))
}

pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// An error as tasks report it.
pub(crate) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
