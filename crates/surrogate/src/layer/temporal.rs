use candle_core::{Tensor, Var};
use serde::{Deserialize, Serialize};

use super::{Convolution, Dropout, WeightNormConvolution};
use crate::SurrogateError;
use crate::error::check_parameter;
use crate::model::ModelInput;
use crate::ops::{Activation, biased, grouped_matmul};
use crate::parameters::Parameters;

/// Taps and channels, at most.
const MOST: usize = 1 << 16;

/// Sizes of a temporal convolutional network (Bai et al. 2018, arXiv:1803.01271).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TemporalConfig {
    /// Channels of every residual block; by default 32, 16, 8. Block i has dilation 2ⁱ.
    pub channels: Vec<usize>,
    /// Taps of every convolution; 10 by default.
    pub taps: usize,
    /// σ, what follows every sum; the sigmoid by default. Six sigmoids in a row hardly pass a gradient: networks learn
    /// several times faster with [`Activation::Elu`].
    pub activation: Activation,
}

/// As published.
impl Default for TemporalConfig {
    fn default() -> Self {
        Self { channels: vec![32, 16, 8], taps: 10, activation: Activation::Sigmoid }
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
        let holds = (1..=MOST).contains(&self.taps);
        check_parameter(holds, "taps", self.taps as f64, "from 1 to 65536")?;
        let blocks = self.channels.len();
        let holds = (1..=16).contains(&blocks);
        check_parameter(holds, "blocks of channels", blocks as f64, "from 1 to 16")?;
        let wrong = self.channels.iter().find(|channels| !(1..=MOST).contains(*channels));
        let value = wrong.copied().unwrap_or_default();
        check_parameter(wrong.is_none(), "channels", value as f64, "from 1 to 65536")
    }
}

/// Temporal convolutional networks of the same sizes side by side, one a group, that see the same input.
///
/// A block is σ(h + skip(x)) with h = σ(conv(σ(conv x))), where skip is a linear map where numbers of channels differ.
/// Their weights are `temporal.…` among the [`Parameters`]; [`TemporalNetworks::fold`] makes of them what goes along time.
#[derive(Clone, Debug)]
pub struct TemporalNetworks {
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    first: WeightNormConvolution,
    second: WeightNormConvolution,
    skip: Option<Skip>,
}

#[derive(Clone, Debug)]
struct Skip {
    /// `[groups, outputs, inputs]`.
    weight: Var,
    /// `[groups, outputs]`.
    bias: Var,
}

impl TemporalNetworks {
    /// With new weights. `inputs` are what it sees at a time ([`ModelConfig::inputs`](crate::ModelConfig::inputs)).
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for sizes that make no network.
    pub fn new(
        parameters: &mut Parameters,
        groups: usize,
        inputs: usize,
        config: &TemporalConfig,
    ) -> Result<Self, SurrogateError> {
        config.check()?;
        let mut blocks = Vec::new();
        let mut channels = inputs;
        for (index, &outputs) in config.channels.iter().enumerate() {
            let (times, activation) = ([config.taps, 1 << index], config.activation);
            let name = |layer: &str| format!("temporal.{index}.{layer}");
            let sizes = [groups, channels, outputs];
            let first =
                WeightNormConvolution::new(parameters, &name("first"), sizes, times, activation)?;
            let sizes = [groups, outputs, outputs];
            let second =
                WeightNormConvolution::new(parameters, &name("second"), sizes, times, activation)?;
            let init = activation.init(channels);
            let skip = if channels == outputs {
                None
            } else {
                let weight =
                    parameters.add(&name("skip.weight"), &[groups, outputs, channels], init)?;
                let bias = parameters.add(&name("skip.bias"), &[groups, outputs], init)?;
                Some(Skip { weight, bias })
            };
            blocks.push(Block { first, second, skip });
            channels = outputs;
        }
        Ok(Self { blocks })
    }

    /// With the weights as they are now; gradients go through it.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for it.
    pub fn fold(&self) -> Result<Temporal, SurrogateError> {
        let blocks = self.blocks.iter().map(Block::fold).collect::<Result<Vec<_>, _>>()?;
        let first = &blocks[0];
        let (groups, inputs, _) = first.first.weight.dims3()?;
        // the input itself is what the identity makes of it
        let skip = match &first.skip {
            Some(skip) => skip.clone(),
            None => {
                let weight = &first.first.weight;
                let identity = Tensor::eye(inputs, weight.dtype(), weight.device())?;
                identity.unsqueeze(0)?.repeat((groups, 1, 1))?
            }
        };
        // [groups, inputs, width]
        let entry = Tensor::cat(&[&first.first.weight, &skip], 2)?;
        let entry = entry.transpose(0, 1)?.reshape((inputs, ()))?;
        Ok(Temporal { entry, blocks })
    }
}

impl Block {
    fn fold(&self) -> Result<FoldedBlock, SurrogateError> {
        let (first, second) = (self.first.fold()?, self.second.fold()?);
        let (skip, skip_bias) = match &self.skip {
            Some(skip) => (Some(skip.weight.transpose(1, 2)?), skip.bias.as_tensor().clone()),
            None => (None, second.bias.zeros_like()?),
        };
        Ok(FoldedBlock { first, second, skip, skip_bias })
    }
}

/// What goes along time: temporal networks side by side, one a group, with the weights that a model had when it was asked
/// for them.
#[derive(Clone, Debug)]
pub struct Temporal {
    /// All weights that touch the input side by side, `[inputs, groups · width]`: of each group the taps of the first
    /// convolution, then the first skip.
    entry: Tensor,
    blocks: Vec<FoldedBlock>,
}

#[derive(Clone, Debug)]
struct FoldedBlock {
    first: Convolution,
    second: Convolution,
    /// `[groups, inputs, outputs]`; none for the identity.
    skip: Option<Tensor>,
    /// `[groups, outputs]`.
    skip_bias: Tensor,
}

impl FoldedBlock {
    /// x itself, or what the linear map makes of it, without bias.
    fn skip(&self, x: &Tensor) -> Result<Tensor, SurrogateError> {
        let Some(skip) = &self.skip else { return Ok(x.clone()) };
        let (samples, times, groups, channels) = x.dims4()?;
        let rows = x.reshape((samples * times, groups, channels))?;
        let y = grouped_matmul(&rows, skip)?;
        Ok(y.reshape((samples, times, groups, ()))?)
    }

    fn finish(&self, inner: &Tensor, skip: &Tensor) -> Result<Tensor, SurrogateError> {
        let sum = (inner + skip)?;
        let (samples, times, groups, outputs) = sum.dims4()?;
        let rows = sum.reshape((samples * times, groups, outputs))?;
        let y = biased(&rows, &self.skip_bias, self.first.activation)?;
        Ok(y.reshape((samples, times, groups, outputs))?)
    }
}

impl Temporal {
    /// What is said of stretches of time, before whose start all was zero: `[samples, times, groups, channels]`.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if the input is not that of the networks.
    pub fn forward(
        &self,
        input: &ModelInput,
        mut dropout: Option<&mut Dropout>,
    ) -> Result<Tensor, SurrogateError> {
        self.run(input, |convolution, products| {
            let y = convolution.finish(products)?;
            match dropout.as_deref_mut() {
                Some(dropout) => dropout.apply(&y),
                None => Ok(y),
            }
        })
    }

    /// The state before the first time.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if there is no memory for it.
    pub fn start(&self, samples: usize) -> Result<StreamState, SurrogateError> {
        let convolutions = self.blocks.iter().flat_map(|block| [&block.first, &block.second]);
        let open = convolutions.map(|convolution| convolution.start(samples));
        Ok(StreamState { open: open.collect::<Result<_, _>>()? })
    }

    /// Goes on by the times of an input: what [`forward`](Self::forward) says at each of them.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Tensor`] if the input is not that of the networks, or the state one of others.
    pub fn advance(
        &self,
        state: &mut StreamState,
        input: &ModelInput,
    ) -> Result<Tensor, SurrogateError> {
        let mut open = state.open.iter_mut();
        self.run(input, |convolution, products| match open.next() {
            Some(open) => convolution.advance(open, products),
            None => convolution.finish(products),
        })
    }

    /// Numbers of groups and of channels of what is said.
    pub(crate) fn outputs(&self) -> Result<(usize, usize), SurrogateError> {
        let last = self.blocks.last().unwrap_or(&self.blocks[0]);
        Ok(last.second.bias.dims2()?)
    }

    /// `finish` makes of the products of a convolution what it says.
    fn run(
        &self,
        input: &ModelInput,
        finish: impl FnMut(&Convolution, &Tensor) -> Result<Tensor, SurrogateError>,
    ) -> Result<Tensor, SurrogateError> {
        self.after_entry(&input.products(&self.entry)?, input.samples(), finish)
    }

    /// The same from what the weights that touch the input make of it, `[samples · times, groups · width]`.
    fn after_entry(
        &self,
        products: &Tensor,
        samples: usize,
        mut finish: impl FnMut(&Convolution, &Tensor) -> Result<Tensor, SurrogateError>,
    ) -> Result<Tensor, SurrogateError> {
        let first = &self.blocks[0].first;
        let (groups, outputs) = first.bias.dims2()?;
        let products =
            products.reshape((samples, products.dim(0)? / samples.max(1), groups, ()))?;
        let taps = first.taps * outputs;
        let mut products_and_skip = (
            products.narrow(3, 0, taps)?.contiguous()?,
            products.narrow(3, taps, products.dim(3)? - taps)?.contiguous()?,
        );
        let mut following = self.blocks.iter().skip(1);
        let mut block = &self.blocks[0];
        loop {
            let (products, skip) = &products_and_skip;
            let inner = finish(&block.first, products)?;
            let inner = finish(&block.second, &block.second.products(&inner)?)?;
            let y = block.finish(&inner, skip)?;
            let Some(next) = following.next() else { return Ok(y) };
            products_and_skip = (next.first.products(&y)?, next.skip(&y)?);
            block = next;
        }
    }
}

/// What temporal networks remember of the times so far.
#[derive(Clone, Debug)]
pub struct StreamState {
    /// The sums of every convolution that wait for products of later times, `[samples, memory, groups, outputs]`.
    open: Vec<Tensor>,
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
        let config =
            TemporalConfig { channels: vec![4, 4, 3], taps: 3, ..TemporalConfig::default() };
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
        let temporal = networks.fold().unwrap();
        let products = rows.matmul(&temporal.entry).unwrap();
        let y = temporal.after_entry(&products, 3, Convolution::finish).unwrap();
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
