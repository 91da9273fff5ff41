//! Trials on disk: a folder in the Zarr format (version 3), one file an array and trial.
//!
//! ```text
//! manifest.json        what the trials are and how they were made; once all are there, their checksum
//! zarr.json            the group of the arrays, so that `zarr.open` finds them
//! voltage_mv/          [trial, time, compartment]  float32 or float16, t = 0, 1, …, T ms
//! event_offset/        [trial, time]               uint32, where in event_synapse the events of bin k start; T + 1
//! event_synapse/       [trial, event]              uint32, bin after bin; filled up with 2³² − 1
//! injected_na/         [trial, bin, site]          float32, mean over each bin
//! soma_mv/             [trial, step]               float32, at every time step of the simulation, t = 0 included
//! spike_ms/            [trial, spike]              float64, filled up with NaN
//! trials/000000.json   what the trial's files are, with checksums; spikes and calcium events; what it was made from
//! ```
//!
//! A trial is there when its file in `trials/` is, which is written last. Every file is written under a temporary name and
//! renamed, so that a process can be killed at any time and loses the trials it is working on. No two trials share
//! a file, so that any number of processes can write to one folder without a lock: that one of them is first to write the
//! manifest is seen to by a link, which fails where there is one.

mod arrays;
mod error;
mod file;
mod manifest;
mod reader;
mod record;
mod seal;
mod summary;
mod verify;
mod writer;

pub use error::StoreError;
pub use manifest::{FORMAT_VERSION, Manifest, Seal, VoltagePrecision};
pub use reader::Store;
pub use record::{FileRecord, TrialRecord};
pub use seal::seal;
pub use summary::{
    BySynapse, ByTree, CalciumSummary, DatasetSummary, InputRate, IntervalSummary, NeuronSummary,
    OutputSummary, Spread, TrialInput, count_input,
};
pub use verify::{Damage, DamagedFile, Verification, discard, verify};
pub use writer::StoreWriter;
