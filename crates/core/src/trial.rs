use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{BinnedEvents, CalciumEvent, CompartmentId, CompartmentTable, CoreError};

/// Most values of a kind in one trial: what 32 bits count, as the offsets of [`BinnedEvents`] do.
const MOST_VALUES: usize = u32::MAX as usize;

/// What the numbers of trials are: the same for all trials of a [`TrialSource`](crate::TrialSource).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrialLayout {
    /// What the columns of voltages are.
    pub compartments: CompartmentTable,
    /// Where somatic spikes are found.
    pub soma: CompartmentId,
    /// Where calcium events are found; none where the neuron has no such place.
    pub calcium_site: Option<CompartmentId>,
    /// Number of synapses.
    pub synapse_count: usize,
    /// Compartments that currents flow into, one input channel each.
    pub injection_sites: Vec<CompartmentId>,
    /// T, ms.
    pub duration_ms: usize,
}

impl TrialLayout {
    /// Of a neuron without a place of calcium events, and without currents.
    #[must_use]
    pub const fn new(
        compartments: CompartmentTable,
        soma: CompartmentId,
        synapse_count: usize,
        duration_ms: usize,
    ) -> Self {
        Self {
            compartments,
            soma,
            calcium_site: None,
            synapse_count,
            injection_sites: Vec::new(),
            duration_ms,
        }
    }

    /// Refuses a layout that no trial can have.
    ///
    /// # Errors
    ///
    /// [`CoreError::Compartment`] for a place that the neuron does not have, [`CoreError::Layout`] for trials of no length
    /// or of more values than can be addressed.
    pub fn check(&self) -> Result<(), CoreError> {
        let compartments = self.compartments.len();
        let soma = [("the soma", self.soma)].into_iter();
        let calcium = self.calcium_site.map(|site| ("the calcium site", site));
        let injected = self.injection_sites.iter().map(|&site| ("an injection site", site));
        for (what, compartment) in soma.chain(calcium).chain(injected) {
            if compartment.index() >= compartments {
                return Err(CoreError::Compartment { what, compartment, compartments });
            }
        }
        let columns = [compartments, self.injection_sites.len(), self.synapse_count];
        let values = columns.map(|columns| self.duration_ms.checked_add(1)?.checked_mul(columns));
        let fit = values.iter().all(|count| count.is_some_and(|count| count <= MOST_VALUES));
        if fit && self.duration_ms > 0 {
            return Ok(());
        }
        Err(CoreError::Layout { duration_ms: self.duration_ms, compartments })
    }

    /// N, the number of excitatory synapses: of N dendritic compartments in order, number k has the excitatory synapse k and
    /// the inhibitory synapse N + k. None unless there are twice as many synapses as such compartments: of others it is not
    /// known what they do.
    #[must_use]
    pub fn excitatory_count(&self) -> Option<usize> {
        let compartments = self.compartments.dendritic().count();
        (compartments > 0 && self.synapse_count == 2 * compartments).then_some(compartments)
    }
}

/// When a trial is out of the ordinary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialMarks {
    /// Somatic spikes, ms.
    pub spikes_ms: Vec<f64>,
    /// Calcium events.
    pub calcium_events: Vec<CalciumEvent>,
}

impl TrialMarks {
    /// Refuses marks of a whole trial that are not in order of time and within it.
    ///
    /// # Errors
    ///
    /// [`CoreError::Mark`] with the first of them.
    pub fn check(&self, duration_ms: usize) -> Result<(), CoreError> {
        let end_ms = duration_ms as f64;
        let check = |what, times_ms: &mut dyn Iterator<Item = [f64; 2]>| {
            let mut least_ms = 0.0;
            for (index, [start_ms, stop_ms]) in times_ms.enumerate() {
                for time_ms in [start_ms, stop_ms] {
                    // false for what is no number
                    if !(time_ms >= least_ms && time_ms <= end_ms) {
                        return Err(CoreError::Mark { what, index, time_ms, duration_ms });
                    }
                    least_ms = time_ms;
                }
            }
            Ok(())
        };
        check("spike", &mut self.spikes_ms.iter().map(|&ms| [ms, ms]))?;
        let events = self.calcium_events.iter();
        // an event that goes on at the last sample ends one later
        let mut within = events.map(|event| [event.onset_ms, event.end_ms - 1.0]);
        check("calcium event", &mut within)?;
        let peaks: Vec<f32> =
            self.calcium_events.iter().map(|event| event.peak_mv as f32).collect();
        check_finite("peaks of calcium events", &peaks)
    }

    /// Those of some bins, in ms from their start: spikes after it and up to their end, and the calcium events that overlap
    /// with them, which may thus begin before 0 and end after the stretch.
    #[must_use]
    pub fn stretch(&self, bins: Range<usize>) -> Self {
        let [start, end] = [bins.start as f64, bins.end as f64];
        let spikes = self.spikes_ms.iter().filter(|&&ms| ms > start && ms <= end);
        let events = self.calcium_events.iter();
        let events = events.filter(|event| event.onset_ms <= end && event.end_ms > start);
        Self {
            spikes_ms: spikes.map(|ms| ms - start).collect(),
            calcium_events: events
                .map(|event| CalciumEvent {
                    onset_ms: event.onset_ms - start,
                    end_ms: event.end_ms - start,
                    ..*event
                })
                .collect(),
        }
    }
}

/// A trial, or a stretch of one, at a resolution of a millisecond.
///
/// Of T milliseconds there are the input of bins 0 … T − 1 and the voltages at 0, 1, …, T ms: those at k + 1 follow from
/// those at k and the input of bin k.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trial {
    /// Synaptic events of T bins.
    pub events: BinnedEvents,
    /// Injected currents, nA, mean over each bin, `[T × sites]`, the site's index fastest.
    pub injected_na: Vec<f32>,
    /// Voltages, mV, `[(T + 1) × compartments]`, the compartment's index fastest.
    pub voltage_mv: Vec<f32>,
    /// Spikes and calcium events, ms from the start of the stretch.
    pub marks: TrialMarks,
}

impl Trial {
    /// A trial from its parts.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] if an array does not fit the number of bins, [`CoreError::Synapse`] for a synapse that the
    /// neuron does not have, [`CoreError::NotFinite`] for a voltage or current that is no number, and what
    /// [`TrialMarks::check`] refuses.
    pub fn new(
        layout: &TrialLayout,
        events: BinnedEvents,
        injected_na: Vec<f32>,
        voltage_mv: Vec<f32>,
        marks: TrialMarks,
    ) -> Result<Self, CoreError> {
        let trial = Self { events, injected_na, voltage_mv, marks };
        trial.check(layout)?;
        Ok(trial)
    }

    /// Refuses a trial whose parts do not fit each other and the neuron.
    ///
    /// # Errors
    ///
    /// As [`Trial::new`].
    pub fn check(&self, layout: &TrialLayout) -> Result<(), CoreError> {
        self.check_shapes(layout)?;
        check_finite("injected currents, nA", &self.injected_na)?;
        check_finite("voltages, mV", &self.voltage_mv)?;
        self.marks.check(self.bins())
    }

    /// Refuses arrays that are of another layout, whatever their values.
    pub(crate) fn check_shapes(&self, layout: &TrialLayout) -> Result<(), CoreError> {
        let bins = self.bins();
        let shape = |what, expected, found| {
            if expected == found { Ok(()) } else { Err(CoreError::Shape { what, expected, found }) }
        };
        let injected = bins * layout.injection_sites.len();
        shape("injected currents [bins × sites]", injected, self.injected_na.len())?;
        let voltages = (bins + 1) * layout.compartments.len();
        shape("voltages [(bins + 1) × compartments]", voltages, self.voltage_mv.len())?;
        let synapses = layout.synapse_count;
        match self.events.synapses().iter().find(|id| id.index() >= synapses) {
            Some(&synapse) => Err(CoreError::Synapse { synapse, synapses }),
            None => Ok(()),
        }
    }

    /// T, the number of bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.events.bins()
    }

    /// Voltages of all compartments at `ms`, mV.
    ///
    /// # Panics
    ///
    /// If that is after the end.
    #[must_use]
    pub fn voltages_at(&self, ms: usize) -> &[f32] {
        let compartments = self.voltage_mv.len() / (self.bins() + 1);
        &self.voltage_mv[ms * compartments..][..compartments]
    }

    /// The voltage of a compartment at 0, 1, …, T ms.
    ///
    /// # Panics
    ///
    /// If there is no such compartment.
    pub fn trace_mv(&self, compartment: CompartmentId) -> impl Iterator<Item = f32> {
        let compartments = self.voltage_mv.len() / (self.bins() + 1);
        assert!(
            compartment.index() < compartments,
            "compartment {compartment} does not exist: there are {compartments}"
        );
        self.voltage_mv.iter().skip(compartment.index()).step_by(compartments).copied()
    }

    /// Some of the bins, with the voltages at both of their ends and the [marks](TrialMarks::stretch) in between.
    ///
    /// # Panics
    ///
    /// If there are no such bins.
    #[must_use]
    pub fn stretch(&self, bins: Range<usize>) -> Self {
        let all = self.bins();
        let (sites, compartments) =
            (self.injected_na.len().checked_div(all), self.voltage_mv.len() / (all + 1));
        let sites = sites.unwrap_or(0);
        Self {
            events: self.events.stretch(bins.clone()),
            injected_na: self.injected_na[bins.start * sites..bins.end * sites].to_vec(),
            voltage_mv: self.voltage_mv[bins.start * compartments..(bins.end + 1) * compartments]
                .to_vec(),
            marks: self.marks.stretch(bins),
        }
    }
}

fn check_finite(what: &'static str, values: &[f32]) -> Result<(), CoreError> {
    // first whether there is any, without a branch: all voltages of a data set come by here whenever they are read
    if values.iter().fold(true, |all, value| all & value.is_finite()) {
        return Ok(());
    }
    match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, &value)) => Err(CoreError::NotFinite { what, index, value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompartmentRecord, Region, SectionType, SynapseId, TrialsInMemory};

    fn layout() -> TrialLayout {
        let compartments = CompartmentTable::new(vec![
            CompartmentRecord::new(SectionType::Soma, Region::Soma, "soma[0]"),
            CompartmentRecord::new(SectionType::Apical, Region::Trunk, "apic[0]"),
        ]);
        let mut layout = TrialLayout::new(compartments, CompartmentId::new(0), 4, 5);
        layout.calcium_site = Some(CompartmentId::new(1));
        layout.injection_sites = vec![CompartmentId::new(0)];
        layout
    }

    fn trial() -> Trial {
        let synapses = [3, 0, 2].map(SynapseId::new).to_vec();
        let events = BinnedEvents::new(vec![0, 1, 1, 2, 2, 3], synapses).unwrap();
        let injected = (0..5).map(|k| k as f32).collect();
        let voltages = (0..12).map(|k| -70.0 + k as f32).collect();
        let marks = TrialMarks {
            spikes_ms: vec![1.0, 2.5, 4.0],
            calcium_events: vec![CalciumEvent { onset_ms: 1.0, end_ms: 3.0, peak_mv: 0.0 }],
        };
        Trial::new(&layout(), events, injected, voltages, marks).unwrap()
    }

    #[test]
    fn stretches_are_parts() {
        let part = trial().stretch(2..4);
        assert_eq!(part.events.offsets(), [0, 1, 1]);
        assert_eq!(part.events.synapses(), [SynapseId::new(0)]);
        assert_eq!(part.injected_na, [2.0, 3.0]);
        assert_eq!(part.voltages_at(0), [-66.0, -65.0]);
        assert_eq!(part.trace_mv(CompartmentId::new(1)).collect::<Vec<_>>(), [-65.0, -63.0, -61.0]);
        assert_eq!(part.marks.spikes_ms, [0.5, 2.0]);
        let event = CalciumEvent { onset_ms: -1.0, end_ms: 1.0, peak_mv: 0.0 };
        assert_eq!(part.marks.calcium_events, [event]);
        assert!(trial().stretch(3..5).marks.calcium_events.is_empty());
        assert_eq!(trial().stretch(0..5), trial());
    }

    #[test]
    #[should_panic(expected = "compartment 2 does not exist: there are 2")]
    fn a_compartment_that_is_not_there_has_no_trace() {
        // the third value of all is the first compartment's at 1 ms
        let _ = trial().trace_mv(CompartmentId::new(2)).next();
    }

    #[test]
    #[should_panic(expected = "compartment 0 does not exist: there are 0")]
    fn a_trial_of_no_compartments_has_no_trace() {
        let mut trial = trial();
        trial.voltage_mv.clear();
        let _ = trial.trace_mv(CompartmentId::new(0)).next();
    }

    #[test]
    fn kinds_of_synapses_are_known_where_there_are_two_a_dendrite() {
        // of two compartments one is a dendrite
        assert_eq!(layout().excitatory_count(), None);
        assert_eq!(TrialLayout { synapse_count: 2, ..layout() }.excitatory_count(), Some(1));
        let soma = CompartmentTable::new(layout().compartments.records()[..1].to_vec());
        let bare = TrialLayout { compartments: soma, synapse_count: 0, ..layout() };
        assert_eq!(bare.excitatory_count(), None);
    }

    #[test]
    fn refuses_parts_that_do_not_fit() {
        let Trial { events, injected_na, voltage_mv, marks } = trial();
        let new = |injected: &[f32], voltages: &[f32], layout: &TrialLayout| {
            let [injected, voltages] = [injected, voltages].map(<[f32]>::to_vec);
            Trial::new(layout, events.clone(), injected, voltages, marks.clone())
        };
        assert!(matches!(
            new(&injected_na[1..], &voltage_mv, &layout()),
            Err(CoreError::Shape { expected: 5, found: 4, .. })
        ));
        assert!(matches!(
            new(&injected_na, &voltage_mv[2..], &layout()),
            Err(CoreError::Shape { expected: 12, found: 10, .. })
        ));
        let fewer = TrialLayout { synapse_count: 3, ..layout() };
        assert_eq!(
            new(&injected_na, &voltage_mv, &fewer),
            Err(CoreError::Synapse { synapse: SynapseId::new(3), synapses: 3 })
        );
    }

    #[test]
    fn refuses_what_is_no_number_or_out_of_order() {
        let refused = |change: &dyn Fn(&mut Trial)| {
            let mut changed = trial();
            change(&mut changed);
            changed.check(&layout()).unwrap_err().to_string()
        };
        let error = refused(&|trial| trial.voltage_mv[7] = f32::NAN);
        assert_eq!(error, "voltages, mV: value 7 is NaN");
        let error = refused(&|trial| trial.injected_na[2] = f32::INFINITY);
        assert_eq!(error, "injected currents, nA: value 2 is inf");
        let error = refused(&|trial| trial.marks.spikes_ms[1] = 0.5);
        assert_eq!(error, "spike 1 is at 0.5 ms: not in order within 5 ms");
        let error = refused(&|trial| trial.marks.spikes_ms[2] = 5.5);
        assert_eq!(error, "spike 2 is at 5.5 ms: not in order within 5 ms");
        refused(&|trial| trial.marks.spikes_ms[0] = f64::NAN);
        refused(&|trial| trial.marks.calcium_events[0].end_ms = f64::NAN);
        refused(&|trial| trial.marks.calcium_events[0].end_ms = 7.0);
        refused(&|trial| trial.marks.calcium_events[0].peak_mv = f64::NEG_INFINITY);
        let mut last = trial();
        last.marks.calcium_events[0].end_ms = 6.0;
        assert_eq!(last.check(&layout()), Ok(()));
    }

    #[test]
    fn trials_in_memory_are_of_one_layout() {
        let refused = |change: &dyn Fn(&mut TrialLayout)| {
            let mut other = layout();
            change(&mut other);
            let trials = vec![trial(); 2];
            TrialsInMemory::new(other, trials).unwrap_err().to_string()
        };
        let bins = refused(&|layout| layout.duration_ms = 4);
        assert_eq!(bins, "trial 0: bins of a trial: expected 4 values, found 5");
        let sites = refused(&|layout| layout.injection_sites.clear());
        let expected = "trial 0: injected currents [bins × sites]: expected 0 values, found 5";
        assert_eq!(sites, expected);
        let synapses = refused(&|layout| layout.synapse_count = 3);
        assert_eq!(synapses, "trial 0: synapse 3 does not exist: there are 3");
        let mut narrow = trial();
        narrow.voltage_mv.truncate(6);
        let narrow = TrialsInMemory::new(layout(), vec![trial(), narrow]).unwrap_err();
        let expected = "trial 1: voltages [(bins + 1) × compartments]: expected 12 values, found 6";
        assert_eq!(narrow.to_string(), expected);
        // values are not looked at
        let mut unknown = trial();
        unknown.voltage_mv[7] = f32::NAN;
        assert!(TrialsInMemory::new(layout(), vec![unknown]).is_ok());
    }

    #[test]
    fn refuses_layouts_that_no_trial_has() {
        assert_eq!(layout().check(), Ok(()));
        let refused = |change: &dyn Fn(&mut TrialLayout)| {
            let mut changed = layout();
            change(&mut changed);
            changed.check().unwrap_err()
        };
        let of =
            |error: &CoreError| matches!(error, CoreError::Compartment { compartments: 2, .. });
        assert!(of(&refused(&|layout| layout.soma = CompartmentId::new(2))));
        assert!(of(&refused(&|layout| layout.calcium_site = Some(CompartmentId::new(9)))));
        assert!(of(&refused(&|layout| layout.injection_sites.push(CompartmentId::new(2)))));
        let of = |error: &CoreError| matches!(error, CoreError::Layout { compartments: 2, .. });
        assert!(of(&refused(&|layout| layout.duration_ms = 0)));
        assert!(of(&refused(&|layout| layout.duration_ms = usize::MAX)));
        assert!(of(&refused(&|layout| layout.duration_ms = 3_000_000_000)));
    }
}
