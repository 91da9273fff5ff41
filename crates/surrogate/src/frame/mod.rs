mod framed;
mod logistic;

use apical_core::{CompartmentId, TrialLayout};
use apical_eval::{LinearStep, StepPredictor};
use serde::{Deserialize, Serialize};

pub use framed::FramedBatch;
pub(crate) use framed::advance;
use logistic::logistic;

use crate::error::{check_match, check_parameter, check_shape};
use crate::{SurrogateError, TaskTable, TrialBatch};

/// What a network adds to: its residual path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Residual {
    /// Nothing: voltages themselves are predicted, as published.
    Absolute,
    /// The voltage before: its change within the millisecond is predicted.
    Persistence,
    /// What a fitted linear step makes of the voltages before and the input. Where past voltages are not seen, it runs freely
    /// from the mean voltage on.
    Linear(Box<LinearStep>),
}

/// What voltages a network sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SeenVoltages {
    /// None.
    #[default]
    None,
    /// Those that are predicted, a millisecond before.
    Past,
    /// What the linear step, running freely on the input alone, estimates them to be.
    Estimated,
}

/// What a network sees besides synaptic events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SeenInputs {
    /// Voltages.
    pub voltages: SeenVoltages,
    /// Injected currents.
    pub currents: bool,
}

/// A logit of the spike, `offset + slope·z`, from what the residual path says of a compartment's voltage, z.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpikePath {
    /// The compartment: the soma.
    pub compartment: CompartmentId,
    /// Logit at z = 0.
    pub offset: f64,
    /// Change of the logit with z.
    pub slope: f64,
}

impl SpikePath {
    /// The logit where the residual path says z.
    pub(crate) fn logit(&self, z: f32) -> f32 {
        (self.offset + self.slope * f64::from(z)) as f32
    }
}

/// Between a neuron and a network: which numbers are seen and predicted, in which units.
///
/// Voltages are standardized, z = (v − mean) / deviation, for each compartment. The network's output y of a task gives
/// z + scale·y, where z is what the residual path says ([`Residual`]), and scale the deviation of what is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Frame {
    /// What is predicted.
    pub tasks: TaskTable,
    /// What is seen.
    pub inputs: SeenInputs,
    /// What the network adds to.
    pub residual: Residual,
    /// Number of synapses.
    pub synapses: usize,
    /// Compartments that currents are injected into, as the layout numbers them.
    pub sites: Vec<CompartmentId>,
    /// Mean of the voltage of every compartment of the layout, mV.
    pub mean_mv: Vec<f64>,
    /// Standard deviation of the same, mV.
    pub deviation_mv: Vec<f64>,
    /// Scale of every voltage task, in standard deviations, in order of tasks.
    pub residual_scale: Vec<f64>,
    /// What the logit of the spike adds to, if to anything.
    #[serde(default)]
    pub spike_path: Option<SpikePath>,
}

impl Frame {
    /// With all scales 1.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Task`] for a task that the neuron does not have, [`CoreError::Shape`](apical_core::CoreError::Shape) unless there is a mean and
    /// a deviation for every compartment, [`SurrogateError::Parameter`] for a deviation that is not positive,
    /// [`SurrogateError::Mismatch`] for persistence where past voltages are not seen, for estimates without a linear step, and
    /// for a linear step of other compartments than the tasks or of another neuron.
    pub fn new(
        layout: &TrialLayout,
        tasks: TaskTable,
        inputs: SeenInputs,
        residual: Residual,
        mean_mv: Vec<f64>,
        deviation_mv: Vec<f64>,
    ) -> Result<Self, SurrogateError> {
        let frame = Self {
            residual_scale: vec![1.0; tasks.compartments().len()],
            tasks,
            inputs,
            residual,
            synapses: layout.synapse_count,
            sites: layout.injection_sites.clone(),
            mean_mv,
            deviation_mv,
            spike_path: None,
        };
        frame.check(layout)?;
        Ok(frame)
    }

    /// Refuses a frame that is not one of this neuron.
    ///
    /// # Errors
    ///
    /// As [`Frame::new`].
    pub fn check(&self, layout: &TrialLayout) -> Result<(), SurrogateError> {
        self.tasks.check(layout)?;
        check_shape("synapses", layout.synapse_count, self.synapses)?;
        let of_neuron = "those of the neuron";
        check_match(layout.injection_sites == self.sites, "injection sites", of_neuron)?;
        let expected = layout.compartments.len();
        for (what, found) in
            [("means", self.mean_mv.len()), ("deviations", self.deviation_mv.len())]
        {
            check_shape(what, expected, found)?;
        }
        for &mean in &self.mean_mv {
            check_parameter(mean.is_finite(), "mean_mv", mean, "finite")?;
        }
        let positive = |x: f64| x > 0.0 && x.is_finite();
        for &deviation in &self.deviation_mv {
            check_parameter(positive(deviation), "deviation_mv", deviation, "positive and finite")?;
        }
        let compartments = self.tasks.compartments();
        if let Some(SpikePath { compartment, .. }) = self.spike_path {
            let holds = compartments.contains(&compartment);
            let expected = "one whose voltage is a task";
            check_parameter(holds, "compartment of spikes", compartment.index() as f64, expected)?;
        }
        check_shape("scales of voltage tasks", compartments.len(), self.residual_scale.len())?;
        for &scale in &self.residual_scale {
            let expected = "positive: a voltage that never changes cannot be learnt";
            check_parameter(positive(scale), "residual_scale", scale, expected)?;
        }
        let is_past = self.inputs.voltages == SeenVoltages::Past;
        let holds = is_past || self.residual != Residual::Persistence;
        check_match(holds, "inputs.voltages", "past, for the residual path persistence")?;
        let Residual::Linear(step) = &self.residual else {
            let holds = self.inputs.voltages != SeenVoltages::Estimated;
            return check_match(holds, "residual", "linear where estimates are seen");
        };
        let holds = step.columns().compartments() == compartments
            && step.columns().layout_compartments() == layout.compartments.len();
        let expected = "those of the voltage tasks, in their order";
        check_match(holds, "compartments of the linear step", expected)?;
        check_shape("synapses of the linear step", self.synapses, step.synapse_count())?;
        let holds = step.injection_sites() == self.sites;
        check_match(holds, "injection sites of the linear step", of_neuron)
    }

    /// Number of numbers that a network sees besides events.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.seen_voltages() + if self.inputs.currents { self.sites.len() } else { 0 }
    }

    /// A batch as the network sees it.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) and [`CoreError::Synapse`](apical_core::CoreError::Synapse) for a
    /// batch of another neuron.
    pub fn of<'a>(&'a self, batch: &'a TrialBatch) -> Result<FramedBatch<'a>, SurrogateError> {
        FramedBatch::new(self, batch, None)
    }

    /// A batch as a network sees it that is told other past voltages than the true ones, mV, shaped as those of the batch. What it
    /// should say is still what comes in truth.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of), and [`CoreError::Shape`](apical_core::CoreError::Shape) for another number of voltages.
    pub fn of_seen<'a>(
        &'a self,
        batch: &'a TrialBatch,
        seen_mv: Vec<f32>,
    ) -> Result<FramedBatch<'a>, SurrogateError> {
        check_shape("voltages that are seen", batch.voltage_mv.len(), seen_mv.len())?;
        FramedBatch::new(self, batch, Some(seen_mv))
    }

    /// Sets the scales to the standard deviations of what is left once the residual path is taken away.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] if one does not vary, and what [`of`](Self::of) refuses.
    pub fn fit_scale(
        &mut self,
        batch: &TrialBatch,
        places: &[(usize, usize)],
    ) -> Result<(), SurrogateError> {
        self.residual_scale.fill(1.0);
        let targets = self.of(batch)?.targets(places);
        let (rows, columns) = (places.len() as f64, self.residual_scale.len());
        for (column, scale) in self.residual_scale.iter_mut().enumerate() {
            let values = || targets.iter().skip(column).step_by(columns).map(|&x| f64::from(x));
            let mean = values().sum::<f64>() / rows;
            let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / rows;
            *scale = variance.sqrt();
            let holds = *scale > 0.0 && scale.is_finite();
            let expected = "positive: a voltage that never changes cannot be learnt";
            check_parameter(holds, "residual_scale", *scale, expected)?;
        }
        Ok(())
    }

    /// Lets the logit of the spike add to the logistic regression of spikes on what the residual path says of the voltage of a
    /// compartment, the soma. Without a residual path, a task for spikes or one for this voltage, or where the places have no
    /// spike or nothing else, it adds to nothing.
    ///
    /// # Errors
    ///
    /// What [`of`](Self::of) refuses.
    pub fn fit_spike_path(
        &mut self,
        compartment: CompartmentId,
        batch: &TrialBatch,
        places: &[(usize, usize)],
    ) -> Result<(), SurrogateError> {
        self.spike_path = None;
        let is_task = self.tasks.compartments().contains(&compartment);
        if self.residual == Residual::Absolute || self.tasks.spike().is_none() || !is_task {
            return Ok(());
        }
        let framed = self.of(batch)?;
        let (z, spikes) = (framed.path_of(compartment, places), framed.spikes(places));
        let fitted = logistic(&z, &spikes);
        self.spike_path = fitted.map(|(offset, slope)| SpikePath { compartment, offset, slope });
        Ok(())
    }

    /// The linear step, if the residual path is one that runs freely.
    pub(crate) fn free_step(&self) -> Option<&LinearStep> {
        match &self.residual {
            Residual::Linear(step) if self.inputs.voltages != SeenVoltages::Past => Some(step),
            _ => None,
        }
    }

    /// Number of voltages that a network sees.
    pub(crate) fn seen_voltages(&self) -> usize {
        match self.inputs.voltages {
            SeenVoltages::None => 0,
            SeenVoltages::Past | SeenVoltages::Estimated => self.residual_scale.len(),
        }
    }

    /// Of the voltage tasks, in order.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let compartments = self.tasks.compartments().into_iter();
        compartments
            .zip(&self.residual_scale)
            .map(|(compartment, &scale)| Column {
                compartment,
                mean_mv: self.mean_mv[compartment.index()] as f32,
                deviation_mv: self.deviation_mv[compartment.index()] as f32,
                scale: scale as f32,
            })
            .collect()
    }
}

/// A voltage task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) compartment: CompartmentId,
    mean_mv: f32,
    deviation_mv: f32,
    pub(crate) scale: f32,
}

impl Column {
    pub(crate) fn standardized(&self, v_mv: f32) -> f32 {
        (v_mv - self.mean_mv) / self.deviation_mv
    }

    pub(crate) fn voltage_mv(&self, z: f32) -> f32 {
        self.mean_mv + z * self.deviation_mv
    }
}

/// Voltages of all compartments of the layout as z of the tasks.
pub(crate) fn standardize(columns: &[Column], voltages_mv: &[f32], into: &mut [f32]) {
    for (z, column) in into.iter_mut().zip(columns) {
        *z = column.standardized(voltages_mv[column.compartment.index()]);
    }
}
