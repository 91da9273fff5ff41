use apical::core::CompartmentTable;
use apical::extracellular::{Conductivity, Probe, SliceConfig};
use apical::output::{ArrayFile, MorphologyEntry, Versions};
use serde::Serialize;

use super::args::LfpArgs;
use super::model::{Model, Signal};
use super::moved::{self, MovedPair};
use super::source::{GeometryParameters, RunEntry, Source};
use crate::command::counted;

/// What `manifest.json` says of potentials.
#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    pub(super) versions: Versions,
    pub(super) parameters: Parameters,
    /// The run that voltages or currents are of; null where they are of a file.
    pub(super) run: Option<RunEntry>,
    pub(super) morphology: &'a MorphologyEntry,
    /// What the electrodes are called together.
    pub(super) probe: &'a str,
    pub(super) electrodes: Vec<ElectrodeEntry<'a>>,
    pub(super) moved: Vec<MovedPair>,
    /// Compartments whose voltage is not known, and whose membrane current is taken to be zero.
    pub(super) unknown: Vec<String>,
    /// Compartments without a place in space, laid straight down from where they are attached.
    pub(super) unplaced: Vec<String>,
    /// The compartment whose injected current was added to what voltages tell; null where there is none to add.
    pub(super) injected: Option<String>,
    pub(super) arrays: Vec<ArrayFile>,
    /// What the columns of the transfer matrix are, in their order.
    pub(super) compartments: &'a CompartmentTable,
}

/// Every parameter, defaults filled in.
#[derive(Serialize)]
pub(super) struct Parameters {
    voltages: String,
    pub(super) from: Signal,
    electrodes: String,
    model: Model,
    /// Along x, y and z.
    conductivity_s_per_m: Conductivity,
    /// Null in endless tissue.
    slice: Option<SliceConfig>,
    #[serde(flatten)]
    geometry: GeometryParameters,
    /// Time between samples.
    sample_ms: f64,
}

#[derive(Serialize)]
pub(super) struct ElectrodeEntry<'a> {
    pub(super) id: &'a str,
    position_um: [f64; 3],
    /// Noise of the potential, mV, for 1 mV of independent noise in the voltage of every compartment.
    pub(super) noise_gain: f64,
}

impl Parameters {
    pub(super) fn new(args: &LfpArgs, source: &Source) -> Self {
        Self {
            voltages: args.voltages.display().to_string(),
            from: source.signal,
            electrodes: args.electrodes.to_string(),
            model: args.model,
            conductivity_s_per_m: args.sigma,
            slice: args.slice(),
            geometry: source.geometry,
            sample_ms: source.sample_ms,
        }
    }
}

pub(super) fn electrode_entries<'a>(
    probe: &'a Probe,
    noise_gain: &[f64],
) -> Vec<ElectrodeEntry<'a>> {
    let electrodes = probe.ids().iter().zip(probe.electrodes());
    electrodes
        .zip(noise_gain)
        .map(|((id, electrode), &noise_gain)| ElectrodeEntry {
            id,
            position_um: electrode.position_um(),
            noise_gain,
        })
        .collect()
}

impl Manifest<'_> {
    /// What the reader of potentials should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.unknown.is_empty() {
            notes.push(format!(
                "{} has no rows of the axon ({}): its membrane current is taken to be zero; what this \
                 costs is in the book's page on field potentials",
                self.parameters.voltages,
                counted(self.unknown.len(), "compartment")
            ));
        }
        if let Some(compartment) = &self.injected {
            notes.push(format!(
                "the current that the run injects into {compartment} was added to what follows from voltages"
            ));
        }
        if !self.unplaced.is_empty() {
            let records = self.compartments.records().iter();
            let mut sections: Vec<&str> = records
                .filter(|record| record.center_um.is_none())
                .map(|record| record.section.as_str())
                .collect();
            // Compartments of a section are neighbors.
            sections.dedup();
            let (verb, pronoun) =
                if sections.len() == 1 { ("has", "it is") } else { ("have", "they are") };
            notes.push(format!(
                "{} {verb} no points: {pronoun} laid straight down, in -y, from where attached",
                sections.join(", "),
            ));
        }
        notes.extend(moved::notes(&self.moved));
        notes
    }
}
