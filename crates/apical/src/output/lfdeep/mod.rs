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
//!   and standardized is, if asked for, by mean and standard deviation of each compartment over trials that are named.

mod columns;
mod error;
mod simulations;
mod standardization;
mod windows;

use std::ops::Range;
use std::path::Path;

use apical_core::TrialSource;
use serde::Serialize;

pub use error::LfdeepError;

use super::{RunDirectory, Versions};
use crate::ApicalError;
use columns::Columns;
use standardization::Standardization;

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
    /// Trials whose means and standard deviations voltages are standardized by, those to train with; in mV if none.
    pub standardize: Option<Range<usize>>,
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
    /// not have an excitatory and an inhibitory synapse on each dendritic compartment.
    pub fn new(source: &'s S, options: LfdeepOptions) -> Result<Self, ApicalError> {
        let trials = source.trial_count();
        for range in std::iter::once(&options.trials).chain(&options.standardize) {
            if range.is_empty() || range.end > trials {
                return Err(LfdeepError::Trials { range: range.clone(), trials }.into());
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
        if self.options.standardize.is_some() {
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
    /// made of. `done` is called after each trial, and after each that is read for standardizing. One trial is in
    /// memory at a time.
    ///
    /// # Errors
    ///
    /// Errors of the source and of writing, [`LfdeepError::InjectedCurrent`] for a trial with injected currents, which LFDeep has
    /// no channels for, and [`LfdeepError::ConstantVoltage`] for a voltage that cannot be standardized.
    pub fn write(
        &self,
        folder: &Path,
        dataset: impl Serialize,
        mut done: impl FnMut(),
    ) -> Result<(), ApicalError> {
        let directory = RunDirectory::create(folder)?;
        let standardization = match &self.options.standardize {
            Some(trials) => {
                let of_trials = Standardization::of_trials(
                    self.source,
                    trials.clone(),
                    &self.columns,
                    &mut done,
                )?;
                of_trials.write(folder, STATISTICS)?;
                of_trials
            }
            None => Standardization::none(&self.columns),
        };
        match self.options.form {
            LfdeepForm::Windows(windows) => {
                windows::write(self, &windows, folder, &standardization, done)?;
            }
            LfdeepForm::Simulations => {
                simulations::write(self, folder, &standardization, done)?;
            }
        }
        directory.finish(&ExportManifest {
            versions: Versions::current(),
            export: "lfdeep",
            options: &self.options,
            dataset,
            arrays: self.arrays(),
        })
    }
}
