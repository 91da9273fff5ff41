use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use npyz::{NpyWriter, Order, WriterBuilder};

use crate::ApicalError;
use crate::replace::partial;

/// An array file that is written piece by piece, so that it may be larger than memory: under a temporary name until it is
/// complete.
pub(super) struct NpyStream<T: npyz::AutoSerialize> {
    path: PathBuf,
    partial: PathBuf,
    /// None once it is finished.
    writer: Option<NpyWriter<T, BufWriter<File>>>,
}

impl<T: npyz::AutoSerialize> NpyStream<T> {
    /// Begins an array of this shape, in C order or Fortran order.
    pub(super) fn create(
        folder: &Path,
        name: &str,
        shape: &[u64],
        order: Order,
    ) -> Result<Self, ApicalError> {
        let path = folder.join(name);
        let partial = partial(&path);
        let options = npyz::WriteOptions::new().default_dtype().shape(shape).order(order);
        let begun = File::create(&partial)
            .and_then(|file| options.writer(BufWriter::with_capacity(1 << 20, file)).begin_nd());
        let writer = Some(begun.map_err(ApicalError::io(&path))?);
        Ok(Self { path, partial, writer })
    }

    /// Appends values, in the order of the file.
    pub(super) fn extend(&mut self, values: &[T]) -> Result<(), ApicalError> {
        let writer = self.writer.as_mut();
        writer
            .map_or(Ok(()), |writer| values.iter().try_for_each(|value| writer.push(value)))
            .map_err(ApicalError::io(&self.path))
    }

    /// Gives the file its name, once all values of its shape are there.
    pub(super) fn finish(mut self) -> Result<(), ApicalError> {
        let finished = self.writer.take().map_or(Ok(()), NpyWriter::finish);
        finished
            .and_then(|()| File::open(&self.partial)?.sync_all())
            .and_then(|()| fs::rename(&self.partial, &self.path))
            .map_err(ApicalError::io(&self.path))
    }
}

/// Whatever is unfinished is removed.
impl<T: npyz::AutoSerialize> Drop for NpyStream<T> {
    fn drop(&mut self) {
        self.writer = None;
        // A finished file has another name by now; of others the first error is the one to report.
        let _ = fs::remove_file(&self.partial);
    }
}
