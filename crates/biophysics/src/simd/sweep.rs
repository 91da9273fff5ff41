use std::ops::Range;

use fearless_simd::Simd;

use super::Lanes;

/// A stretch of compartments that follow each other and carry instances that follow each other.
#[derive(Clone, Copy, Debug)]
struct Run {
    compartment: usize,
    instance: usize,
    len: usize,
}

/// Which compartments the instances of a mechanism are on, in runs, so that what they load is contiguous.
#[derive(Clone, Debug)]
pub(crate) struct Instances {
    runs: Vec<Run>,
    count: usize,
}

impl Instances {
    /// One instance on each of these compartments, in this order.
    pub(crate) fn new(compartments: impl IntoIterator<Item = usize>) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let mut count = 0;
        for (instance, compartment) in compartments.into_iter().enumerate() {
            match runs.last_mut().filter(|run| run.compartment + run.len == compartment) {
                Some(run) => run.len += 1,
                None => runs.push(Run { compartment, instance, len: 1 }),
            }
            count = instance + 1;
        }
        Self { runs, count }
    }

    pub(crate) const fn len(&self) -> usize {
        self.count
    }
}

/// How the numbers of a batch's trials lie beside each other.
#[derive(Clone, Copy, Debug)]
enum Batch {
    /// One trial: eight instances side by side.
    One,
    /// Eight trials of one instance.
    Eight,
    /// So many times eight trials: always of one instance.
    Eights(u32),
    /// Another number of trials.
    Other(usize),
}

impl Batch {
    fn new(batch_size: usize) -> Self {
        match batch_size {
            1 => Self::One,
            8 => Self::Eight,
            size if size.is_multiple_of(8) => Self::Eights((size / 8) as u32),
            size => Self::Other(size),
        }
    }

    /// The value of each of eight elements' instance, `values` given by instance; beyond the end any.
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, values: &[f64], eight: usize) -> Lanes<S> {
        match self {
            Self::Eight => Lanes::splat(simd, values[eight]),
            Self::Eights(per_instance) => {
                Lanes::splat(simd, values[(eight as u32 / per_instance) as usize])
            }
            Self::One if 8 * eight + 8 <= values.len() => {
                Lanes::load(simd, &values.as_chunks::<8>().0[eight])
            }
            Self::One => Lanes::load(simd, &padded(&values[8 * eight..])),
            Self::Other(size) => {
                let mut of_eight = [0.0; 8];
                for (i, of_one) in of_eight.iter_mut().enumerate() {
                    *of_one = values[((8 * eight + i) / size).min(values.len() - 1)];
                }
                Lanes::load(simd, &of_eight)
            }
        }
    }

    #[inline(always)]
    fn values<S: Simd, const C: usize>(
        self,
        simd: S,
        constants: &[&[f64]; C],
        eight: usize,
    ) -> [Lanes<S>; C] {
        let mut loaded = [Lanes::splat(simd, 0.0); C];
        for k in 0..C {
            loaded[k] = self.value(simd, constants[k], eight);
        }
        loaded
    }
}

/// What a kernel reads: arrays `[instances]`, the same for all trials, and arrays of the compartments,
/// `[compartments × batch]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a, const C: usize, const R: usize> {
    pub(crate) constants: [&'a [f64]; C],
    pub(crate) compartments: [&'a [f64]; R],
}

/// Computes new states, `[instances × batch]`, and new values of compartments, `[compartments × batch]`, for eight at a time:
/// `work(constants, compartments read, states, values)` returns the last two.
#[inline(always)]
pub(crate) fn sweep<S: Simd, const C: usize, const R: usize, const U: usize, const A: usize>(
    simd: S,
    instances: &Instances,
    batch_size: usize,
    given: Inputs<'_, C, R>,
    mut states: [&mut [f64]; U],
    mut values: [&mut [f64]; A],
    work: impl Fn(
        [Lanes<S>; C],
        [Lanes<S>; R],
        [Lanes<S>; U],
        [Lanes<S>; A],
    ) -> ([Lanes<S>; U], [Lanes<S>; A]),
) {
    let batch = Batch::new(batch_size);
    for run in &instances.runs {
        let len = run.len * batch_size;
        let on_compartments = run.compartment * batch_size..run.compartment * batch_size + len;
        let of_instances = run.instance * batch_size..run.instance * batch_size + len;
        let constants = parts(given.constants, run.instance..run.instance + run.len);
        let read = parts(given.compartments, on_compartments.clone());
        let mut states = parts_mut(&mut states, of_instances);
        let mut values = parts_mut(&mut values, on_compartments);

        let whole = len / 8;
        {
            let read = eights(read);
            let mut states = eights_mut(&mut states);
            let mut values = eights_mut(&mut values);
            assert!(have(&read, whole) && have(&states, whole) && have(&values, whole));
            for i in 0..whole {
                let (new_states, new_values) = work(
                    batch.values(simd, &constants, i),
                    load(simd, &read, i),
                    load(simd, &states, i),
                    load(simd, &values, i),
                );
                store(&mut states, i, new_states);
                store(&mut values, i, new_values);
            }
        }
        if !len.is_multiple_of(8) {
            let (new_states, new_values) = work(
                batch.values(simd, &constants, whole),
                load(simd, &rests(&read), 0),
                load(simd, &rests(&states), 0),
                load(simd, &rests(&values), 0),
            );
            store_rests(&mut states, new_states);
            store_rests(&mut values, new_values);
        }
    }
}

// Not in `sweep`, which there is one of for every kernel and instruction set: closures of `map` in there are compiled anew for each
// of them, and were three quarters of the library's code before optimisation.

fn parts<const N: usize>(arrays: [&[f64]; N], range: Range<usize>) -> [&[f64]; N] {
    arrays.map(|all| &all[range.clone()])
}

fn parts_mut<'a, const N: usize>(
    arrays: &'a mut [&mut [f64]; N],
    range: Range<usize>,
) -> [&'a mut [f64]; N] {
    arrays.each_mut().map(|all| &mut all[range.clone()])
}

fn eights<const N: usize>(arrays: [&[f64]; N]) -> [&[[f64; 8]]; N] {
    arrays.map(|all| all.as_chunks::<8>().0)
}

fn eights_mut<'a, const N: usize>(arrays: &'a mut [&mut [f64]; N]) -> [&'a mut [[f64; 8]]; N] {
    arrays.each_mut().map(|all| all.as_chunks_mut::<8>().0)
}

/// What is left of each array behind its eights, filled up with zeros.
fn rests<A: AsRef<[f64]>, const N: usize>(arrays: &[A; N]) -> [[[f64; 8]; 1]; N] {
    arrays.each_ref().map(|all| [padded(all.as_ref().as_chunks::<8>().1)])
}

// Loops, not `map`: the closures of `map` are not always inlined, and then lose the vector instructions.

#[inline(always)]
fn load<S: Simd, A: AsRef<[[f64; 8]]>, const N: usize>(
    simd: S,
    arrays: &[A; N],
    i: usize,
) -> [Lanes<S>; N] {
    let mut loaded = [Lanes::splat(simd, 0.0); N];
    for k in 0..N {
        loaded[k] = Lanes::load(simd, &arrays[k].as_ref()[i]);
    }
    loaded
}

#[inline(always)]
fn store<S: Simd, const N: usize>(arrays: &mut [&mut [[f64; 8]]; N], i: usize, new: [Lanes<S>; N]) {
    for k in 0..N {
        new[k].store(&mut arrays[k][i]);
    }
}

#[inline(always)]
fn store_rests<S: Simd, const N: usize>(arrays: &mut [&mut [f64]; N], new: [Lanes<S>; N]) {
    for k in 0..N {
        let mut eight = [0.0; 8];
        new[k].store(&mut eight);
        let (_, rest) = arrays[k].as_chunks_mut::<8>();
        rest.copy_from_slice(&eight[..rest.len()]);
    }
}

/// Whether each has so many eights, so that it need not be asked for each of them.
#[inline(always)]
fn have<A: AsRef<[[f64; 8]]>, const N: usize>(arrays: &[A; N], eights: usize) -> bool {
    let mut all = true;
    for array in arrays {
        all &= array.as_ref().len() == eights;
    }
    all
}

/// Less than eight numbers, and zeros.
#[inline(always)]
fn padded(rest: &[f64]) -> [f64; 8] {
    let mut eight = [0.0; 8];
    eight[..rest.len()].copy_from_slice(rest);
    eight
}
