//! Files that are there whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::ApicalError;

/// The name that a file has until it is complete.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

/// Writes a file whole: what is there stays until all of the new is. A pipe or a device is no file, and is written to.
pub(crate) fn replace(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), ApicalError> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut out = BufWriter::new(File::create(path).map_err(ApicalError::io(path))?);
        return content(&mut out).and_then(|()| out.flush()).map_err(ApicalError::io(path));
    }
    let partial = partial(path);
    let written = File::create(&partial).and_then(|file| {
        let mut out = BufWriter::new(file);
        content(&mut out)?;
        out.into_inner()?.sync_all()?;
        fs::rename(&partial, path)
    });
    written.map_err(|source| {
        // The first error is the one to report.
        let _ = fs::remove_file(&partial);
        ApicalError::Io { path: path.to_owned(), source }
    })
}

/// The same of what a value is in JSON.
pub(crate) fn replace_json(path: &Path, value: &impl serde::Serialize) -> Result<(), ApicalError> {
    let text = serde_json::to_vec_pretty(value);
    let text = text.map_err(|source| ApicalError::Json { path: path.to_owned(), source })?;
    replace(path, |out| out.write_all(&text))
}
