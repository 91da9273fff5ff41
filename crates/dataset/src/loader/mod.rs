//! From trials to batches, in a thread of its own.

mod batch;
mod config;
mod plan;
mod trials_in_use;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use apical_core::{CoreError, TrialSource};

pub use batch::Batch;
pub use config::{LoaderConfig, Position, SampleOrder, Shuffle};

use crate::trial_access::check_trials;
use crate::{DatasetError, LoaderError, Window};
use batch::Assembler;
use plan::EpochPlan;
use trials_in_use::TrialsInUse;

/// Batches of samples from any source of trials, assembled in a thread of its own before they are asked for.
///
/// A shuffled loader (see [`SampleOrder`]) goes on without end; all of its batches are whole, and samples that an epoch
/// has beyond the last whole batch are left out. A sequential one goes through its trials once; its last batch may be
/// short.
///
/// # Order
///
/// The samples of a shuffled epoch are drawn in advance (see [`WindowSampler`](crate::WindowSampler)) from the epoch's
/// number and the seed, and sorted by r + P·u: r is the rank of a sample's trial in an order of the trials that is
/// random too, u is uniform in \[0, 1) for each sample, and P is [`Shuffle::shuffle_trials`]. A batch is thus mixed
/// from about P trials, and from fewer at both ends of an epoch; every trial is read once an epoch, and trials are read
/// at an even pace. In memory are at most P + [`LoaderConfig::read_ahead_trials`] trials, the batches that are ready,
/// and 16 bytes for each sample of an epoch.
///
/// # Continuing
///
/// Every batch says at which [`Position`] the next one is. A loader that starts there has the same batches, bit by bit,
/// as one that has come that far; all other arguments being the same.
///
/// # Ending
///
/// An error of the source is the last item. Dropping the loader waits for the batch that is being assembled and the
/// trials that are being read. A panic of the source is passed on by [`next`](Iterator::next).
#[derive(Debug)]
pub struct Loader<S: TrialSource> {
    /// None only while the loader is dropped.
    batches: Option<Receiver<Assembled<S>>>,
    thread: Option<JoinHandle<()>>,
    batches_per_epoch: usize,
}

type Assembled<S> = Result<Batch, LoaderError<<S as TrialSource>::Error>>;

impl<S: TrialSource + 'static> Loader<S> {
    /// Starts to load batches of these trials, from this position on. Reads the marks of all of them first, unless they
    /// are to be read in sequence or with [`Balance::NONE`](crate::Balance::NONE).
    ///
    /// # Errors
    ///
    /// [`DatasetError::Parameter`] for a configuration that makes no sense or a position after the end of an epoch,
    /// [`CoreError::Shape`] for a scaling of another number of compartments, [`DatasetError::Empty`],
    /// [`DatasetError::TrialTwice`] or [`CoreError::NoTrial`] for the list of trials, and those of the source.
    pub fn new(
        source: Arc<S>,
        trials: &[usize],
        config: &LoaderConfig,
        position: Position,
    ) -> Result<Self, LoaderError<S::Error>> {
        config.check()?;
        check_trials(trials, source.trial_count())?;
        let layout = source.layout();
        if let Some(scaling) = &config.scaling {
            let [expected, found] = [layout.compartments.len(), scaling.mean_mv().len()];
            if expected != found {
                let what = "compartments of the scaling";
                return Err(DatasetError::from(CoreError::Shape { what, expected, found }).into());
            }
        }
        let plan = EpochPlan::new(&*source, trials, config)?;
        let batches_per_epoch = plan.batches();
        if position.batch >= batches_per_epoch {
            let (parameter, value) = ("position.batch", position.batch as f64);
            let expected = "a batch of an epoch";
            return Err(DatasetError::Parameter { parameter, value, expected }.into());
        }
        let producer = Producer {
            plan,
            assembler: Assembler::new(layout, config),
            trials: trials.to_vec(),
            batch_size: config.batch_size,
            read_ahead: config.read_ahead_trials,
            source,
        };
        let (sender, receiver) = sync_channel(config.prefetched_batches);
        let thread = Builder::new().name("loader".to_owned());
        let thread =
            thread.spawn(move || producer.run(position, &sender)).map_err(LoaderError::Thread)?;
        Ok(Self { batches: Some(receiver), thread: Some(thread), batches_per_epoch })
    }
}

impl<S: TrialSource> Loader<S> {
    /// Number of batches of every epoch.
    #[must_use]
    pub fn batches_per_epoch(&self) -> usize {
        self.batches_per_epoch
    }
}

impl<S: TrialSource> Iterator for Loader<S> {
    type Item = Assembled<S>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batches.as_ref()?.recv().ok();
        if batch.is_none()
            && let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
        {
            std::panic::resume_unwind(panic);
        }
        batch
    }
}

impl<S: TrialSource> Drop for Loader<S> {
    fn drop(&mut self) {
        // without a receiver the thread ends at its next batch
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // a panic of the source that nobody has asked for a batch to learn of
            let _ = thread.join();
        }
    }
}

/// What the thread of a loader does.
struct Producer<S> {
    source: Arc<S>,
    trials: Vec<usize>,
    plan: EpochPlan,
    assembler: Assembler,
    batch_size: usize,
    read_ahead: usize,
}

impl<S: TrialSource> Producer<S> {
    fn run(&self, from: Position, to: &SyncSender<Assembled<S>>) {
        let mut position = from;
        // an error or a hang-up ends it
        while self.epoch(position, to).is_some() && !self.plan.is_single() {
            position = Position { epoch: position.epoch + 1, batch: 0 };
        }
    }

    /// The rest of an epoch.
    fn epoch(&self, from: Position, to: &SyncSender<Assembled<S>>) -> Option<()> {
        let planned = self.plan.epoch(from.epoch);
        let planned = &planned[from.batch * self.batch_size..];
        std::thread::scope(|scope| {
            let mut trials =
                TrialsInUse::new(scope, &*self.source, &self.trials, planned, self.read_ahead);
            let mut next = from;
            for samples in planned.chunks(self.batch_size) {
                next.batch += 1;
                if next.batch == self.plan.batches() {
                    next = Position { epoch: from.epoch + 1, batch: 0 };
                }
                let mut batch = self.assembler.start(samples.len(), next);
                for sample in samples {
                    let place = sample.place as usize;
                    let trial = match trials.take(place) {
                        Ok(trial) => trial,
                        Err(error) => {
                            to.send(Err(error)).ok();
                            return None;
                        }
                    };
                    let first_bin = sample.first_bin as usize;
                    let window =
                        Window { trial: self.trials[place], first_bin, weight: sample.weight };
                    self.assembler.append(&mut batch, &trial, window);
                }
                to.send(Ok(batch)).ok()?;
            }
            Some(())
        })
    }
}
