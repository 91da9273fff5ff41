use std::sync::Arc;

use apical_core::BinnedEvents;
use candle_core::Tensor;

use super::window_rows;
use crate::SurrogateError;
use crate::error::check_parameter;
use crate::ops::{data_product, event_product};

/// What networks see: at every time of every sample, synaptic events and, if they are to see them, numbers such as voltages.
#[derive(Clone, Debug)]
pub struct ModelInput {
    samples: usize,
    events: Arc<BinnedEvents>,
    /// `[samples · times, numbers]`.
    dense: Option<Tensor>,
}

impl ModelInput {
    /// Events of `samples` stretches of the same number of times, one after the other, and numbers
    /// `[samples · times, numbers]`.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] if bins are no multiple of the samples or do not fit the numbers.
    pub fn new(
        samples: usize,
        events: Arc<BinnedEvents>,
        dense: Option<Tensor>,
    ) -> Result<Self, SurrogateError> {
        let rows = events.bins();
        let divides = samples > 0 && rows.is_multiple_of(samples);
        let expected = "a divisor of the number of bins of events";
        check_parameter(divides, "samples", samples as f64, expected)?;
        if let Some(dense) = &dense {
            let found = dense.dims2()?.0;
            let expected = "as many as bins of events";
            check_parameter(found == rows, "rows of numbers", found as f64, expected)?;
        }
        Ok(Self { samples, events, dense })
    }

    /// Inputs of one time each, and of the same samples, one time after the other.
    pub(crate) fn concatenate(times: &[Self]) -> Result<Self, SurrogateError> {
        let samples = times.first().map_or(0, Self::samples);
        let (mut offsets, mut synapses) = (vec![0], Vec::new());
        for sample in 0..samples {
            for time in times {
                synapses.extend(time.events.bin(sample));
                offsets.push(synapses.len() as u32);
            }
        }
        let dense: Vec<&Tensor> = times.iter().filter_map(|time| time.dense.as_ref()).collect();
        let dense = if dense.is_empty() {
            None
        } else {
            let stacked = Tensor::stack(&dense, 1)?;
            Some(stacked.reshape((samples * times.len(), ()))?)
        };
        Self::new(samples, Arc::new(BinnedEvents::new(offsets, synapses)?), dense)
    }

    /// Number of stretches.
    #[must_use]
    pub const fn samples(&self) -> usize {
        self.samples
    }

    /// Number of times of each.
    #[must_use]
    pub fn times(&self) -> usize {
        self.events.bins() / self.samples
    }

    /// The synaptic events, bins of one sample after those of another, `[samples · times]`.
    #[must_use]
    pub fn events(&self) -> &BinnedEvents {
        &self.events
    }

    /// The numbers, `[samples · times, numbers]`; none where networks see events alone.
    #[must_use]
    pub const fn numbers(&self) -> Option<&Tensor> {
        self.dense.as_ref()
    }

    /// Windows that end at these places (sample, time), as samples of their own. What is before the first time is zero.
    pub(crate) fn windows(
        &self,
        places: &[(usize, usize)],
        length: usize,
    ) -> Result<Self, SurrogateError> {
        let rows = window_rows([self.samples, self.times()], places, length)?;
        let (mut offsets, mut synapses) = (vec![0], Vec::new());
        for row in &rows {
            synapses.extend(row.iter().flat_map(|&row| self.events.bin(row)));
            offsets.push(synapses.len() as u32);
        }
        let dense = self.dense.as_ref().map(|dense| {
            let outside = dense.dim(0)?;
            let indices: Vec<u32> = rows.iter().map(|row| row.unwrap_or(outside) as u32).collect();
            let indices = Tensor::from_vec(indices, rows.len(), dense.device())?;
            dense.pad_with_zeros(0, 0, 1)?.index_select(&indices, 0)
        });
        let events = Arc::new(BinnedEvents::new(offsets, synapses)?);
        Self::new(places.len(), events, dense.transpose()?)
    }

    /// What weights `[inputs, columns]` make of every row: those of synapses come first.
    pub(crate) fn products(&self, weight: &Tensor) -> Result<Tensor, SurrogateError> {
        let inputs = weight.dim(0)?;
        let numbers = self.dense.as_ref().map_or(Ok(0), |dense| dense.dim(1))?;
        let Some(synapses) = inputs.checked_sub(numbers) else {
            let expected = "at most the number of inputs of the network";
            let value = numbers as f64;
            return Err(SurrogateError::Parameter { parameter: "numbers", value, expected });
        };
        if synapses == 0
            && let Some(dense) = &self.dense
        {
            return Ok(data_product(dense, weight)?);
        }
        let products = event_product(&self.events, &weight.narrow(0, 0, synapses)?)?;
        match &self.dense {
            None => Ok(products),
            Some(dense) => {
                let of_dense = data_product(dense, &weight.narrow(0, synapses, numbers)?)?;
                Ok((products + of_dense)?)
            }
        }
    }
}
