use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::ApicalError;

/// Reads a JSON file.
///
/// # Errors
///
/// [`ApicalError::Io`] if it cannot be read, [`ApicalError::Json`] with line and column if it does not say what is wanted.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ApicalError> {
    let text = fs::read_to_string(path).map_err(ApicalError::io(path))?;
    serde_json::from_str(&text)
        .map_err(|source| ApicalError::Json { path: path.to_owned(), source })
}
