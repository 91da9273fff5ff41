//! What one run of one side says.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::Outcome;
use crate::command;
use crate::workspace::{array, string};

/// One run: the integration alone, without building the cell.
#[derive(Clone, Debug)]
pub(crate) struct Measurement {
    pub(crate) version: String,
    /// Of all cells together.
    pub(crate) wall_s: f64,
    /// Of all cells and cores together.
    pub(super) cpu_s: f64,
    /// Of the first cell, which has NEURON's events.
    pub(crate) spikes: u64,
    pub(super) cells: usize,
    /// What this side was not given.
    pub(super) notes: Vec<String>,
}

impl Measurement {
    /// Runs a side, which prints its measurement last.
    pub(crate) fn of(command: &mut Command) -> Outcome<Self> {
        let printed = command::output(command)?;
        let line = printed.lines().last().unwrap_or_default();
        let json: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
        let number = |key: &str| json[key].as_f64().ok_or(format!("no `{key}` in {line}"));
        let count = |key: &str| json[key].as_u64().ok_or(format!("no `{key}` in {line}"));
        Ok(Self {
            version: string(&json["version"]),
            wall_s: number("wall_s")?,
            cpu_s: number("cpu_s")?,
            spikes: count("spikes")?,
            cells: count("cells")? as usize,
            notes: array(&json["notes"]).iter().map(string).collect(),
        })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "version": self.version,
            "wall_s": self.wall_s,
            "cpu_s": self.cpu_s,
            "spikes": self.spikes,
            "cells": self.cells,
            "notes": self.notes,
        })
    }

    /// For the terminal, while the task runs.
    pub(crate) fn shown(&self) -> String {
        format!("{:.3} s, {:.3} s of processor, {} spikes", self.wall_s, self.cpu_s, self.spikes)
    }
}

/// A voltage at every step, as every side writes it: 64-bit floats, lowest byte first.
pub(super) fn read_trace(path: &Path) -> Outcome<Vec<f64>> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (numbers, _) = bytes.as_chunks();
    Ok(numbers.iter().map(|number| f64::from_le_bytes(*number)).collect())
}

/// Writes what [`read_trace`] reads.
pub(super) fn write_trace(path: &Path, values: &[f64]) -> Outcome {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
