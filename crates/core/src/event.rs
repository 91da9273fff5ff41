use serde::{Deserialize, Serialize};

use crate::{CoreError, SynapseId};

/// A presynaptic spike that reaches a synapse.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SynapticEvent {
    /// Arrival time, ms.
    pub time_ms: f64,
    /// The synapse that it reaches.
    pub synapse: SynapseId,
}

/// The synaptic events of one trial, in order of time (of synapse at equal times).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<SynapticEvent>", into = "Vec<SynapticEvent>")]
pub struct EventTrain {
    events: Vec<SynapticEvent>,
}

/// As [`EventTrain::new`].
impl TryFrom<Vec<SynapticEvent>> for EventTrain {
    type Error = CoreError;

    fn try_from(events: Vec<SynapticEvent>) -> Result<Self, CoreError> {
        Self::new(events)
    }
}

impl From<EventTrain> for Vec<SynapticEvent> {
    fn from(train: EventTrain) -> Self {
        train.events
    }
}

impl EventTrain {
    /// Sorts events by time, then synapse.
    ///
    /// # Errors
    ///
    /// [`CoreError::EventTime`] if a time is negative or not finite.
    pub fn new(events: Vec<SynapticEvent>) -> Result<Self, CoreError> {
        for (index, event) in events.iter().enumerate() {
            if !(event.time_ms.is_finite() && event.time_ms >= 0.0) {
                return Err(CoreError::EventTime { index, time_ms: event.time_ms });
            }
        }
        Ok(Self::sorted(events))
    }

    /// Of times that are known to be finite and at or after 0.
    pub(crate) fn sorted(mut events: Vec<SynapticEvent>) -> Self {
        events.sort_by(|a, b| a.time_ms.total_cmp(&b.time_ms).then(a.synapse.cmp(&b.synapse)));
        Self { events }
    }

    /// All events in order.
    #[must_use]
    pub fn events(&self) -> &[SynapticEvent] {
        &self.events
    }

    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The events of the millisecond bin k: those with k ≤ time < k + 1.
    #[must_use]
    pub fn bin(&self, k: usize) -> &[SynapticEvent] {
        let start = self.events.partition_point(|e| e.time_ms < k as f64);
        let end = self.events.partition_point(|e| e.time_ms < (k + 1) as f64);
        &self.events[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_partition_the_train() {
        let at = |time_ms: f64, s| SynapticEvent { time_ms, synapse: SynapseId::new(s) };
        let train =
            EventTrain::new(vec![at(2.0, 1), at(0.0, 5), at(2.0, 0), at(1.999, 3)]).unwrap();
        let counts: Vec<_> = (0..4).map(|k| train.bin(k).len()).collect();
        assert_eq!(counts, [1, 1, 2, 0]);
        assert_eq!(train.bin(2)[0].synapse.index(), 0);
    }

    #[test]
    fn what_is_read_is_sorted_and_checked() {
        let event = |time_ms: f64| SynapticEvent { time_ms, synapse: SynapseId::new(0) };
        let read = |events: Vec<SynapticEvent>| {
            serde_json::from_value::<EventTrain>(serde_json::to_value(events).unwrap())
        };
        let train = read(vec![event(2.0), event(1.0)]).unwrap();
        assert_eq!(train.events(), [event(1.0), event(2.0)]);
        assert_eq!(read(train.clone().into()).unwrap(), train);
        assert!(read(vec![event(-1.0)]).is_err());
    }

    #[test]
    fn refuses_times_that_are_no_times() {
        for time_ms in [-1.0, f64::NAN, f64::INFINITY] {
            let event = SynapticEvent { time_ms, synapse: SynapseId::new(0) };
            assert!(matches!(
                EventTrain::new(vec![event]),
                Err(CoreError::EventTime { index: 0, .. })
            ));
        }
    }
}
