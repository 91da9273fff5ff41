use std::path::Path;

use apical_eval::{RegionError, ReportedRegion};
use apical_surrogate::Losses;

use super::event_file::EventFile;
use super::log::Log;
use crate::ApicalError;

/// Name of the table of every step's losses.
pub(super) const LOSSES: &str = "losses.csv";

/// Name of the table of validations.
pub(super) const VALIDATION: &str = "validation.csv";

/// What a training leaves of its losses: two tables, and an event file of TensorBoard.
#[derive(Debug)]
pub(super) struct Record {
    losses: Log,
    validations: Log,
    events: EventFile,
}

impl Record {
    /// What is written after so many steps.
    pub(super) fn open(folder: &Path, steps: u64) -> Result<Self, ApicalError> {
        let header = "step,total,voltage,spike,gradient_norm,rate,seconds";
        let losses = Log::open(&folder.join(LOSSES), header, steps)?;
        let regions: Vec<String> = ReportedRegion::ALL.map(|region| region.to_string()).to_vec();
        let header = format!("step,total,voltage,spike,explained_{}", regions.join(",explained_"));
        let validations = Log::open(&folder.join(VALIDATION), &header, steps)?;
        Ok(Self { losses, validations, events: EventFile::create(folder)? })
    }

    pub(super) fn step(
        &mut self,
        step: u64,
        losses: &Losses,
        rate: f64,
        seconds: f64,
    ) -> Result<(), ApicalError> {
        let &Losses { total, voltage, spike, gradient_norm, .. } = losses;
        let values = [Some(total), voltage, spike, Some(gradient_norm), Some(rate), Some(seconds)];
        self.losses.write(step, &values)?;
        self.events.scalar(step, "loss/train", total)?;
        self.events.scalar(step, "rate", rate)
    }

    pub(super) fn validation(
        &mut self,
        step: u64,
        losses: &Losses,
        regions: &[RegionError],
    ) -> Result<(), ApicalError> {
        let explained = ReportedRegion::ALL.map(|region| {
            let found = regions.iter().find(|error| error.region == region);
            found.map(|error| error.explained_variance)
        });
        let mut values = vec![Some(losses.total), losses.voltage, losses.spike];
        values.extend(explained);
        self.validations.write(step, &values)?;
        self.events.scalar(step, "loss/validation", losses.total)?;
        for (region, explained) in ReportedRegion::ALL.iter().zip(explained) {
            if let Some(explained) = explained {
                self.events.scalar(step, &format!("explained/{region}"), explained)?;
            }
        }
        Ok(())
    }
}
