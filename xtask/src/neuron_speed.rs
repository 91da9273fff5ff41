//! NEURON's row in Table 1 of a reproduction.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical::dataset::store::Store;
use apical_core::{SectionType, Trial, TrialSource};
use apical_morphology::{Morphology, Section, default_cell, write_swc};
use serde_json::{Value, json};

use crate::Outcome;
use crate::bench_peers::Measurement;
use crate::python::PythonOptions;
use crate::timing::median;
use crate::workspace::root;

/// Simulated time, ms.
const DURATION_MS: usize = 1000;

const ROUNDS: usize = 3;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folder of `apical reproduce`.
    #[arg(long, default_value = "reproduction")]
    reproduction: PathBuf,
    #[command(flatten)]
    python: PythonOptions,
}

/// Times NEURON on the first second of a trial of the reproduction's data set, checks that it fires the same spikes, and writes
/// `speed/neuron.json` for the report.
pub(crate) fn run(options: &Options) -> Outcome {
    options.python.require_neuron()?;
    options.python.require_mechanisms()?;
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let store = Store::open(options.reproduction.join("data")).map_err(|e| text(&e))?;
    let (number, trial) = quiet_trial(&store)?;
    let folder = root().join("target").join("neuron-speed");
    fs::create_dir_all(&folder).map_err(|e| text(&e))?;
    let events = folder.join("events.json");
    fs::write(&events, events_of(&store, &trial)?.to_string()).map_err(|e| text(&e))?;
    let reconstruction = reconstruction(&options.reproduction, &folder)?;
    let expected = spikes(&trial) as u64;
    let mut taken_s = Vec::new();
    let mut version = String::new();
    for _ in 0..ROUNDS {
        let mut command = options.python.command();
        command.arg(Path::new("xtask").join("peers").join("run_neuron.py")).arg("synapses");
        command.arg("--reconstruction").arg(&reconstruction).arg("--events").arg(&events);
        command.arg("--duration-ms").arg(DURATION_MS.to_string());
        let measured = Measurement::of(&mut command)?;
        println!("NEURON {}: {}", measured.version, measured.shown());
        if measured.spikes != expected {
            let found = measured.spikes;
            return Err(format!("trial {number} has {expected} spikes, NEURON {found}"));
        }
        taken_s.push(measured.wall_s);
        version = measured.version;
    }
    let ms_per_ms = 1e3 * median(taken_s) / DURATION_MS as f64;
    let path = options.reproduction.join("speed").join("neuron.json");
    let found = json!({ "model": format!("NEURON {version}"), "ms_per_ms": ms_per_ms });
    fs::write(&path, found.to_string()).map_err(|error| format!("{}: {error}", path.display()))?;
    println!(
        "{ms_per_ms:.2} ms per ms, {expected} spikes as in trial {number}: {}",
        path.display()
    );
    println!("`apical reproduce --resume` draws it into the report");
    Ok(())
}

/// The trial without currents that fires most in that time.
fn quiet_trial(store: &Store) -> Outcome<(usize, Trial)> {
    let mut found: Option<(usize, Arc<Trial>)> = None;
    for number in 0..store.trial_count() {
        let trial = store.trial(number).map_err(|error| error.to_string())?;
        let is_long = trial.bins() >= DURATION_MS;
        let is_quiet = trial.injected_na.iter().all(|&current| current == 0.0);
        let fires_more = found.as_ref().is_none_or(|(_, best)| spikes(&trial) > spikes(best));
        if is_long && is_quiet && fires_more {
            found = Some((number, trial));
        }
    }
    let (number, trial) =
        found.ok_or_else(|| format!("no trial of {DURATION_MS} ms or more is without currents"))?;
    Ok((number, Trial::clone(&trial)))
}

/// In the time that is simulated.
fn spikes(trial: &Trial) -> usize {
    trial.marks.spikes_ms.iter().filter(|&&ms| ms <= DURATION_MS as f64).count()
}

/// Rows of dendritic compartment and time, ms.
fn events_of(store: &Store, trial: &Trial) -> Outcome<Value> {
    let excitatory = store.layout().excitatory_count();
    let count = excitatory.ok_or("the synapses of the data set are not one of each kind")?;
    let mut rows: [Vec<[usize; 2]>; 2] = Default::default();
    for bin in 0..DURATION_MS {
        for synapse in trial.events.bin(bin) {
            let (kind, compartment) = (synapse.index() / count, synapse.index() % count);
            rows[kind.min(1)].push([compartment, bin]);
        }
    }
    let [excitatory, inhibitory] = rows;
    Ok(json!({
        "dendritic_compartments": count, "excitatory": excitatory, "inhibitory": inhibitory,
    }))
}

/// The file of the neuron.
fn reconstruction(reproduction: &Path, folder: &Path) -> Outcome<PathBuf> {
    let plan = fs::read_to_string(reproduction.join("plan.json")).map_err(|e| e.to_string())?;
    let plan: Value = serde_json::from_str(&plan).map_err(|error| error.to_string())?;
    if let Some(path) = plan["morphology"].as_str() {
        return Ok(path.into());
    }
    let path = folder.join("default.swc");
    // NEURON's side has the stub axon of the preset by itself
    let cell = default_cell();
    let is_axon = |section: &Section| section.section_type() == SectionType::Axon;
    let sections: Vec<Section> =
        cell.sections().iter().take_while(|section| !is_axon(section)).cloned().collect();
    let cell = Morphology::new(sections).map_err(|error| error.to_string())?;
    let mut swc = Vec::new();
    write_swc(&cell, &mut swc).map_err(|error| error.to_string())?;
    fs::write(&path, swc).map_err(|error| error.to_string())?;
    Ok(path)
}
