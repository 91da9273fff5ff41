use std::ops::Range;

use apical_core::{StepObserver, StepView};
use apical_dataset::store::{StoreWriter, TrialRecord};
use rayon::prelude::*;
use serde_json::json;

use super::TrialGenerator;
use crate::ApicalError;

/// Watches trials being made.
pub trait FillProgress: Sync {
    /// Some milliseconds of some trials have been simulated: their product.
    fn simulated_ms(&self, _milliseconds: u64) {}

    /// A trial has been written.
    fn written(&self, _record: &TrialRecord) {}
}

/// Nobody watches.
impl FillProgress for () {}

/// Simulates trials that a data set lacks ([`StoreWriter::missing`]) on all threads of rayon, and writes them.
///
/// Trials that follow each other run side by side, `batch_size` at most and no more than leave some to every thread; each
/// thread has one such batch in memory. What is written does not depend on the batches, nor on the number of threads.
///
/// # Errors
///
/// [`GenerationError::Memory`](super::GenerationError::Memory) if so many trials are more than any memory holds;
/// [`ApicalError`] of the first batch that failed: others may have been written in the meantime.
pub fn fill(
    generator: &TrialGenerator,
    writer: &StoreWriter,
    missing: Vec<usize>,
    batch_size: usize,
    progress: &impl FillProgress,
) -> Result<(), ApicalError> {
    let threads = rayon::current_num_threads();
    let batch_size = batch_size.min(missing.len().div_ceil(threads)).max(1);
    generator.check_memory(missing.len().min(batch_size.saturating_mul(threads)))?;
    let batches = batches(missing, batch_size);
    batches.into_par_iter().with_max_len(1).try_for_each(|batch| {
        let steps_per_ms = generator.steps_per_ms() as u64;
        let mut observer = Milliseconds { progress, steps_per_ms };
        let simulated = generator.simulate(batch.clone(), &mut observer)?;
        for (number, done) in batch.zip(simulated) {
            let origin = json!({ "stimuli": done.stimuli });
            progress.written(&writer.write(number as usize, done.trial, done.soma_mv, origin)?);
        }
        Ok(())
    })
}

/// Runs of consecutive numbers, each as long as possible up to `longest`.
fn batches(numbers: Vec<usize>, longest: usize) -> Vec<Range<u64>> {
    let mut batches: Vec<Range<u64>> = Vec::new();
    for number in numbers.into_iter().map(|number| number as u64) {
        match batches.last_mut() {
            Some(last) if last.end == number && last.end - last.start < longest as u64 => {
                last.end += 1;
            }
            _ => batches.push(number..number + 1),
        }
    }
    batches
}

/// Tells of every millisecond.
struct Milliseconds<'a, P> {
    progress: &'a P,
    steps_per_ms: u64,
}

impl<P: FillProgress> StepObserver for Milliseconds<'_, P> {
    fn observe(&mut self, view: &StepView<'_>) {
        if view.step > 0 && view.step.is_multiple_of(self.steps_per_ms) {
            self.progress.simulated_ms(view.batch_size as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::batches;

    #[test]
    fn batches_are_of_neighbors() {
        let of = |numbers: &[usize]| batches(numbers.to_vec(), 3);
        assert_eq!(of(&[0, 1, 2, 3, 4]), [0..3, 3..5]);
        assert_eq!(of(&[1, 3, 4, 9]), [1..2, 3..5, 9..10]);
        assert!(of(&[]).is_empty());
    }
}
