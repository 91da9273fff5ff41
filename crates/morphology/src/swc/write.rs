use std::io::Write;
use crate::{Morphology, MorphologyError};

/// todo
///
/// # Errors
///
/// todo
pub fn write_swc(_morphology: &Morphology, _writer: impl Write) -> Result<(), MorphologyError> {
    Ok(())
}
