//! Rules about the sources that no compiler checks. Each has its reason next to it.

use std::path::Path;

use crate::workspace::{Package, files, packages, read};
use crate::{Outcome, crate_graph, links, shared_builds};

/// Longer files hold more than one idea.
const MAX_LINES: usize = 600;
const SOURCES: [&str; 5] = ["rs", "py", "mod", "sh", "toml"];
const TEXTS: [&str; 11] =
    ["rs", "py", "mod", "sh", "toml", "md", "json", "yml", "yaml", "lock", "run"];

/// Places of one machine, which mean nothing elsewhere. Split, so that this file passes.
const MACHINE_PATHS: [&str; 6] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("C:", "\\Us", "ers"),
    concat!("/t", "mp/"),
];
/// The folder of reference data that only the script of the continuous integration may look for.
const REFERENCE_FOLDER: &str = concat!("shared", "/reference");
/// Settings that send cargo or pip to another registry.
const REGISTRY_SETTINGS: [&str; 3] =
    [concat!("replace", "-with"), concat!("index", "-url"), concat!("[regis", "tries")];

/// Checks every rule and lists every breach.
pub(crate) fn run() -> Outcome {
    let packages = packages()?;
    let mut breaches = crate_graph::differences(&packages)?;
    breaches.extend(shared_builds::breaches()?);
    for package in &packages {
        breaches.extend(manifest_breaches(package)?);
    }
    let mut checked = 0;
    for file in files()? {
        if has_extension(&file, &TEXTS) {
            checked += 1;
            let text = read(&file)?;
            breaches.extend(text_breaches(&file, &text));
            if has_extension(&file, &["md"]) {
                breaches.extend(links::broken(&file, &text)?);
            }
        }
    }
    if breaches.is_empty() {
        println!("tidy: {checked} files and {} crates keep the rules", packages.len());
        return Ok(());
    }
    Err(format!("tidy:\n  {}", breaches.join("\n  ")))
}

/// Lints, version and the rest come from the workspace, so that no crate has rules of its own.
fn manifest_breaches(package: &Package) -> Outcome<Vec<String>> {
    let text = std::fs::read_to_string(&package.manifest).map_err(|error| error.to_string())?;
    let mut needed = vec!["edition.workspace = true", "rust-version.workspace = true"];
    if package.is_published {
        needed.extend(["version.workspace = true", "license.workspace = true", "description = "]);
    }
    let mut breaches: Vec<String> = needed
        .iter()
        .filter(|line| !text.contains(**line))
        .map(|line| format!("{}: its Cargo.toml lacks `{line}`", package.name))
        .collect();
    if !inherits_lints(&text) {
        breaches.push(format!("{}: does not inherit the workspace's lints", package.name));
    }
    Ok(breaches)
}

fn inherits_lints(manifest: &str) -> bool {
    manifest.split("[lints]").nth(1).is_some_and(|after| {
        after
            .lines()
            .take_while(|line| !line.starts_with('['))
            .any(|line| line == "workspace = true")
    })
}

fn text_breaches(file: &Path, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let lines = text.lines().count();
    if has_extension(file, &SOURCES) && lines > MAX_LINES {
        breaches.push(format!("{}: {lines} lines, at most {MAX_LINES}", file.display()));
    }
    let is_ci_script = file == Path::new(".ci/run");
    for (index, line) in text.lines().enumerate() {
        let place = || format!("{}:{}", file.display(), index + 1);
        if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(**path)) {
            breaches.push(format!("{}: names a place of one machine, {path}", place()));
        }
        if line.contains(REFERENCE_FOLDER) && !is_ci_script {
            breaches.push(format!("{}: only .ci/run may name {REFERENCE_FOLDER}", place()));
        }
        if let Some(setting) = REGISTRY_SETTINGS.iter().find(|setting| line.contains(**setting)) {
            breaches.push(format!("{}: sets another registry, {setting}", place()));
        }
    }
    breaches
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    let name = file.extension().or_else(|| file.file_name()).and_then(|name| name.to_str());
    name.is_some_and(|name| extensions.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(file: &str, text: &str) -> usize {
        text_breaches(Path::new(file), text).len()
    }

    #[test]
    fn long_sources_are_found() {
        assert_eq!(breaches("a.rs", &"x\n".repeat(MAX_LINES)), 0);
        assert_eq!(breaches("a.rs", &"x\n".repeat(MAX_LINES + 1)), 1);
        assert_eq!(breaches("a.json", &"x\n".repeat(MAX_LINES + 1)), 0);
    }

    #[test]
    fn places_of_a_machine_are_found() {
        assert_eq!(breaches("a.md", &format!("see {}x", MACHINE_PATHS[0])), 1);
        assert_eq!(breaches("a.md", &format!("../{REFERENCE_FOLDER}")), 1);
        assert_eq!(breaches(".ci/run", &format!("../{REFERENCE_FOLDER}")), 0);
    }

    #[test]
    fn lints_are_inherited_only_under_their_heading() {
        assert!(inherits_lints("[lib]\n\n[lints]\nworkspace = true\n"));
        assert!(!inherits_lints("[lints]\n[other]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\n"));
    }
}
