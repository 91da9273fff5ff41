mod input;
mod output;

use std::collections::BTreeMap;

use apical_core::{CalciumRule, CompartmentId, CompartmentRecord, Region, TrialLayout};
use serde::Serialize;
use serde_json::Value;

pub use input::{BySynapse, ByTree, InputRate, TrialInput, count_input};
pub use output::{CalciumSummary, IntervalSummary, OutputSummary, Spread};

use super::arrays::ArrayName;
use super::{Store, TrialRecord, VoltagePrecision};

/// What the trials of a data set are like, of those that are there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DatasetSummary {
    /// Number of trials that are there.
    pub trials: usize,
    /// Number of trials once it is complete.
    pub trials_in_all: usize,
    /// Length of a trial, ms.
    pub duration_ms: usize,
    /// Length of all trials that are there, s.
    pub simulated_s: f64,
    /// Size of the files of trials.
    pub bytes: u64,
    /// The same as a share of the voltages alone in 32 bits, uncompressed; none without trials.
    pub share_of_uncompressed: Option<f64>,
    /// How voltages are stored.
    pub precision: VoltagePrecision,
    /// Time steps per millisecond, at which soma voltages are given.
    pub steps_per_ms: usize,
    /// Of the data set as a whole, once it is sealed.
    pub checksum: Option<String>,
    /// The neuron.
    pub neuron: NeuronSummary,
    /// Trials without synaptic bombardment: those whose origin says so under `stimuli`, `quiet`.
    pub quiet_trials: usize,
    /// Trials with an injected current that is anywhere not 0.
    pub current_trials: usize,
    /// Synaptic events of trials that are not quiet; none without such trials.
    pub input: Option<BySynapse<InputRate>>,
    /// What a somatic spike is.
    pub spike_rule: String,
    /// Somatic spikes.
    pub output: OutputSummary,
    /// What a calcium event is.
    pub calcium_rule: CalciumRule,
    /// Calcium events; none where the neuron has no place for them.
    pub calcium: Option<CalciumSummary>,
    /// How trials are made.
    pub generator: Value,
}

/// The neuron of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NeuronSummary {
    /// Number of compartments.
    pub compartments: usize,
    /// Number of compartments by region.
    pub regions: BTreeMap<Region, usize>,
    /// Number of synapses.
    pub synapses: usize,
    /// Where somatic spikes are found, as `soma(0.5)`.
    pub soma: String,
    /// Where calcium events are found.
    pub calcium_site: Option<String>,
    /// Where currents flow into it.
    pub injection_sites: Vec<String>,
}

impl DatasetSummary {
    /// Of a data set and the events that [`count_input`] has counted in it. Voltages are not read.
    #[must_use]
    pub fn new(store: &Store, input: &[TrialInput]) -> Self {
        let manifest = store.manifest();
        let layout = &manifest.layout;
        let records: Vec<&TrialRecord> = store.records().collect();
        let trials = records.len();
        let trial_s = 1e-3 * layout.duration_ms as f64;
        let bytes = records.iter().map(|record| record.bytes()).sum();
        let values = trials * (layout.duration_ms + 1) * layout.compartments.len();
        let uncompressed = (values * size_of::<f32>()) as f64;
        Self {
            trials,
            trials_in_all: manifest.trials,
            duration_ms: layout.duration_ms,
            simulated_s: trials as f64 * trial_s,
            bytes,
            share_of_uncompressed: (values > 0).then(|| bytes as f64 / uncompressed),
            precision: manifest.precision,
            steps_per_ms: manifest.steps_per_ms,
            checksum: (manifest.seal.as_ref().filter(|_| store.check_complete().is_ok()))
                .map(|seal| seal.checksum.clone()),
            neuron: NeuronSummary::new(layout),
            quiet_trials: records.iter().filter(|record| record.is_quiet()).count(),
            current_trials: records.iter().filter(|record| record.has_current()).count(),
            input: input::rates(layout, input, |trial| {
                store.record(trial).is_ok_and(|record| !record.is_quiet())
            }),
            spike_rule: manifest.spike_rule.clone(),
            output: OutputSummary::new(&records, trial_s),
            calcium_rule: manifest.calcium_rule,
            calcium: layout.calcium_site.map(|_| CalciumSummary::new(&records, trial_s)),
            generator: manifest.generator.clone(),
        }
    }
}

impl NeuronSummary {
    fn new(layout: &TrialLayout) -> Self {
        let mut regions = BTreeMap::new();
        for record in layout.compartments.records() {
            *regions.entry(record.region).or_default() += 1;
        }
        let name = |id: CompartmentId| layout.compartments.get(id).map_or(id.to_string(), name);
        Self {
            compartments: layout.compartments.len(),
            regions,
            synapses: layout.synapse_count,
            soma: name(layout.soma),
            calcium_site: layout.calcium_site.map(name),
            injection_sites: layout.injection_sites.iter().map(|&site| name(site)).collect(),
        }
    }
}

/// What a compartment is called: `dend[3](0.5)`.
fn name(record: &CompartmentRecord) -> String {
    format!("{}({})", record.section, (1e4 * record.x).round() / 1e4)
}

impl TrialRecord {
    /// Whether the trial has no synaptic bombardment, as its origin says under `stimuli`, `quiet`; where it does not say,
    /// it has.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.origin["stimuli"]["quiet"] == true
    }

    /// Whether any injected current is not 0: an array of nothing but zeros has no file.
    #[must_use]
    pub fn has_current(&self) -> bool {
        let folder = ArrayName::Injected.name();
        self.files.keys().any(|file| file.split('/').next() == Some(folder))
    }
}
