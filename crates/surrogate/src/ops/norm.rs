use candle_core::{CpuStorage, DType, Result, Storage, Tensor, bail};
use rayon::prelude::*;

use super::real::{Real, values};

/// Σ x², in float64 and in an order that does not depend on the number of threads.
pub(crate) fn sum_of_squares(x: &Tensor) -> Result<f64> {
    if !x.device().is_cpu() {
        return x.sqr()?.sum_all()?.to_dtype(DType::F64)?.to_scalar();
    }
    let x = x.contiguous()?;
    let (storage, layout) = x.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage @ CpuStorage::F32(_)) => Ok(of(values::<f32>(storage, layout)?)),
        Storage::Cpu(storage @ CpuStorage::F64(_)) => Ok(of(values::<f64>(storage, layout)?)),
        _ => bail!("a norm is for float32 and float64"),
    }
}

fn of<T: Real>(x: &[T]) -> f64 {
    let part = |x: &[T]| x.iter().map(|&x| x.to_f64() * x.to_f64()).sum::<f64>();
    x.par_chunks(1 << 14).map(part).collect::<Vec<f64>>().into_iter().sum()
}
