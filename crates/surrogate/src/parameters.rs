use std::collections::BTreeMap;

use apical_core::RandomStreams;
use candle_core::{DType, Device, Tensor, Var};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::SurrogateError;

/// The weights of a network by name, in order of names.
///
/// A network adds each by its name and shape. What it starts from follows from a seed and the name alone, the same on every
/// device; or it is what was stored under the name.
///
/// A clone, and a clone of a network, has the same weights, not a copy of them: a training step changes both.
#[derive(Clone, Debug)]
pub struct Parameters {
    source: Source,
    dtype: DType,
    device: Device,
    vars: BTreeMap<String, Var>,
}

/// Where the numbers of a weight that is added come from.
#[derive(Clone, Debug)]
enum Source {
    Drawn(RandomStreams),
    Stored(BTreeMap<String, Tensor>),
}

/// Numbers of a weight, at most: 64 GiB in float32.
const MOST_NUMBERS: usize = 1 << 34;

/// What a weight starts from.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// 0.
    Zero,
    /// Uniform between these two.
    Uniform(f64, f64),
    /// Normal, of mean 0 and this standard deviation.
    Normal(f64),
}

impl Init {
    /// As PyTorch starts convolutions and linear layers of so many inputs: uniform within ± 1/√n.
    #[must_use]
    pub fn fan_in(inputs: usize) -> Self {
        Self::scaled_fan_in(1.0, inputs)
    }

    /// Uniform within ± scale/√n. With √3 a sum of n independent numbers of variance 1 has variance 1.
    pub(crate) fn scaled_fan_in(scale: f64, inputs: usize) -> Self {
        let bound = scale * (inputs.max(1) as f64).sqrt().recip();
        Self::Uniform(-bound, bound)
    }
}

impl Parameters {
    /// None yet; those that are added follow from the seed.
    #[must_use]
    pub const fn new(seed: u64, dtype: DType, device: Device) -> Self {
        let source = Source::Drawn(RandomStreams::new(seed));
        Self { source, dtype, device, vars: BTreeMap::new() }
    }

    /// None yet; those that are added have to be among these, with the shape that is asked for. So a network that claims to be
    /// larger than what was stored of it takes no memory.
    #[must_use]
    pub const fn stored(weights: BTreeMap<String, Tensor>, dtype: DType, device: Device) -> Self {
        Self { source: Source::Stored(weights), dtype, device, vars: BTreeMap::new() }
    }

    /// The first of the weights that were stored and that no network has added.
    pub(crate) fn unused(&self) -> Option<&str> {
        match &self.source {
            Source::Drawn(_) => None,
            Source::Stored(weights) => weights.keys().next().map(String::as_str),
        }
    }

    /// Whether what is added follows from a seed.
    pub(crate) const fn are_drawn(&self) -> bool {
        matches!(self.source, Source::Drawn(_))
    }

    /// A new weight. One that has the name already is replaced.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for one that no memory could hold, or bounds out of order; [`SurrogateError::Weight`] if none was stored under this
    /// name, or of another shape.
    pub fn add(&mut self, name: &str, shape: &[usize], init: Init) -> Result<Var, SurrogateError> {
        let values = match &mut self.source {
            Source::Drawn(streams) => drawn(streams, name, shape, init),
            Source::Stored(weights) => taken(weights, name, shape),
        };
        self.keep(name, &values?)
    }

    /// A new weight that starts from these values, unless it was stored.
    pub(crate) fn insert(&mut self, name: &str, values: &Tensor) -> Result<Var, SurrogateError> {
        let values = match &mut self.source {
            Source::Drawn(_) => Ok(values.clone()),
            Source::Stored(weights) => taken(weights, name, values.dims()),
        };
        self.keep(name, &values?)
    }

    fn keep(&mut self, name: &str, values: &Tensor) -> Result<Var, SurrogateError> {
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

fn drawn(
    streams: &RandomStreams,
    name: &str,
    shape: &[usize],
    init: Init,
) -> Result<Tensor, SurrogateError> {
    let numbers = shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length));
    let count = numbers.filter(|&numbers| numbers <= MOST_NUMBERS).ok_or_else(|| {
        let value = shape.iter().map(|&length| length as f64).product();
        let expected = "at most 17179869184";
        SurrogateError::Parameter { parameter: "numbers of a weight", value, expected }
    })?;
    let mut rng = streams.stream(&format!("weight/{name}"), 0);
    let values: Vec<f64> = match init {
        Init::Zero => vec![0.0; count],
        Init::Uniform(low, high) if !(low < high && low.is_finite() && high.is_finite()) => {
            let (parameter, expected) = ("upper bound of a weight", "finite and above the lower");
            return Err(SurrogateError::Parameter { parameter, value: high, expected });
        }
        Init::Uniform(low, high) => (0..count).map(|_| rng.random_range(low..high)).collect(),
        Init::Normal(deviation) => (0..count)
            .map(|_| deviation * Distribution::<f64>::sample(&StandardNormal, &mut rng))
            .collect(),
    };
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

fn taken(
    weights: &mut BTreeMap<String, Tensor>,
    name: &str,
    shape: &[usize],
) -> Result<Tensor, SurrogateError> {
    let error = |what: String| SurrogateError::Weight { name: name.to_owned(), what };
    let values = weights.remove(name).ok_or_else(|| error("does not exist".to_owned()))?;
    if values.dims() != shape {
        return Err(error(format!("has shape {:?}, should have {shape:?}", values.dims())));
    }
    Ok(values)
}
