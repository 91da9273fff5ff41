//! `apical completions`.

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Failure};

/// Print the completions of a shell: what its tab key knows of commands, options and their values.
///
/// Each shell reads them from a file of its own, once it is started again.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  apical completions bash > ~/.local/share/bash-completion/completions/apical
  apical completions zsh > ~/.zfunc/_apical
  apical completions fish > ~/.config/fish/completions/apical.fish")]
pub(super) struct CompletionsArgs {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "apical", &mut script);
    Ok(io::stdout().write_all(&script)?)
}
