//! What the benchmarks measure on: the generated default cell.
//!
//! Ids are `crate/operation/size` and never change, so that baselines of different commits compare.

use std::sync::Arc;

use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::{BiophysicsError, CellModel, Simulation, SimulationConfig};
use apical_core::{EventTrain, SynapseId, SynapticEvent};
use apical_extracellular::Electrode;
use apical_morphology::{CompartmentTree, MaxLength, default_cell};

/// The default cell under the reference policy: 642 compartments.
///
/// # Errors
///
/// Never; the signature is that of the calls within.
pub fn tree() -> Result<CompartmentTree, BiophysicsError> {
    Ok(CompartmentTree::new(default_cell(), &MaxLength::default())?)
}

/// The default cell in compartments of at most this length.
///
/// # Errors
///
/// [`BiophysicsError`] unless the length is positive.
pub fn tree_of(max_length_um: f64) -> Result<CompartmentTree, BiophysicsError> {
    Ok(CompartmentTree::new(default_cell(), &MaxLength::new(max_length_um)?)?)
}

/// Sites in a column of two beside the cell, 20 µm apart, as on a dense probe.
#[must_use]
pub fn column(sites: usize) -> Vec<Electrode> {
    let site = |i: usize| [40.0 + 32.0 * (i % 2) as f64, 10.0 * i as f64 - 1500.0, 15.0];
    (0..sites).map(|i| Electrode::point(site(i))).collect()
}

/// The default cell with the channels of a preset, and its 1,278 synapses if asked for.
///
/// # Errors
///
/// Never; the signature is that of the calls within.
pub fn model(preset: Preset, synapses: bool) -> Result<Arc<CellModel>, BiophysicsError> {
    model_of(tree()?, preset, synapses)
}

/// The same on other compartments, with two synapses on each dendritic one.
///
/// # Errors
///
/// Never; the signature is that of the calls within.
pub fn model_of(
    tree: CompartmentTree,
    preset: Preset,
    synapses: bool,
) -> Result<Arc<CellModel>, BiophysicsError> {
    let mut builder = preset.paint(tree)?;
    if synapses {
        builder = training_synapses(builder, 1.0);
    }
    Ok(Arc::new(builder.build()?))
}

/// A simulation with its trials under `duration_ms` of bombardment.
///
/// # Errors
///
/// Never; the signature is that of the calls within.
pub fn bombarded(
    model: &Arc<CellModel>,
    batch_size: usize,
    duration_ms: usize,
) -> Result<Simulation, BiophysicsError> {
    let mut config = SimulationConfig::default();
    config.batch_size = batch_size;
    let mut simulation = Simulation::new(Arc::clone(model), config)?;
    bombard(&mut simulation, duration_ms)?;
    Ok(simulation)
}

/// Schedules the next `duration_ms` of bombardment: 14 excitatory and 5 inhibitory events a millisecond, the rate of the
/// published training data, spread evenly over the synapses.
///
/// # Errors
///
/// Never; the signature is that of the calls within.
pub fn bombard(simulation: &mut Simulation, duration_ms: usize) -> Result<(), BiophysicsError> {
    let dendritic = simulation.model().synapse_count() / 2;
    if dendritic == 0 {
        return Ok(());
    }
    let now_ms = simulation.time_ms().round() as usize;
    for trial in 0..simulation.config().batch_size {
        let mut events = Vec::new();
        for ms in now_ms..now_ms + duration_ms {
            for k in 0..19 {
                // A stride that is coprime to 639 visits every synapse before any again.
                let place = (ms * 19 + k + trial * 7) * 100 % dendritic;
                let synapse = SynapseId::new(if k < 14 { place } else { place + dendritic });
                events.push(SynapticEvent { time_ms: ms as f64, synapse });
            }
        }
        simulation.schedule(trial, &EventTrain::new(events)?)?;
    }
    Ok(())
}
