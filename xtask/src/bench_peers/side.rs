//! Who takes part, and how each is run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Inputs, Kind, Options};
use crate::Outcome;
use crate::command::{self, is_installed};
use crate::workspace::root;

/// A simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Peer {
    Neuron,
    Coreneuron,
    Arbor,
    Jaxley,
    Apical,
}

impl Peer {
    pub(super) const ALL: [Self; 5] =
        [Self::Neuron, Self::Coreneuron, Self::Arbor, Self::Jaxley, Self::Apical];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Neuron => "NEURON",
            Self::Coreneuron => "CoreNEURON",
            Self::Arbor => "Arbor",
            Self::Jaxley => "Jaxley",
            Self::Apical => "apical",
        }
    }

    /// Its Python package.
    const fn package(self) -> Option<&'static str> {
        match self {
            Self::Neuron | Self::Coreneuron => Some("neuron"),
            Self::Arbor => Some("arbor"),
            Self::Jaxley => Some("jaxley"),
            Self::Apical => None,
        }
    }

    /// What runs it, in the folder xtask/peers.
    const fn script(self) -> &'static str {
        match self {
            Self::Arbor => "run_arbor.py",
            Self::Jaxley => "run_jaxley.py",
            Self::Neuron | Self::Coreneuron | Self::Apical => "run_neuron.py",
        }
    }

    fn sides(self, batches: &[usize]) -> Vec<Side> {
        let side = |cells, flag, remark| Side { peer: self, cells, cores: 1, flag, remark };
        match self {
            Self::Neuron => vec![side(1, None, "")],
            Self::Coreneuron => vec![
                side(1, Some("--core"), ""),
                side(1, Some("--core-native"), ", -O3 -march=native -ffast-math"),
            ],
            Self::Arbor => vec![
                side(1, None, ""),
                side(1, Some("--native"), ", -O3 -march=native"),
                side(8, None, ""),
            ],
            Self::Jaxley => vec![
                side(1, None, ""),
                side(1, Some("--float64"), ", 64-bit floats"),
                side(8, None, ""),
            ],
            Self::Apical => {
                let mut sides: Vec<Side> =
                    batches.iter().map(|&cells| side(cells, None, "")).collect();
                if let (Some(&largest), 2..) = (batches.iter().max(), available_cores()) {
                    sides.push(Side { cells: 2 * largest, cores: 2, ..side(1, None, "") });
                }
                sides
            }
        }
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name().to_lowercase())
    }
}

/// One way of running a simulator: a row of the table.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) peer: Peer,
    /// Neurons that run side by side.
    pub(super) cells: usize,
    pub(super) cores: usize,
    /// What its script is told.
    flag: Option<&'static str>,
    remark: &'static str,
}

impl Side {
    pub(super) fn name(&self) -> String {
        let cells =
            if self.cells == 1 { "1 neuron".into() } else { format!("{} neurons", self.cells) };
        let cores =
            if self.cores == 1 { String::new() } else { format!(" on {} cores", self.cores) };
        format!("{}{}, {cells}{cores}", self.peer.name(), self.remark)
    }

    /// Of its files.
    pub(super) fn file_name(&self) -> String {
        format!("{}{}-{}", self.peer, self.flag.unwrap_or_default(), self.cells)
    }

    /// Runs this side once.
    pub(super) fn command(
        &self,
        kind: Kind,
        options: &Options,
        inputs: &Inputs,
        trace: &Path,
    ) -> Command {
        let mut command;
        if self.peer == Peer::Apical {
            command = pinned(options.core, self.cores, &program().to_string_lossy());
            command.arg("bench-peers").arg("--kind").arg(kind.to_string());
            command.arg("--apical-trace").arg(trace);
            command.arg("--apical-cores").arg(self.cores.to_string());
            command.arg("--batches").arg((self.cells / self.cores).to_string());
        } else {
            command = pinned(options.core, self.cores, options.python.program());
            command.arg(script(self.peer)).arg(kind.to_string()).args(self.flag);
            command.arg("--trace").arg(trace).arg("--cells").arg(self.cells.to_string());
            command.arg("--events").arg(&inputs.events).arg("--cell").arg(&inputs.cell);
        }
        command.arg("--reconstruction").arg(&inputs.reconstruction);
        command.arg("--duration-ms").arg(options.duration_ms.to_string());
        command
    }
}

/// The sides whose simulators are there, prepared; and what to say of the others.
pub(super) fn present(options: &Options) -> Outcome<(Vec<Side>, Vec<String>)> {
    let (mut sides, mut absent) = (Vec::new(), Vec::new());
    for peer in Peer::ALL {
        if peer != Peer::Neuron && !options.peers.contains(&peer) {
            continue;
        }
        if let Some(package) = peer.package()
            && !is_importable(options, package)
        {
            absent.push(format!("{} is absent: no Python package `{package}`.", peer.name()));
            continue;
        }
        for side in peer.sides(&options.batches) {
            match prepare(&side, options) {
                Ok(()) => sides.push(side),
                Err(message) if peer == Peer::Apical => return Err(message),
                Err(message) => absent.push(format!("{} is absent: {message}.", side.name())),
            }
        }
    }
    Ok((sides, absent))
}

fn is_importable(options: &Options, package: &str) -> bool {
    let mut command = options.python.command();
    command.arg("-c").arg(format!("import {package}"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|done| done.success())
}

/// Compiles what a side needs.
fn prepare(side: &Side, options: &Options) -> Outcome {
    if side.peer != Peer::Apical {
        let mut command = options.python.command();
        return command::run(command.arg(script(side.peer)).arg("prepare").args(side.flag));
    }
    let build = ["build", "--release", "--locked", "-p", "xtask", "--target-dir", "target"];
    command::run(&mut command::cargo(&build))
}

fn script(peer: Peer) -> PathBuf {
    Path::new("xtask").join("peers").join(peer.script())
}

/// This program again, as built for release.
fn program() -> PathBuf {
    root().join("target").join("release").join("xtask")
}

/// Binds a program to a core, or to that and the one beside it.
fn pinned(core: usize, cores: usize, program: &str) -> Command {
    let mut command = if is_installed("taskset", &["--version"]) {
        let mut command = Command::new("taskset");
        let beside = if core + 1 < available_cores() { core + 1 } else { core.saturating_sub(1) };
        let list = if cores == 1 { core.to_string() } else { format!("{core},{beside}") };
        command.arg("-c").arg(list).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(root()).env("NEURON_MODULE_OPTIONS", "-nogui");
    command.env("OMP_NUM_THREADS", "1").env("RAYON_NUM_THREADS", "1");
    command
}

fn available_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
