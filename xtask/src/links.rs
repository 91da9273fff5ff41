//! Links of the texts to files of the workspace, and to headings in them.

use std::path::{Component, Path, PathBuf};

use crate::Outcome;
use crate::workspace::{read, root};

/// Links of a text that lead nowhere.
pub(crate) fn broken(file: &Path, content: &str) -> Outcome<Vec<String>> {
    let mut broken = Vec::new();
    for (line, target) in links(content) {
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let linked = if path.is_empty() { file.to_owned() } else { beside(file, path) };
        if !root().join(&linked).exists() {
            broken.push(format!("{}:{line}: there is no {target}", file.display()));
        } else if !heading.is_empty() && linked.extension().is_some_and(|found| found == "md") {
            let has = |line: &str| anchor(line).is_some_and(|anchor| anchor == heading);
            if !read(&linked)?.lines().any(has) {
                broken.push(format!("{}:{line}: there is no heading {target}", file.display()));
            }
        }
    }
    Ok(broken)
}

/// Lines and targets of links to files; code is not looked at.
fn links(content: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut is_code = false;
    for (index, line) in content.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let prose = if is_code { "" } else { line };
        // every other part is between backticks
        for part in prose.split('`').step_by(2) {
            for (start, _) in part.match_indices("](") {
                let target = part[start + 2..].split(')').next().unwrap_or_default();
                if !target.contains("://") && !target.starts_with("mailto:") {
                    links.push((index + 1, target));
                }
            }
        }
    }
    links
}

/// A path as a file's links mean it, from the root.
fn beside(file: &Path, path: &str) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut found = PathBuf::new();
    for component in folder.join(path).components() {
        match component {
            Component::ParentDir => drop(found.pop()),
            Component::CurDir => {}
            component => found.push(component),
        }
    }
    found
}

/// What a heading is called in links: small letters, and hyphens for spaces.
fn anchor(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_of_code() {
        let text =
            "[a](b.md) and [c](d.md#e)\n```\n[x](y.md)\n```\n`[x](y)` [f](https://g)\n![h](i.svg)";
        assert_eq!(links(text), [(1, "b.md"), (1, "d.md#e"), (6, "i.svg")]);
        assert_eq!(beside(Path::new("docs/src/a.md"), "../../b/c.md"), Path::new("b/c.md"));
        assert_eq!(anchor("## A network of one's own").unwrap(), "a-network-of-ones-own");
        assert_eq!(anchor("#[test]"), None);
    }

    #[test]
    fn links_to_nothing_are_told() {
        let file = Path::new("docs/src/a.md");
        let found = |text: &str| broken(file, text).unwrap().len();
        assert_eq!(found("[a](glossary.md) [b](../../README.md#two-commands)"), 0);
        assert_eq!(found("[a](nothing.md) [b](../../README.md#three-commands)"), 2);
    }
}
