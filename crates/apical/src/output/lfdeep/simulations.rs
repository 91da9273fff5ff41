//! Whole trials. The trial is the last axis of both arrays; in Fortran order it is also the slowest, so that trial after
//! trial is appended.

use std::path::Path;

use apical_core::TrialSource;
use npyz::Order;

use super::windows::target;
use super::{Columns, LfdeepArray, LfdeepExport};
use crate::ApicalError;
use crate::output::npy_stream::NpyStream;

const NAMES: [&str; 2] = ["input_spikes.npy", "output.npy"];

pub(super) fn arrays(trials: usize, columns: &Columns) -> Vec<LfdeepArray> {
    let [count, trials] = [columns.count, trials].map(|length| length as u64);
    let targets = columns.dendrites.len() as u64 + 2;
    vec![
        LfdeepArray {
            name: NAMES[0],
            dtype: "bool",
            shape: vec![columns.synapses as u64, count, trials],
            content: "whether a synapse receives events, [synapse, ms, trial]: excitatory synapses, then inhibitory ones",
        },
        LfdeepArray {
            name: NAMES[1],
            dtype: "float16",
            shape: vec![targets, count, trials],
            content: "[row, ms, trial]: dendritic voltages (mV), somatic spike (0 or 1), soma voltage (mV)",
        },
    ]
}

pub(super) fn write<S: TrialSource>(
    export: &LfdeepExport<'_, S>,
    folder: &Path,
    mut done: impl FnMut(),
) -> Result<(), ApicalError>
where
    ApicalError: From<S::Error>,
{
    let LfdeepExport { options, columns, .. } = export;
    let arrays = arrays(options.trials.len(), columns);
    let [shape_in, shape_out] = [0, 1].map(|k: usize| &arrays[k].shape);
    let mut inputs = NpyStream::create(folder, NAMES[0], shape_in, Order::Fortran)?;
    let mut outputs = NpyStream::create(folder, NAMES[1], shape_out, Order::Fortran)?;
    let mut events = vec![false; columns.synapses];
    for index in options.trials.clone() {
        let trial = export.trial(index)?;
        for (column, &spike) in columns.spikes(&trial).iter().enumerate() {
            events.fill(false);
            for synapse in trial.events.bin(column) {
                events[synapse.index()] = true;
            }
            inputs.extend(&events)?;
            outputs.extend(&target(columns, &trial, column, spike))?;
        }
        done();
    }
    inputs.finish()?;
    outputs.finish()
}
