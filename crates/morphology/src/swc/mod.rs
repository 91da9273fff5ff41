//! SWC files: points with a type and a parent, one a line.

mod parse;
mod sections;
mod tree;
mod write;

use crate::{Format, Import, ImportOptions, ImportReport, Morphology, MorphologyError};

pub(crate) use tree::PointTree;
pub use write::{DiameterStep, write_swc};

/// Reads an SWC file: lines of id, type, x, y, z, radius (µm) and the parent's id; `#` starts a comment.
///
/// The result has the sections, points, lengths and attachments that NEURON 9 makes of the same file:
///
/// - A section is an unbranched run of points of one type; it starts with a copy of the point it grows from.
/// - A soma of one point, or of three as NeuroMorpho writes it, is a cylinder along x whose length is its diameter;
///   all neurites attach to its middle. Other somata are sections like any other; neurites attach to the end that they
///   grow from, those on inner points to the middle.
/// - A neurite does not inherit the soma's diameter: the copy of the soma's point takes that of its first own point.
///   At the middle and at branch points of the soma it has no such copy, unless it has but one point of its own: what
///   separates it from the soma costs no resistance.
/// - Where the first point of such a neurite, or of a tree without a soma, is itself a branch point, the run goes on
///   into the first branch and the others attach to its 0 end. If the last branch is of another type, the neurite ends
///   there, with the first branch on its far end and the others on its 0 end. If only earlier ones are, the first among
///   them, it ends there with all branches on its far end (where NEURON makes the first a part of it). The neurite on
///   the line after a single-point soma always ends at a branch point.
/// - Without a soma the first point is the root; a root that is a section of its own is a cylinder like a single-point
///   soma.
/// - Sections without length are left out; what grew from them grows from their parent. (A soma whose points all lie at
///   one place is a single point, where NEURON gives it a length of 1e-9 µm.)
///
/// Unlike NEURON it does not care about the order of lines: a parent may come after its child, and a run need not be
/// on consecutive lines (where NEURON splits sections or joins points of different branches). Both are in the report,
/// as is every other repair. Another difference: a neurite of one point on a soma's first point, where the soma
/// branches, is kept.
///
/// # Errors
///
/// [`MorphologyError`], with line and value, if a line has fewer than seven columns or one that is not a finite number,
/// an id is negative or used twice, a parent does not exist, points descend from themselves, the root has no radius
/// or no length, there is a second soma, there are several trees and no soma or [`ImportOptions::disconnected`] refuses them, or the
/// soma does not fit [`ImportOptions::soma`].
///
/// # Example
///
/// ```
/// use apical_morphology::{ImportOptions, SomaConvention, read_swc};
///
/// let file = b"1 1 0 0 0 5 -1
/// 2 3 0 10 0 1 1
/// 3 3 0 30 0 1 2
/// ";
/// let import = read_swc(file, &ImportOptions::default())?;
/// assert_eq!(import.report.soma, SomaConvention::SinglePoint);
/// let dendrite = import.morphology.section_named("dend[0]").unwrap();
/// assert_eq!(import.morphology.section(dendrite).length_um(), 20.0);
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
pub fn read_swc(bytes: &[u8], options: &ImportOptions) -> Result<Import, MorphologyError> {
    let mut warnings = Vec::new();
    let records = parse::records(bytes, &mut warnings)?;
    let tree = tree::PointTree::new(records, options.disconnected, &mut warnings)?;
    let soma = crate::soma::convention(&tree, options.soma)?;
    let sections = sections::build(&tree, soma, &mut warnings)?;
    let morphology = Morphology::new(sections)?;
    warnings.sort_by_key(|warning| warning.line);
    Ok(Import { morphology, report: ImportReport { format: Format::Swc, soma, warnings } })
}
