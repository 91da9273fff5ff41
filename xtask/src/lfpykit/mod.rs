//! Field potentials, dipoles, heads, magnetic fields and source densities of LFPykit and of apical on random inputs, with LFPykit in the loop.

mod case;
mod compare;
mod doubt;
mod draw;
mod head;
mod model;
mod probes;
mod slice;
mod timing;
mod volumes;

use std::path::{Path, PathBuf};

use apical_core::RandomStreams;
use serde_json::{Value, json};

use crate::Outcome;
use crate::command;
use crate::python::PythonOptions;
use crate::workspace::{root, text};
use case::Case;
use compare::Row;
use model::{MODELS, Model};

const SCRIPT: &str = "xtask/peers/run_lfpykit.py";

/// What is compared.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seed of the inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of random neurons, each with electrodes and a head.
    #[arg(long, default_value_t = 200)]
    geometries: u64,
    /// Times both, too.
    #[arg(long)]
    time: bool,
    /// How often each side is timed.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Times apical alone and prints that: used by the task itself.
    #[arg(long, hide = true)]
    apical_times: bool,
    #[command(flatten)]
    python: PythonOptions,
}

/// Where this task keeps what it makes.
fn folder() -> PathBuf {
    root().join("target").join("lfpykit")
}

/// Compares every model on every case and prints a table; times both if asked to.
pub(crate) fn run(options: &Options) -> Outcome {
    if options.apical_times {
        return timing::print_apicals();
    }
    println!("LFPykit {}", options.python.require_lfpykit()?);
    let folder = folder();
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).map_err(text)?;
    }
    std::fs::create_dir_all(&folder).map_err(text)?;
    let streams = RandomStreams::new(options.seed);
    let mut cases = (0..options.geometries)
        .map(|index| Case::new(&streams, index))
        .collect::<Outcome<Vec<_>>>()?;
    let described: Vec<Value> = cases.iter().map(described).collect();
    let file = json!({ "seed": options.seed, "cases": described });
    std::fs::write(folder.join("cases.json"), file.to_string()).map_err(text)?;
    command::run(options.python.command().arg(SCRIPT).arg("compare").arg(&folder))?;

    let mut points = read_npy(&folder.join("contact_points.npy"))?.into_iter();
    cases.iter_mut().for_each(|case| case.contacts.take_points(&mut points));
    let mut rows =
        MODELS.iter().map(|model| row(model, &cases, &folder)).collect::<Outcome<Vec<Row>>>()?;
    rows.extend(probes::compare(&folder)?);
    let judged = compare::print(&rows);
    if options.time {
        timing::run(options)?;
    }
    judged
}

/// A case as the script reads it, with the pairs that it is to compute exactly.
fn described(case: &Case) -> Value {
    let mut described = case.to_json();
    for model in MODELS {
        let pairs: Vec<[usize; 2]> =
            model.pairs(case).filter(|&at| (model.doubt)(case, at).is_some()).collect();
        described["exact"][model.name] = json!(pairs);
    }
    described
}

/// Both sides' values of a model.
fn row(model: &Model, cases: &[Case], folder: &Path) -> Outcome<Row> {
    let theirs = read_npy(&folder.join(format!("{}.npy", model.name)))?;
    let exact = read_npy(&folder.join(format!("{}-exact.npy", model.name)))?;
    let (mut theirs, mut exact) =
        (theirs.chunks_exact(model.values), exact.chunks_exact(model.values));
    let mut row = Row::new(model.title);
    for (index, case) in cases.iter().enumerate() {
        let ours = (model.ours)(case)?;
        let mut ours = ours.chunks_exact(model.values);
        for at in model.pairs(case) {
            let missing = || format!("{}: case {index} has no pair {at:?}", model.name);
            let [found, expected] =
                [ours.next().ok_or_else(missing)?, theirs.next().ok_or_else(missing)?];
            let place =
                || format!("case {index}, {} {}, {} {}", model.of[0], at[0], model.of[1], at[1]);
            match (model.doubt)(case, at) {
                None => row.add(found, expected, place),
                Some(doubt) => {
                    let exact = exact.next().ok_or_else(missing)?;
                    row.add_doubtful(doubt, [found, expected, exact], place);
                }
            }
        }
        if ours.next().is_some() {
            return Err(format!(
                "{}: apical has more values than pairs in case {index}",
                model.name
            ));
        }
    }
    if theirs.next().is_some() || exact.next().is_some() {
        return Err(format!("{}: the script wrote more values than there are pairs", model.name));
    }
    Ok(row)
}

/// All values of a file of the script.
fn read_npy(path: &Path) -> Outcome<Vec<f64>> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
    let file = npyz::NpyFile::new(&bytes[..]).map_err(|error| failed(&error))?;
    file.into_vec().map_err(|error| failed(&error))
}
