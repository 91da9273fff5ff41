use candle_core::{Tensor, Var};

use super::decoder::FoldedTowers;
use crate::SurrogateError;
use crate::ops::{Activation, biased, grouped_matmul, mixed_matmul};
use crate::parameters::{Init, Parameters};

/// One small network a task: linear, ELU, linear, ELU, linear to one number.
#[derive(Clone, Debug)]
pub(crate) struct Towers {
    /// `[inputs, tasks, units]` where all see the same, else `[tasks, inputs, units]`.
    first: Var,
    /// `[tasks, units]`.
    first_bias: Var,
    /// `[tasks, units, units]`.
    second: Var,
    /// `[tasks, units]`.
    second_bias: Var,
    /// `[tasks, units, 1]`.
    third: Var,
    /// `[tasks, 1]`.
    third_bias: Var,
}

impl Towers {
    pub(crate) fn new(
        parameters: &mut Parameters,
        [tasks, inputs, units]: [usize; 3],
        is_shared: bool,
    ) -> Result<Self, SurrogateError> {
        let first = if is_shared { [inputs, tasks, units] } else { [tasks, inputs, units] };
        let [of_inputs, of_units] = [inputs, units].map(Init::fan_in);
        let mut add = |name: &str, shape: &[usize], init| {
            parameters.add(&format!("tower.{name}"), shape, init)
        };
        Ok(Self {
            first: add("first.weight", &first, of_inputs)?,
            first_bias: add("first.bias", &[tasks, units], of_inputs)?,
            second: add("second.weight", &[tasks, units, units], of_units)?,
            second_bias: add("second.bias", &[tasks, units], of_units)?,
            third: add("third.weight", &[tasks, units, 1], of_units)?,
            third_bias: add("third.bias", &[tasks, 1], of_units)?,
        })
    }

    /// All see x `[rows, inputs]`: `[rows, tasks]`.
    pub(crate) fn shared(&self, x: &Tensor) -> Result<Tensor, SurrogateError> {
        let (inputs, tasks, units) = self.first.dims3()?;
        let rows = x.dim(0)?;
        let first = self.first.reshape((1, inputs, tasks * units))?;
        let x = grouped_matmul(&x.reshape((rows, 1, inputs))?, &first)?;
        self.rest(&x.reshape((rows, tasks, units))?)
    }

    /// Task t sees Σ_e gates[:, t, e]·experts[:, e, :], with experts `[rows, experts, inputs]` and gates
    /// `[rows, tasks, experts]`: `[rows, tasks]`.
    pub(crate) fn mixed(&self, experts: &Tensor, gates: &Tensor) -> Result<Tensor, SurrogateError> {
        self.rest(&mixed_matmul(experts, gates, &self.first)?)
    }

    /// With the weights as they are now.
    pub(crate) fn fold(&self, is_shared: bool) -> Result<FoldedTowers, SurrogateError> {
        let order = if is_shared { [1, 2, 0] } else { [0, 2, 1] };
        Ok(FoldedTowers {
            first: self.first.permute(order)?,
            first_bias: self.first_bias.as_tensor().clone(),
            second: self.second.as_tensor().clone(),
            second_bias: self.second_bias.as_tensor().clone(),
            third: self.third.squeeze(2)?,
            third_bias: self.third_bias.as_tensor().clone(),
        })
    }

    fn rest(&self, x: &Tensor) -> Result<Tensor, SurrogateError> {
        let x = biased(x, &self.first_bias, Activation::Elu)?;
        let x = biased(&grouped_matmul(&x, &self.second)?, &self.second_bias, Activation::Elu)?;
        let x = biased(&grouped_matmul(&x, &self.third)?, &self.third_bias, Activation::Identity)?;
        Ok(x.squeeze(2)?)
    }
}
