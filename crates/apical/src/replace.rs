use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::ApicalError;

/// Writes a file whole: what is there stays until all of the new is.
pub(crate) fn replace_file(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), ApicalError> {
    let mut partial = OsString::from(".");
    partial.push(path.file_name().unwrap_or_default());
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(partial);
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // it may not even be there
        let _ = fs::remove_file(&partial);
    }
    written.map_err(ApicalError::io(path))
}

/// The same of what a value is in JSON.
pub(crate) fn replace_json(path: &Path, value: &impl Serialize) -> Result<(), ApicalError> {
    let text = serde_json::to_vec_pretty(value);
    let text = text.map_err(|source| ApicalError::Json { path: path.to_owned(), source })?;
    replace_file(path, text)
}
