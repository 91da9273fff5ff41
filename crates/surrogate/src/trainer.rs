use candle_core::backprop::GradStore;
use candle_core::{DType, Tensor};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use apical_core::RandomStreams;
use apical_eval::{Loss, LossWeights, MeanSquareError, SpikeCrossEntropy, TensorLoss};

use crate::error::check_parameter;
use crate::layer::Dropout;
use crate::model::{MultitaskModel, Outputs};
use crate::ops::sum_of_squares;
use crate::team::{Part, add_gradients};
use crate::{
    Adam, AdamConfig, Alone, Frame, FramedBatch, Network, Patience, SurrogateError, Team,
    TrialBatch, Validations, VoltageNoise,
};

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TrainerConfig {
    /// Seed of dropout and of the places that are predicted; 1 by default.
    pub seed: u64,
    /// Target times of each sample in a step, drawn anew every time; by default all after the context. Those that are close
    /// to each other say much the same.
    pub places_per_sample: Option<usize>,
    /// Share of numbers that are set to 0 after each inner convolution; 0.2 by default, as published.
    pub dropout: f64,
    /// What the cross-entropy of the spike counts beside the mean square error of voltages; 1 by default.
    pub spike_weight: f64,
    /// Largest norm of all gradients together; larger ones are scaled down to it. None by default.
    pub clip_norm: Option<f64>,
    /// Noise on the past voltages that are seen; none by default.
    pub noise: VoltageNoise,
    /// How weights follow gradients.
    pub adam: AdamConfig,
    /// Learning rate along the steps.
    pub schedule: Schedule,
    /// What follows from validations that show no improvement.
    pub patience: Patience,
}

impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            places_per_sample: None,
            dropout: 0.2,
            spike_weight: 1.0,
            clip_norm: None,
            noise: VoltageNoise::default(),
            adam: AdamConfig::default(),
            schedule: Schedule::default(),
            patience: Patience::default(),
        }
    }
}

/// The learning rate along the steps: rises linearly, then falls as a cosine (Loshchilov & Hutter 2017,
/// arXiv:1608.03983) or stays.
///
/// ```
/// use apical_surrogate::Schedule;
///
/// let schedule = Schedule { rate: 1e-3, warm_up: 10, last: Some(110), floor: 0.1 };
/// assert_eq!(schedule.rate_at(4), 0.5e-3);
/// assert_eq!(schedule.rate_at(10), 1e-3);
/// assert!((schedule.rate_at(60) - 0.55e-3).abs() < 1e-12);
/// assert!((schedule.rate_at(500) - 0.1e-3).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Greatest rate; 1e-3 by default.
    pub rate: f64,
    /// Steps until it is reached; 0 by default.
    pub warm_up: u64,
    /// Step at which the cosine ends; none, by default, for a rate that stays.
    pub last: Option<u64>,
    /// Share of the rate that is left at the end; 0 by default.
    pub floor: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { rate: 1e-3, warm_up: 0, last: None, floor: 0.0 }
    }
}

impl Schedule {
    /// The rate of a step, counted from 0.
    #[must_use]
    pub fn rate_at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return self.rate * (step + 1) as f64 / self.warm_up as f64;
        }
        let Some(last) = self.last.filter(|&last| last > self.warm_up) else { return self.rate };
        let passed = (step - self.warm_up) as f64 / (last - self.warm_up) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * passed.min(1.0)).cos());
        self.rate * (self.floor + (1.0 - self.floor) * cosine)
    }
}

/// What a step or a validation has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Losses {
    /// Mean square error of voltages in units of their scale; none without such tasks.
    pub voltage: Option<f64>,
    /// Cross-entropy of spikes, nats; none without this task.
    pub spike: Option<f64>,
    /// What is minimized.
    pub total: f64,
    /// Norm of all gradients together, before they are clipped; 0 where there are none.
    pub gradient_norm: f64,
}

impl Losses {
    /// The sum of both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let sum = |a: Option<f64>, b: Option<f64>| Some(a? + b?);
        Self {
            voltage: sum(self.voltage, other.voltage),
            spike: sum(self.spike, other.spike),
            total: self.total + other.total,
            gradient_norm: self.gradient_norm + other.gradient_norm,
        }
    }

    /// Those of the first process, in all of them.
    #[must_use]
    pub fn shared(&self, team: &dyn Team) -> Self {
        if team.count() == 1 {
            return *self;
        }
        let is_first = team.index() == 0;
        let mut known = [self.voltage, self.spike, Some(self.total), Some(self.gradient_norm)]
            .map(|loss| loss.filter(|_| is_first));
        let mut numbers = [0.0; 8];
        for (pair, loss) in numbers.chunks_exact_mut(2).zip(known) {
            pair.copy_from_slice(&[f64::from(u8::from(loss.is_some())), loss.unwrap_or(0.0)]);
        }
        team.sum_f64(&mut numbers);
        for (loss, pair) in known.iter_mut().zip(numbers.chunks_exact(2)) {
            *loss = (pair[0] > 0.0).then_some(pair[1]);
        }
        let [voltage, spike, total, gradient_norm] = known;
        let [total, gradient_norm] = [total, gradient_norm].map(Option::unwrap_or_default);
        Self { voltage, spike, total, gradient_norm }
    }

    /// So many times these.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        Self {
            voltage: self.voltage.map(|loss| loss * factor),
            spike: self.spike.map(|loss| loss * factor),
            total: self.total * factor,
            gradient_norm: self.gradient_norm * factor,
        }
    }
}

/// Trains a network, one batch at a time.
#[derive(Debug)]
pub struct Trainer {
    config: TrainerConfig,
    adam: Adam,
    validations: Validations,
}

impl Trainer {
    /// Before the first step.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for a configuration that makes no sense.
    pub fn new(config: TrainerConfig, model: &dyn MultitaskModel) -> Result<Self, SurrogateError> {
        let adam = Adam::new(config.adam, model.parameters())?;
        Self::resume(config, adam, Validations::default())
    }

    /// After the steps that an optimizer has made, and these validations.
    ///
    /// # Errors
    ///
    /// As [`Trainer::new`].
    pub fn resume(
        config: TrainerConfig,
        adam: Adam,
        validations: Validations,
    ) -> Result<Self, SurrogateError> {
        let TrainerConfig { dropout, spike_weight, clip_norm, schedule, .. } = &config;
        for (parameter, value, holds, expected) in [
            ("dropout", *dropout, (0.0..1.0).contains(dropout), "from 0 to less than 1"),
            ("spike_weight", *spike_weight, *spike_weight >= 0.0, "at least 0"),
            ("clip_norm", clip_norm.unwrap_or(1.0), clip_norm.is_none_or(|n| n > 0.0), "positive"),
            ("rate", schedule.rate, schedule.rate > 0.0, "positive"),
        ] {
            check_parameter(holds && value.is_finite(), parameter, value, expected)?;
        }
        let VoltageNoise { deviation, time_constant_ms } = config.noise;
        check_parameter(deviation >= 0.0, "noise.deviation", deviation, "at least 0")?;
        let expected = "positive";
        check_parameter(
            time_constant_ms > 0.0,
            "noise.time_constant_ms",
            time_constant_ms,
            expected,
        )?;
        config.patience.check()?;
        Ok(Self { config, adam, validations })
    }

    /// The optimizer with its state.
    #[must_use]
    pub const fn adam(&self) -> &Adam {
        &self.adam
    }

    /// How it trains.
    #[must_use]
    pub const fn config(&self) -> &TrainerConfig {
        &self.config
    }

    /// What validations have shown.
    #[must_use]
    pub const fn validations(&self) -> &Validations {
        &self.validations
    }

    /// Whether validations have shown no improvement for so long that training should stop.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.validations.is_over(self.config.patience)
    }

    /// The learning rate of the next step.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.config.schedule.rate_at(self.adam.steps()) * self.validations.rate_factor()
    }

    /// One step down the gradient of a batch's loss, at places after its first `context` ms.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::NotFinite`] if the loss or a gradient is no number; weights are then as before. Otherwise what
    /// [`Frame::of`] refuses.
    pub fn step(
        &mut self,
        network: &Network,
        batch: &TrialBatch,
        context: usize,
    ) -> Result<Losses, SurrogateError> {
        self.step_in(&Alone, network, batch, context)
    }

    /// The step that processes make together, each with a part of the batch, which all of them have.
    ///
    /// # Errors
    ///
    /// As [`Trainer::step`], in all processes alike; and [`SurrogateError::Parameter`] for a batch of fewer samples than there are
    /// processes.
    pub fn step_in(
        &mut self,
        team: &dyn Team,
        network: &Network,
        batch: &TrialBatch,
        context: usize,
    ) -> Result<Losses, SurrogateError> {
        let step = self.adam.steps();
        let layout = network.layout();
        batch.check(layout.compartments.len(), layout.injection_sites.len())?;
        let expected = "less than the duration of a sample, ms";
        check_parameter(context < batch.bins, "context", context as f64, expected)?;
        let part = Part::of(team, batch)?;
        let mut places = self.places(batch, context, step);
        places.retain(|(sample, _)| part.samples.contains(sample));
        for (sample, _) in &mut places {
            *sample -= part.samples.start;
        }
        let batch = batch.part(part.samples.clone());
        // masks of a process's own
        let stream = step * team.count() as u64 + team.index() as u64;
        let mut dropout = Dropout::new(self.config.seed, self.config.dropout, stream);
        let seen_mv = self.config.noise.seen(network.frame(), &batch, self.config.seed, stream);
        let framed = match seen_mv {
            Some(seen_mv) => network.frame().of_seen(&batch, seen_mv)?,
            None => network.frame().of(&batch)?,
        };
        let weights: Vec<f32> = places.iter().map(|&(sample, _)| batch.weights[sample]).collect();
        let spike_weight = self.config.spike_weight;
        let (loss, losses) =
            losses(network, &framed, (&places, weights), spike_weight, &mut dropout)?;
        let mut losses = part.add(team, losses);
        if !losses.total.is_finite() {
            let what = "the loss".to_owned();
            return Err(SurrogateError::NotFinite { step, what, value: losses.total });
        }
        let (model, rate) = (network.model(), self.rate());
        let mut gradients = (loss * part.share)?.backward()?;
        add_gradients(team, model, &mut gradients)?;
        losses.gradient_norm = norm(model, &gradients, step)?;
        let scale = match self.config.clip_norm {
            Some(most) if losses.gradient_norm > most => most / losses.gradient_norm,
            _ => 1.0,
        };
        self.adam.step(model.parameters(), &gradients, rate, scale)?;
        Ok(losses)
    }

    /// The losses that `outputs` of a network at these places of a batch have, without dropout (see [`Network::outputs`]). All
    /// places count the same.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Eval`] if the outputs are not those of the places.
    pub fn losses(
        &self,
        network: &Network,
        framed: &FramedBatch<'_>,
        places: &[(usize, usize)],
        outputs: &[f32],
    ) -> Result<Losses, SurrogateError> {
        let (voltages, logits) = network.split(outputs);
        let columns = network.frame().residual_scale.len();
        let mut found = Losses::default();
        if columns > 0 {
            let even = LossWeights::even(columns);
            found.voltage =
                Some(MeanSquareError.value(&voltages, &framed.targets(places), even)?);
        }
        if let Some(logits) = logits {
            let even = LossWeights::even(1);
            let logits = framed.spike_logits(&logits, places);
            let loss = SpikeCrossEntropy.value(&logits, &framed.spikes(places), even)?;
            found.spike = Some(loss);
        }
        let spike = found.spike.unwrap_or(0.0);
        found.total = found.voltage.unwrap_or(0.0) + self.config.spike_weight * spike;
        Ok(found)
    }

    /// Takes note of a validation: whether its loss is the least so far.
    pub fn validated(&mut self, losses: &Losses) -> bool {
        self.validations.add(losses.total, self.config.patience)
    }

    /// The times that are predicted, (sample, bin).
    fn places(&self, batch: &TrialBatch, context: usize, step: u64) -> Vec<(usize, usize)> {
        let mut rng = RandomStreams::new(self.config.seed).stream("places", step);
        let times = batch.bins.saturating_sub(context);
        let count = self.config.places_per_sample.unwrap_or(times).min(times);
        let mut places = Vec::with_capacity(batch.samples * count);
        for sample in 0..batch.samples {
            // one in each of so many parts of about the same length
            for part in 0..count {
                let [first, end] = [part, part + 1].map(|part| context + part * times / count);
                places.push((sample, rng.random_range(first..end)));
            }
        }
        places
    }
}

/// Losses of some places as a tensor to differentiate and as numbers.
fn losses(
    network: &Network,
    framed: &FramedBatch<'_>,
    (places, weights): (&[(usize, usize)], Vec<f32>),
    spike_weight: f64,
    dropout: &mut Dropout,
) -> Result<(Tensor, Losses), SurrogateError> {
    let (model, frame) = (network.model(), network.frame());
    let (dtype, device) = (model.parameters().dtype(), model.parameters().device());
    let windows = model.encode_windows(&framed.input(dtype, device)?, places, Some(dropout))?;
    let Outputs { predictions, .. } = model.decode(&windows)?;
    let tensor = |values: Vec<f32>, columns: usize| {
        Tensor::from_vec(values, (places.len(), columns), device)?.to_dtype(dtype)
    };
    let weights = tensor(weights, 1)?.flatten_all()?;
    let number = |loss: &Tensor| loss.to_dtype(DType::F64)?.to_scalar::<f64>();
    let mut found = Losses::default();
    let mut total = Vec::new();
    let columns = frame.residual_scale.len();
    let path = framed.path(places);
    let spike_path = framed.spike_path(&path);
    if columns > 0 {
        let outputs = voltage_outputs(frame, &predictions)?;
        let targets = tensor(framed.targets_beyond(path, places), columns)?;
        let loss = MeanSquareError.tensor_value(&outputs, &targets, Some(&weights), None)?;
        found.voltage = Some(number(&loss)?);
        total.push(loss);
    }
    if let Some(task) = frame.tasks.spike() {
        let targets = tensor(framed.spikes(places), 1)?;
        let mut logits = predictions.narrow(1, task, 1)?;
        if let Some(path) = spike_path {
            logits = (logits + tensor(path, 1)?)?;
        }
        let loss = SpikeCrossEntropy.tensor_value(&logits, &targets, Some(&weights), None)?;
        found.spike = Some(number(&loss)?);
        total.push((loss * spike_weight)?);
    }
    // a table has at least one task, so that there is at least one term
    let total = Tensor::stack(&total, 0)?.sum_all()?;
    found.total = number(&total)?;
    Ok((total, found))
}

/// The outputs of voltage tasks alone, in order.
pub(crate) fn voltage_outputs(frame: &Frame, predictions: &Tensor) -> candle_core::Result<Tensor> {
    let Some(spike) = frame.tasks.spike() else { return Ok(predictions.clone()) };
    let after = frame.tasks.len() - spike - 1;
    let parts = [predictions.narrow(1, 0, spike)?, predictions.narrow(1, spike + 1, after)?];
    match (spike, after) {
        (0, _) => Ok(parts[1].clone()),
        (_, 0) => Ok(parts[0].clone()),
        _ => Tensor::cat(&parts, 1),
    }
}

/// The norm of all gradients together.
fn norm(
    model: &dyn MultitaskModel,
    gradients: &GradStore,
    step: u64,
) -> Result<f64, SurrogateError> {
    let mut sum = 0.0;
    for (name, var) in model.parameters().iter() {
        let Some(gradient) = gradients.get(var) else { continue };
        let value = sum_of_squares(gradient)?;
        if !value.is_finite() {
            let what = format!("the gradient of {name}");
            return Err(SurrogateError::NotFinite { step, what, value });
        }
        sum += value;
    }
    Ok(sum.sqrt())
}
