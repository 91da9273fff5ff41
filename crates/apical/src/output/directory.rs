use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use npyz::WriterBuilder;
use serde::Serialize;
use serde_json::Value;

use crate::ApicalError;
use crate::replace::{partial, replace};

/// Name of the file that is written last.
pub(super) const MANIFEST: &str = "manifest.json";

/// What the manifest of a data set says that it is of.
const DATASET_FORMAT: &str = "apical dataset";

/// Type of the values of an array file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dtype {
    /// 32-bit floating point, little endian.
    Float32,
    /// 64-bit floating point, little endian.
    Float64,
}

/// What an array file holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ArrayFile {
    /// File name within the folder.
    pub name: String,
    /// Type of its values.
    pub dtype: Dtype,
    /// Its shape, slowest index first.
    pub shape: Vec<u64>,
    /// What its values and axes are, with units.
    pub content: &'static str,
}

/// A folder that the files of one run are written to.
///
/// ```
/// # let folder = std::env::temp_dir().join(format!("apical-doc-{}", std::process::id()));
/// use apical::output::{Dtype, RunDirectory};
///
/// let mut run = RunDirectory::create(&folder)?;
/// run.write_array("soma_mv.npy", Dtype::Float64, &[3], &[-76.0, -75.9, -75.8], "voltage (mV)")?;
/// let files = run.arrays().to_vec();
/// run.finish(&files)?;
/// assert!(folder.join("manifest.json").exists());
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), apical::ApicalError>(())
/// ```
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    arrays: Vec<ArrayFile>,
}

impl RunDirectory {
    /// Creates the folder, where it does not exist. A manifest of an earlier run is removed: what it describes is about
    /// to be replaced.
    ///
    /// # Errors
    ///
    /// [`ApicalError::Io`] if the folder cannot be created or written to, [`ApicalError::IsDataset`] if it is a data set: what
    /// took hours to make is not replaced by mistake.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, ApicalError> {
        let run = Self { path: path.into(), arrays: Vec::new() };
        if is_dataset(&run.path) {
            return Err(ApicalError::IsDataset { path: run.path });
        }
        fs::create_dir_all(&run.path).map_err(ApicalError::io(&run.path))?;
        // Better to learn before the simulation than after it that nothing can be written here.
        let probe = partial(&run.path.join(MANIFEST));
        File::create(&probe).map_err(ApicalError::io(&run.path))?;
        fs::remove_file(&probe).map_err(ApicalError::io(&probe))?;
        run.remove(MANIFEST)?;
        Ok(run)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The arrays written so far.
    #[must_use]
    pub fn arrays(&self) -> &[ArrayFile] {
        &self.arrays
    }

    /// Removes a file of an earlier run that this one does not replace.
    ///
    /// # Errors
    ///
    /// [`ApicalError::Io`] if it exists and cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), ApicalError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ApicalError::Io { path, source: error })
            }
            _ => Ok(()),
        }
    }

    /// Writes an array in numpy's npy format: `values` in C order, rounded to `dtype`.
    ///
    /// # Errors
    ///
    /// [`ApicalError::Io`] if the file cannot be written, or the values do not fill the shape.
    pub fn write_array(
        &mut self,
        name: &str,
        dtype: Dtype,
        shape: &[u64],
        values: &[f64],
        content: &'static str,
    ) -> Result<(), ApicalError> {
        self.write(name, |out| match dtype {
            Dtype::Float32 => write_npy(out, shape, values.iter().map(|&value| value as f32)),
            Dtype::Float64 => write_npy(out, shape, values.iter().copied()),
        })?;
        self.arrays.push(ArrayFile {
            name: name.to_owned(),
            dtype,
            shape: shape.to_vec(),
            content,
        });
        Ok(())
    }

    /// Writes a text file.
    ///
    /// # Errors
    ///
    /// [`ApicalError::Io`] if the file cannot be written.
    pub fn write_text(&self, name: &str, text: &str) -> Result<(), ApicalError> {
        self.write(name, |out| out.write_all(text.as_bytes()))
    }

    /// Writes `manifest.json`, which makes the run complete.
    ///
    /// # Errors
    ///
    /// [`ApicalError::Io`] if the file cannot be written, [`ApicalError::Json`] if JSON cannot hold the manifest.
    pub fn finish(self, manifest: &impl Serialize) -> Result<(), ApicalError> {
        let mut text = serde_json::to_string_pretty(manifest)
            .map_err(|source| ApicalError::Json { path: self.path.join(MANIFEST), source })?;
        text.push('\n');
        self.write_text(MANIFEST, &text)
    }

    fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), ApicalError> {
        replace(&self.path.join(name), content)
    }
}

/// Whether there is a manifest that can be read and is that of a data set.
fn is_dataset(folder: &Path) -> bool {
    let manifest = fs::read(folder.join(MANIFEST)).ok();
    let manifest = manifest.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    manifest.is_some_and(|manifest| manifest["format"] == DATASET_FORMAT)
}

fn write_npy<T: npyz::AutoSerialize>(
    out: &mut BufWriter<File>,
    shape: &[u64],
    values: impl Iterator<Item = T>,
) -> io::Result<()> {
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(shape).writer(out).begin_nd()?;
    writer.extend(values)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: npyz::Deserialize>(path: &Path) -> (Vec<u64>, Vec<T>) {
        let bytes = fs::read(path).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        (file.shape().to_vec(), file.into_vec().unwrap())
    }

    #[test]
    fn arrays_come_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = RunDirectory::create(folder.path().join("a/b")).unwrap();
        let values = [1.0, -76.1, 3.0, 4.0, 5.0, 6.0];
        run.write_array("x.npy", Dtype::Float64, &[2, 3], &values, "").unwrap();
        run.write_array("y.npy", Dtype::Float32, &[6], &values, "").unwrap();
        assert_eq!(read::<f64>(&run.path().join("x.npy")), (vec![2, 3], values.to_vec()));
        let rounded = values.map(|value| value as f32).to_vec();
        assert_eq!(read::<f32>(&run.path().join("y.npy")), (vec![6], rounded));
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = RunDirectory::create(folder.path()).unwrap();
        run.write_text("x.npy", "old").unwrap();
        let error = run.write_array("x.npy", Dtype::Float64, &[3], &[1.0], "").unwrap_err();
        assert!(error.to_string().contains("x.npy"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("x.npy")).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_run_invalidates_the_old_manifest() {
        let folder = tempfile::tempdir().unwrap();
        RunDirectory::create(folder.path()).unwrap().finish(&"old").unwrap();
        let manifest = folder.path().join(MANIFEST);
        assert!(manifest.exists());
        RunDirectory::create(folder.path()).unwrap();
        assert!(!manifest.exists());
    }
}
