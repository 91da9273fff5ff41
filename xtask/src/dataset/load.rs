use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use apical_dataset::store::Store;
use apical_dataset::{
    Loader, LoaderConfig, Position, SampleOrder, Scaling, ScalingMethod, Shuffle, Split,
    SplitFractions, WindowShape,
};

use crate::Outcome;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A data set, such as `apical dataset generate` makes.
    #[arg(long)]
    dataset: PathBuf,
    /// Samples of an epoch of windows, and of stretches.
    #[arg(long, default_values_t = [20_000, 2_000])]
    samples: Vec<usize>,
}

pub(super) fn run(options: &Options) -> Outcome {
    let text = |error: &dyn std::error::Error| error.to_string();
    let store = Arc::new(Store::open(&options.dataset).map_err(|error| text(&error))?);
    let trials = store.manifest().trials;
    let split = Split::new(1, trials, SplitFractions::default()).map_err(|error| text(&error))?;
    let started = Instant::now();
    let scaling = Scaling::fit(&*store, split.train(), ScalingMethod::PerCompartment)
        .map_err(|error| text(&error))?;
    let bytes = split.train().len() as f64 * trial_bytes(&store);
    report("scaling fitted", split.train().len(), "trials", bytes, started);
    let kinds = [("windows", WindowShape::PUBLISHED, 32), ("stretches", WindowShape::STRETCH, 8)];
    for ((kind, window, batch_size), &samples) in kinds.into_iter().zip(&options.samples) {
        let mut shuffle = Shuffle::default();
        shuffle.samples_per_epoch = Some(samples);
        let mut config = LoaderConfig::default();
        (config.window, config.batch_size) = (window, batch_size);
        config.order = SampleOrder::Shuffled(shuffle);
        config.scaling = Some(scaling.clone());
        let open = |position| {
            Loader::new(Arc::clone(&store), split.train(), &config, position).map_err(|e| text(&e))
        };
        let started = Instant::now();
        let mut loader = open(Position::default())?;
        let (mut count, mut bytes) = (0, 0.0);
        for batch in loader.by_ref().take(samples / batch_size) {
            let batch = batch.map_err(|error| text(&error))?;
            count += batch.windows.len();
            bytes += 4.0 * batch.voltages.len() as f64;
        }
        report(kind, count, "samples", bytes, started);
        // The second half again.
        let middle = Position { epoch: 0, batch: samples / batch_size / 2 };
        let again = open(middle)?.next().and_then(Result::ok);
        let through = open(Position::default())?.nth(middle.batch).and_then(Result::ok);
        if again.is_none() || again != through {
            return Err(format!("{kind}: the batch at {middle:?} is another after a restart"));
        }
    }
    Ok(())
}

fn trial_bytes(store: &Store) -> f64 {
    let layout = &store.manifest().layout;
    4.0 * ((layout.duration_ms + 1) * layout.compartments.len()) as f64
}

fn report(what: &str, count: usize, of: &str, bytes: f64, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{what}: {count} {of} in {seconds:.2} s: {:.0} a second, {:.0} MB/s of voltages",
        count as f64 / seconds,
        bytes / 1e6 / seconds
    );
}
