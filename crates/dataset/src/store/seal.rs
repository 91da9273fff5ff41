use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Manifest, Seal, Store, StoreError, file};

/// Completes a data set whose trials are all there, whoever made them: writes their checksum and totals into the
/// manifest, and removes what killed processes left. No trial is read or written.
///
/// # Errors
///
/// [`StoreError::Incomplete`] if trials are missing, and what [`Store::open`] refuses.
pub fn seal(root: &Path) -> Result<Manifest, StoreError> {
    let store = Store::open(root)?;
    store.check_complete()?;
    let mut checksum = Sha256::new();
    let mut seal =
        Seal { checksum: String::new(), bytes: 0, events: 0, spikes: 0, calcium_events: 0 };
    for record in store.records() {
        for (name, file) in &record.files {
            checksum.update(format!("{name} {}\n", file.sha256));
        }
        seal.bytes += record.bytes();
        seal.events += record.events as u64;
        seal.spikes += record.marks.spikes_ms.len() as u64;
        seal.calcium_events += record.marks.calcium_events.len() as u64;
    }
    seal.checksum = checksum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = Manifest { seal: Some(seal), ..store.manifest().clone() };
    manifest.write(root)?;
    file::remove_partial(root)?;
    Ok(manifest)
}
