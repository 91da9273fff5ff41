//! What networks compute with, with gradients: on the processor by code of this crate, on other devices by what candle has.

mod biased;
mod causal;
mod dot;
mod events;
mod mixed;
mod norm;
mod operation;
mod product;
mod real;

pub use biased::Activation;
pub(crate) use biased::biased;
pub(crate) use causal::{causal_sum, continue_sums};
pub(crate) use dot::{Stored, dots};
pub(crate) use events::{data_product, event_product};
pub(crate) use mixed::mixed_matmul;
pub(crate) use norm::sum_of_squares;
pub(crate) use product::grouped_matmul;
pub(crate) use real::{Real, values, vectorized};

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Result, Tensor, Var};

    use crate::parameters::{Init, Parameters};

    /// Normal numbers in float64.
    pub(super) fn random(shape: &[usize], seed: u64) -> Tensor {
        let mut parameters = Parameters::new(seed, DType::F64, Device::Cpu);
        parameters.add("x", shape, Init::Normal(1.0)).unwrap().as_detached_tensor()
    }

    /// Whether two functions have the same values and gradients, those of a sum with random factors.
    pub(super) fn same_with_gradients(
        arguments: &[Tensor],
        one: impl Fn(&[Tensor]) -> Result<Tensor>,
        other: impl Fn(&[Tensor]) -> Result<Tensor>,
    ) {
        // sums of up to some hundred products in another order
        const TOLERANCE: f64 = 1e-11;
        let vars: Vec<Var> = arguments.iter().map(|x| Var::from_tensor(x).unwrap()).collect();
        let tensors: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
        let [one, other] = [one(&tensors).unwrap(), other(&tensors).unwrap()];
        let close = |a: &Tensor, b: &Tensor| {
            assert_eq!(a.shape(), b.shape());
            let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap();
            let difference = difference.to_scalar::<f64>().unwrap();
            assert!(difference < TOLERANCE, "{difference}");
        };
        close(&one, &other);
        let factors = random(one.dims(), 99);
        let [one, other] = [one, other].map(|y| (y * &factors).unwrap().sum_all().unwrap());
        let [one, other] = [one.backward().unwrap(), other.backward().unwrap()];
        for var in &vars {
            close(one.get(var).unwrap(), other.get(var).unwrap());
        }
    }
}
