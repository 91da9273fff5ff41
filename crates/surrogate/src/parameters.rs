use std::collections::BTreeMap;

use apical_core::RandomStreams;
use candle_core::{DType, Device, Tensor, Var};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::SurrogateError;

/// The weights of a network by name, in order of names.
///
/// What they start from follows from a seed and their names alone: it is the same on every device.
#[derive(Clone, Debug)]
pub struct Parameters {
    streams: RandomStreams,
    dtype: DType,
    device: Device,
    vars: BTreeMap<String, Var>,
}

/// What a weight starts from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Init {
    Zero,
    /// Uniform between these two.
    Uniform(f64, f64),
    /// Normal, of mean 0 and this standard deviation.
    Normal(f64),
}

impl Init {
    /// As PyTorch starts convolutions and linear layers of so many inputs: uniform within ± 1/√n.
    pub(crate) fn fan_in(inputs: usize) -> Self {
        Self::scaled_fan_in(1.0, inputs)
    }

    /// Uniform within ± scale/√n. With √3 a sum of n independent numbers of variance 1 has variance 1.
    pub(crate) fn scaled_fan_in(scale: f64, inputs: usize) -> Self {
        let bound = scale * (inputs.max(1) as f64).sqrt().recip();
        Self::Uniform(-bound, bound)
    }
}

impl Parameters {
    pub(crate) const fn new(seed: u64, dtype: DType, device: Device) -> Self {
        Self { streams: RandomStreams::new(seed), dtype, device, vars: BTreeMap::new() }
    }

    /// A new weight.
    pub(crate) fn add(
        &mut self,
        name: &str,
        shape: &[usize],
        init: Init,
    ) -> Result<Var, SurrogateError> {
        let mut rng = self.streams.stream(&format!("weight/{name}"), 0);
        let count = shape.iter().product();
        let values: Vec<f64> = match init {
            Init::Zero => vec![0.0; count],
            Init::Uniform(low, high) => (0..count).map(|_| rng.random_range(low..high)).collect(),
            Init::Normal(deviation) => (0..count)
                .map(|_| deviation * Distribution::<f64>::sample(&StandardNormal, &mut rng))
                .collect(),
        };
        self.insert(name, &Tensor::from_vec(values, shape, &Device::Cpu)?)
    }

    /// A new weight that starts from these values.
    pub(crate) fn insert(&mut self, name: &str, values: &Tensor) -> Result<Var, SurrogateError> {
        let values = values.to_dtype(self.dtype)?.to_device(&self.device)?;
        let var = Var::from_tensor(&values)?;
        self.vars.insert(name.to_owned(), var.clone());
        Ok(var)
    }

    /// Names and weights, in order of names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Var)> {
        self.vars.iter().map(|(name, var)| (name.as_str(), var))
    }

    /// A weight.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.vars.get(name)
    }

    /// Number of numbers in all weights.
    #[must_use]
    pub fn count(&self) -> usize {
        self.vars.values().map(|var| var.elem_count()).sum()
    }

    /// Type of the numbers.
    #[must_use]
    pub const fn dtype(&self) -> DType {
        self.dtype
    }

    /// Where they are.
    #[must_use]
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// Sets a weight, of whatever type and device.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Weight`] if there is none of this name or its shape is another.
    pub fn set(&self, name: &str, values: &Tensor) -> Result<(), SurrogateError> {
        let var = self.check(name, values)?;
        Ok(var.set(&values.to_dtype(self.dtype)?.to_device(&self.device)?.contiguous()?)?)
    }

    pub(crate) fn check(&self, name: &str, values: &Tensor) -> Result<&Var, SurrogateError> {
        let error = |what: String| SurrogateError::Weight { name: name.to_owned(), what };
        let var = self.vars.get(name).ok_or_else(|| error("does not exist".to_owned()))?;
        if var.shape() == values.shape() {
            return Ok(var);
        }
        let what = format!("has shape {:?}, should have {:?}", values.shape(), var.shape());
        Err(error(what))
    }
}
