//! Bytes as files, for readers that take a path.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::seeds::write_dataset;

thread_local! {
    /// Made once: a folder a call would take most of the time.
    static FOLDER: TempDir = tempfile::tempdir().expect("there is a place for temporary files");
    static DATASET: RefCell<Dataset> = RefCell::new(Dataset::new());
}

/// A file of this name that is alone in its folder.
pub(crate) fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    FOLDER.with(|folder| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("temporary files can be written");
        read(&path);
        fs::remove_file(&path).expect("the file is there");
    });
}

struct Dataset {
    folder: TempDir,
    files: Vec<PathBuf>,
}

impl Dataset {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is a place for temporary files");
        write_dataset(folder.path());
        let mut files = Vec::new();
        list(folder.path(), &mut files);
        files.sort();
        Self { folder, files }
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

/// A small data set of which one file has another content.
pub(crate) fn replaced_in_dataset(which: u8, content: &[u8], read: impl FnOnce(&Path)) {
    DATASET.with_borrow(|dataset| {
        let path = &dataset.files[usize::from(which) % dataset.files.len()];
        let whole = fs::read(path).expect("the file is there");
        fs::write(path, content).expect("temporary files can be written");
        read(dataset.folder.path());
        fs::write(path, whole).expect("temporary files can be written");
    });
}

/// Each file of that data set, after the byte that stands for it.
pub(crate) fn files_of_dataset() -> Vec<Vec<u8>> {
    DATASET.with_borrow(|dataset| {
        let whole = |(index, path): (usize, &PathBuf)| {
            let index = u8::try_from(index).expect("there are few files");
            let mut bytes = vec![index];
            bytes.extend(fs::read(path).expect("the file is there"));
            bytes
        };
        dataset.files.iter().enumerate().map(whole).collect()
    })
}
