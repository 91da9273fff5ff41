use std::fmt;
use std::path::Path;

use apical_core::SectionType;
use serde::{Deserialize, Serialize};

use crate::{
    Format, ImportReport, Morphology, MorphologyError, SomaConvention, read_neurolucida, read_swc,
};

/// How a reconstruction is read; the default detects everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ImportOptions {
    /// How the soma is to be understood; none: detected from its points, as NEURON does.
    pub soma: Option<SomaConvention>,
    /// What becomes of trees that hang on nothing (SWC: more than one root; Neurolucida: they start outside
    /// the soma's outline).
    pub disconnected: DisconnectedTrees,
}

/// What becomes of trees that hang on nothing; the one with the soma is the neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisconnectedTrees {
    /// They are attached to the middle of the soma's first section, by a wire without resistance, as NEURON does; an
    /// error if there is no soma, or a further tree has one of its own.
    #[default]
    Attach,
    /// They are left out. Without a soma the first tree stays.
    Drop,
    /// An error.
    Refuse,
}

/// A reconstruction that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Import {
    /// The sections.
    pub morphology: Morphology,
    /// What the reader understood, repaired and skipped.
    pub report: ImportReport,
}

/// A summary and then the report.
impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sections = self.morphology.sections();
        let points = sections.iter().flat_map(|s| s.points()).filter(|p| p.source_id().is_some());
        let points = points.count();
        write!(f, "{} sections", sections.len())?;
        let mut types: Vec<(SectionType, usize)> = Vec::new();
        for section in sections {
            match types.last_mut() {
                Some((last, count)) if *last == section.section_type() => *count += 1,
                _ => types.push((section.section_type(), 1)),
            }
        }
        for (index, (section_type, count)) in types.iter().enumerate() {
            let before = if index == 0 { " (" } else { ", " };
            write!(f, "{before}{count} {section_type}")?;
        }
        writeln!(f, ") through {points} points of the file")?;
        self.report.fmt(f)
    }
}

/// Reads a reconstruction. Its format is told by the name of the file (`.swc`, `.asc`), otherwise by its first line.
///
/// # Errors
///
/// [`MorphologyError`], which names the file, if it cannot be read, is of no known format, or is not a sound morphology.
pub fn import(path: impl AsRef<Path>, options: &ImportOptions) -> Result<Import, MorphologyError> {
    let path = path.as_ref();
    let shown = || path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|source| MorphologyError::Io { path: shown(), source })?;
    let read = match format_of(path, &bytes) {
        Some(Format::Swc) => read_swc(&bytes, options),
        Some(Format::NeurolucidaAsc) => read_neurolucida(&bytes, options),
        None => return Err(MorphologyError::UnknownFormat { path: shown() }),
    };
    read.map_err(|error| MorphologyError::File { path: shown(), source: Box::new(error) })
}

fn format_of(path: &Path, bytes: &[u8]) -> Option<Format> {
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("swc") => return Some(Format::Swc),
        Some("asc") => return Some(Format::NeurolucidaAsc),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = bytes.split(|&byte| byte == b'\n' || byte == b'\r').map(<[u8]>::trim_ascii);
    match lines.find(|line| !line.is_empty() && line[0] != b'#')?[0] {
        b'(' | b';' => Some(Format::NeurolucidaAsc),
        b'0'..=b'9' => Some(Format::Swc),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_format_or_else_the_content() {
        let format = |name: &str, content: &[u8]| format_of(Path::new(name), content);
        assert_eq!(format("a.SWC", b"("), Some(Format::Swc));
        assert_eq!(format("a.asc", b"1"), Some(Format::NeurolucidaAsc));
        assert_eq!(format("a.txt", b"# x\r\n\r\n 1 1 0 0 0 1 -1"), Some(Format::Swc));
        assert_eq!(format("a", b"\xef\xbb\xbf; V3\n"), Some(Format::NeurolucidaAsc));
        assert_eq!(format("a", b"hello"), None);
        assert_eq!(format("a", b"# \n"), None);
    }
}
