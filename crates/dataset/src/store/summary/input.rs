//! Synaptic events, counted by what they do and where.

use apical_core::{SectionType, SynapseId, TrialLayout};
use rayon::prelude::*;
use serde::Serialize;

use crate::store::{Store, StoreError, TrialRecord};

/// Something of all synapses and, where it is known which of them excite, of either kind.
///
/// Which of them excite is known by [`TrialLayout::excitatory_count`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BySynapse<T> {
    /// Of all synapses.
    pub all: T,
    /// Of those that excite.
    pub excitatory: Option<ByTree<T>>,
    /// Of those that inhibit.
    pub inhibitory: Option<ByTree<T>>,
}

/// Something of synapses of one kind, by tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ByTree<T> {
    /// Of both trees.
    pub all: T,
    /// Of the basal tree.
    pub basal: T,
    /// Of the apical tree.
    pub apical: T,
}

/// Number of synaptic events of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrialInput {
    /// The trial.
    pub trial: usize,
    /// Its events.
    pub events: BySynapse<u64>,
}

/// How often synapses receive events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InputRate {
    /// Number of synapses.
    pub synapses: u64,
    /// Number of events.
    pub events: u64,
    /// Events of all these synapses together, 1/s.
    pub events_per_s: f64,
    /// Events of one of them, 1/s; none without synapses.
    pub per_synapse_hz: Option<f64>,
}

impl<T> BySynapse<T> {
    fn zip<U, V>(self, other: BySynapse<U>, join: impl Fn(T, U) -> V) -> BySynapse<V> {
        let trees = |(a, b): (ByTree<T>, ByTree<U>)| ByTree {
            all: join(a.all, b.all),
            basal: join(a.basal, b.basal),
            apical: join(a.apical, b.apical),
        };
        BySynapse {
            all: join(self.all, other.all),
            excitatory: self.excitatory.zip(other.excitatory).map(trees),
            inhibitory: self.inhibitory.zip(other.inhibitory).map(trees),
        }
    }
}

/// Counts the synaptic events of every trial that is there, in order of their number. `done` is called after each trial.
///
/// Events alone are read, of as many trials at a time as there are threads.
///
/// # Errors
///
/// What [`Store::events`] refuses.
pub fn count_input(
    store: &Store,
    done: impl Fn(&TrialRecord) + Sync,
) -> Result<Vec<TrialInput>, StoreError> {
    let kinds = Kinds::new(&store.manifest().layout);
    let records: Vec<&TrialRecord> = store.records().collect();
    let of_trial = |record: &&TrialRecord| {
        let events = store.events(record.trial)?;
        let input = TrialInput { trial: record.trial, events: kinds.count(events.synapses()) };
        done(record);
        Ok(input)
    };
    records.par_iter().map(of_trial).collect()
}

/// Rates over the trials that are `wanted`; none without such trials.
pub(super) fn rates(
    layout: &TrialLayout,
    input: &[TrialInput],
    wanted: impl Fn(usize) -> bool,
) -> Option<BySynapse<InputRate>> {
    let wanted: Vec<_> = input.iter().filter(|input| wanted(input.trial)).collect();
    let seconds = 1e-3 * (wanted.len() * layout.duration_ms) as f64;
    let events = wanted.iter().map(|input| input.events).reduce(|a, b| a.zip(b, |a, b| a + b))?;
    Some(events.zip(Kinds::synapses(layout), |events, synapses| {
        let events_per_s = events as f64 / seconds;
        let per_synapse_hz = (synapses > 0).then(|| events_per_s / synapses as f64);
        InputRate { synapses, events, events_per_s, per_synapse_hz }
    }))
}

/// Which synapses excite, and which are on the apical tree.
struct Kinds {
    /// Whether each dendritic compartment is of the apical tree; none where synapses are of unknown kinds.
    apical: Option<Vec<bool>>,
}

impl Kinds {
    fn new(layout: &TrialLayout) -> Self {
        let table = &layout.compartments;
        let apical: Vec<bool> = table
            .dendritic()
            .filter_map(|id| table.get(id))
            .map(|record| record.section_type == SectionType::Apical)
            .collect();
        Self { apical: layout.excitatory_count().map(|_| apical) }
    }

    /// The number of synapses.
    fn synapses(layout: &TrialLayout) -> BySynapse<u64> {
        let all: Vec<SynapseId> = (0..layout.synapse_count).map(SynapseId::new).collect();
        Self::new(layout).count(&all)
    }

    fn count(&self, synapses: &[SynapseId]) -> BySynapse<u64> {
        let all = synapses.len() as u64;
        let Some(apical) = &self.apical else {
            return BySynapse { all, excitatory: None, inhibitory: None };
        };
        // by kind, by tree
        let mut counts = [[0; 2]; 2];
        for synapse in synapses {
            let (kind, compartment) =
                (synapse.index() / apical.len(), synapse.index() % apical.len());
            counts[kind.min(1)][usize::from(apical[compartment])] += 1;
        }
        let [excitatory, inhibitory] =
            counts.map(|[basal, apical]| Some(ByTree { all: basal + apical, basal, apical }));
        BySynapse { all, excitatory, inhibitory }
    }
}
