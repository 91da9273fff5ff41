use std::sync::Arc;

use apical_core::{TrialLayout, TrialSource};
use apical_dataset::store::{Store, StoreError};
use apical_dataset::{
    Balance, Loader, LoaderConfig, LoaderError, Position, SampleOrder, Scaling, ScalingMethod,
    Shuffle, Split,
};
use apical_eval::{Columns, LinearStep, LinearStepConfig};
use apical_surrogate::{Frame, Network, Parameters, Residual, TaskTable};
use candle_core::{DType, Device};

use super::batches::stretch_of;
use super::config::{ResidualPath, TrainingConfig};
use super::run::BuildModel;
use crate::ApicalError;

/// Stretches that the scale of what is left to predict and the path of spikes are taken from, and the most target times of each, ms.
const SCALE_STRETCHES: (usize, usize) = (32, 300);

/// A network before its first step, in the frame that the trials of a split give.
pub(super) fn network(
    store: &Arc<Store>,
    split: &Split,
    config: &TrainingConfig,
    device: &Device,
    build: BuildModel,
) -> Result<Network, ApicalError> {
    let layout = store.layout();
    let scaling = Scaling::fit(&**store, split.train(), ScalingMethod::PerCompartment)?;
    let [mean_mv, deviation_mv] =
        [scaling.mean_mv(), scaling.standard_deviation_mv()].map(<[f64]>::to_vec);
    let tasks = TaskTable::verhellen2024(layout)?;
    let residual = match config.residual {
        ResidualPath::Absolute => Residual::Absolute,
        ResidualPath::Persistence => Residual::Persistence,
        ResidualPath::Linear => {
            let columns = Columns::new(layout.compartments.len(), tasks.compartments())?;
            let mut linear = LinearStepConfig::default();
            linear.ridge_per_row = config.ridge_per_row;
            let (mean, deviation) = (&mean_mv, &deviation_mv);
            let step = LinearStep::fit(&**store, split.train(), columns, mean, deviation, linear)?;
            Residual::Linear(Box::new(step))
        }
    };
    let mut frame = Frame::new(layout, tasks, config.inputs, residual, mean_mv, deviation_mv)?;
    fit_residual(&mut frame, store, split, config)?;
    let model = build(
        config.model_config(&frame),
        Parameters::new(config.seed, DType::F32, device.clone()),
    )?;
    Ok(Network::new(model, frame, TrialLayout::clone(layout))?)
}

/// The scale of what is left, and where spikes start from, from stretches that are drawn evenly.
fn fit_residual(
    frame: &mut Frame,
    store: &Arc<Store>,
    split: &Split,
    config: &TrainingConfig,
) -> Result<(), ApicalError> {
    let mut even = config.clone();
    let longest = store.layout().duration_ms.saturating_sub(even.context_ms());
    even.stretch_ms = SCALE_STRETCHES.1.min(longest).max(even.stretch_ms);
    (even.balance, even.batch_size) = (Balance::NONE, SCALE_STRETCHES.0);
    let mut loader = loader(store, split, &even, Position::default())?;
    let Some(batch) = loader.next() else { return Ok(()) };
    let batch = stretch_of(batch?)?;
    let places = (0..batch.samples)
        .flat_map(|sample| (even.context_ms()..batch.bins).map(move |bin| (sample, bin)));
    let places: Vec<_> = places.collect();
    frame.fit_scale(&batch, &places)?;
    Ok(frame.fit_spike_path(store.layout().soma, &batch, &places)?)
}

/// The stretches that are trained with, from a position on.
pub(super) fn loader(
    store: &Arc<Store>,
    split: &Split,
    config: &TrainingConfig,
    position: Position,
) -> Result<Loader<Store>, LoaderError<StoreError>> {
    let mut shuffle = Shuffle::default();
    (shuffle.seed, shuffle.balance) = (config.seed, config.balance);
    // an epoch of a few stretches of every trial has at least one batch
    let of_trial = store.layout().duration_ms / config.stretch_ms.max(1);
    let once = of_trial.saturating_mul(split.train().len());
    shuffle.samples_per_epoch = Some(once.max(config.batch_size));
    let mut loader = LoaderConfig::default();
    loader.batch_size = config.batch_size;
    loader.window = config.window_shape();
    loader.order = SampleOrder::Shuffled(shuffle);
    Loader::new(Arc::clone(store), split.train(), &loader, position)
}
