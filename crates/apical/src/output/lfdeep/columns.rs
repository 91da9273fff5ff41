//! A trial as LFDeep cuts it: into columns of a millisecond.

use apical_core::{CompartmentId, Trial, TrialLayout};

use super::LfdeepError;

/// What a column of a trial holds: the events of bin k, the voltages at k ms, and spikes after k + 0.5 ms.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// How many there are in a trial. The spikes of the last bin are not all known, so that it is none.
    pub(super) count: usize,
    pub(super) synapses: usize,
    pub(super) dendrites: Vec<CompartmentId>,
    soma: CompartmentId,
}

impl Columns {
    pub(super) fn new(layout: &TrialLayout) -> Result<Self, LfdeepError> {
        let dendrites: Vec<_> = layout.compartments.dendritic().collect();
        let (synapses, duration_ms) = (layout.synapse_count, layout.duration_ms);
        if layout.excitatory_count().is_none() {
            return Err(LfdeepError::Synapses { synapses, dendrites: dendrites.len() });
        }
        match duration_ms.checked_sub(1) {
            None | Some(0) => Err(LfdeepError::TooShort { duration_ms }),
            Some(count) => Ok(Self { count, synapses, dendrites, soma: layout.soma }),
        }
    }

    /// Compartments that have a voltage: dendrites in order, then the soma.
    pub(super) fn compartments(&self) -> impl Iterator<Item = CompartmentId> {
        self.dendrites.iter().copied().chain([self.soma])
    }

    /// Their voltages.
    pub(super) fn voltages(&self, trial: &Trial, column: usize) -> impl Iterator<Item = f32> {
        let voltages = trial.voltages_at(column);
        self.compartments().map(|compartment| voltages[compartment.index()])
    }

    /// Whether there is a spike, by column.
    pub(super) fn spikes(&self, trial: &Trial) -> Vec<bool> {
        let mut spikes = vec![false; self.count];
        for ms in &trial.marks.spikes_ms {
            // toward 0 as in LFDeep: what is before 0.5 ms is in column 0
            if let Some(spike) = spikes.get_mut((ms - 0.5) as usize) {
                *spike = true;
            }
        }
        spikes
    }
}
