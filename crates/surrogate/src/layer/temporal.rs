use candle_core::{Tensor, Var};
use serde::{Deserialize, Serialize};

use super::{Dropout, WeightNormConvolution};
use crate::SurrogateError;
use crate::ops::{Activation, biased, grouped_matmul};
use crate::parameters::{Init, Parameters};

/// Sizes of a temporal convolutional network (Bai et al. 2018, arXiv:1803.01271).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TemporalConfig {
    /// Channels of every residual block; by default 32, 16, 8. Block i has dilation 2ⁱ.
    pub channels: Vec<usize>,
    /// Taps of every convolution; 10 by default.
    pub taps: usize,
}

/// As published.
impl Default for TemporalConfig {
    fn default() -> Self {
        Self { channels: vec![32, 16, 8], taps: 10 }
    }
}

impl TemporalConfig {
    /// How many times before the present one an output depends on: 126 by default.
    #[must_use]
    pub fn memory(&self) -> usize {
        let dilations: usize = (0..self.channels.len()).map(|block| 1 << block).sum();
        2 * self.taps.saturating_sub(1) * dilations
    }

    pub(crate) fn check(&self) -> Result<(), SurrogateError> {
        let parameter = |holds, parameter, value: usize, expected| {
            let value = value as f64;
            if holds {
                Ok(())
            } else {
                Err(SurrogateError::Parameter { parameter, value, expected })
            }
        };
        parameter(self.taps > 0, "taps", self.taps, "at least 1")?;
        let blocks = self.channels.len();
        parameter((1..=16).contains(&blocks), "blocks of channels", blocks, "from 1 to 16")?;
        let least = self.channels.iter().copied().min().unwrap_or(0);
        parameter(least > 0, "channels", least, "at least 1")
    }
}

/// Temporal convolutional networks of the same sizes side by side, one a group, that see the same input.
///
/// A block is σ(h + skip(x)) with h = σ(conv(σ(conv x))), where skip is a linear map where numbers of channels differ.
#[derive(Clone, Debug)]
pub(crate) struct TemporalNetworks {
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    first: WeightNormConvolution,
    second: WeightNormConvolution,
    skip: Option<Skip>,
    /// `[groups, outputs]` zeros, where there is no linear map.
    no_bias: Tensor,
}

#[derive(Clone, Debug)]
struct Skip {
    /// `[groups, outputs, inputs]`.
    weight: Var,
    /// `[groups, outputs]`.
    bias: Var,
}

impl Skip {
    /// `[groups, inputs, outputs]`.
    fn weight(&self) -> Result<Tensor, SurrogateError> {
        Ok(self.weight.transpose(1, 2)?)
    }
}

/// Where the input enters: the products of all weights that touch it.
pub(crate) struct Entry {
    /// `[samples, times, groups, taps · outputs]`, of the first convolution.
    pub(crate) convolution: Tensor,
    /// `[samples, times, groups, outputs]`, of the first skip.
    pub(crate) skip: Tensor,
}

impl TemporalNetworks {
    pub(crate) fn new(
        parameters: &mut Parameters,
        groups: usize,
        inputs: usize,
        config: &TemporalConfig,
    ) -> Result<Self, SurrogateError> {
        config.check()?;
        let mut blocks = Vec::new();
        let mut channels = inputs;
        for (index, &outputs) in config.channels.iter().enumerate() {
            let (taps, dilation) = (config.taps, 1 << index);
            let name = |layer: &str| format!("temporal.{index}.{layer}");
            let sizes = [groups, channels, outputs];
            let first =
                WeightNormConvolution::new(parameters, &name("first"), sizes, taps, dilation)?;
            let sizes = [groups, outputs, outputs];
            let second =
                WeightNormConvolution::new(parameters, &name("second"), sizes, taps, dilation)?;
            let init = Init::fan_in(channels);
            let skip = if channels == outputs {
                None
            } else {
                let weight =
                    parameters.add(&name("skip.weight"), &[groups, outputs, channels], init)?;
                let bias = parameters.add(&name("skip.bias"), &[groups, outputs], init)?;
                Some(Skip { weight, bias })
            };
            let no_bias =
                Tensor::zeros((groups, outputs), parameters.dtype(), parameters.device())?;
            blocks.push(Block { first, second, skip, no_bias });
            channels = outputs;
        }
        Ok(Self { blocks })
    }

    /// All weights that touch the input side by side, `[inputs, groups · width]`: of each group the taps of the first
    /// convolution, then the first skip.
    pub(crate) fn entry_weight(&self) -> Result<Tensor, SurrogateError> {
        let block = &self.blocks[0];
        let weight = block.first.weight()?;
        // the input itself is what the identity makes of it
        let skip = match &block.skip {
            Some(skip) => skip.weight()?,
            None => {
                let (groups, inputs, _) = weight.dims3()?;
                let identity = Tensor::eye(inputs, weight.dtype(), weight.device())?;
                identity.unsqueeze(0)?.repeat((groups, 1, 1))?
            }
        };
        // [groups, inputs, width]
        let weight = Tensor::cat(&[weight, skip], 2)?;
        let (groups, inputs, width) = weight.dims3()?;
        Ok(weight.transpose(0, 1)?.reshape((inputs, groups * width))?)
    }

    /// From products with [`entry_weight`](Self::entry_weight) `[samples · times, groups · width]`.
    pub(crate) fn entry(&self, products: &Tensor, samples: usize) -> Result<Entry, SurrogateError> {
        let block = &self.blocks[0];
        let (groups, outputs) = block.no_bias.dims2()?;
        let products =
            products.reshape((samples, products.dim(0)? / samples.max(1), groups, ()))?;
        let taps = block.first.taps()? * outputs;
        let convolution = products.narrow(3, 0, taps)?.contiguous()?;
        let skip = products.narrow(3, taps, outputs)?.contiguous()?;
        Ok(Entry { convolution, skip })
    }

    /// From the entry to the output of the last block, `[samples, times, groups, channels]`.
    pub(crate) fn forward(
        &self,
        entry: &Entry,
        mut dropout: Option<&mut Dropout>,
    ) -> Result<Tensor, SurrogateError> {
        let mut dropped = |x: Tensor| match dropout.as_deref_mut() {
            Some(dropout) => dropout.apply(&x),
            None => Ok(x),
        };
        let mut output: Option<Tensor> = None;
        for block in &self.blocks {
            let (products, skip) = match &output {
                None => (entry.convolution.clone(), entry.skip.clone()),
                Some(x) => (block.first.products(x)?, block.skip(x)?),
            };
            let inner = dropped(block.first.finish(&products)?)?;
            let inner = dropped(block.second.finish(&block.second.products(&inner)?)?)?;
            output = Some(block.finish(&inner, &skip)?);
        }
        Ok(output.unwrap_or_else(|| entry.skip.clone()))
    }

    /// The state before the first time.
    pub(crate) fn start(&self, samples: usize) -> Result<StreamState, SurrogateError> {
        let mut past = Vec::new();
        for block in &self.blocks {
            let (groups, outputs) = block.no_bias.dims2()?;
            for convolution in [&block.first, &block.second] {
                let shape = (samples, convolution.memory()?, groups, convolution.taps()? * outputs);
                past.push(Tensor::zeros(shape, block.no_bias.dtype(), block.no_bias.device())?);
            }
        }
        Ok(StreamState { past })
    }

    /// Goes on by some times: the output of the last block at each of them. What is before the first time is zero, as in
    /// [`forward`](Self::forward).
    pub(crate) fn advance(
        &self,
        state: &mut StreamState,
        entry: &Entry,
    ) -> Result<Tensor, SurrogateError> {
        let mut past = state.past.iter_mut();
        let mut go_on = |convolution: &WeightNormConvolution, products: &Tensor| {
            let times = products.dim(1)?;
            let Some(past) = past.next() else { return Ok(products.clone()) };
            let all = Tensor::cat(&[&*past, products], 1)?;
            let memory = convolution.memory()?;
            *past = all.narrow(1, all.dim(1)? - memory, memory)?.contiguous()?;
            let y = convolution.finish(&all)?;
            Ok::<_, SurrogateError>(y.narrow(1, y.dim(1)? - times, times)?.contiguous()?)
        };
        let mut output: Option<Tensor> = None;
        for block in &self.blocks {
            let (products, skip) = match &output {
                None => (entry.convolution.clone(), entry.skip.clone()),
                Some(x) => (block.first.products(x)?, block.skip(x)?),
            };
            let inner = go_on(&block.first, &products)?;
            let inner = go_on(&block.second, &block.second.products(&inner)?)?;
            output = Some(block.finish(&inner, &skip)?);
        }
        Ok(output.unwrap_or_else(|| entry.skip.clone()))
    }
}

impl Block {
    /// x itself, or what the linear map makes of it, without bias.
    fn skip(&self, x: &Tensor) -> Result<Tensor, SurrogateError> {
        let Some(skip) = &self.skip else { return Ok(x.clone()) };
        let (samples, times, groups, channels) = x.dims4()?;
        let rows = x.reshape((samples * times, groups, channels))?;
        let y = grouped_matmul(&rows, &skip.weight()?)?;
        Ok(y.reshape((samples, times, groups, ()))?)
    }

    fn finish(&self, inner: &Tensor, skip: &Tensor) -> Result<Tensor, SurrogateError> {
        let sum = (inner + skip)?;
        let (samples, times, groups, outputs) = sum.dims4()?;
        let rows = sum.reshape((samples * times, groups, outputs))?;
        let bias = self.skip.as_ref().map_or(&self.no_bias, |skip| skip.bias.as_tensor());
        let y = biased(&rows, bias, Activation::Sigmoid)?;
        Ok(y.reshape((samples, times, groups, outputs))?)
    }
}

/// What temporal networks remember of the times so far.
#[derive(Clone, Debug)]
pub struct StreamState {
    /// The last products of the taps of every convolution, `[samples, memory, groups, taps · outputs]`.
    past: Vec<Tensor>,
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    /// Equal numbers of channels, where a skip is the identity: the golden tensors of a network in PyTorch, in float64 to
    /// 1e-9 of the largest number, the gradient of the input included.
    #[test]
    fn identity_skips_are_those_of_pytorch() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/tcn_identity.safetensors");
        let golden = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
        let number = |name: &str| golden[name].to_dtype(DType::F64).unwrap();
        let config = TemporalConfig { channels: vec![4, 4, 3], taps: 3 };
        let mut parameters = Parameters::new(1, DType::F64, Device::Cpu);
        let networks = TemporalNetworks::new(&mut parameters, 1, 4, &config).unwrap();
        let names = |name: &str| {
            let (block, layer) = name["temporal.".len()..].split_once('.').unwrap();
            let layer = layer
                .replace("first", "conv1")
                .replace("second", "conv2")
                .replace("skip", "downsample")
                .replace("gain", "weight_g")
                .replace("direction", "weight_v");
            format!("network.{block}.{layer}")
        };
        for (name, var) in parameters.iter() {
            let golden = number(&format!("w.{}", names(name)));
            parameters.set(name, &golden.reshape(var.shape()).unwrap()).unwrap();
        }
        let x = number("input").transpose(1, 2).unwrap().contiguous().unwrap();
        let x = Var::from_tensor(&x).unwrap();
        let rows = x.reshape((3 * 17, 4)).unwrap();
        let products = rows.matmul(&networks.entry_weight().unwrap()).unwrap();
        let y = networks.forward(&networks.entry(&products, 3).unwrap(), None).unwrap();
        let y = y.permute((0, 2, 3, 1)).unwrap().reshape((3, 3 * 17)).unwrap();

        let close = |found: &Tensor, expected: &Tensor, name: &str| {
            let found = found.contiguous().unwrap().reshape(expected.shape()).unwrap();
            let largest =
                |x: &Tensor| x.abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
            let difference = largest(&(found - expected).unwrap());
            assert!(difference <= 1e-9 * largest(expected), "{name}: {difference:e}");
        };
        close(&y, &number("output"), "output");
        let scalar = (y * number("cotangent")).unwrap().sum_all().unwrap();
        let gradients = scalar.backward().unwrap();
        let of_x = gradients.get(&x).unwrap().transpose(1, 2).unwrap();
        close(&of_x, &number("grad_input"), "input");
        for (name, var) in parameters.iter() {
            close(gradients.get(var).unwrap(), &number(&format!("grad.{}", names(name))), name);
        }
    }
}
