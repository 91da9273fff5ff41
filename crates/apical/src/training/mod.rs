//! Networks trained with the trials of a data set.
//!
//! [`Training::start`] draws the split, fits the scaling and the linear step and makes the network, [`Training::start_over`] does so
//! in the place of another training, [`Training::resume`] finds
//! all of it in a folder again; [`Training::run`] makes steps until it is done. [`report`] says how good a network is on trials
//! that it was not trained with.

mod batches;
mod config;
mod device;
mod event_file;
mod log;
mod record;
mod report;
mod run;
mod start;

pub use batches::{stretch_of, whole_trial};
pub use candle_core::Device;
pub use config::{ModelName, ResidualPath, TrainingConfig};
pub use device::device;
pub use report::{Report, ReportRow, report};
pub use run::{BEST, BuildModel, LAST, TEST, Training, TrainingEvent, untouched_trials};
