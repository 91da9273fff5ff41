//! Neurolucida ASC files: S-expressions to trees and outlines to sections.

mod build;
mod lexer;
mod parser;

use crate::{Import, ImportOptions, MorphologyError};

/// Reads a Neurolucida ASC file as NEURON 9 does: same sections, order, points, lengths and attachments.
///
/// - A tree is typed by its label: `(Axon)`, `(Dendrite)`, `(Apical)`. Its branches become sections; a branch that
///   grows from another starts with a copy of that one's last point, of its own first diameter.
/// - The soma is the outline named `"CellBody"` or labeled `(CellBody)`: cylinders stacked along its principal axis
///   ([`Contour`](crate::SomaConvention::Contour)). Several outlines that overlap in x and y are a stack, one point each, in the order
///   of the file ([`ContourStack`](crate::SomaConvention::ContourStack)). Other outlines are skipped.
/// - Trees attach to the center of the soma by a wire without resistance.
/// - Markers, spines, colors, pictures and other blocks without geometry are skipped, in silence if known.
/// - A point's [`source_id`](crate::Point::source_id) is its line.
/// - A branch without length is removed, what grew from it grows from its parent. Without a soma, a first branch without
///   length becomes a cylinder along x, as long as thick.
///
/// What is repaired or doubtful is in the report. Beyond NEURON: missing and zero diameters are repaired, branches of
/// more than two points in one place removed, empty ones left out, markers and spines accepted anywhere, and trees in
/// named blocks and soma outlines of any name read.
///
/// # Errors
///
/// [`MorphologyError`], with line and value, if parentheses, spines or texts are never closed, something stands where it
/// has no meaning, a point is not of three or four finite numbers, a branch has no positive diameter, the soma's outline
/// encloses nothing, there is a second soma, there are several trees and no soma or [`ImportOptions::disconnected`]
/// refuses them, there is neither tree nor soma, or the soma does not fit [`ImportOptions::soma`].
///
/// # Example
///
/// ```
/// use apical_morphology::{ImportOptions, read_neurolucida};
///
/// let file = b"((Dendrite) (0 0 0 2) (10 0 0 1) ((20 5 0 1) | (20 -5 0 1)))";
/// let import = read_neurolucida(file, &ImportOptions::default())?;
/// assert_eq!(import.morphology.sections().len(), 3);
/// assert!(import.report.warnings.is_empty());
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
pub fn read_neurolucida(bytes: &[u8], options: &ImportOptions) -> Result<Import, MorphologyError> {
    build::build(parser::parse(bytes)?, options)
}
