//! `apical inspect`

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use apical::core::{CompartmentRecord, CompartmentTable, Region, SectionType};
use apical::morphology::{CompartmentTree, ImportReport, MaxLength, Site, write_swc};
use apical::output::write_whole;
use clap::Args;
use serde::Serialize;

use super::Failure;
use super::reconstruction::{Reconstruction, named};

/// Say what a reconstruction is made of.
///
/// Reads the file as `simulate` would, and lists how it was understood and repaired, and the number of sections and
/// compartments, length and membrane area by section type and by region of the apical tree. Compartments are those of
/// the reference rule, 1 + 2·⌊L / 40 µm⌋ a section.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  apical inspect default
  apical inspect cell.asc
  apical inspect cell.swc --json > cell.json
  The embedded cell, or an ASC file as it was repaired, for programs that read SWC:
    apical inspect default --swc default.swc")]
pub(super) struct InspectArgs {
    /// A reconstruction, SWC or Neurolucida ASC; or `default`, the embedded layer 5 pyramidal cell.
    #[arg(value_name = "FILE|default")]
    reconstruction: PathBuf,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Also write the neuron as SWC, as it was understood and repaired; the embedded cell without its stub axon, which has no
    /// place in space.
    #[arg(long, value_name = "FILE")]
    swc: Option<PathBuf>,
}

pub(super) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let reconstruction = Reconstruction::load(&args.reconstruction)?;
    if let Some(path) = &args.swc {
        save_swc(&reconstruction, path)?;
    }
    let tree = CompartmentTree::new(reconstruction.morphology, &MaxLength::default())
        .map_err(|error| named(error, &args.reconstruction))?;
    let inspection = Inspection::new(reconstruction.source, reconstruction.report, &tree);
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &inspection).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        inspection.write_table(&mut out)?;
    }
    Ok(())
}

/// The stub axon of the embedded cell has no place in space, and is left out: presets that want it put it there again.
fn save_swc(reconstruction: &Reconstruction, path: &Path) -> Result<(), Failure> {
    let Reconstruction { source, morphology, report } = reconstruction;
    let morphology = match report {
        None => &morphology.without_axon(),
        Some(_) => morphology,
    };
    let mut swc = Vec::new();
    write_swc(morphology, &mut swc).map_err(|error| named(error, source.as_ref()))?;
    Ok(write_whole(path, &swc)?)
}

#[derive(Serialize)]
struct Inspection {
    source: String,
    /// Null for the embedded cell.
    import: Option<ImportReport>,
    #[serde(flatten)]
    total: Extent,
    section_types: Vec<Part<SectionType>>,
    regions: Vec<Part<Region>>,
    /// The largest path distance of an apical tip from the base of the apical trunk; null without apical dendrite.
    d_max_um: Option<f64>,
    /// Null where the apical tree has none.
    main_bifurcation: Option<Bifurcation>,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Extent {
    sections: usize,
    compartments: usize,
    length_um: f64,
    area_um2: f64,
}

#[derive(Serialize)]
struct Part<K> {
    name: K,
    #[serde(flatten)]
    extent: Extent,
}

/// The end of the apical trunk.
#[derive(Serialize)]
struct Bifurcation {
    /// The last section of the trunk, at whose end it lies.
    section: String,
    /// From the base of the apical trunk.
    distance_from_trunk_base_um: f64,
    /// From the 0 end of the root section, as `path_distance_um` of compartments.
    path_distance_um: f64,
}

impl Inspection {
    fn new(source: String, import: Option<ImportReport>, tree: &CompartmentTree) -> Self {
        let table = tree.compartment_table();
        let parts_by_type = parts(&table, |record| record.section_type);
        let mut total = Extent::default();
        for Part { extent, .. } in &parts_by_type {
            total.sections += extent.sections;
            total.compartments += extent.compartments;
            total.length_um += extent.length_um;
            total.area_um2 += extent.area_um2;
        }
        Self {
            source,
            import,
            total,
            section_types: parts_by_type,
            regions: parts(&table, |record| record.region),
            d_max_um: tree.apical_extent_um(),
            main_bifurcation: main_bifurcation(tree),
        }
    }

    fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.source)?;
        match &self.import {
            None => writeln!(out, "  embedded cell")?,
            Some(report) => {
                writeln!(out, "  format {}, soma: {}", report.format, report.soma)?;
                let count = report.warnings.len();
                writeln!(out, "  {count} warning{}", if count == 1 { "" } else { "s" })?;
            }
        }
        writeln!(
            out,
            "\n  {:<10} {:>9} {:>13} {:>12} {:>12}",
            "", "sections", "compartments", "length (µm)", "area (µm²)"
        )?;
        for part in &self.section_types {
            write_row(out, &type_name(part.name), part.extent)?;
        }
        write_row(out, "all", self.total)?;
        writeln!(out)?;
        for part in &self.regions {
            write_row(out, &part.name.to_string(), part.extent)?;
        }
        writeln!(out)?;
        match self.d_max_um {
            None => writeln!(out, "  no apical dendrite")?,
            Some(d_max_um) => writeln!(
                out,
                "  d_max {d_max_um:.4} µm: farthest apical tip from the base of the apical trunk"
            )?,
        }
        match &self.main_bifurcation {
            None => writeln!(out, "  no main bifurcation"),
            Some(Bifurcation { section, distance_from_trunk_base_um, .. }) => writeln!(
                out,
                "  main bifurcation at the end of {section}, {distance_from_trunk_base_um:.1} µm from the trunk's base"
            ),
        }
    }
}

fn write_row(out: &mut impl Write, name: &str, extent: Extent) -> io::Result<()> {
    let Extent { sections, compartments, length_um, area_um2 } = extent;
    writeln!(
        out,
        "  {name:<10} {sections:>9} {compartments:>13} {length_um:>12.1} {area_um2:>12.1}"
    )
}

/// Name of a type as JSON has it.
fn type_name(section_type: SectionType) -> String {
    match section_type {
        SectionType::Soma => "soma".to_owned(),
        SectionType::Basal => "basal".to_owned(),
        SectionType::Apical => "apical".to_owned(),
        SectionType::Axon => "axon".to_owned(),
        SectionType::Other(code) => format!("type {code}"),
    }
}

/// The extent of each part of the neuron, in order.
fn parts<K: Copy + Ord>(
    table: &CompartmentTable,
    key: impl Fn(&CompartmentRecord) -> K,
) -> Vec<Part<K>> {
    let mut parts = BTreeMap::<K, (Extent, &str)>::new();
    for record in table.records() {
        let (extent, last) = parts.entry(key(record)).or_default();
        // Compartments of a section are neighbors in the table.
        extent.sections += usize::from(*last != record.section);
        extent.compartments += 1;
        extent.length_um += record.length_um;
        extent.area_um2 += record.area_um2;
        *last = &record.section;
    }
    parts.into_iter().map(|(name, (extent, _))| Part { name, extent }).collect()
}

fn main_bifurcation(tree: &CompartmentTree) -> Option<Bifurcation> {
    let morphology = tree.morphology();
    let last_of_trunk = morphology.iter().find_map(|(id, section)| {
        let parent = section.attachment()?.parent;
        (tree.region(id) == Region::Tuft && tree.region(parent) == Region::Trunk).then_some(parent)
    })?;
    let end = Site::end(last_of_trunk);
    let section = morphology.section(last_of_trunk);
    Some(Bifurcation {
        section: morphology.name(last_of_trunk),
        distance_from_trunk_base_um: tree.path_distance_um(tree.apical_origin()?, end),
        path_distance_um: tree.start_um(last_of_trunk) + section.length_um(),
    })
}
