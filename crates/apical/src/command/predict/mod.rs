//! `apical predict`

mod args;
mod input;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use apical::ApicalError;
use apical::biophysics::preset::Preset;
use apical::core::{CompartmentId, CompartmentTable, NeuronModel, Traces, Trial, Unit};
use apical::eval::{Columns, CompartmentErrors, RegionError, Rollout};
use apical::figure::{cell_and_traces, depth_selection};
use apical::output::{ArrayFile, Dtype, RunDirectory, Versions};
use apical::surrogate::{Checkpoint, Network, Predictor};
use apical::training::device;
use serde::Serialize;

pub(super) use args::PredictArgs;

use super::reconstruction::{MAX_COMPARTMENT_LENGTH_UM, Reconstruction};
use super::{Failure, counted, network_file, to_stderr};

/// Compartments of the figure from the farthest tip towards the soma.
const FIGURE_DEPTHS: usize = 5;

/// What was predicted.
struct Prediction {
    /// The predicted compartments in the order of the layout, and their place among the voltage tasks.
    rows: Vec<(CompartmentId, usize)>,
    /// `[rows × (ms + 1)]`.
    voltages_mv: Vec<f64>,
    /// `[ms]`; empty if spikes are no task.
    spike_probability: Vec<f64>,
    wall_time_s: f64,
}

#[derive(Serialize)]
struct Manifest {
    versions: Versions,
    checkpoint: PathBuf,
    dataset: Option<PathBuf>,
    trial: Option<usize>,
    /// The reconstruction, if it is that of the network.
    morphology: Option<PathBuf>,
    teacher_forced: bool,
    duration_ms: usize,
    threshold: f64,
    spikes: usize,
    wall_time_s: f64,
    /// Against the trial of the data set, over all of it.
    errors: Option<Vec<RegionError>>,
    arrays: Vec<ArrayFile>,
    /// What the rows of arrays over compartments are, in their order.
    compartments: CompartmentTable,
}

pub(super) fn run(args: &PredictArgs) -> Result<(), Failure> {
    let path = network_file(&args.checkpoint)?;
    let device = device(&args.device)?;
    let network = Arc::new(Checkpoint::load(&path, &device).map_err(ApicalError::from)?.network);
    let trial = input::trial(args, &network)?;
    let prediction = predict(&network, &trial, args.teacher_forced)?;
    let errors = match args.dataset {
        Some(_) => Some(errors(&network, &trial, &prediction)?),
        None => None,
    };
    let mut directory = RunDirectory::create(&args.out)?;
    let (spikes_ms, is_drawn) = write(args, &network, &prediction, &mut directory)?;
    let rows = prediction.rows.iter();
    let records = rows.filter_map(|&(id, _)| network.layout().compartments.get(id).cloned());
    let manifest = Manifest {
        versions: Versions::current(),
        checkpoint: path,
        dataset: args.dataset.clone(),
        trial: args.trial,
        morphology: is_drawn.then(|| args.morphology.clone()),
        teacher_forced: args.teacher_forced,
        duration_ms: trial.bins(),
        threshold: args.threshold,
        spikes: spikes_ms.len(),
        wall_time_s: prediction.wall_time_s,
        errors,
        arrays: directory.arrays().to_vec(),
        compartments: CompartmentTable::new(records.collect()),
    };
    directory.finish(&manifest)?;
    if !args.quiet {
        summarize(&manifest, args)?;
    }
    Ok(())
}

/// One millisecond after another.
fn predict(
    network: &Arc<Network>,
    trial: &Trial,
    is_forced: bool,
) -> Result<Prediction, ApicalError> {
    let layout = network.layout();
    let tasks = network.frame().tasks.compartments();
    let mut rows: Vec<_> = tasks.iter().copied().enumerate().map(|(k, id)| (id, k)).collect();
    rows.sort_unstable();
    let columns = Columns::new(layout.compartments.len(), tasks)?;
    let truth_mv = |ms: usize| -> Vec<f64> {
        columns.of(trial.voltages_at(ms)).into_iter().map(f64::from).collect()
    };
    let start_mv = truth_mv(0);
    let mut predictor = Predictor::new(Arc::clone(network), 1, &start_mv)?;
    let rollout = Rollout::new(&columns, predictor.compartment_table(), &layout.injection_sites)?;
    let mut spike_probability = Vec::new();
    let started = Instant::now();
    let predicted = rollout.run(&mut predictor, &[trial], |predictor, ms| {
        if let Some([logit]) = predictor.spike_logits() {
            spike_probability.push((1.0 + f64::from(-logit).exp()).recip());
        }
        if is_forced { predictor.set_voltages_mv(&truth_mv(ms)) } else { Ok(()) }
    })?;
    let wall_time_s = started.elapsed().as_secs_f64();
    let times = trial.bins() + 1;
    let mut voltages_mv = vec![0.0; rows.len() * times];
    for (row, &(_, task)) in rows.iter().enumerate() {
        let later = predicted.iter().flatten().skip(task).step_by(columns.len());
        let trace_mv = std::iter::once(start_mv[task]).chain(later.map(|&v_mv| f64::from(v_mv)));
        for (to, v_mv) in voltages_mv[row * times..].iter_mut().zip(trace_mv) {
            *to = v_mv;
        }
    }
    Ok(Prediction { rows, voltages_mv, spike_probability, wall_time_s })
}

fn errors(
    network: &Network,
    trial: &Trial,
    prediction: &Prediction,
) -> Result<Vec<RegionError>, ApicalError> {
    let (rows, times) = (prediction.rows.len(), trial.bins() + 1);
    let mut errors = CompartmentErrors::new(rows);
    let places = (1..times).flat_map(|ms| (0..rows).map(move |row| (ms, row)));
    let [predicted, truth]: [Vec<f32>; 2] = [
        places.clone().map(|(ms, row)| prediction.voltages_mv[row * times + ms] as f32).collect(),
        places.map(|(ms, row)| trial.voltages_at(ms)[prediction.rows[row].0.index()]).collect(),
    ];
    errors.add(0, &predicted, &truth)?;
    let ids = prediction.rows.iter().map(|&(id, _)| id);
    let table = &network.layout().compartments;
    let records = ids.clone().filter_map(|id| table.get(id).cloned()).collect();
    let mean_mv: Vec<f64> = ids.map(|id| network.frame().mean_mv[id.index()]).collect();
    Ok(errors.by_region(&CompartmentTable::new(records), &mean_mv)?)
}

/// Writes arrays and figure, and says when there are spikes and whether the reconstruction is that of the network.
fn write(
    args: &PredictArgs,
    network: &Network,
    prediction: &Prediction,
    directory: &mut RunDirectory,
) -> Result<(Vec<f64>, bool), ApicalError> {
    let rows = prediction.rows.len();
    let times = prediction.voltages_mv.len() / rows.max(1);
    directory.write_array(
        "voltage_mv.npy",
        Dtype::Float32,
        &[rows as u64, times as u64],
        &prediction.voltages_mv,
        "membrane potential, mV, of every predicted compartment at t = 0, 1, ... ms",
    )?;
    let soma = prediction.rows.iter().position(|&(id, _)| id == network.layout().soma);
    let soma = soma.map_or(&[][..], |row| &prediction.voltages_mv[row * times..][..times]);
    let what = "membrane potential, mV, of the soma at t = 0, 1, ... ms";
    directory.write_array("soma_mv.npy", Dtype::Float64, &[soma.len() as u64], soma, what)?;
    let probability = &prediction.spike_probability;
    directory.write_array(
        "spike_probability.npy",
        Dtype::Float64,
        &[probability.len() as u64],
        probability,
        "probability of a somatic spike in the milliseconds that end at t = 1, 2, ... ms",
    )?;
    let spikes_ms = spikes_ms(probability, args.threshold);
    directory.write_array(
        "spikes_ms.npy",
        Dtype::Float64,
        &[spikes_ms.len() as u64],
        &spikes_ms,
        "ends, ms, of the milliseconds in which the probability of a somatic spike comes to the threshold",
    )?;
    directory.remove("membrane_current_na.npy")?;
    let figure = figure(args, network, prediction, spikes_ms.len())?;
    let is_drawn = figure.is_some();
    match figure {
        Some(figure) => directory.write_text("traces.svg", &figure)?,
        None => {
            directory.remove("traces.svg")?;
            let morphology = args.morphology.display();
            to_stderr(&format!(
                "note: {morphology}: is not the neuron of the network: no figure is drawn"
            ));
        }
    }
    Ok((spikes_ms, is_drawn))
}

/// Ends of the milliseconds in which a probability rises to the threshold.
fn spikes_ms(probability: &[f64], threshold: f64) -> Vec<f64> {
    let is_spike = |ms: usize| probability[ms] >= threshold;
    let begins = |&ms: &usize| is_spike(ms) && (ms == 0 || !is_spike(ms - 1));
    (0..probability.len()).filter(begins).map(|ms| ms as f64 + 1.0).collect()
}

/// The neuron and its traces, if the reconstruction is that of the network.
fn figure(
    args: &PredictArgs,
    network: &Network,
    prediction: &Prediction,
    spikes: usize,
) -> Result<Option<String>, ApicalError> {
    let reconstruction = Reconstruction::load(&args.morphology)?;
    let (_, tree) = reconstruction.divided(Preset::Shai2015, MAX_COMPARTMENT_LENGTH_UM)?;
    if tree.compartment_table() != network.layout().compartments {
        return Ok(None);
    }
    let times = prediction.voltages_mv.len() / prediction.rows.len().max(1);
    let mut shown = depth_selection(&tree, FIGURE_DEPTHS);
    shown.retain(|id| prediction.rows.iter().any(|(row, _)| row == id));
    let rows = shown.iter().filter_map(|id| prediction.rows.iter().position(|(row, _)| row == id));
    let values: Vec<f64> =
        rows.flat_map(|row| &prediction.voltages_mv[row * times..][..times]).copied().collect();
    let times_ms = (0..times).map(|ms| ms as f64).collect();
    let traces = Traces::new(Unit::Millivolt, shown.len(), times_ms, values)?;
    let title = format!("predicted: {}", counted(spikes, "somatic spike"));
    Ok(Some(cell_and_traces(&title, &tree, &shown, &traces)))
}

fn summarize(manifest: &Manifest, args: &PredictArgs) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let duration_ms = manifest.duration_ms;
    writeln!(out, "{} in {duration_ms} ms", counted(manifest.spikes, "somatic spike"))?;
    let per_ms = 1000.0 * manifest.wall_time_s / duration_ms as f64;
    writeln!(out, "{:.2} s of wall time, {per_ms:.2} ms per ms", manifest.wall_time_s)?;
    for error in manifest.errors.iter().flatten() {
        let explained = 100.0 * error.explained_variance;
        let error_mv = error.mse_mv2.sqrt();
        writeln!(
            out,
            "{:<8} {explained:6.1} % explained, {error_mv:.2} mV rms error",
            error.region
        )?;
    }
    for array in &manifest.arrays {
        writeln!(out, "wrote {}", args.out.join(&array.name).display())?;
    }
    writeln!(out, "wrote {}", args.out.join("manifest.json").display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_is_a_rise() {
        assert_eq!(spikes_ms(&[0.6, 0.7, 0.1, 0.5, 0.2], 0.5), [1.0, 4.0]);
        assert!(spikes_ms(&[0.4], 0.5).is_empty());
    }
}
