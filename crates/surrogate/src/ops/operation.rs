//! What an operation of this crate is to candle.

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Storage, Tensor, bail,
};

use super::real::{Real, values};

/// A tensor that an operation is computed from, contiguous.
#[derive(Clone, Copy)]
pub(super) struct Argument<'a, T> {
    pub(super) values: &'a [T],
    pub(super) shape: &'a Shape,
}

/// A function of N tensors that is computed on the processor, in either precision.
pub(super) trait Kernel<const N: usize> {
    const NAME: &'static str;

    /// Values and shape of the result.
    fn run<T: Real>(&self, arguments: [Argument<'_, T>; N]) -> Result<(Vec<T>, Shape)>;
}

/// A kernel whose gradients are known.
pub(super) trait Operation<const N: usize>: Kernel<N> + Send + Sync + 'static {
    /// Those of its arguments, given its result and the gradient of that; none where they are not wanted.
    fn gradients(
        &self,
        arguments: [&Tensor; N],
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; N]>;
}

/// What a kernel makes of tensors, without gradients.
pub(super) fn compute<const N: usize, K: Kernel<N>>(
    kernel: &K,
    arguments: [&Tensor; N],
) -> Result<Tensor> {
    let contiguous = arguments.iter().map(|x| x.contiguous()).collect::<Result<Vec<_>>>()?;
    let guards: Vec<_> = contiguous.iter().map(Tensor::storage_and_layout).collect();
    let mut storages = Vec::with_capacity(N);
    for (guard, layout) in &guards {
        match &**guard {
            Storage::Cpu(storage) => storages.push((storage, *layout)),
            _ => bail!("{} is for the processor", K::NAME),
        }
    }
    let at = |k: usize| storages[k];
    let device = arguments[0].device();
    match at(0).0 {
        CpuStorage::F32(_) => {
            let (values, shape) = run::<f32, N>(kernel, std::array::from_fn(at))?;
            Tensor::from_vec(values, shape, device)
        }
        _ => {
            let (values, shape) = run::<f64, N>(kernel, std::array::from_fn(at))?;
            Tensor::from_vec(values, shape, device)
        }
    }
}

fn run<T: Real, const N: usize>(
    kernel: &impl Kernel<N>,
    arguments: [(&CpuStorage, &Layout); N],
) -> Result<(Vec<T>, Shape)> {
    let values = arguments.iter().map(|(storage, layout)| values(storage, layout));
    let values = values.collect::<Result<Vec<&[T]>>>()?;
    let argument = |k: usize| Argument { values: values[k], shape: arguments[k].1.shape() };
    kernel.run(std::array::from_fn(argument))
}

/// The same as an operation of candle: other types than these two are an error of [`values`].
fn forward<const N: usize>(
    kernel: &impl Kernel<N>,
    arguments: [(&CpuStorage, &Layout); N],
) -> Result<(CpuStorage, Shape)> {
    if let CpuStorage::F32(_) = arguments[0].0 {
        let (values, shape) = run::<f32, N>(kernel, arguments)?;
        return Ok((CpuStorage::F32(values), shape));
    }
    let (values, shape) = run::<f64, N>(kernel, arguments)?;
    Ok((CpuStorage::F64(values), shape))
}

/// What an operation makes of a tensor, with gradients.
pub(super) fn apply1(operation: impl Operation<1>, x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Differentiable(operation))
}

/// The same of two.
pub(super) fn apply2(operation: impl Operation<2>, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op2(&y.contiguous()?, Differentiable(operation))
}

/// The same of three.
pub(super) fn apply3(
    operation: impl Operation<3>,
    x: &Tensor,
    y: &Tensor,
    z: &Tensor,
) -> Result<Tensor> {
    x.contiguous()?.apply_op3(&y.contiguous()?, &z.contiguous()?, Differentiable(operation))
}

struct Differentiable<O>(O);

impl<O: Operation<1>> CustomOp1 for Differentiable<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        forward(&self.0, [(s, l)])
    }

    fn bwd(&self, x: &Tensor, result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        self.0.gradients([x], result, gradient).map(|[of_x]| of_x)
    }
}

impl<O: Operation<2>> CustomOp2 for Differentiable<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        forward(&self.0, [(s1, l1), (s2, l2)])
    }

    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        self.0.gradients([x, y], result, gradient).map(Into::into)
    }
}

impl<O: Operation<3>> CustomOp3 for Differentiable<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        forward(&self.0, [(s1, l1), (s2, l2), (s3, l3)])
    }

    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        z: &Tensor,
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        self.0.gradients([x, y, z], result, gradient).map(Into::into)
    }
}
