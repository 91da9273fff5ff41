//! Other revisions of the workspace, beside this one.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::command::{output, run as run_command};
use crate::workspace::{root, target};

/// Does something with a revision in a folder of the target folder, which is removed after it.
pub(crate) fn with<T>(
    name: &str,
    revision: &str,
    work: impl FnOnce(&Path) -> Outcome<T>,
) -> Outcome<T> {
    let folder = target().join("worktree").join(name);
    let worktree = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(root()).arg("worktree").args(arguments).arg(&folder);
        git
    };
    // what was killed has left
    if folder.exists() {
        run_command(&mut worktree(&["remove", "--force"]))?;
    }
    run_command(worktree(&["add", "--force", "--detach"]).arg(commit(revision)?))?;
    let outcome = work(&folder);
    run_command(&mut worktree(&["remove", "--force"]))?;
    outcome
}

fn commit(revision: &str) -> Outcome<String> {
    let commit = format!("{revision}^{{commit}}");
    let mut git = Command::new("git");
    git.current_dir(root()).args(["rev-parse", "--verify", &commit]);
    Ok(output(&mut git)?.trim().to_owned())
}
