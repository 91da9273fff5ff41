//! `apical evaluate`

mod args;
mod figures;
mod protocols;
mod summary;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use apical::ApicalError;
use apical::biophysics::preset::Preset;
use apical::core::TrialSource;
use apical::dataset::store::Store;
use apical::evaluation::{
    Electrodes, Evaluation, EvaluationConfig, ProtocolCourse, evaluate, evaluate_protocols,
    protocol_table, untouched_trials,
};
use apical::extracellular::{LineSource, Probe, TransferMatrix, VoltageOperator, without_unknown};
use apical::input::read_json;
use apical::morphology::{AxialTree, CompartmentTree};
use apical::output::{RunDirectory, Versions};
use apical::surrogate::{Checkpoint, Network, keep_freed_memory};
use apical::training::device;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

pub(super) use args::EvaluateArgs;

use super::reconstruction::{MAX_COMPARTMENT_LENGTH_UM, Reconstruction, soma_or_root};
use super::{Failure, network_file, to_stderr};

/// What the manifest says.
#[derive(Serialize)]
struct Manifest<'a> {
    versions: Versions,
    checkpoint: PathBuf,
    dataset: &'a PathBuf,
    /// Where potentials are; none without a reconstruction of the neuron.
    electrodes: Option<&'a str>,
    parameters: &'a EvaluationConfig,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

pub(super) fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    keep_freed_memory();
    let checkpoint = network_file(&args.checkpoint);
    let config: EvaluationConfig = match &args.config {
        Some(path) => read_json(path)?,
        None => EvaluationConfig::default(),
    };
    let loaded =
        Checkpoint::load(&checkpoint, &device(&args.device)?).map_err(ApicalError::from)?;
    let network = Arc::new(loaded.network);
    let store = Store::open(&args.dataset).map_err(ApicalError::from)?;
    if store.layout().compartments != network.layout().compartments {
        let dataset = args.dataset.clone();
        return Err(ApicalError::OtherDataset { path: checkpoint, dataset }.into());
    }
    let mut trials = untouched_trials(&checkpoint, loaded.notes, &store)?;
    trials.truncate(args.trials.map_or(usize::MAX, |count| count as usize));
    let tree = neuron(args, &network)?;
    let electrodes = tree.as_ref().map(|tree| electrodes(args, &network, tree)).transpose()?;

    let is_hidden = args.quiet || !io::stderr().is_terminal();
    let bar = if is_hidden { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {pos}/{len} predictions, {eta} left")
    {
        bar.set_style(style);
    }
    let tell = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let found = evaluate(&network, &store, &trials, electrodes.as_ref(), &config, tell);
    bar.finish_and_clear();
    let mut evaluation = found?;
    let courses = match &tree {
        Some(tree) => courses(&network, &store, tree, &config)?,
        None => Vec::new(),
    };
    if !courses.is_empty() {
        evaluation.tables.push(protocol_table(&courses, &config)?);
    }

    let directory = RunDirectory::create(&args.out)?;
    for name in TABLES {
        match evaluation.table(name) {
            Some(table) => directory.write_text(&format!("{name}.csv"), &table.to_csv())?,
            // of an earlier evaluation
            None => directory.remove(&format!("{name}.csv"))?,
        }
    }
    let figures = figures::all(&evaluation, &network, tree.as_ref());
    for (name, figure) in figures.into_iter().chain([(PROTOCOLS, protocols::figure(&courses))]) {
        match figure {
            Some(figure) => directory.write_text(name, &figure)?,
            None => directory.remove(name)?,
        }
    }
    directory.finish(&Manifest {
        versions: Versions::current(),
        checkpoint,
        dataset: &args.dataset,
        electrodes: electrodes.is_some().then_some(&args.electrodes),
        parameters: &config,
        evaluation: &evaluation,
    })?;
    if !args.quiet {
        summary::write(&evaluation, &args.out)?;
    }
    Ok(())
}

/// File of the figure of protocols.
const PROTOCOLS: &str = "protocols.svg";

/// What the protocols do, if the data set is of a neuron that can be simulated.
fn courses(
    network: &Arc<Network>,
    store: &Store,
    tree: &CompartmentTree,
    config: &EvaluationConfig,
) -> Result<Vec<ProtocolCourse>, ApicalError> {
    let Some(generator) = protocols::generator(store.manifest(), tree)? else {
        to_stderr(
            "note: the data set is not one of `apical dataset generate` with currents: no protocols",
        );
        return Ok(Vec::new());
    };
    evaluate_protocols(network, &generator, config)
}

/// All tables that there may be.
const TABLES: [&str; 10] = [
    "regions",
    "compartments",
    "bands",
    "spikes",
    "calcium",
    "horizon",
    "potentials",
    "experts",
    "expert_regions",
    "protocols",
];

/// What says how the neuron's compartments are coupled.
const PRESET: Preset = Preset::Shai2015;

/// The reconstruction, if it is that of the network.
fn neuron(args: &EvaluateArgs, network: &Network) -> Result<Option<CompartmentTree>, ApicalError> {
    let reconstruction = Reconstruction::load(&args.morphology)?;
    let (_, tree) = reconstruction.divided(PRESET, MAX_COMPARTMENT_LENGTH_UM)?;
    if tree.compartment_table() == network.layout().compartments {
        return Ok(Some(tree));
    }
    let morphology = args.morphology.display();
    to_stderr(&format!(
        "note: {morphology}: is not the neuron of the network: no potentials, protocols or figure of experts"
    ));
    Ok(None)
}

/// From voltages to potentials.
fn electrodes(
    args: &EvaluateArgs,
    network: &Network,
    tree: &CompartmentTree,
) -> Result<Electrodes, ApicalError> {
    let geometry = tree.geometry();
    let (soma, _) = soma_or_root(tree);
    let probe = Probe::from_description(&args.electrodes, geometry.center_um(soma.index()))?;
    let matrix = TransferMatrix::new(&LineSource::default(), &geometry, probe.electrodes())?;
    let axial = AxialTree::new(tree, PRESET.axial_resistivity_ohm_cm())?;
    let predicted = network.frame().tasks.compartments();
    let table = tree.compartment_table();
    let ids = table.iter().map(|(id, _)| id);
    let unknown: Vec<_> = ids.filter(|id| !predicted.contains(id)).collect();
    let axial = without_unknown(&axial.membrane_current_operator(), &unknown)?;
    let operator = VoltageOperator::new(&matrix, &axial)?.values().to_vec();
    Ok(Electrodes { names: probe.ids().to_vec(), operator })
}
