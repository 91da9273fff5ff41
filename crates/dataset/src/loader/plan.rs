use apical_core::{RandomStreams, TrialSource};
use rand::RngExt;
use rand::seq::SliceRandom;

use super::config::{LoaderConfig, MOST_SAMPLES, SampleOrder, Shuffle};
use crate::error::parameter;
use crate::{LoaderError, WindowSampler};

/// A sample that will be assembled. Of them there are as many as samples of an epoch, hence 32 bits each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Planned {
    /// What an epoch is sorted by.
    key: f32,
    /// Place of the trial in the list of trials.
    pub(super) place: u32,
    pub(super) first_bin: u32,
    pub(super) weight: f32,
}

/// Which samples make up an epoch, in order.
pub(super) struct EpochPlan {
    order: Order,
    trials: usize,
    samples: usize,
    batch_size: usize,
}

enum Order {
    Shuffled { sampler: WindowSampler, shuffle: Shuffle },
    Sequential { first_bins: Vec<u32> },
}

impl EpochPlan {
    /// Draws nothing yet, but reads the marks of all trials if samples are to be balanced.
    pub(super) fn new<S: TrialSource>(
        source: &S,
        trials: &[usize],
        config: &LoaderConfig,
    ) -> Result<Self, LoaderError<S::Error>> {
        let LoaderConfig { window, batch_size, .. } = *config;
        let starts = window.starts(source.layout().duration_ms)?;
        let first_bins = window.sequential(starts);
        let once = trials.len().saturating_mul(first_bins.len());
        let check = |samples| {
            let expected = "at most 2^30";
            parameter(samples <= MOST_SAMPLES, "samples_per_epoch", samples as f64, expected)?;
            config.check_batches(source.layout(), samples)
        };
        let (order, samples) = match &config.order {
            SampleOrder::Sequential => {
                check(once)?;
                let first_bins = first_bins.map(|first_bin| first_bin as u32).collect();
                (Order::Sequential { first_bins }, once)
            }
            SampleOrder::Shuffled(shuffle) => {
                let samples = shuffle.samples_per_epoch.unwrap_or(once);
                check(samples)?;
                let (name, value) = ("samples_per_epoch", samples as f64);
                parameter(samples >= batch_size, name, value, "at least a batch")?;
                let sampler = WindowSampler::new(source, trials, window, shuffle.balance)?;
                let whole = samples - samples % batch_size;
                (Order::Shuffled { sampler, shuffle: shuffle.clone() }, whole)
            }
        };
        Ok(Self { order, trials: trials.len(), samples, batch_size })
    }

    pub(super) fn batches(&self) -> usize {
        self.samples.div_ceil(self.batch_size)
    }

    /// Whether there is only one epoch.
    pub(super) fn is_single(&self) -> bool {
        matches!(self.order, Order::Sequential { .. })
    }

    /// All samples of an epoch.
    ///
    /// A shuffled one draws them all first, and then sorts them by r + P·u, where r is the rank of the trial in a
    /// random order of the trials, and u is uniform in \[0, 1) for each sample. So at any place there are samples of P
    /// trials: as one trial ends another begins, and each is read once.
    pub(super) fn epoch(&self, epoch: u64) -> Vec<Planned> {
        match &self.order {
            Order::Sequential { first_bins } => (0..self.trials as u32)
                .flat_map(|place| {
                    let planned =
                        move |&first_bin| Planned { key: 0.0, place, first_bin, weight: 1.0 };
                    first_bins.iter().map(planned)
                })
                .collect(),
            Order::Shuffled { sampler, shuffle } => {
                let streams = RandomStreams::new(shuffle.seed);
                let mut ranks: Vec<u32> = (0..self.trials as u32).collect();
                ranks.shuffle(&mut streams.stream("loader/trials", epoch));
                let mut rng = streams.stream("loader/windows", epoch);
                let mut planned: Vec<Planned> = (0..self.samples)
                    .map(|_| {
                        let (place, first_bin, weight) = sampler.draw_place(&mut rng);
                        let uniform: f64 = rng.random();
                        let key = f64::from(ranks[place]) + shuffle.shuffle_trials as f64 * uniform;
                        let [place, first_bin] = [place, first_bin].map(|number| number as u32);
                        Planned { key: key as f32, place, first_bin, weight }
                    })
                    .collect();
                // samples that are equal in all of this are the same, so that their order does not matter
                planned.sort_unstable_by(|a, b| {
                    let place = (a.place, a.first_bin).cmp(&(b.place, b.first_bin));
                    a.key.total_cmp(&b.key).then(place)
                });
                planned
            }
        }
    }
}
