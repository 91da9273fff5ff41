//! Samples of a window of input, and what follows it.

use std::path::Path;

use apical_core::{Trial, TrialSource};
use half::f16;
use npyz::Order;

use super::{Columns, LfdeepArray, LfdeepExport, LfdeepWindows};
use crate::ApicalError;
use crate::output::npy_stream::NpyStream;

const NAMES: [&str; 2] = ["input_data_new.npy", "output_data_new.npy"];

/// Columns at which the windows of a trial start: there is a column after each window.
fn starts(windows: &LfdeepWindows, columns: &Columns) -> impl ExactSizeIterator<Item = usize> {
    (0..columns.count.saturating_sub(windows.window_ms)).step_by(windows.stride_ms)
}

pub(super) fn arrays(
    windows: &LfdeepWindows,
    trials: usize,
    columns: &Columns,
) -> Vec<LfdeepArray> {
    let samples = (trials * starts(windows, columns).len()) as u64;
    let channels = if windows.past_voltages { columns.dendrites.len() + 1 } else { 0 };
    let channels = (columns.synapses + channels) as u64;
    let (dtype, content) = if windows.past_voltages {
        (
            "float16",
            "[sample, channel, ms]: whether an excitatory and whether an inhibitory synapse receives events, voltages (mV) \
             of dendritic compartments, of the soma",
        )
    } else {
        (
            "bool",
            "whether a synapse receives events, [sample, synapse, ms]: excitatory synapses, then inhibitory ones",
        )
    };
    let shape = vec![samples, channels, windows.window_ms as u64];
    vec![
        LfdeepArray { name: NAMES[0], dtype, shape, content },
        LfdeepArray {
            name: NAMES[1],
            dtype: "float16",
            shape: vec![samples, columns.dendrites.len() as u64 + 2],
            content: "column after the window, [sample, row]: dendritic voltages (mV), somatic spike (0 or 1), soma \
                      voltage (mV)",
        },
    ]
}

/// Both arrays, sample after sample.
pub(super) fn write<S: TrialSource>(
    export: &LfdeepExport<'_, S>,
    windows: &LfdeepWindows,
    folder: &Path,
    mut done: impl FnMut(),
) -> Result<(), ApicalError>
where
    ApicalError: From<S::Error>,
{
    let LfdeepExport { options, columns, .. } = export;
    let arrays = arrays(windows, options.trials.len(), columns);
    let [shape_in, shape_out] = [0, 1].map(|k: usize| &arrays[k].shape);
    let mut inputs = if windows.past_voltages {
        Inputs::Halves(NpyStream::create(folder, NAMES[0], shape_in, Order::C)?)
    } else {
        Inputs::Bits(NpyStream::create(folder, NAMES[0], shape_in, Order::C)?)
    };
    let mut outputs = NpyStream::create(folder, NAMES[1], shape_out, Order::C)?;
    for index in options.trials.clone() {
        let trial = export.trial(index)?;
        let spikes = columns.spikes(&trial);
        for start in starts(windows, columns) {
            let end = start + windows.window_ms;
            let window = Window { trial: &trial, columns, start, end };
            match &mut inputs {
                Inputs::Bits(stream) => stream.extend(&window.events(false, true))?,
                Inputs::Halves(stream) => {
                    stream.extend(&window.events(f16::ZERO, f16::ONE))?;
                    stream.extend(&window.voltages())?;
                }
            }
            outputs.extend(&target(columns, &trial, end, spikes[end]))?;
        }
        done();
    }
    match inputs {
        Inputs::Bits(stream) => stream.finish()?,
        Inputs::Halves(stream) => stream.finish()?,
    }
    outputs.finish()
}

/// Events alone are 0 or 1; with voltages among them all have a type that holds both.
enum Inputs {
    Bits(NpyStream<bool>),
    Halves(NpyStream<f16>),
}

/// Some columns of a trial.
struct Window<'a> {
    trial: &'a Trial,
    columns: &'a Columns,
    start: usize,
    end: usize,
}

impl Window<'_> {
    /// `[synapses × ms]`.
    fn events<T: Copy>(&self, no: T, yes: T) -> Vec<T> {
        let length = self.end - self.start;
        let mut events = vec![no; self.columns.synapses * length];
        for ms in 0..length {
            for synapse in self.trial.events.bin(self.start + ms) {
                events[synapse.index() * length + ms] = yes;
            }
        }
        events
    }

    /// `[compartments × ms]`.
    fn voltages(&self) -> Vec<f16> {
        let length = self.end - self.start;
        let mut voltages = vec![f16::ZERO; (self.columns.dendrites.len() + 1) * length];
        for ms in 0..length {
            let column = self.columns.voltages(self.trial, self.start + ms);
            for (channel, v) in column.enumerate() {
                voltages[channel * length + ms] = f16::from_f32(v);
            }
        }
        voltages
    }
}

/// Dendritic voltages, spike, soma voltage of a column.
pub(super) fn target(columns: &Columns, trial: &Trial, column: usize, spike: bool) -> Vec<f16> {
    let mut target: Vec<f16> = columns.voltages(trial, column).map(f16::from_f32).collect();
    target.insert(columns.dendrites.len(), if spike { f16::ONE } else { f16::ZERO });
    target
}
