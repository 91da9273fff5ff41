use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::vec::IntoIter;

use apical_core::{Trial, TrialSource};

use super::plan::Planned;
use crate::LoaderError;
use crate::trial_access::read;

type Read<E> = Result<Arc<Trial>, LoaderError<E>>;

/// The trials that samples are just being taken from: read ahead of the first, let go with the last.
///
/// Threads of their own read them, not those of rayon: who waits for a batch may be one of rayon's threads.
pub(super) struct TrialsInUse<'scope, 'env, S: TrialSource> {
    scope: &'scope Scope<'scope, 'env>,
    source: &'env S,
    trials: &'env [usize],
    /// By place in the list of trials.
    in_use: Vec<Option<Arc<Trial>>>,
    /// Samples that are still to be taken, by place.
    left: Vec<usize>,
    /// Places of trials in the order of their first samples, less those that are being read.
    to_read: IntoIter<u32>,
    /// What is being read, in that order.
    reading: VecDeque<ScopedJoinHandle<'scope, Read<S::Error>>>,
    read_ahead: usize,
}

impl<'scope, 'env, S: TrialSource> TrialsInUse<'scope, 'env, S> {
    /// To take these samples, in this order.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        source: &'env S,
        trials: &'env [usize],
        samples: &[Planned],
        read_ahead: usize,
    ) -> Self {
        let mut left = vec![0; trials.len()];
        let mut order = Vec::new();
        for sample in samples {
            let left = &mut left[sample.place as usize];
            if *left == 0 {
                order.push(sample.place);
            }
            *left += 1;
        }
        Self {
            scope,
            source,
            trials,
            in_use: vec![None; trials.len()],
            left,
            to_read: order.into_iter(),
            reading: VecDeque::new(),
            read_ahead,
        }
    }

    /// The trial of the next sample.
    pub(super) fn take(&mut self, place: usize) -> Read<S::Error> {
        let trial = match self.in_use[place].take() {
            Some(trial) => trial,
            None => self.next_read()?,
        };
        self.left[place] -= 1;
        if self.left[place] > 0 {
            self.in_use[place] = Some(Arc::clone(&trial));
        }
        Ok(trial)
    }

    fn next_read(&mut self) -> Read<S::Error> {
        self.read_ahead()?;
        let oldest = self.reading.pop_front();
        self.read_ahead()?;
        match oldest.map(ScopedJoinHandle::join) {
            Some(Ok(read)) => read,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => unreachable!("samples are taken in the order that trials are read in"),
        }
    }

    fn read_ahead(&mut self) -> Result<(), LoaderError<S::Error>> {
        while self.reading.len() < self.read_ahead
            && let Some(place) = self.to_read.next()
        {
            let (source, trial) = (self.source, self.trials[place as usize]);
            let thread = Builder::new().name(format!("trial {trial}"));
            let thread = thread.spawn_scoped(self.scope, move || read(source, trial));
            self.reading.push_back(thread.map_err(LoaderError::Thread)?);
        }
        Ok(())
    }
}
