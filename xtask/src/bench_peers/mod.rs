//! apical and other simulators on the same neuron, on one core, in turn.

mod apical;
mod measurement;
mod side;
mod table;

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::command;
use crate::python::PythonOptions;
use crate::workspace::root;
pub(crate) use measurement::Measurement;
use measurement::read_trace;
use side::{Peer, Side};
use table::Row;

/// What is timed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Reconstruction (.asc or .swc); `cell1.asc` in the folder `APICAL_REFERENCE` by default.
    #[arg(long)]
    reconstruction: Option<PathBuf>,
    /// Simulated time, ms.
    #[arg(long, default_value_t = 1000)]
    duration_ms: u32,
    /// How often each side runs.
    #[arg(long, default_value_t = 3)]
    alternations: usize,
    /// Core that all sides are bound to, if `taskset` is there; a side of two cores also takes the one beside it.
    #[arg(long, default_value_t = 0)]
    core: usize,
    /// Who runs. NEURON always does: the others are measured against it.
    #[arg(long, value_delimiter = ',', default_values_t = Peer::ALL)]
    peers: Vec<Peer>,
    /// What runs.
    #[arg(long = "kind", value_delimiter = ',', default_values_t = Kind::ALL)]
    kinds: Vec<Kind>,
    /// Neurons side by side in apical.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    batches: Vec<usize>,
    /// Runs apical alone and prints its measurement: used by the task itself.
    #[arg(long, hide = true)]
    apical_trace: Option<PathBuf>,
    /// With `--apical-trace`: the cores that share the work.
    #[arg(long, hide = true, default_value_t = 1)]
    apical_cores: usize,
    #[command(flatten)]
    python: PythonOptions,
}

/// How much of the model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// The leak alone.
    Passive,
    /// All channels, without synapses.
    Channels,
    /// All channels, and synapses under events.
    Synapses,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Passive, Self::Channels, Self::Synapses];
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passive => "passive",
            Self::Channels => "channels",
            Self::Synapses => "synapses",
        })
    }
}

/// The files that all sides are given.
struct Inputs {
    reconstruction: PathBuf,
    events: PathBuf,
    cell: PathBuf,
}

impl Inputs {
    fn new(options: &Options) -> Outcome<Self> {
        let folder = folder();
        Ok(Self {
            reconstruction: reconstruction(options)?,
            events: folder.join("events.json"),
            cell: folder.join("cell.json"),
        })
    }
}

/// Where this task keeps what it makes.
fn folder() -> PathBuf {
    root().join("target").join("peers")
}

/// Times all sides in turn and prints medians a simulated second of one neuron.
pub(crate) fn run(options: &Options) -> Outcome {
    let inputs = Inputs::new(options)?;
    if let Some(trace) = &options.apical_trace {
        return apical::run(options, &inputs, trace);
    }
    options.python.require_neuron()?;
    options.python.require_mechanisms()?;
    std::fs::create_dir_all(folder()).map_err(|error| error.to_string())?;
    command::run(
        options
            .python
            .command()
            .arg(Path::new("xtask").join("peers").join("export_cell.py"))
            .arg(&inputs.reconstruction)
            .arg(options.duration_ms.to_string())
            .args([&inputs.events, &inputs.cell]),
    )?;
    let (sides, absent) = side::present(options)?;
    let mut different = Vec::new();
    for kind in &options.kinds {
        let rows = time(&sides, *kind, options, &inputs)?;
        table::print(&rows, &absent, *kind, options);
        let wrong = rows.iter().filter(|row| row.side.peer == Peer::Apical);
        let spikes = rows.first().and_then(Row::spikes);
        different.extend(wrong.filter(|row| row.spikes() != spikes).map(|row| {
            format!("{kind}, {}: {:?} spikes, NEURON {spikes:?}", row.side.name(), row.spikes())
        }));
    }
    if different.is_empty() {
        return Ok(());
    }
    // A faster run that does something else is worth nothing.
    Err(format!("apical is not NEURON:\n  {}", different.join("\n  ")))
}

/// One row for every side, NEURON's first.
fn time<'a>(
    sides: &'a [Side],
    kind: Kind,
    options: &Options,
    inputs: &Inputs,
) -> Outcome<Vec<Row<'a>>> {
    let mut rows: Vec<Row<'a>> = sides.iter().map(Row::new).collect();
    let mut reference = None;
    for round in 1..=options.alternations {
        for row in rows.iter_mut().filter(|row| row.failure.is_none()) {
            let trace = folder().join(format!("{}-{kind}.f64", row.side.file_name()));
            match Measurement::of(&mut row.side.command(kind, options, inputs, &trace)) {
                Ok(measured) => {
                    println!("{kind} {round}: {} {}", row.side.name(), measured.shown());
                    row.runs.push(measured);
                }
                Err(message) if matches!(row.side.peer, Peer::Neuron | Peer::Apical) => {
                    return Err(message);
                }
                Err(message) => row.failure = Some(message),
            }
            if round == 1 && row.failure.is_none() {
                let trace = read_trace(&trace)?;
                let reference = reference.get_or_insert_with(|| trace.clone());
                row.compare(&trace, reference);
            }
        }
    }
    Ok(rows)
}

fn reconstruction(options: &Options) -> Outcome<PathBuf> {
    let path = match &options.reconstruction {
        Some(path) => path.clone(),
        None => std::env::var_os("APICAL_REFERENCE")
            .map(|folder| Path::new(&folder).join("cell1.asc"))
            .ok_or("name a file with --reconstruction, or set APICAL_REFERENCE")?,
    };
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}
