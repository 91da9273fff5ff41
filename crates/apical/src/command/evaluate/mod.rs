//! `apical evaluate`

mod args;
mod example;
pub(super) mod figures;
mod summary;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use apical::ApicalError;
use apical::core::TrialSource;
use apical::dataset::store::Store;
use apical::eval::Table;
use apical::evaluation::{
    Electrodes, Evaluation, EvaluationConfig, ProtocolCourse, evaluate, evaluate_protocols,
    expert_agreement, protocol_table, untouched_trials,
};
use apical::extracellular::{LineSource, Probe, TransferMatrix, VoltageOperator, without_unknown};
use apical::figure::network_diagrams;
use apical::input::read_json;
use apical::morphology::{AxialTree, CompartmentTree};
use apical::output::{ArrayFile, RunDirectory, Versions, read_manifest};
use apical::surrogate::{Checkpoint, Network, keep_freed_memory};
use apical::training::device;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

pub(super) use args::EvaluateArgs;

use super::dataset_neuron::DatasetNeuron;
use super::reconstruction::{MAX_COMPARTMENT_LENGTH_UM, PRESET, Reconstruction};
use super::{Failure, check_neuron, network_file, to_stderr};

/// What the manifest says.
#[derive(Serialize)]
struct Manifest<'a> {
    versions: Versions,
    checkpoint: PathBuf,
    dataset: &'a PathBuf,
    /// Where potentials are; none without a reconstruction of the neuron.
    electrodes: Option<String>,
    arrays: Vec<ArrayFile>,
    parameters: &'a EvaluationConfig,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

pub(super) fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    keep_freed_memory();
    let checkpoint = network_file(&args.checkpoint)?;
    let config: EvaluationConfig = match &args.config {
        Some(path) => read_json(path)?,
        None => EvaluationConfig::default(),
    };
    let other: Option<Evaluation> = args.other.as_deref().map(read_manifest).transpose()?;
    let loaded =
        Checkpoint::load(&checkpoint, &device(&args.device)?).map_err(ApicalError::from)?;
    let network = Arc::new(loaded.network);
    let store = Store::open(&args.dataset).map_err(ApicalError::from)?;
    check_neuron(&checkpoint, &network, &args.dataset, store.layout())?;
    let mut trials = untouched_trials(&checkpoint, loaded.notes, &store)?;
    trials.truncate(args.trials.map_or(usize::MAX, |count| count as usize));
    let tree = neuron(args, &network)?;
    let probed = tree.as_ref().map(|tree| electrodes(args, &network, tree)).transpose()?;
    let electrodes = probed.as_ref().map(|(_, electrodes)| electrodes);

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
    let found = evaluate(&network, &store, &trials, electrodes, &config, tell);
    bar.finish_and_clear();
    let mut evaluation = found?;
    let courses = match &tree {
        Some(tree) => courses(&network, &store, tree, &config)?,
        None => Vec::new(),
    };
    if !courses.is_empty() {
        evaluation.tables.push(protocol_table(&courses, &config)?);
    }

    if let Some(other) = other {
        let nothing = Table::new("experts", &[]);
        let [own, other] = [&evaluation, &other].map(|of| of.table("experts").unwrap_or(&nothing));
        let agreement = expert_agreement(own, other)?;
        evaluation.tables.push(agreement);
    }

    let mut directory = RunDirectory::create(&args.out)?;
    for name in TABLES {
        match evaluation.table(name) {
            Some(table) => directory.write_text(&format!("{name}.csv"), &table.to_csv())?,
            // of an earlier evaluation
            None => directory.remove(&format!("{name}.csv"))?,
        }
    }
    let named = [("network", &evaluation)];
    let diagram = network_diagrams("From input to voltages", &[("Network", network.model())]);
    for (name, figure) in [
        ("losses.svg", figures::losses(&named)),
        ("experts.svg", tree.as_ref().and_then(|tree| figures::experts(&named, tree))),
        ("network.svg", Some(diagram)),
        ("protocols.svg", figures::protocols(&courses)),
    ] {
        match figure {
            Some(figure) => directory.write_text(name, &figure)?,
            None => directory.remove(name)?,
        }
    }
    match courses.is_empty() {
        true => directory.remove(COURSES)?,
        false => directory
            .write_text(COURSES, &serde_json::to_string(&courses).map_err(io::Error::from)?)?,
    }
    example::write(&mut directory, &evaluation, tree.as_ref().zip(probed.as_ref()))?;
    let arrays = directory.arrays().to_vec();
    directory.finish(&Manifest {
        versions: Versions::current(),
        checkpoint,
        dataset: &args.dataset,
        electrodes: electrodes.is_some().then(|| args.electrodes.to_string()),
        arrays,
        parameters: &config,
        evaluation: &evaluation,
    })?;
    if !args.quiet {
        summary::write(&evaluation, &args.out)?;
    }
    Ok(())
}

/// File of the voltages of protocols.
pub(super) const COURSES: &str = "protocols.json";

/// What the protocols do, if the data set is of a neuron that can be simulated.
fn courses(
    network: &Arc<Network>,
    store: &Store,
    tree: &CompartmentTree,
    config: &EvaluationConfig,
) -> Result<Vec<ProtocolCourse>, ApicalError> {
    let has_currents = !store.layout().injection_sites.is_empty();
    let neuron = DatasetNeuron::of(store.manifest(), tree)?.filter(|_| has_currents);
    let Some(neuron) = neuron else {
        to_stderr(
            "note: the data set is not one of `apical dataset generate` with currents: no protocols",
        );
        return Ok(Vec::new());
    };
    evaluate_protocols(network, &neuron.generator()?, config)
}

/// All tables that there may be.
const TABLES: [&str; 14] = [
    "regions",
    "compartments",
    "gains",
    "bands",
    "spikes",
    "calcium",
    "horizon",
    "horizon_spikes",
    "horizon_calcium",
    "potentials",
    "experts",
    "expert_regions",
    "expert_agreement",
    "protocols",
];

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
) -> Result<(Probe, Electrodes), ApicalError> {
    let geometry = tree.geometry();
    let probe = args.electrodes.probe(tree, &args.morphology.display().to_string())?;
    let matrix = TransferMatrix::new(&LineSource::default(), &geometry, probe.electrodes())?;
    let axial = AxialTree::new(tree, PRESET.axial_resistivity_ohm_cm())?;
    let predicted = network.frame().tasks.compartments();
    let table = tree.compartment_table();
    let ids = table.iter().map(|(id, _)| id);
    let unknown: Vec<_> = ids.filter(|id| !predicted.contains(id)).collect();
    let axial = without_unknown(&axial.membrane_current_operator(), &unknown)?;
    let operator = VoltageOperator::new(&matrix, &axial)?.values().to_vec();
    let electrodes = Electrodes { names: probe.ids().to_vec(), operator };
    Ok((probe, electrodes))
}
