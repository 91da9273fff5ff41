//! What the integration tests share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use apical_biophysics::CellModel;
use apical_biophysics::preset::{Preset, training_synapses};
use apical_morphology::{CompartmentTree, ImportOptions, MaxLength, import};

/// The folder with the real reconstruction and NEURON's results, if this machine has it.
pub fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("APICAL_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: APICAL_REFERENCE is not set");
    }
    folder
}

/// The reference neuron: the reconstruction with the stub axon under the reference policy.
pub fn cell1(reference: &Path) -> CompartmentTree {
    let path = reference.join("cell1.asc");
    let morphology = import(&path, &ImportOptions::default()).unwrap().morphology;
    CompartmentTree::new(morphology.with_stub_axon(), &MaxLength::default()).unwrap()
}

/// The reference neuron with the channels of a preset and the synapses of the training data, every event released.
pub fn cell1_model(reference: &Path, preset: Preset) -> Arc<CellModel> {
    let builder = preset.paint(cell1(reference)).unwrap();
    Arc::new(training_synapses(builder, 1.0).build().unwrap())
}

pub fn read_json(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// All values of an npy file of this type, in C order.
pub fn read_npy<T: npyz::Deserialize>(path: &Path) -> Vec<T> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    npyz::NpyFile::new(&bytes[..]).unwrap().into_vec().unwrap()
}

/// The largest difference of two traces; they must be equally long.
pub fn max_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
