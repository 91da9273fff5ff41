use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::ApicalError;
use crate::replace::replace;

/// A table of numbers by step, as comma-separated values: a row is there once it is written.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// A table with this header line, of whose rows those up to a step are kept.
    pub(super) fn open(path: &Path, header: &str, steps: u64) -> Result<Self, ApicalError> {
        let before =
            if steps > 0 { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        let is_kept = |line: &&str| {
            let step = line.split(',').next().and_then(|step| step.parse::<u64>().ok());
            step.is_some_and(|step| step <= steps)
        };
        let mut text = format!("{header}\n");
        // a last line without an end was being written when the process was killed
        for line in before.split_inclusive('\n').filter(|line| line.ends_with('\n')).filter(is_kept)
        {
            text.push_str(line);
        }
        replace(path, |out| out.write_all(text.as_bytes()))?;
        let file = OpenOptions::new().append(true).open(path).map_err(ApicalError::io(path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// A row; what is none is left empty.
    pub(super) fn write(&mut self, step: u64, values: &[Option<f64>]) -> Result<(), ApicalError> {
        let mut line = step.to_string();
        for value in values {
            line.push(',');
            if let Some(value) = value {
                line.push_str(&value.to_string());
            }
        }
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(ApicalError::io(&self.path))
    }
}
