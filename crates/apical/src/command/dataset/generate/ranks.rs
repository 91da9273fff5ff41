//! The processes that make a data set together, under `mpirun`.

use apical::ApicalError;

/// This process among those of MPI: the only one without the feature `mpi`, and where it was not started by `mpirun`.
pub(super) struct Ranks {
    #[cfg(feature = "mpi")]
    universe: mpi::environment::Universe,
}

#[cfg(not(feature = "mpi"))]
impl Ranks {
    #[expect(clippy::unnecessary_wraps, reason = "with the feature mpi it can fail")]
    pub(super) fn start() -> Result<Self, ApicalError> {
        Ok(Self {})
    }

    #[expect(clippy::unused_self, reason = "with the feature mpi it is used")]
    pub(super) const fn index(&self) -> usize {
        0
    }

    #[expect(clippy::unused_self, reason = "with the feature mpi it is used")]
    pub(super) const fn count(&self) -> usize {
        1
    }

    /// Whether all processes say yes; waits for all of them.
    #[expect(clippy::unused_self, reason = "with the feature mpi it is used")]
    pub(super) const fn all(&self, yes: bool) -> bool {
        yes
    }
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
            // fails only where there are threads already, which there are not
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        }
        universe.world().barrier();
        Ok(Self { universe })
    }

    pub(super) fn index(&self) -> usize {
        use mpi::traits::Communicator;
        self.universe.world().rank() as usize
    }

    pub(super) fn count(&self) -> usize {
        use mpi::traits::Communicator;
        self.universe.world().size() as usize
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

impl Ranks {
    pub(super) fn is_first(&self) -> bool {
        self.index() == 0
    }
}
