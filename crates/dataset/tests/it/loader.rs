//! Batches: what is in them, in which order, and what is read for them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use crate::common::{in_memory, layout, marks, trial};
use apical_core::{CoreError, Trial, TrialLayout, TrialMarks, TrialSource, TrialsInMemory};
use apical_dataset::{
    Balance, Batch, DatasetError, Loader, LoaderConfig, LoaderError, Position, SampleOrder,
    Scaling, ScalingMethod, Shuffle, Split, SplitFractions, WindowShape,
};

const SHAPE: WindowShape = WindowShape { bins: 20, targets: 15 };

fn config(batch_size: usize, order: SampleOrder) -> LoaderConfig {
    let mut config = LoaderConfig::default();
    config.batch_size = batch_size;
    config.window = SHAPE;
    config.order = order;
    config
}

fn shuffled(batch_size: usize, shuffle_trials: usize) -> LoaderConfig {
    let mut shuffle = Shuffle::default();
    shuffle.shuffle_trials = shuffle_trials;
    config(batch_size, SampleOrder::Shuffled(shuffle))
}

fn sequential(batch_size: usize) -> LoaderConfig {
    config(batch_size, SampleOrder::Sequential)
}

fn start<S: TrialSource + 'static>(
    source: &Arc<S>,
    trials: &[usize],
    config: &LoaderConfig,
) -> Loader<S> {
    Loader::new(Arc::clone(source), trials, config, Position::default()).unwrap()
}

/// Compares a batch with the stretches of its trials.
fn assert_is_from(batch: &Batch, source: &TrialsInMemory, scaling: Option<&Scaling>) {
    let samples = batch.windows.len();
    assert_eq!(batch.event_offsets.len(), samples * SHAPE.bins + 1);
    assert_eq!(batch.event_offsets[0], 0);
    let (mut voltages, mut injected, mut spikes) = (Vec::new(), Vec::new(), Vec::new());
    for (b, window) in batch.windows.iter().enumerate() {
        let bins = window.first_bin..window.first_bin + SHAPE.bins;
        let part = source.stretch(window.trial, bins).unwrap();
        voltages.extend(part.voltage_mv);
        injected.extend(part.injected_na);
        for bin in 0..SHAPE.bins {
            let place = b * SHAPE.bins + bin;
            let [begin, end] = [place, place + 1].map(|place| batch.event_offsets[place] as usize);
            assert_eq!(&batch.event_synapses[begin..end], part.events.bin(bin));
            let [after, until] = [bin, bin + 1].map(|ms| ms as f64);
            let here = part.marks.spikes_ms.iter().any(|&ms| ms > after && ms <= until);
            spikes.push(f32::from(u8::from(here)));
        }
    }
    if let Some(scaling) = scaling {
        scaling.standardize(&mut voltages);
    }
    assert_eq!(batch.voltages, voltages);
    assert_eq!(batch.injected_na, injected);
    assert_eq!(batch.spikes, spikes);
    let events = *batch.event_offsets.last().unwrap() as usize;
    assert_eq!(batch.event_synapses.len(), events);
}

#[test]
fn batches_are_what_trials_hold() {
    let source = Arc::new(in_memory(6, 3, 200));
    let trials = [5, 2, 0, 3];
    let scaling = Scaling::fit(&*source, &trials, ScalingMethod::PerCompartment).unwrap();
    for mut config in [shuffled(4, 2), sequential(5)] {
        for scaling in [None, Some(scaling.clone())] {
            config.scaling = scaling;
            let batches: Vec<_> =
                start(&source, &trials, &config).take(20).map(Result::unwrap).collect();
            for batch in &batches {
                assert_is_from(batch, &source, config.scaling.as_ref());
                assert!(batch.windows.iter().all(|window| trials.contains(&window.trial)));
            }
            assert!(batches.iter().any(|batch| batch.spikes.contains(&1.0)));
        }
    }
}

#[test]
fn in_sequence_every_target_time_comes_once() {
    let source = Arc::new(in_memory(4, 2, 200));
    let mut loader = start(&source, &[3, 1], &sequential(5));
    // starts 0, 15, …, 180 in either trial: 26 samples
    assert_eq!(loader.batches_per_epoch(), 6);
    let batches: Vec<_> = loader.by_ref().map(Result::unwrap).collect();
    assert!(loader.next().is_none());
    assert_eq!(batches.iter().map(|b| b.windows.len()).collect::<Vec<_>>(), [5, 5, 5, 5, 5, 1]);
    let windows = batches.iter().flat_map(|batch| &batch.windows);
    let found: Vec<_> = windows.clone().map(|window| (window.trial, window.first_bin)).collect();
    let expected = |trial| (0..13).map(move |k| (trial, 15 * k));
    assert_eq!(found, expected(3).chain(expected(1)).collect::<Vec<_>>());
    assert!(windows.into_iter().all(|window| window.weight == 1.0));
    assert_eq!(batches[4].next, Position { epoch: 0, batch: 5 });
    assert_eq!(batches[5].next, Position { epoch: 1, batch: 0 });
}

/// Every batch of two epochs, from a loader that starts there, with other settings of threads and prefetching.
#[test]
fn a_loader_continues_anywhere_with_the_same_bits() {
    let source = Arc::new(in_memory(9, 3, 150));
    let trials = [8, 1, 2, 3, 5, 6];
    for config in [shuffled(4, 3), sequential(4)] {
        let loader = start(&source, &trials, &config);
        let epoch = loader.batches_per_epoch();
        let through: Vec<_> = loader.take(2 * epoch).map(Result::unwrap).collect();
        let mut position = Position::default();
        for (k, batch) in through.iter().enumerate() {
            let mut other = config.clone();
            other.prefetched_batches = k % 3;
            other.read_ahead_trials = 1 + k % 4;
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1 + k % 2).build().unwrap();
            // waits for batches on a thread of rayon's, which nothing of the loader may need
            let two: Vec<_> = pool.install(|| {
                let loader = Loader::new(Arc::clone(&source), &trials, &other, position).unwrap();
                loader.take(2).map(Result::unwrap).collect()
            });
            assert_eq!(&two[0], batch);
            assert_eq!(two.get(1), through.get(k + 1).or(two.get(1)));
            position = batch.next;
        }
        let epochs = if config.order == SampleOrder::Sequential { 1 } else { 2 };
        assert_eq!(through.len(), epochs * epoch);
        assert_eq!(position, Position { epoch: epochs as u64, batch: 0 });
    }
}

#[test]
fn epochs_seeds_and_samples_differ() {
    let source = Arc::new(in_memory(6, 1, 400));
    let trials: Vec<usize> = (0..6).collect();
    let windows = |config: &LoaderConfig, epoch| {
        let position = Position { epoch, batch: 0 };
        let loader = Loader::new(Arc::clone(&source), &trials, config, position).unwrap();
        let epoch = loader.batches_per_epoch();
        let batches = loader.take(epoch).map(Result::unwrap);
        let windows = batches.flat_map(|batch| batch.windows);
        windows.map(|window| (window.trial, window.first_bin)).collect::<Vec<_>>()
    };
    let config = shuffled(5, 2);
    let SampleOrder::Shuffled(mut other) = config.order.clone() else { panic!() };
    other.seed = 2;
    let epochs = [
        windows(&config, 0),
        windows(&config, 1),
        windows(&self::config(5, SampleOrder::Shuffled(other)), 0),
    ];
    // starts 0, 15, …, 375 cover a trial: 26 samples in each of six, of which 156 − 1 fill batches
    assert!(epochs.iter().all(|windows| windows.len() == 155));
    let sets = epochs.map(|windows| windows.into_iter().collect::<HashSet<_>>());
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        // of 6 · 381 windows 155 are drawn, half of them from classes: few are the same
        assert!(sets[a].intersection(&sets[b]).count() < 60);
    }
}

/// P trials are mixed: at any place of an epoch, away from its ends, the next samples are of about P trials, and
/// samples of a trial are spread over P times its share.
#[test]
fn trials_slide_through_an_epoch() {
    let source = Arc::new(in_memory(40, 1, 400));
    let trials: Vec<usize> = (0..40).collect();
    let loader = start(&source, &trials, &shuffled(10, 8));
    let epoch = loader.batches_per_epoch();
    let order: Vec<_> =
        loader.take(epoch).flat_map(|batch| batch.unwrap().windows).map(|w| w.trial).collect();
    // 26 samples a trial
    for part in order[8 * 26..order.len() - 8 * 26].chunks_exact(26) {
        let distinct = part.iter().collect::<HashSet<_>>().len();
        assert!((5..=9).contains(&distinct), "{distinct}");
    }
    let spread = |trial| {
        let last = order.iter().rposition(|&other| other == trial).unwrap();
        last - order.iter().position(|&other| other == trial).unwrap()
    };
    let mean = trials.iter().map(|&trial| spread(trial)).sum::<usize>() as f64 / 40.0;
    // the range of 26 uniform numbers is 25/27 of what they are drawn from
    let expected = 8.0 * 26.0 * 25.0 / 27.0;
    assert!((mean / expected - 1.0).abs() < 0.1, "{mean}, not {expected}");
}

/// A source that keeps no trial, and knows how often each was asked for and how many have been alive at once.
struct OnDemand {
    layout: TrialLayout,
    trials: usize,
    reads: Vec<AtomicUsize>,
    alive: Mutex<(Vec<Weak<Trial>>, usize)>,
}

impl OnDemand {
    fn new(trials: usize, compartments: usize, duration_ms: usize) -> Self {
        Self {
            layout: layout(compartments, duration_ms),
            trials,
            reads: (0..trials).map(|_| AtomicUsize::new(0)).collect(),
            alive: Mutex::default(),
        }
    }

    fn reads(&self) -> Vec<usize> {
        self.reads.iter().map(|reads| reads.load(Ordering::SeqCst)).collect()
    }

    fn most_alive(&self) -> usize {
        self.alive.lock().unwrap().1
    }
}

impl TrialSource for OnDemand {
    type Error = CoreError;

    fn layout(&self) -> &TrialLayout {
        &self.layout
    }

    fn trial_count(&self) -> usize {
        self.trials
    }

    fn trial(&self, index: usize) -> Result<Arc<Trial>, CoreError> {
        self.reads[index].fetch_add(1, Ordering::SeqCst);
        let trial = Arc::new(trial(&self.layout, index, self.marks(index)?));
        let (alive, most) = &mut *self.alive.lock().unwrap();
        alive.retain(|trial| trial.strong_count() > 0);
        alive.push(Arc::downgrade(&trial));
        *most = alive.len().max(*most);
        Ok(trial)
    }

    fn marks(&self, index: usize) -> Result<TrialMarks, CoreError> {
        Ok(marks(index, self.layout.duration_ms))
    }
}

#[test]
fn trials_are_read_once_an_epoch_and_let_go() {
    for (shuffle_trials, read_ahead, batch_size) in [(1, 1, 4), (4, 2, 32), (7, 3, 5), (100, 1, 8)]
    {
        let source = Arc::new(OnDemand::new(60, 2, 300));
        // 19 samples of each of 50 trials
        let trials: Vec<usize> = (5..55).collect();
        let mut config = shuffled(batch_size, shuffle_trials);
        config.read_ahead_trials = read_ahead;
        config.prefetched_batches = 0;
        let mut loader = start(&source, &trials, &config);
        let epoch = loader.batches_per_epoch();
        assert_eq!(epoch, 50 * 19 / batch_size);
        for epochs in 1..=2 {
            let used: HashSet<_> = loader
                .by_ref()
                .take(epoch)
                .flat_map(|batch| batch.unwrap().windows)
                .map(|window| window.trial)
                .collect();
            // of 50 trials at most one has no sample, or only among those that fill no batch
            assert!(used.len() >= 49);
            let reads = source.reads();
            // the next epoch may have begun
            assert!(trials.iter().all(|&k| reads[k] <= epochs + 1));
            assert!(used.iter().all(|&k| reads[k] >= epochs));
            let once = trials.iter().filter(|&&k| reads[k] <= epochs).count();
            assert!(once + shuffle_trials.min(50) + read_ahead + 1 >= 50, "{once}");
        }
        drop(loader);
        assert!(source.reads()[..5].iter().chain(&source.reads()[55..]).all(|&reads| reads == 0));
        let most = shuffle_trials.min(50) + read_ahead;
        assert!(source.most_alive() <= most, "{} alive, at most {most}", source.most_alive());
    }
}

/// Whoever stops in between leaves no thread behind: the source has no owner but this test.
#[test]
fn dropping_a_loader_ends_its_thread() {
    for prefetched in [0, 1, 100] {
        for taken in [0, 1, 7] {
            let source = Arc::new(OnDemand::new(20, 2, 300));
            let trials: Vec<usize> = (0..20).collect();
            let mut config = shuffled(3, 4);
            config.prefetched_batches = prefetched;
            config.read_ahead_trials = 5;
            let mut loader = start(&source, &trials, &config);
            assert_eq!(loader.by_ref().take(taken).map(Result::unwrap).count(), taken);
            drop(loader);
            assert_eq!(Arc::strong_count(&source), 1);
        }
    }
}

/// Has the marks of all trials, but not all trials.
struct Broken {
    whole: OnDemand,
    broken: usize,
    how: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Error,
    Shape,
    Panic,
}

impl TrialSource for Broken {
    type Error = CoreError;

    fn layout(&self) -> &TrialLayout {
        self.whole.layout()
    }

    fn trial_count(&self) -> usize {
        self.whole.trial_count()
    }

    fn trial(&self, index: usize) -> Result<Arc<Trial>, CoreError> {
        let trial = self.whole.trial(index)?;
        match self.how {
            _ if index != self.broken => Ok(trial),
            Fault::Error => Err(CoreError::TimeStep { dt_ms: 0.0 }),
            Fault::Shape => Ok(Arc::new(trial.stretch(0..100))),
            Fault::Panic => panic!("trial {index} panics"),
        }
    }

    fn marks(&self, index: usize) -> Result<TrialMarks, CoreError> {
        self.whole.marks(index)
    }
}

#[test]
fn an_error_names_the_trial_and_ends_the_batches() {
    for how in [Fault::Error, Fault::Shape] {
        for config in [sequential(4), shuffled(4, 2)] {
            let whole = OnDemand::new(6, 2, 200);
            let source = Arc::new(Broken { whole, broken: 3, how });
            let mut loader = start(&source, &[1, 4, 3, 0], &config);
            let error = loader.by_ref().find_map(Result::err).unwrap();
            match how {
                Fault::Error => assert!(matches!(
                    error,
                    LoaderError::Source { trial: 3, source: CoreError::TimeStep { .. } }
                )),
                _ => assert!(matches!(
                    error,
                    LoaderError::Layout {
                        trial: 3,
                        source: CoreError::Shape { expected: 200, found: 100, .. }
                    }
                )),
            }
            assert!(loader.next().is_none() && loader.next().is_none());
            if config.order == SampleOrder::Sequential {
                // 13 samples of each of trials 1 and 4 come before trial 3
                assert_eq!(
                    start(&source, &[1, 4, 3, 0], &config).take_while(Result::is_ok).count(),
                    6
                );
            }
        }
    }
}

#[test]
fn a_panic_is_passed_on() {
    let whole = OnDemand::new(6, 2, 200);
    let source = Arc::new(Broken { whole, broken: 3, how: Fault::Panic });
    let loader = start(&source, &[1, 3], &sequential(4));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| loader.count()));
    let message = caught.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*message, "trial 3 panics");
    // also where nobody asks
    drop(start(&source, &[3, 1], &sequential(4)));
    assert_eq!(Arc::strong_count(&source), 1);
}

#[test]
fn what_is_wrong_is_named() {
    let source = Arc::new(in_memory(4, 2, 200));
    let wrong = |config: &LoaderConfig, trials: &[usize], position| match Loader::new(
        Arc::clone(&source),
        trials,
        config,
        position,
    ) {
        Err(LoaderError::Dataset(error)) => error,
        found => panic!("{found:?}"),
    };
    let parameter = |config: &LoaderConfig, batch| {
        let position = Position { epoch: 3, batch };
        match wrong(config, &[0, 1], position) {
            DatasetError::Parameter { parameter, .. } => parameter,
            error => panic!("{error}"),
        }
    };
    assert_eq!(parameter(&shuffled(0, 1), 0), "batch_size");
    assert_eq!(parameter(&shuffled(1, 0), 0), "shuffle_trials");
    // 26 samples cover two trials
    assert_eq!(parameter(&shuffled(27, 1), 0), "samples_per_epoch");
    assert_eq!(parameter(&shuffled(26, 1), 1), "position.batch");
    assert_eq!(parameter(&sequential(20), 2), "position.batch");
    let mut config = sequential(5);
    config.read_ahead_trials = 0;
    assert_eq!(parameter(&config, 0), "read_ahead_trials");
    config = sequential(5);
    config.window = WindowShape { bins: 300, targets: 1 };
    assert_eq!(parameter(&config, 0), "bins");
    let mut shuffle = Shuffle::default();
    shuffle.balance = Balance { spike_share: 2.0, calcium_share: 0.0 };
    assert_eq!(parameter(&self::config(5, SampleOrder::Shuffled(shuffle)), 0), "spike_share");

    // what no machine can hold
    for huge in [1025, usize::MAX] {
        config = sequential(5);
        config.read_ahead_trials = huge;
        assert_eq!(parameter(&config, 0), "read_ahead_trials");
        config = sequential(5);
        config.prefetched_batches = huge;
        assert_eq!(parameter(&config, 0), "prefetched_batches");
    }
    let epoch = |batch_size, samples| {
        let mut shuffle = Shuffle::default();
        shuffle.samples_per_epoch = Some(samples);
        self::config(batch_size, SampleOrder::Shuffled(shuffle))
    };
    for huge in [(1 << 30) + 1, usize::MAX] {
        assert_eq!(parameter(&epoch(5, huge), 0), "samples_per_epoch");
    }
    // a sample of 20 bins has 21 values of each channel
    let layout = source.layout();
    let channels = layout.synapse_count.max(2 + layout.injection_sites.len());
    let most = u32::MAX as usize / (21 * channels);
    assert_eq!(parameter(&epoch(most + 1, 1 << 30), 0), "batch_size");
    config = epoch(most, 1 << 30);
    config.prefetched_batches = 64;
    assert_eq!(parameter(&config, 0), "prefetched_batches");
    // in sequence a batch is no larger than what there is
    start(&source, &[0, 1], &sequential(usize::MAX));

    config = sequential(5);
    config.scaling = Some(Scaling::new(vec![0.0; 3], vec![1.0; 3]).unwrap());
    let at = Position::default();
    assert!(matches!(
        wrong(&config, &[0], at),
        DatasetError::Core(CoreError::Shape { expected: 2, found: 3, .. })
    ));
    let config = sequential(5);
    assert_eq!(wrong(&config, &[], at), DatasetError::Empty { parameter: "trials" });
    assert_eq!(wrong(&config, &[1, 0, 1], at), DatasetError::TrialTwice { trial: 1 });
    let no_trial = CoreError::NoTrial { trial: 4, trials: 4 };
    assert_eq!(wrong(&config, &[4], at), DatasetError::Core(no_trial));
}

/// What seed 1 has drawn before: a change of it, such as by another version of the generator's crates, makes loaders that
/// continue where an earlier program stopped see other samples.
#[test]
fn drawn_as_ever() {
    let source = Arc::new(in_memory(10, 1, 200));
    let split = Split::new(1, 10, SplitFractions::default()).unwrap();
    assert_eq!((split.validation(), split.test()), (&[1][..], &[9][..]));
    let position = Position { epoch: 1, batch: 3 };
    let mut loader = Loader::new(source, split.train(), &shuffled(5, 3), position).unwrap();
    let windows = loader.next().unwrap().unwrap().windows;
    let windows: Vec<_> = windows.iter().map(|window| (window.trial, window.first_bin)).collect();
    assert_eq!(windows, [(5, 63), (8, 50), (8, 135), (5, 4), (8, 59)]);
}

#[test]
fn configurations_are_kept() {
    assert_eq!(serde_json::from_str::<LoaderConfig>("{}").unwrap(), LoaderConfig::default());
    let json = r#"{"window": {"bins": 600, "targets": 500}, "order": {"shuffled": {"balance": {"spike_share": 0.5}}}}"#;
    let config: LoaderConfig = serde_json::from_str(json).unwrap();
    let mut expected = LoaderConfig::default();
    let mut shuffle = Shuffle::default();
    shuffle.balance.spike_share = 0.5;
    expected.window = WindowShape::STRETCH;
    expected.order = SampleOrder::Shuffled(shuffle);
    assert_eq!(config, expected);
    expected.order = SampleOrder::Sequential;
    expected.scaling = Some(Scaling::new(vec![-70.0], vec![3.0]).unwrap());
    let json = serde_json::to_string(&expected).unwrap();
    assert_eq!(serde_json::from_str::<LoaderConfig>(&json).unwrap(), expected);
    assert!(serde_json::from_str::<LoaderConfig>(r#"{"batch": 3}"#).is_err());
}
