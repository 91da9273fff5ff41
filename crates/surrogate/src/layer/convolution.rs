use candle_core::{D, Tensor, Var};

use crate::SurrogateError;
use crate::ops::{Activation, biased, causal_sum, continue_sums, grouped_matmul};
use crate::parameters::Parameters;

/// Causal dilated convolutions of several networks side by side, one a group, whose weights are a gain and a direction for
/// each output: w = g·v/‖v‖ (Salimans & Kingma 2016, arXiv:1602.07868).
#[derive(Clone, Debug)]
pub(crate) struct WeightNormConvolution {
    /// `[groups, outputs]`.
    gain: Var,
    /// `[groups, outputs, inputs, taps]`.
    direction: Var,
    /// `[groups, outputs]`.
    bias: Var,
    dilation: usize,
    activation: Activation,
}

impl WeightNormConvolution {
    pub(crate) fn new(
        parameters: &mut Parameters,
        name: &str,
        [groups, inputs, outputs]: [usize; 3],
        [taps, dilation]: [usize; 2],
        activation: Activation,
    ) -> Result<Self, SurrogateError> {
        let init = activation.init(inputs * taps);
        let shape = [groups, outputs, inputs, taps];
        let direction = parameters.add(&format!("{name}.direction"), &shape, init)?;
        // so that the weight is the direction
        let gain = parameters.insert(&format!("{name}.gain"), &norm(&direction)?)?;
        let bias = parameters.add(&format!("{name}.bias"), &[groups, outputs], init)?;
        Ok(Self { gain, direction, bias, dilation, activation })
    }

    /// The weights as they are now.
    pub(crate) fn fold(&self) -> Result<Convolution, SurrogateError> {
        let (groups, outputs, inputs, taps) = self.direction.dims4()?;
        let scale = (self.gain.as_tensor() / norm(&self.direction)?)?;
        let weight = self.direction.broadcast_mul(&scale.reshape((groups, outputs, 1, 1))?)?;
        let weight = weight.permute((0, 2, 3, 1))?.reshape((groups, inputs, taps * outputs))?;
        let bias = self.bias.as_tensor().clone();
        let Self { dilation, activation, .. } = *self;
        Ok(Convolution { weight, bias, taps, dilation, activation })
    }
}

/// The same with weights that are ready to be used.
#[derive(Clone, Debug)]
pub(crate) struct Convolution {
    /// All taps side by side, `[groups, inputs, taps · outputs]`.
    pub(crate) weight: Tensor,
    /// `[groups, outputs]`.
    pub(crate) bias: Tensor,
    pub(crate) taps: usize,
    dilation: usize,
    pub(crate) activation: Activation,
}

impl Convolution {
    /// How many times before the present one are needed.
    pub(crate) const fn memory(&self) -> usize {
        (self.taps - 1) * self.dilation
    }

    /// What every tap makes of x `[samples, times, groups, inputs]`: `[samples, times, groups, taps · outputs]`.
    pub(crate) fn products(&self, x: &Tensor) -> Result<Tensor, SurrogateError> {
        let (samples, times, groups, inputs) = x.dims4()?;
        let rows = x.reshape((samples * times, groups, inputs))?;
        let products = grouped_matmul(&rows, &self.weight)?;
        Ok(products.reshape((samples, times, groups, ()))?)
    }

    /// The sums over taps with bias, activated: `[samples, times, groups, outputs]`.
    pub(crate) fn finish(&self, products: &Tensor) -> Result<Tensor, SurrogateError> {
        self.activate(&causal_sum(products, self.taps, self.dilation)?)
    }

    /// No sums before the first time, `[samples, memory, groups, outputs]`.
    pub(crate) fn start(&self, samples: usize) -> Result<Tensor, SurrogateError> {
        let (groups, outputs) = self.bias.dims2()?;
        let shape = (samples, self.memory(), groups, outputs);
        Ok(Tensor::zeros(shape, self.bias.dtype(), self.bias.device())?)
    }

    /// The same as [`finish`](Self::finish), going on from sums that wait for products.
    pub(crate) fn advance(
        &self,
        open: &mut Tensor,
        products: &Tensor,
    ) -> Result<Tensor, SurrogateError> {
        let times = products.dim(1)?;
        let sums = continue_sums(open, products, self.taps, self.dilation)?;
        *open = sums.narrow(1, times, self.memory())?.contiguous()?;
        self.activate(&sums.narrow(1, 0, times)?)
    }

    fn activate(&self, sums: &Tensor) -> Result<Tensor, SurrogateError> {
        let (samples, times, groups, outputs) = sums.dims4()?;
        let sums = sums.reshape((samples * times, groups, outputs))?;
        let y = biased(&sums, &self.bias, self.activation)?;
        Ok(y.reshape((samples, times, groups, outputs))?)
    }
}

/// ‖v‖ over inputs and taps, `[groups, outputs]`.
fn norm(direction: &Tensor) -> candle_core::Result<Tensor> {
    direction.sqr()?.flatten_from(2)?.sum(D::Minus1)?.sqrt()
}
