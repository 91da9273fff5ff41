//! `apical simulate`

mod args;
mod plan;
mod progress;
mod recording;

use std::io::{self, Write};
use std::sync::Arc;

use apical::ApicalError;
use apical::biophysics::preset::training_synapses;
use apical::biophysics::{BiophysicsError, CellModel, Simulation, SimulationConfig, Temperature};
use apical::core::EventTrain;
use apical::dataset::{DendriticTrees, InputProcess};
use apical::generation::SPIKE_THRESHOLD_MV;
use apical::input::read_events;
use apical::output::{MorphologyEntry, RunDirectory, RunManifest, SpikeEntry, Versions};

pub(super) use args::SimulateArgs;
use plan::{EventSource, Plan};
use recording::Recording;

use super::reconstruction::{Reconstruction, soma_or_root};
use super::{Failure, counted, to_stderr};

pub(super) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let plan = Plan::new(args)?;
    if let Some((stimulus, start_ms)) = plan.stimulus_after_end() {
        let end_ms = plan.stimuli.duration_ms;
        to_stderr(&format!(
            "note: the {stimulus} would begin at {start_ms} ms, the run ends at {end_ms} ms"
        ));
    }
    let reconstruction = Reconstruction::load(&args.morphology)?;
    let (morphology, model) = build(&plan, reconstruction)?;
    let about = |source| ApicalError::Neuron { morphology: morphology.source.clone(), source };
    let events = events(&plan, &model, &morphology.source)?;
    let (soma, is_soma) = soma_or_root(model.tree());
    if !is_soma {
        to_stderr(&format!(
            "note: {}: there is no soma; soma_mv.npy and spikes_ms.npy are of the root section",
            morphology.source
        ));
    }
    let simulation = prepare(&plan, model, events.as_ref()).map_err(about)?;
    // Only now, when all that can be wrong with the input is known, is an earlier run replaced.
    let mut directory = RunDirectory::create(&args.out)?;
    let recording = Recording::of(&plan, simulation, soma, args.quiet).map_err(about)?;

    let spikes = recording.spikes_ms.len();
    let Plan { preset, protocol, .. } = plan;
    let title = format!("{preset}, {protocol}: {}", counted(spikes, "somatic spike"));
    recording.write(&title, &mut directory)?;
    let manifest = RunManifest {
        versions: Versions::current(),
        parameters: &plan,
        morphology,
        events: events.as_ref().map(EventTrain::len),
        spikes: SpikeEntry { threshold_mv: SPIKE_THRESHOLD_MV, count: spikes },
        wall_time_s: recording.wall_time_s,
        arrays: directory.arrays().to_vec(),
        compartments: recording.model.compartment_table().clone(),
    };
    directory.finish(&manifest)?;
    if !args.quiet {
        summarize(&plan, &manifest, args)?;
    }
    Ok(())
}

fn build(
    plan: &Plan,
    reconstruction: Reconstruction,
) -> Result<(MorphologyEntry, CellModel), ApicalError> {
    let (entry, tree) = reconstruction.divided(plan.preset, plan.max_compartment_length_um)?;
    let about = |error| ApicalError::Neuron { morphology: entry.source.clone(), source: error };
    let temperature = Temperature::celsius(plan.celsius);
    let mut builder = plan.preset.paint_at(tree, temperature).map_err(about)?;
    if let Some(synapses) = &plan.synapses {
        builder = training_synapses(builder, synapses.release_probability);
    }
    let model = builder.build().map_err(about)?;
    Ok((entry, model))
}

/// The synaptic events of a run that has synapses.
fn events(
    plan: &Plan,
    model: &CellModel,
    morphology: &str,
) -> Result<Option<EventTrain>, ApicalError> {
    let Some(synapses) = &plan.synapses else { return Ok(None) };
    let table = model.compartment_table();
    let dendritic = table.dendritic().count();
    if dendritic == 0 {
        return Err(ApicalError::NoDendrites { morphology: morphology.to_owned() });
    }
    let duration_ms = plan.stimuli.duration_ms;
    let events = match &synapses.events {
        EventSource::Files { excitatory, inhibitory } => {
            let events = read_events(excitatory, inhibitory, dendritic)?;
            let late = events.events().iter().filter(|e| e.time_ms >= duration_ms).count();
            if late > 0 {
                to_stderr(&format!(
                    "note: the run ends at {duration_ms} ms, before {}",
                    counted(late, "event")
                ));
            }
            events
        }
        EventSource::Drawn => {
            let trees = DendriticTrees::basal_and_apical(table)?;
            let bins = duration_ms.ceil() as u32;
            InputProcess::default().generate(synapses.seed, 0, bins, &trees)?
        }
    };
    Ok(Some(events))
}

fn prepare(
    plan: &Plan,
    model: CellModel,
    events: Option<&EventTrain>,
) -> Result<Simulation, BiophysicsError> {
    let mut config = SimulationConfig::default();
    config.dt_ms = plan.dt_ms;
    config.integration = plan.integration;
    config.instruction_set = plan.instruction_set;
    config.v_init_mv = plan.stimuli.v_init_mv;
    config.seed = plan.synapses.as_ref().map_or(0, |synapses| synapses.seed);
    let mut simulation = Simulation::new(Arc::new(model), config)?;
    plan.stimuli.inject(&mut simulation, 0)?;
    if let Some(events) = events {
        simulation.schedule(0, events)?;
    }
    Ok(simulation)
}

fn summarize(
    plan: &Plan,
    manifest: &RunManifest<&Plan>,
    args: &SimulateArgs,
) -> Result<(), io::Error> {
    let duration_ms = plan.stimuli.duration_ms;
    let seconds = 1e-3 * duration_ms;
    let (spikes, wall_time_s) = (manifest.spikes.count, manifest.wall_time_s);
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} in {duration_ms} ms, {:.2} Hz",
        counted(spikes, "somatic spike"),
        spikes as f64 / seconds
    )?;
    writeln!(
        out,
        "{wall_time_s:.2} s of wall time, {:.2} s per simulated second",
        wall_time_s / seconds
    )?;
    let arrays = manifest.arrays.iter().map(|array| array.name.as_str());
    for name in arrays.chain(["traces.svg", "manifest.json"]) {
        writeln!(out, "wrote {}", args.out.join(name).display())?;
    }
    Ok(())
}
