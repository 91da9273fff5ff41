//! What trained networks can do, on trials that they were not trained with.
//!
//! [`evaluate`] predicts trials one step ahead and freely, by a network and by what it is to be compared with, and makes
//! tables of what the metrics of [`eval`](crate::eval) find. [`untouched_trials`] says which trials are fair.

mod agreement;
mod example;
mod experts;
mod panel;
mod predictor;
#[cfg(feature = "generation")]
mod protocols;

use std::sync::Arc;

use apical_core::{CalciumRule, Trial, TrialSource};
use apical_eval::{Bootstrap, Columns, SpikeRule, Table, VoltageBands};
use apical_surrogate::{Network, Residual, SeenVoltages};
use serde::{Deserialize, Serialize};

use crate::ApicalError;
use crate::training::whole_trial;
use example::Examples;
use experts::Experts;
use panel::Panels;
use predictor::Baselines;

pub use crate::training::untouched_trials;
pub use agreement::expert_agreement;
pub use example::Example;
pub use experts::expert_columns;
#[cfg(feature = "generation")]
pub use protocols::{PROTOCOLS, ProtocolCourse, SHOWN_FROM_MS, evaluate_protocols, protocol_table};

/// What is found, by what rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct EvaluationConfig {
    /// What a somatic spike is.
    pub spike: SpikeRule,
    /// What a calcium spike is.
    pub calcium: CalciumRule,
    /// What rest, spike and plateau are.
    pub bands: VoltageBands,
    /// Confidence intervals.
    pub bootstrap: Bootstrap,
    /// Starts of the ranges of horizons, ms.
    pub horizons_ms: Vec<usize>,
    /// Trials that run freely at a time; 16 by default.
    pub batch_size: usize,
    /// How long a linear step that runs freely takes to settle, ms, beside the memory of the network; 250 by default.
    pub settling_ms: usize,
    /// Every so many ms experts are asked how much they are trusted; 50 by default.
    pub gate_stride_ms: usize,
    /// Length of the example, ms; 600 by default.
    pub example_ms: usize,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self {
            spike: SpikeRule::default(),
            calcium: CalciumRule::default(),
            bands: VoltageBands::default(),
            bootstrap: Bootstrap::default(),
            horizons_ms: apical_eval::HORIZON_STARTS_MS.to_vec(),
            batch_size: 16,
            settling_ms: 250,
            gate_stride_ms: 50,
            example_ms: 600,
        }
    }
}

/// From voltages to the potentials at electrodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Electrodes {
    /// Their names.
    pub names: Vec<String>,
    /// mV/mV, `[electrodes × compartments of the layout]`.
    pub operator: Vec<f64>,
}

/// How something is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// From the true voltages of the millisecond before.
    OneStep,
    /// From its own predictions, or from the input alone.
    Free,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::OneStep => "one step",
            Self::Free => "free",
        })
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// The trials.
    pub trials: Vec<usize>,
    /// The first millisecond that is predicted in each of them: what a network remembers lies before it.
    pub first_ms: usize,
    /// Tables: `regions`, `compartments`, `gains`, `bands`, `spikes`, `calcium`, `horizon`, `horizon_spikes`, `horizon_calcium`, `potentials` (of each that there is),
    /// whose first two columns say what is predicted by what; and `experts`, `expert_regions` of networks that have them.
    pub tables: Vec<Table>,
    /// A stretch of a trial and its prediction, of the first way in which the network was evaluated.
    pub example: Option<Example>,
}

impl Evaluation {
    /// The table of a name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// Evaluates a network on trials of a source. `tell` is called after each part of the work with the parts done and all parts.
///
/// A network that sees past voltages is evaluated one step ahead, beside persistence and its linear step, and running freely
/// on its own predictions once its memory is filled with the truth. One that does not is evaluated from the input alone,
/// which is [`Mode::Free`] too.
///
/// # Errors
///
/// Where trials cannot be read, are too short for what the network remembers, or are of another neuron.
pub fn evaluate<S: TrialSource>(
    network: &Arc<Network>,
    source: &S,
    trials: &[usize],
    electrodes: Option<&Electrodes>,
    config: &EvaluationConfig,
    mut tell: impl FnMut(usize, usize),
) -> Result<Evaluation, ApicalError>
where
    ApicalError: From<S::Error>,
{
    let frame = network.frame();
    let layout = network.layout();
    let columns = Columns::new(layout.compartments.len(), frame.tasks.compartments())?;
    let sees_truth = frame.inputs.voltages == SeenVoltages::Past;
    let first_bin = first_bin(network, config);
    let mut panels = Panels::new(network, &columns, electrodes, config, first_bin);
    let mut experts = Experts::new(network, config.gate_stride_ms);
    let mut examples = Examples::new(config.example_ms);
    let parts = trials.len() * if sees_truth { 2 } else { 1 };
    let baselines = Baselines::of(frame);
    let mut done = 0;
    for trials in trials.chunks(config.batch_size.max(1)) {
        let mut read: Vec<(usize, Arc<Trial>)> = Vec::with_capacity(trials.len());
        for &index in trials {
            let trial = source.trial(index)?;
            trial.check(layout)?;
            check_length(index, &trial, first_bin)?;
            read.push((index, trial));
        }
        for (index, trial) in &read {
            let batch = whole_trial(layout, trial);
            let mode = if sees_truth { Mode::OneStep } else { Mode::Free };
            for (name, said) in baselines.at_once(network, &batch, first_bin)? {
                panels.add((name, mode), (*index, trial), &said)?;
                if name == "network" {
                    examples.offer((*index, trial), &columns, (first_bin, mode, &said));
                }
            }
            experts.add(&batch, first_bin)?;
            done += 1;
            tell(done, parts);
        }
        if sees_truth {
            let free = predictor::free(network, &read, &columns, first_bin)?;
            for ((index, trial), said) in read.iter().zip(&free) {
                panels.add(("network", Mode::Free), (*index, trial), said)?;
                if let Some(said) = baselines.linear_free(trial, first_bin)? {
                    panels.add(("linear step", Mode::Free), (*index, trial), &said)?;
                }
            }
            done += read.len();
            tell(done, parts);
        }
    }
    let mut tables = panels.tables()?;
    tables.extend(experts.tables()?);
    let example = examples.best();
    Ok(Evaluation { trials: trials.to_vec(), first_ms: first_bin + 1, tables, example })
}

/// A compartment of a basal dendrite.
#[cfg(test)]
fn basal_record(section: &str) -> apical_core::CompartmentRecord {
    use apical_core::{CompartmentRecord, Region, SectionType};

    CompartmentRecord::new(SectionType::Basal, Region::Basal, section)
}

/// The first bin that a network knows enough for.
fn first_bin(network: &Network, config: &EvaluationConfig) -> usize {
    let frame = network.frame();
    let settles = frame.inputs.voltages != SeenVoltages::Past
        && matches!(frame.residual, Residual::Linear(_));
    let memory = network.model().config().memory().saturating_sub(1);
    memory + if settles { config.settling_ms } else { 0 }
}

/// Whether there is anything to predict.
fn check_length(index: usize, trial: &Trial, first_bin: usize) -> Result<(), ApicalError> {
    let (bins, needed) = (trial.bins(), first_bin + 1);
    if bins < needed {
        return Err(ApicalError::ShortTrial { trial: index, bins, needed });
    }
    Ok(())
}
