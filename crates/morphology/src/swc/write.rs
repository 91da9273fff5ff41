use crate::{Morphology, MorphologyError};
use std::io::Write;

/// todo
///
/// # Errors
///
/// todo
pub fn write_swc(_morphology: &Morphology, _writer: impl Write) -> Result<(), MorphologyError> {
    Ok(())
}
