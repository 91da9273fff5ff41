//! Trials as arrays for LFDeep (Verhellen et al. 2024, doi:10.1371/journal.pcbi.1011728).
//!
//! What its programs read and write, at github.com/Jonas-Verhellen/LFDeep, and what they do not say:
//!
//! - `project/data/data_preprocessing.py` and `project/utils/utils_neuron.py` make of published simulations the arrays
//!   `input_spikes.npy`, bool, `[1278, T, simulations]`, excitatory synapses first, and `output.npy`, float16,
//!   `[641, T, simulations]`: 639 dendritic voltages in mV, whether there is a somatic spike, the soma voltage in mV. Column
//!   k has the events of bin k and the voltages at k ms, and a spike at t ms is in column ⌊t − 0.5⌋.
//! - `project/data/spike.py` trains on the arrays `input_data_new.npy`, `[samples, channels, 100]`, and
//!   `output_data_new.npy`, `[samples, 641]`, as `configs/data/spike.yaml` names them, of any type that becomes float32.
//!   `project/model/mixture_of_experts.py` has the spike at place 639 of the target, the soma at 640. `configs/model/MH.yaml`
//!   wants 1918 channels: 1278 synapses and 640 past voltages.
//! - How these were made of those is not in the repository: not the order of the 640 channels, nor the step from window to
//!   window, nor how voltages were standardized. Here the channels are the dendrites and the soma, the step is an option,
//!   and standardized is, if asked for, by a [`Scaling`].

mod columns;
mod error;
mod simulations;
mod windows;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use apical_core::{CoreError, Trial, TrialSource};
use apical_dataset::Scaling;
use npyz::Order;
use serde::Serialize;

pub use error::LfdeepError;

use super::npy_stream::NpyStream;
use super::{RunDirectory, Versions};
use crate::ApicalError;
use columns::Columns;

/// What is made of trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LfdeepForm {
    /// Samples of a window of input and the voltages at its end, `input_data_new.npy` and `output_data_new.npy`.
    Windows(LfdeepWindows),
    /// Whole trials, `input_spikes.npy` and `output.npy`.
    Simulations,
}

/// Windows of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LfdeepWindows {
    /// Length of a window, ms.
    pub window_ms: usize,
    /// From the start of a window to that of the next, ms.
    pub stride_ms: usize,
    /// Whether voltages within the window are input as well.
    pub past_voltages: bool,
}

/// 100 ms, one after another, without past voltages.
impl Default for LfdeepWindows {
    fn default() -> Self {
        Self { window_ms: 100, stride_ms: 100, past_voltages: false }
    }
}

/// What is exported.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LfdeepOptions {
    /// What is made of trials.
    pub form: LfdeepForm,
    /// Which trials. Windows of a trial overlap or follow one another: training and testing on the same trials would overrate
    /// a network.
    pub trials: Range<usize>,
    /// What voltages are standardized by, fitted to the trials to train with; in mV if none. The manifest does not repeat it:
    /// it is an array of its own.
    #[serde(skip)]
    pub scaling: Option<Scaling>,
}

/// An array that an export writes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LfdeepArray {
    /// File name.
    pub name: &'static str,
    /// Type of its values, as numpy names it.
    pub dtype: &'static str,
    /// Its shape.
    pub shape: Vec<u64>,
    /// What its values and axes are, with units.
    pub content: &'static str,
}

impl LfdeepArray {
    /// Size of the values.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let size = match self.dtype {
            "bool" => 1,
            "float16" => 2,
            _ => 8,
        };
        self.shape.iter().product::<u64>() * size
    }
}

const STATISTICS: &str = "voltage_statistics.npy";

/// An export of trials that is possible.
#[derive(Debug)]
pub struct LfdeepExport<'s, S> {
    source: &'s S,
    options: LfdeepOptions,
    columns: Columns,
}

#[derive(Serialize)]
struct ExportManifest<'a, D> {
    versions: Versions,
    export: &'static str,
    options: &'a LfdeepOptions,
    /// What it was made of.
    dataset: D,
    arrays: Vec<LfdeepArray>,
}

impl<'s, S: TrialSource> LfdeepExport<'s, S>
where
    ApicalError: From<S::Error>,
{
    /// Looks whether trials can be exported.
    ///
    /// # Errors
    ///
    /// [`LfdeepError`] as [`ApicalError::Lfdeep`]: for trials that do not exist, windows that do not fit, and a neuron that does
    /// not have an excitatory and an inhibitory synapse on each dendritic compartment. [`CoreError::Shape`] for a scaling of
    /// another number of compartments.
    pub fn new(source: &'s S, options: LfdeepOptions) -> Result<Self, ApicalError> {
        let trials = source.trial_count();
        if options.trials.is_empty() || options.trials.end > trials {
            return Err(LfdeepError::Trials { range: options.trials, trials }.into());
        }
        if let Some(scaling) = &options.scaling {
            let [expected, found] = [source.layout().compartments.len(), scaling.mean_mv().len()];
            if expected != found {
                let what = "compartments of the scaling";
                return Err(CoreError::Shape { what, expected, found }.into());
            }
        }
        let columns = Columns::new(source.layout())?;
        if let LfdeepForm::Windows(LfdeepWindows { window_ms, stride_ms, .. }) = options.form {
            if window_ms == 0 || stride_ms == 0 {
                return Err(LfdeepError::Zero { window_ms, stride_ms }.into());
            }
            if window_ms >= columns.count {
                let columns = columns.count;
                return Err(LfdeepError::WindowTooLong { window_ms, columns }.into());
            }
        }
        Ok(Self { source, options, columns })
    }

    /// The arrays that it writes.
    #[must_use]
    pub fn arrays(&self) -> Vec<LfdeepArray> {
        let trials = self.options.trials.len();
        let mut arrays = match self.options.form {
            LfdeepForm::Windows(windows) => windows::arrays(&windows, trials, &self.columns),
            LfdeepForm::Simulations => simulations::arrays(trials, &self.columns),
        };
        if self.options.scaling.is_some() {
            arrays.push(LfdeepArray {
                name: STATISTICS,
                dtype: "float64",
                shape: vec![2, self.columns.dendrites.len() as u64 + 1],
                content: "mean and standard deviation (mV) of dendritic compartments in order, then of the soma; \
                          voltages are standardized by them",
            });
        }
        arrays
    }

    /// Writes the arrays into a folder, and `manifest.json` once they are complete, which holds `dataset` as what they were
    /// made of. `done` is called after each trial. One trial is in memory at a time.
    ///
    /// # Errors
    ///
    /// Errors of the source and of writing, [`LfdeepError::InjectedCurrent`] for a trial with injected currents, which LFDeep has
    /// no channels for.
    pub fn write(
        &self,
        folder: &Path,
        dataset: impl Serialize,
        done: impl FnMut(),
    ) -> Result<(), ApicalError> {
        let directory = RunDirectory::create(folder)?;
        if let Some(scaling) = &self.options.scaling {
            let rows = [scaling.mean_mv(), scaling.standard_deviation_mv()];
            let shape = [2, self.columns.dendrites.len() as u64 + 1];
            let mut stream = NpyStream::create(folder, STATISTICS, &shape, Order::C)?;
            for row in rows {
                let of_columns = self.columns.compartments().map(|id| row[id.index()]);
                stream.extend(&of_columns.collect::<Vec<f64>>())?;
            }
            stream.finish()?;
        }
        match self.options.form {
            LfdeepForm::Windows(windows) => windows::write(self, &windows, folder, done)?,
            LfdeepForm::Simulations => simulations::write(self, folder, done)?,
        }
        directory.finish(&ExportManifest {
            versions: Versions::current(),
            export: "lfdeep",
            options: &self.options,
            dataset,
            arrays: self.arrays(),
        })
    }

    /// A trial, its voltages as they are stored.
    fn trial(&self, index: usize) -> Result<Trial, ApicalError> {
        let mut trial = Arc::unwrap_or_clone(self.source.trial(index)?);
        if let Some(at) = trial.injected_na.iter().position(|&current| current != 0.0) {
            let bin = at / self.source.layout().injection_sites.len();
            let current_na = trial.injected_na[at].to_string();
            return Err(LfdeepError::InjectedCurrent { trial: index, bin, current_na }.into());
        }
        if let Some(scaling) = &self.options.scaling {
            scaling.standardize(&mut trial.voltage_mv);
        }
        Ok(trial)
    }
}
