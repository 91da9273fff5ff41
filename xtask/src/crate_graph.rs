//! The crate graph as ARCHITECTURE.md states it and as cargo sees it.

use std::path::Path;

use crate::Outcome;
use crate::workspace::{Package, read};

const FENCE: &str = "```crate-graph";

/// Lines `name -> dependency, dependency` of the workspace's own crates, by name.
fn actual(packages: &[Package]) -> Vec<String> {
    packages
        .iter()
        .map(|package| format!("{} -> {}", package.name, package.depends_on.join(", ")))
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// The lines between the fence ```` ```crate-graph ```` and its end.
fn stated(text: &str) -> Option<Vec<String>> {
    let after = text.split_once(FENCE)?.1;
    let inside = after.split_once("\n```")?.0;
    Some(
        inside.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect(),
    )
}

/// What differs, one message a line; empty when nothing does.
pub(crate) fn differences(packages: &[Package]) -> Outcome<Vec<String>> {
    let file = Path::new("ARCHITECTURE.md");
    let Some(stated) = stated(&read(file)?) else {
        return Err(format!("ARCHITECTURE.md has no block {FENCE}"));
    };
    let actual = actual(packages);
    let missing = actual.iter().filter(|line| !stated.contains(line));
    let wrong = stated.iter().filter(|line| !actual.contains(line));
    Ok(missing
        .map(|line| format!("ARCHITECTURE.md lacks the line: {line}"))
        .chain(wrong.map(|line| format!("ARCHITECTURE.md states what is not so: {line}")))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_block_and_nothing_else() {
        let text = "# A\n```text\nx -> y\n```\n```crate-graph\ncore ->\nmore -> core\n```\nend";
        assert_eq!(stated(text).unwrap(), ["core ->", "more -> core"]);
        assert_eq!(stated("no block"), None);
    }
}
