use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Manifest, Seal, Store, StoreError, file};

/// Completes a data set whose trials are all there, whoever made them: writes their checksum and totals into the
/// manifest, and removes what processes that were killed over an hour ago left. No array is read or written.
///
/// # Errors
///
/// [`StoreError::Incomplete`] if trials are missing, [`StoreError::Damaged`] for a record that is damaged or of another data
/// set, and what [`Store::open`] refuses.
pub fn seal(root: &Path) -> Result<Manifest, StoreError> {
    let store = Store::open(root)?;
    store.check_complete()?;
    let manifest = Manifest { seal: Some(Seal::of(&store)), ..store.manifest().clone() };
    manifest.write(root)?;
    file::remove_abandoned(root);
    Ok(manifest)
}

impl Seal {
    /// Of the trials that are there.
    pub(super) fn of(store: &Store) -> Self {
        let mut checksum = Sha256::new();
        let mut seal =
            Self { checksum: String::new(), bytes: 0, events: 0, spikes: 0, calcium_events: 0 };
        for record in store.records() {
            checksum.update(format!("{}\n", record.sha256));
            seal.bytes += record.bytes();
            seal.events += record.events as u64;
            seal.spikes += record.marks.spikes_ms.len() as u64;
            seal.calcium_events += record.marks.calcium_events.len() as u64;
        }
        seal.checksum = checksum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        seal
    }
}
