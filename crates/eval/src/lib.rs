//! How good predicted voltages are.
//!
//! A [`Loss`] says what a prediction costs: [`MeanSquareError`] for voltages, [`SpikeCrossEntropy`] for the logit of a
//! spike, of slices and, with the feature `candle`, of tensors that are trained with. [`CompartmentErrors`] collects
//! errors of any number of trials and reports them by compartment and region. A [`Metric`] says something of
//! [`Prediction`]s, whatever they come from, in a [`Table`]: errors by region with confidence intervals ([`RegionMetric`]), by what
//! a compartment does ([`BandMetric`]), and any of these by horizon ([`Horizons`]); somatic spikes ([`SpikeMetric`]), calcium spikes
//! ([`CalciumMetric`]), potentials ([`PotentialMetric`]). A [`Rollout`] takes any [`NeuronModel`](apical_core::NeuronModel)
//! through trials. Baselines say what an error is worth: the
//! [`TrainingMean`], [`StepPersistence`], and [`LinearStep`], which is fitted in seconds and runs freely as a
//! [`NeuronModel`](apical_core::NeuronModel). At one millisecond, v(k + 1) = v(k) is hard to beat: no error says
//! much without it.
//!
//! # Example
//!
//! A soma and a dendrite with one synapse; a linear step is fitted to four trials and tested with a fifth.
//!
//! ```
//! use apical_core::{BinnedEvents, SynapseId, Trial, TrialMarks, TrialSource, TrialsInMemory};
//! use apical_eval::{
//!     Columns, CompartmentErrors, LinearStep, LinearStepConfig, ReportedRegion, StepPersistence, step_errors,
//! };
//! # use apical_core::{CompartmentId, CompartmentRecord, CompartmentTable, Region, SectionType, TrialLayout};
//! # let record = |section_type, region| CompartmentRecord::new(section_type, region, "section");
//! # let records = vec![record(SectionType::Soma, Region::Soma), record(SectionType::Basal, Region::Basal)];
//! # let layout = TrialLayout::new(CompartmentTable::new(records), CompartmentId::new(0), 1, 200);
//!
//! // an event raises the dendrite by 3 mV; the soma follows the dendrite, and both leak toward −70 mV
//! let trial = |index: usize| {
//!     let (mut soma, mut dendrite) = (-70.0, -68.0);
//!     let (mut offsets, mut voltages) = (vec![0_u32], vec![soma, dendrite]);
//!     for bin in 0..200 {
//!         let event = (bin * bin + index) % 5 == 0;
//!         offsets.push(offsets[bin] + u32::from(event));
//!         soma += 0.2 * (dendrite - soma) - 0.1 * (soma + 70.0);
//!         dendrite += if event { 3.0 } else { 0.0 } - 0.1 * (dendrite + 70.0);
//!         voltages.extend([soma, dendrite]);
//!     }
//!     let synapses = vec![SynapseId::new(0); offsets[200] as usize];
//!     Trial::new(&layout, BinnedEvents::new(offsets, synapses)?, vec![], voltages, TrialMarks::default())
//! };
//! let trials = (0..5).map(trial).collect::<Result<_, _>>()?;
//! let source = TrialsInMemory::new(layout.clone(), trials)?;
//! let (train, test) = ([0, 1, 2, 3], [4]);
//!
//! // mean and standard deviation of the voltages that are trained with, as `Scaling` of apical-dataset finds them
//! let (mean_mv, deviation_mv) = ([-63.0, -60.0], [2.0, 3.0]);
//! let columns = Columns::soma_and_dendrites(&layout.compartments)?;
//! let config = LinearStepConfig::default();
//! let step = LinearStep::fit(&source, &train, columns.clone(), &mean_mv, &deviation_mv, config)?;
//!
//! // one step ahead
//! let soma = |errors: &CompartmentErrors| -> Result<f64, apical_eval::EvalError> {
//!     let regions = errors.by_region(&layout.compartments, &mean_mv)?;
//!     assert_eq!(regions[0].region, ReportedRegion::Soma);
//!     Ok(regions[0].standardized_mse)
//! };
//! let linear = soma(&step_errors(&step, &source, &test)?)?;
//! let persistence = soma(&step_errors(&StepPersistence::new(columns.clone()), &source, &test)?)?;
//! assert!(linear < 1e-4 && linear < 0.01 * persistence, "{linear} {persistence}");
//!
//! // from the voltages at 0 ms on
//! let trial = source.trial(4)?;
//! let mut free = CompartmentErrors::new(columns.len());
//! free.add(4, &step.free_run(&trial)?, &columns.targets(&trial)?)?;
//! assert!(soma(&free)? < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `candle` | `TensorLoss`, the losses of candle's tensors |

mod baseline;
mod bootstrap;
mod columns;
mod error;
mod loss;
mod metric;
mod regional;
mod rollout;
mod spectrum;
mod table;

pub use baseline::{
    LinearInput, LinearSnapshot, LinearStep, LinearStepConfig, LinearStepModel, StepPersistence,
    StepPredictor, TrainingMean, step_errors,
};
pub use bootstrap::{Bootstrap, Interval};
/// What tensors of [`TensorLoss`] are of.
#[cfg(feature = "candle")]
pub use candle_core;
pub use columns::Columns;
pub use error::{EvalError, TrialsError};
#[cfg(feature = "candle")]
pub use loss::TensorLoss;
pub use loss::{Loss, LossWeights, MeanSquareError, SpikeCrossEntropy};
pub use metric::{
    BandMetric, CalciumMetric, CalciumSpike, Detection, HORIZON_STARTS_MS, Horizons, Metric,
    PotentialMetric, Prediction, RegionMetric, SpikeMetric, SpikeRule, VoltageBand, VoltageBands,
    average_precision, calcium_spikes, coincidence_factor, coincidences, overlapping, roc_auc,
};
pub use regional::{CompartmentError, CompartmentErrors, RegionError, ReportedRegion};
pub use rollout::{Rollout, RolloutError};
pub use spectrum::{Spectra, SpectralBand};
pub use table::{Cell, Table};
