//! Electrodes of a description, or of a file.

use std::fmt;
use std::path::{Path, PathBuf};

use apical::ApicalError;
use apical::extracellular::Probe;
use apical::morphology::CompartmentTree;

use super::reconstruction::soma_or_root;
use super::to_stderr;

/// Where electrodes come from.
#[derive(Clone, Debug)]
pub(super) enum Electrodes {
    Description(String),
    File(PathBuf),
}

impl Electrodes {
    const EXTENSIONS: [&str; 4] = ["json", "npy", "csv", "txt"];

    /// What exists or has the extension of a file is one; all else must be a description.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        let extension = path.extension().and_then(|extension| extension.to_str());
        let has_extension = extension.is_some_and(|extension| {
            Self::EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
        });
        if has_extension || path.is_file() {
            return Ok(Self::File(path.to_owned()));
        }
        match Probe::from_description(text, [0.0; 3]) {
            Ok(_) => Ok(Self::Description(text.to_owned())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The electrodes, those of a description around the soma of the neuron of a reconstruction.
    pub(super) fn probe(
        &self,
        tree: &CompartmentTree,
        reconstruction: &str,
    ) -> Result<Probe, ApicalError> {
        match self {
            Self::File(path) => apical::input::read_electrodes(path),
            Self::Description(text) => {
                let (soma, is_soma) = soma_or_root(tree);
                if !is_soma {
                    to_stderr(&format!(
                        "note: {reconstruction}: there is no soma; electrodes are placed around the start of the root section"
                    ));
                }
                Ok(Probe::from_description(text, tree.geometry().center_um(soma.index()))?)
            }
        }
    }
}

/// As it was given.
impl fmt::Display for Electrodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Description(text) => f.write_str(text),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
