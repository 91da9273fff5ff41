use apical_core::{SynapseId, Trial, TrialLayout};

use super::config::{LoaderConfig, Position};
use crate::scaling::Standardizer;
use crate::window::spike_bin;
use crate::{Window, WindowShape};

/// B samples of n bins each, one after the other.
///
/// The voltages of sample b at k and k + 1 ms after its start, and the events of its bin k, belong together as in
/// [`Trial`]: the former voltages and the events lead to the latter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Batch {
    /// Where each sample is from, and its importance weight (see [`WindowSampler`](crate::WindowSampler)), `[B]`.
    pub windows: Vec<Window>,
    /// Voltages, mV, or in standard deviations from the mean if a scaling is set, `[B × (n + 1) × compartments]`, the
    /// compartment's index fastest.
    pub voltages: Vec<f32>,
    /// Injected currents, nA, mean over each bin, `[B × n × sites]`, the site's index fastest.
    pub injected_na: Vec<f32>,
    /// Where in `event_synapses` each bin starts, `[B · n + 1]`: bin k of sample b is at b · n + k.
    pub event_offsets: Vec<u32>,
    /// Synapses that receive an event, bin after bin.
    pub event_synapses: Vec<SynapseId>,
    /// 1 where there is a somatic spike after k and up to k + 1 ms after the sample's start, else 0, `[B × n]`.
    pub spikes: Vec<f32>,
    /// Where to continue after this batch.
    pub next: Position,
}

/// Copies samples out of trials.
pub(super) struct Assembler {
    window: WindowShape,
    compartments: usize,
    sites: usize,
    standardizer: Option<Standardizer>,
}

impl Assembler {
    pub(super) fn new(layout: &TrialLayout, config: &LoaderConfig) -> Self {
        Self {
            window: config.window,
            compartments: layout.compartments.len(),
            sites: layout.injection_sites.len(),
            standardizer: config.scaling.as_ref().map(Standardizer::new),
        }
    }

    /// A batch that will take so many samples.
    pub(super) fn start(&self, samples: usize, next: Position) -> Batch {
        let bins = samples * self.window.bins;
        let mut event_offsets = Vec::with_capacity(bins + 1);
        event_offsets.push(0);
        Batch {
            windows: Vec::with_capacity(samples),
            voltages: Vec::with_capacity((bins + samples) * self.compartments),
            injected_na: Vec::with_capacity(bins * self.sites),
            event_offsets,
            event_synapses: Vec::new(),
            spikes: Vec::with_capacity(bins),
            next,
        }
    }

    /// Appends a window of a trial, which must be of the layout.
    pub(super) fn append(&self, batch: &mut Batch, trial: &Trial, window: Window) {
        let (first, bins) = (window.first_bin, self.window.bins);
        let last = first + bins;
        batch.windows.push(window);

        let voltage_mv =
            &trial.voltage_mv[first * self.compartments..(last + 1) * self.compartments];
        match &self.standardizer {
            Some(standardizer) => standardizer.append(voltage_mv, &mut batch.voltages),
            None => batch.voltages.extend_from_slice(voltage_mv),
        }
        let injected_na = &trial.injected_na[first * self.sites..last * self.sites];
        batch.injected_na.extend_from_slice(injected_na);

        let offsets = &trial.events.offsets()[first..=last];
        let [begin, end] = [offsets[0], offsets[bins]];
        let before = batch.event_synapses.len() as u32;
        batch.event_offsets.extend(offsets[1..].iter().map(|offset| offset - begin + before));
        let synapses = &trial.events.synapses()[begin as usize..end as usize];
        batch.event_synapses.extend_from_slice(synapses);

        let sample = batch.spikes.len();
        batch.spikes.resize(sample + bins, 0.0);
        for &ms in &trial.marks.spikes_ms {
            let bin = spike_bin(ms, trial.bins()).and_then(|bin| bin.checked_sub(first));
            if let Some(bin) = bin.filter(|&bin| bin < bins) {
                batch.spikes[sample + bin] = 1.0;
            }
        }
    }
}
