//! Running other programs.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::workspace::root;

/// A cargo command in the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// A cargo of another toolchain, in a folder; this one's variables would have it use this one's compiler.
pub(crate) fn cargo_of(toolchain: &str, folder: &Path) -> Command {
    let mut command = Command::new("cargo");
    for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command.arg(format!("+{toolchain}")).current_dir(folder);
    command
}

/// Runs a command with the terminal's output; an error if it fails.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    println!("    $ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed: {status}")),
        Err(error) => Err(format!("`{shown}` did not start: {error}")),
    }
}

/// Runs a command and returns what it printed; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let shown = shown(command);
    let done = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{shown}` did not start: {error}"))?;
    if !done.status.success() {
        return Err(format!("`{shown}` failed: {}", done.status));
    }
    String::from_utf8(done.stdout).map_err(|_| format!("`{shown}` printed no UTF-8"))
}

/// Whether a program is there: it starts and answers `--version`.
pub(crate) fn is_installed(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
