use std::ops::Range;

use crate::{CoreError, EventTrain, SynapseId, SynapticEvent};

/// The synaptic events of a stretch of time by millisecond: which synapses receive one in bin 0, 1, …
///
/// The time of an event within its bin is not kept; the input processes of data sets have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinnedEvents {
    /// `[bins + 1]`: where in `synapses` each bin starts.
    offsets: Vec<u32>,
    synapses: Vec<SynapseId>,
}

impl BinnedEvents {
    /// No events in this many bins.
    #[must_use]
    pub fn none(bins: usize) -> Self {
        Self { offsets: vec![0; bins + 1], synapses: Vec::new() }
    }

    /// Events given as the place in `synapses` at which each bin starts, `[bins + 1]`.
    ///
    /// # Errors
    ///
    /// [`CoreError::EventOffsets`] if places decrease, do not start at 0 or do not end with the synapses.
    pub fn new(offsets: Vec<u32>, synapses: Vec<SynapseId>) -> Result<Self, CoreError> {
        let ends = offsets.first() == Some(&0)
            && offsets.last().is_some_and(|&last| last as usize == synapses.len());
        if ends && offsets.is_sorted() {
            Ok(Self { offsets, synapses })
        } else {
            Err(CoreError::EventOffsets { bins: offsets.len().saturating_sub(1) })
        }
    }

    /// The events of a train in its first `bins` milliseconds.
    #[must_use]
    pub fn from_train(train: &EventTrain, bins: usize) -> Self {
        let mut binned = Self { offsets: vec![0], synapses: Vec::with_capacity(train.len()) };
        for bin in 0..bins {
            binned.synapses.extend(train.bin(bin).iter().map(|event| event.synapse));
            binned.offsets.push(binned.synapses.len() as u32);
        }
        binned
    }

    /// The same as a train, each event at the start of its bin.
    #[must_use]
    pub fn to_train(&self) -> EventTrain {
        let mut events = Vec::with_capacity(self.synapses.len());
        for bin in 0..self.bins() {
            let time_ms = bin as f64;
            events.extend(self.bin(bin).iter().map(|&synapse| SynapticEvent { time_ms, synapse }));
        }
        EventTrain::sorted(events)
    }

    /// Number of bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The synapses that receive an event in a bin.
    ///
    /// # Panics
    ///
    /// If there is no such bin.
    #[must_use]
    pub fn bin(&self, bin: usize) -> &[SynapseId] {
        &self.synapses[self.offsets[bin] as usize..self.offsets[bin + 1] as usize]
    }

    /// Where in [`synapses`](Self::synapses) each bin starts, `[bins + 1]`.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Synapses, bin after bin.
    #[must_use]
    pub fn synapses(&self) -> &[SynapseId] {
        &self.synapses
    }

    /// The events of some of the bins.
    ///
    /// # Panics
    ///
    /// If there are no such bins.
    #[must_use]
    pub fn stretch(&self, bins: Range<usize>) -> Self {
        let first = self.offsets[bins.start];
        let last = self.offsets[bins.end];
        Self {
            offsets: self.offsets[bins.start..=bins.end]
                .iter()
                .map(|offset| offset - first)
                .collect(),
            synapses: self.synapses[first as usize..last as usize].to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(indices: &[usize]) -> Vec<SynapseId> {
        indices.iter().copied().map(SynapseId::new).collect()
    }

    #[test]
    fn bins_are_those_of_the_train() {
        let at = |time_ms: f64, s| SynapticEvent { time_ms, synapse: SynapseId::new(s) };
        let train =
            EventTrain::new(vec![at(2.0, 1), at(0.0, 5), at(2.0, 0), at(1.9, 3), at(7.0, 1)])
                .unwrap();
        let binned = BinnedEvents::from_train(&train, 4);
        assert_eq!(binned.offsets(), [0, 1, 2, 4, 4]);
        assert_eq!(binned.synapses(), ids(&[5, 3, 0, 1]));
        let stretch = binned.stretch(1..3);
        assert_eq!(
            (stretch.bins(), stretch.bin(0), stretch.bin(1)),
            (2, &ids(&[3])[..], &ids(&[0, 1])[..])
        );
        let back = BinnedEvents::from_train(&binned.to_train(), 4);
        assert_eq!(back, binned);
        assert_eq!(BinnedEvents::none(3).stretch(0..3), BinnedEvents::none(3));
    }

    #[test]
    fn refuses_offsets_that_do_not_fit() {
        assert!(BinnedEvents::new(vec![0, 2, 2], ids(&[7, 8])).is_ok());
        for (offsets, synapses) in [
            (vec![], vec![]),
            (vec![1, 2], vec![7, 8]),
            (vec![0, 3], vec![7]),
            (vec![0, 2, 1, 2], vec![7, 8]),
        ] {
            assert!(matches!(
                BinnedEvents::new(offsets, ids(&synapses)),
                Err(CoreError::EventOffsets { .. })
            ));
        }
    }
}
