//! The processes that make a data set or train a network together, under `mpirun`.

use std::fmt;

use apical::ApicalError;
use apical::surrogate::Team;

use super::Failure;

/// This process among those of MPI: the only one without the feature `mpi`, and where it was not started by `mpirun`.
pub(super) struct Ranks {
    #[cfg(feature = "mpi")]
    universe: mpi::environment::Universe,
}

impl Ranks {
    /// Does something with the processes that are there already, or those that there are: a program joins them once.
    pub(super) fn with<T>(
        given: Option<&Self>,
        work: impl FnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match given {
            Some(ranks) => work(ranks),
            None => work(&Self::start()?),
        }
    }
}

#[cfg(not(feature = "mpi"))]
impl Ranks {
    #[expect(clippy::unnecessary_wraps, reason = "with the feature mpi it can fail")]
    pub(super) fn start() -> Result<Self, ApicalError> {
        Ok(Self {})
    }

    /// Whether all processes say yes; waits for all of them.
    #[expect(clippy::unused_self, reason = "with the feature mpi it is used")]
    pub(super) const fn all(&self, yes: bool) -> bool {
        yes
    }

    /// Ends all processes, which may be waiting for this one.
    #[expect(clippy::unused_self, reason = "with the feature mpi it is used")]
    pub(super) const fn abort(&self) {}
}

#[cfg(feature = "mpi")]
impl Ranks {
    /// Joins the other processes. Those of one machine share its cores.
    pub(super) fn start() -> Result<Self, ApicalError> {
        use mpi::traits::{Communicator, CommunicatorCollectives};
        // only the first thread of a process speaks to the others
        let started = mpi::initialize_with_threading(mpi::Threading::Funneled);
        let (universe, _) = started.ok_or(ApicalError::Mpi)?;
        let here = universe.world().split_shared(universe.world().rank()).size();
        if here > 1 && std::env::var_os("RAYON_NUM_THREADS").is_none() {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let threads = (cores / here as usize).max(1);
            // fails only where --threads has made them
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        }
        universe.world().barrier();
        Ok(Self { universe })
    }

    /// Replaces numbers by their sums over all processes.
    fn add<T: mpi::traits::Equivalence + Copy>(&self, values: &mut [T]) {
        use mpi::traits::CommunicatorCollectives;
        // a message has a limit, which is far above this
        for part in values.chunks_mut(1 << 24) {
            let own = part.to_vec();
            let sum = mpi::collective::SystemOperation::sum();
            self.universe.world().all_reduce_into(&own[..], part, sum);
        }
    }

    /// Ends all processes, which may be waiting for this one.
    pub(super) fn abort(&self) {
        use mpi::traits::Communicator;
        if self.count() > 1 {
            self.universe.world().abort(1);
        }
    }

    /// Whether all processes say yes; waits for all of them.
    pub(super) fn all(&self, yes: bool) -> bool {
        use mpi::traits::CommunicatorCollectives;
        let mut all = false;
        let and = mpi::collective::SystemOperation::logical_and();
        self.universe.world().all_reduce_into(&yes, &mut all, and);
        all
    }
}

#[cfg(feature = "mpi")]
impl Team for Ranks {
    fn index(&self) -> usize {
        use mpi::traits::Communicator;
        self.universe.world().rank() as usize
    }

    fn count(&self) -> usize {
        use mpi::traits::Communicator;
        self.universe.world().size() as usize
    }

    fn sum(&self, values: &mut [f32]) {
        self.add(values);
    }

    fn sum_f64(&self, values: &mut [f64]) {
        self.add(values);
    }
}

#[cfg(not(feature = "mpi"))]
impl Team for Ranks {
    fn index(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn sum(&self, _: &mut [f32]) {}

    fn sum_f64(&self, _: &mut [f64]) {}
}

impl Ranks {
    pub(super) fn is_first(&self) -> bool {
        self.index() == 0
    }
}

impl fmt::Debug for Ranks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}", self.index(), self.count())
    }
}
