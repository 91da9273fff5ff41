//! Files that appear whole or not at all.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::StoreError;

/// Folder of files that are being written.
pub(super) const PARTIAL: &str = ".partial";

/// After this time a file in [`PARTIAL`] is what a killed process left.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// Writes a file of a data set: under a temporary name in the folder [`PARTIAL`], then renamed.
pub(super) fn write(root: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    publish(root, name, bytes, |partial, path| fs::rename(partial, path))
}

/// The same, unless the file is there by then: of several processes that write it, one is the first.
fn write_first(root: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    publish(root, name, bytes, |partial, path| {
        match fs::hard_link(partial, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // a file system without links; who begins at the same moment is not noticed
            Err(_) if !path.exists() => return fs::rename(partial, path),
            linked => linked?,
        }
        fs::remove_file(partial)
    })
}

fn publish(
    root: &Path,
    name: &str,
    bytes: &[u8],
    place: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> Result<(), StoreError> {
    let path = root.join(name);
    let partial = root.join(PARTIAL).join(unique(name));
    let written = create_parent(&partial).and_then(|()| {
        let mut file = File::create_new(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        create_parent(&path)?;
        place(&partial, &path)
    });
    written.map_err(|source| {
        // The first error is the one to report.
        let _ = fs::remove_file(&partial);
        StoreError::Io { path, source }
    })
}

/// A name that no other thread, process or machine gives to a file that it is writing.
fn unique(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // seeded by the operating system
    let random = RandomState::new().hash_one(std::process::id());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}.{random:016x}.{count}", name.replace('/', "."))
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
    write(root, name, json_text(&root.join(name), value)?.as_bytes())
}

/// The same, unless the file is there by then.
pub(super) fn write_first_json(
    root: &Path,
    name: &str,
    value: &impl Serialize,
) -> Result<(), StoreError> {
    write_first(root, name, json_text(&root.join(name), value)?.as_bytes())
}

fn json_text(path: &Path, value: &impl Serialize) -> Result<String, StoreError> {
    let mut text = serde_json::to_string_pretty(value).map_err(StoreError::json(path))?;
    text.push('\n');
    Ok(text)
}

/// Reads JSON; none where there is no such file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(StoreError::json(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path)(error)),
    }
}

/// Removes what killed processes left of the files that they were writing, where that can be: not what may still be
/// written.
pub(super) fn remove_abandoned(root: &Path) {
    let folder = root.join(PARTIAL);
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|metadata| metadata.modified());
        let age = age.ok().and_then(|written| written.elapsed().ok());
        if age.is_some_and(|age| age > ABANDONED_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
    // only where it is empty
    let _ = fs::remove_dir(&folder);
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
