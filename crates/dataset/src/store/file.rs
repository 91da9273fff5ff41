//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::StoreError;

/// Folder of files that are being written.
pub(super) const PARTIAL: &str = ".partial";

/// Writes a file of a data set: under a temporary name in the folder [`PARTIAL`], then renamed.
pub(super) fn write(root: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = root.join(name);
    // Two processes may write files of the same name, such as the manifest.
    let partial = format!("{}.{}", name.replace('/', "."), std::process::id());
    let partial = root.join(PARTIAL).join(partial);
    let written = create_parent(&partial).and_then(|()| {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        create_parent(&path)?;
        fs::rename(&partial, &path)
    });
    written.map_err(|source| {
        // The first error is the one to report.
        let _ = fs::remove_file(&partial);
        StoreError::Io { path, source }
    })
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// The same of a value as JSON.
pub(super) fn write_json(
    root: &Path,
    name: &str,
    value: &impl Serialize,
) -> Result<(), StoreError> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(StoreError::json(&root.join(name)))?;
    text.push('\n');
    write(root, name, text.as_bytes())
}

/// Reads JSON; none where there is no such file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(StoreError::json(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path)(error)),
    }
}

/// What killed processes left of the files that they were writing. Must not be called while one writes.
pub(super) fn remove_partial(root: &Path) -> Result<(), StoreError> {
    let folder: PathBuf = root.join(PARTIAL);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io(&folder)(error))
        }
        _ => Ok(()),
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
