//! Where a morphology comes from, and what it becomes.

use std::path::Path;

use apical::ApicalError;
use apical::biophysics::preset::Preset;
use apical::biophysics::protocol::soma_compartment;
use apical::core::{CompartmentId, SectionType};
use apical::morphology::{
    CompartmentTree, ImportOptions, ImportReport, MaxLength, Morphology, MorphologyError, Site,
    default_cell, import,
};
use apical::output::MorphologyEntry;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::{counted, to_stderr};

/// The name that stands for the embedded cell.
pub(super) const DEFAULT: &str = "default";

/// Largest length of a compartment, µm: the reference rule.
pub(super) const MAX_COMPARTMENT_LENGTH_UM: f64 = 40.0;

/// What says how the compartments of a network's neuron are divided and coupled.
pub(super) const PRESET: Preset = Preset::Shai2015;

/// A morphology and where it comes from.
pub(super) struct Reconstruction {
    pub(super) source: String,
    pub(super) morphology: Morphology,
    /// None for the embedded cell.
    pub(super) report: Option<ImportReport>,
}

impl Reconstruction {
    /// Reads a file, or takes the embedded cell. What the importer repaired or skipped goes to standard error.
    pub(super) fn load(source: &Path) -> Result<Self, ApicalError> {
        let name = source.display().to_string();
        if source == Path::new(DEFAULT) {
            return Ok(Self { source: name, morphology: default_cell(), report: None });
        }
        let import = import(source, &ImportOptions::default())?;
        for warning in &import.report.warnings {
            to_stderr(&format!("warning: {name}: {warning}"));
        }
        Ok(Self { source: name, morphology: import.morphology, report: Some(import.report) })
    }

    /// The neuron that a preset is put on: with the stub axon that it was published with, if it was, divided into
    /// compartments. That an axon is replaced goes to standard error.
    pub(super) fn divided(
        self,
        preset: Preset,
        max_compartment_length_um: f64,
    ) -> Result<(MorphologyEntry, CompartmentTree), ApicalError> {
        let Self { source, mut morphology, report } = self;
        let mut axon_replaced = false;
        if has_stub_axon(preset) {
            let dropped = morphology.sections_of(SectionType::Axon).count();
            // The embedded cell has the stub already.
            axon_replaced = report.is_some() && dropped > 0;
            if axon_replaced {
                to_stderr(&format!(
                    "note: {source}: the axon ({}) is replaced by the stub of the preset {preset}",
                    counted(dropped, "section"),
                ));
            }
            morphology = morphology.with_stub_axon();
        }
        let policy = MaxLength::new(max_compartment_length_um)?;
        let tree = CompartmentTree::new(morphology, &policy)
            .map_err(|error| named(error, Path::new(&source)))?;
        let entry = MorphologyEntry {
            source,
            import: report,
            axon_replaced,
            sections: tree.morphology().sections().len(),
            compartments: tree.len(),
        };
        Ok((entry, tree))
    }
}

/// Whether the axon of the reconstruction gives way to the stub that the preset was published with.
const fn has_stub_axon(preset: Preset) -> bool {
    matches!(preset, Preset::Shai2015 | Preset::Hay2011)
}

/// The middle of the soma, or where there is none the start of the root section; and whether it is the soma.
pub(super) fn soma_or_root(tree: &CompartmentTree) -> (CompartmentId, bool) {
    match soma_compartment(tree) {
        Ok(soma) => (soma, true),
        Err(_) => (tree.compartment_at(Site::start(tree.morphology().root())), false),
    }
}

/// An error of dividing a reconstruction, with the name of its file; those of reading have it already.
pub(super) fn named(source: MorphologyError, path: &Path) -> ApicalError {
    ApicalError::Import { path: path.to_owned(), source }
}

pub(super) fn presets() -> impl TypedValueParser<Value = Preset> {
    let help = |preset| match preset {
        Preset::Shai2015 => "Layer 5 pyramidal cell, Shai et al. 2015",
        Preset::Hay2011 => "Layer 5 pyramidal cell, Hay et al. 2011",
        Preset::Hh => "Squid axon on every compartment, Hodgkin & Huxley 1952",
        Preset::Passive => "Passive properties of shai2015 alone",
        _ => "",
    };
    let values =
        Preset::ALL.map(|preset| PossibleValue::new(preset.to_string()).help(help(preset)));
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}
