use apical_core::{BinnedEvents, CalciumRule, SynapseId, Trial, TrialLayout, TrialMarks};
use half::f16;
use serde_json::{Value, json};

use super::NeuronioError;
use super::header::Recording;
use super::npz::{Archive, Length};
use super::spikes::{Mismatch, spike_times_ms};

/// A published simulation as a trial.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NeuronioSimulation {
    /// Its trial.
    pub trial: Trial,
    /// Voltage of the soma, mV, `[T · samples per ms + 1]` for a trial of T ms.
    pub soma_mv: Vec<f32>,
    /// File and number of the simulation, and of how many spikes only the rounded time is known.
    pub origin: Value,
}

/// Reads a simulation of a file.
pub(super) fn read(
    archive: &mut Archive,
    number: usize,
    recording: &Recording,
    layout: &TrialLayout,
) -> Result<NeuronioSimulation, NeuronioError> {
    let Recording { duration_ms, samples_per_ms, .. } = *recording;
    let segments = recording.segments();
    let bins = layout.duration_ms;
    let named = |what: &str| format!("{what}_{number:03}");
    let mut voltages = |what: &str, shape: &[usize]| {
        let shape: Vec<_> = shape.iter().map(|&length| Length::Exactly(length)).collect();
        let member = named(what);
        let values: Vec<f16> = archive.read(&member, "float16", &shape)?;
        let values: Vec<f32> = values.into_iter().map(f16::to_f32).collect();
        match values.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(NeuronioError::NotFinite { member, index, value: values[index] }),
            None => Ok(values),
        }
    };
    let dendritic = voltages("dendritic_mv", &[segments, duration_ms]);
    let dendritic_mv = dendritic.map_err(|error| match error {
        NeuronioError::Missing { member } => NeuronioError::NoDendrites { member },
        error => error,
    })?;
    let mut soma_mv = voltages("soma_mv", &[duration_ms * samples_per_ms])?;
    let nexus_mv = voltages("nexus_mv", &[duration_ms])?;

    let mut voltage_mv = Vec::with_capacity(duration_ms * (1 + segments));
    for ms in 0..duration_ms {
        voltage_mv.push(soma_mv[ms * samples_per_ms]);
        voltage_mv.extend(dendritic_mv[ms..].iter().step_by(duration_ms));
    }
    let most = duration_ms * samples_per_ms;
    let published: Vec<f16> =
        archive.read(&named("spikes_ms"), "float16", &[Length::AtMost(most)])?;
    let spikes = spike_times_ms(&soma_mv, samples_per_ms, &published);
    let (mut spikes_ms, rounded) = spikes.map_err(|mismatch| {
        let member = named("spikes_ms");
        match mismatch {
            Mismatch::Time(index) => {
                NeuronioError::SpikeTime { member, index, value: published[index].to_f32() }
            }
            Mismatch::Unpublished(time_ms) => NeuronioError::UnpublishedSpike { member, time_ms },
        }
    })?;
    spikes_ms.retain(|&ms| ms <= bins as f64);
    soma_mv.truncate(bins * samples_per_ms + 1);
    let calcium_events = CalciumRule::default().events(nexus_mv.into_iter().map(f64::from), 1.0);
    let marks = TrialMarks { spikes_ms, calcium_events };

    let mut pairs = Vec::new();
    for (kind, first) in [("excitatory", 0), ("inhibitory", segments)] {
        let rows = events(archive, named(kind), segments, duration_ms)?;
        pairs.extend(rows.into_iter().map(|[segment, ms]| (ms, first + segment)));
    }
    pairs.sort_unstable();
    pairs.truncate(pairs.partition_point(|&(ms, _)| ms < bins));
    let offsets = (0..=bins).map(|bin| pairs.partition_point(|&(ms, _)| ms < bin) as u32);
    let synapses = pairs.iter().map(|&(_, synapse)| SynapseId::new(synapse)).collect();
    let trial = BinnedEvents::new(offsets.collect(), synapses)
        .and_then(|events| Trial::new(layout, events, Vec::new(), voltage_mv, marks))
        .expect("shapes and synapses were checked");
    let origin = json!({ "simulation": number, "spikes_of_rounded_time": rounded });
    Ok(NeuronioSimulation { trial, soma_mv, origin })
}

/// Segment and ms of every event, both in range.
fn events(
    archive: &mut Archive,
    member: String,
    segments: usize,
    duration_ms: usize,
) -> Result<Vec<[usize; 2]>, NeuronioError> {
    let shape = [Length::AtMost(segments * duration_ms), Length::Exactly(2)];
    let values: Vec<i32> = archive.read(&member, "int32", &shape)?;
    let mut rows = Vec::with_capacity(values.len() / 2);
    for (row, &[segment, ms]) in values.as_chunks().0.iter().enumerate() {
        let within = |value: i32, end: usize| usize::try_from(value).ok().filter(|&v| v < end);
        let Some(at) = within(segment, segments) else {
            return Err(NeuronioError::EventSegment { member, row, found: segment, segments });
        };
        let Some(bin) = within(ms, duration_ms) else {
            return Err(NeuronioError::EventTime { member, row, found: ms, duration_ms });
        };
        rows.push([at, bin]);
    }
    Ok(rows)
}
