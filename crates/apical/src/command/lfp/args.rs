use std::path::{Path, PathBuf};

use apical::biophysics::preset::Preset;
use apical::extracellular::{Conductivity, Probe, SliceConfig};
use clap::Args;

use super::model::{Model, Signal};
use crate::command::electrodes::Electrodes;
use crate::command::number::{finite, positive};
use crate::command::reconstruction::presets;
use crate::command::{Failure, refusal};

/// Find the extracellular potential at electrodes around a neuron.
///
/// From a run of `apical simulate`, or from voltages of any source: potentials are a matrix times the membrane current of
/// every compartment, and currents follow from voltages and the geometry alone. Compartments are lines or points in an
/// endless homogeneous medium, or in a slice on an array.
///
/// The folder --out receives the arrays, a figure and a manifest that says what they hold; files of an earlier run in it
/// are replaced. The manifest is written last: a folder with a manifest is complete.
#[derive(Args, Debug)]
#[command(after_long_help = after_help())]
pub(in crate::command) struct LfpArgs {
    /// Folder that `apical simulate` or `apical predict` wrote, or an npy file of voltages.
    ///
    /// A file is float32 or float64, mV, shape [compartments, times]: rows in the order of `compartments` in the manifest of
    /// `apical simulate`. Without the rows of the axon, its membrane currents are taken to be zero; what this costs is in the
    /// book's page on field potentials.
    #[arg(long, value_name = "DIR|FILE")]
    pub(super) voltages: PathBuf,
    /// Electrodes: a description such as `six` or `laminar:n=32,pitch=50`, see below; or a file.
    ///
    /// Descriptions have their places relative to the middle of the soma (of the root where there is no soma). Files have the
    /// coordinates of the reconstruction, µm: .json of probeinterface, .npy of shape [electrodes, 3], .csv or .txt with
    /// a line x,y,z for each.
    #[arg(long, value_name = "WHAT", value_parser = Electrodes::parse)]
    pub(super) electrodes: Electrodes,
    /// What stands for a compartment.
    #[arg(long, value_enum, default_value_t)]
    pub(super) model: Model,
    /// Conductivity of the medium, S/m: one value, or three along x, y and z as 0.3,0.4,0.35.
    #[arg(
        long = "sigma-s-per-m", visible_alias = "sigma", value_name = "X",
        value_parser = conductivity, default_value = "0.3"
    )]
    pub(super) sigma: Conductivity,

    /// Thickness of a slice on a planar array, µm, instead of endless tissue: neuron and electrodes lie in it.
    #[arg(
        long, value_name = "X", value_parser = positive,
        help_heading = "A slice on an array"
    )]
    pub(super) slice_thickness_um: Option<f64>,
    /// z of the array, from which the slice goes up, µm, in the coordinates of the reconstruction; 0 unless given.
    #[arg(
        long, value_name = "X", value_parser = finite,
        requires = "slice_thickness_um", help_heading = "A slice on an array"
    )]
    pub(super) array_z_um: Option<f64>,
    /// Conductivity of the saline above the slice, S/m; 1.5 unless given.
    #[arg(
        long, value_name = "X", value_parser = finite,
        requires = "slice_thickness_um", help_heading = "A slice on an array"
    )]
    pub(super) saline_s_per_m: Option<f64>,
    /// Conductivity of the array, S/m; 0, an insulator, unless given.
    #[arg(
        long, value_name = "X", value_parser = finite,
        requires = "slice_thickness_um", help_heading = "A slice on an array"
    )]
    pub(super) glass_s_per_m: Option<f64>,

    /// What to use of the run; membrane currents if they were written (`simulate --currents`), else voltages.
    ///
    /// Both give the same, but for the rounding of voltages to float32; and in runs by Crank–Nicolson, whose currents are
    /// those of the middle of a step.
    #[arg(long, value_enum, value_name = "SIGNAL", help_heading = "Voltages of a run")]
    pub(super) from: Option<Signal>,

    /// Reconstruction, SWC or Neurolucida ASC; `default`, which it is unless given, is the embedded cell.
    ///
    /// For a run, where its reconstruction is now, if that has moved.
    #[arg(long, value_name = "FILE", help_heading = "Voltages of a file")]
    pub(super) morphology: Option<PathBuf>,
    /// Whose stub axon and axial resistivity the neuron has; shai2015 unless given.
    ///
    /// The presets shai2015 and hay2011 replace the axon by a stub of two cylinders, hh and passive keep it.
    #[arg(long, value_parser = presets(), help_heading = "Voltages of a file")]
    pub(super) preset: Option<Preset>,
    /// Axial resistivity, Ω·cm; the preset's unless given (35.4 hh, 100 others).
    #[arg(
        long, value_name = "X", value_parser = positive,
        help_heading = "Voltages of a file"
    )]
    pub(super) axial_resistivity_ohm_cm: Option<f64>,
    /// Length L of the rule by which a section has 1 + 2·⌊length / L⌋ compartments, µm; 40 unless given.
    #[arg(
        long, value_name = "X", value_parser = positive,
        help_heading = "Voltages of a file"
    )]
    pub(super) max_compartment_length_um: Option<f64>,
    /// Time between columns, ms; 1 unless given. The first is at t = 0.
    #[arg(
        long, value_name = "X", value_parser = positive,
        help_heading = "Voltages of a file"
    )]
    pub(super) sample_ms: Option<f64>,

    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(long, short, help_heading = "Output")]
    pub(super) quiet: bool,
    /// Folder to write to; created where it does not exist.
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    pub(super) out: PathBuf,
}

fn after_help() -> String {
    let descriptions = Probe::description_help();
    let descriptions: String = descriptions.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "\
Descriptions of electrodes, lengths in µm:
{descriptions}
Files:
  potential_mv.npy     float64 [electrodes, times]: the potential at every electrode, mV
  electrode_um.npy     float64 [electrodes, 3]: where electrodes are, µm
  transfer_matrix.npy  float64 [electrodes, compartments]: potential for 1 nA through a membrane, mV/nA
  potentials.svg       the neuron, its electrodes and their potentials
  electrodes.json      the electrodes for probeinterface and spike sorters
  manifest.json        parameters, versions, noise gains, and what had to be moved or estimated

Examples:
  Six sites around the embedded cell under synaptic bombardment:
    apical simulate --currents --out run
    apical lfp --voltages run --electrodes six --out lfp
  A laminar probe 30 µm beside the soma, in a medium that conducts better along y:
    apical lfp --voltages run --electrodes laminar:n=24,pitch=50,x=30 --sigma-s-per-m 0.3,0.4,0.3 --out lfp
  Contacts of one's own, the soma a point:
    apical lfp --voltages run --electrodes probe.json --model root-as-point --out lfp
  A slice of 400 µm on a planar array 200 µm below a soma at z = 0 (--array-z-um is in the reconstruction's coordinates):
    apical lfp --voltages run --electrodes array:z=-200 --slice-thickness-um 400 --array-z-um -200 --out lfp
  Voltages that a network has predicted, every 0.5 ms, for a reconstruction:
    apical lfp --voltages v.npy --morphology cell.asc --sample-ms 0.5 --electrodes six --out lfp"
    )
}

impl LfpArgs {
    /// The slice, if there is one.
    pub(super) fn slice(&self) -> Option<SliceConfig> {
        let mut slice = SliceConfig::default();
        slice.thickness_um = self.slice_thickness_um?;
        slice.array_z_um = self.array_z_um.unwrap_or(slice.array_z_um);
        slice.saline_s_per_m = self.saline_s_per_m.unwrap_or(slice.saline_s_per_m);
        slice.glass_s_per_m = self.glass_s_per_m.unwrap_or(slice.glass_s_per_m);
        [slice.tissue_s_per_m, ..] = self.sigma.s_per_m();
        slice.sources = self.model.shape();
        Some(slice)
    }

    /// Refuses options that do not belong to what the voltages are of.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let of_file = [
            ("--preset", self.preset.is_some()),
            ("--axial-resistivity-ohm-cm", self.axial_resistivity_ohm_cm.is_some()),
            ("--max-compartment-length-um", self.max_compartment_length_um.is_some()),
            ("--sample-ms", self.sample_ms.is_some()),
        ];
        if self.slice_thickness_um.is_some() && !self.sigma.is_isotropic() {
            let why = "--sigma-s-per-m of a slice is one value: its images need the same in all directions";
            return Err(refusal("lfp", why.to_owned()));
        }
        let is_run = self.voltages.is_dir();
        if let Some((option, _)) = of_file.iter().find(|(_, given)| is_run && *given) {
            let why = "does not belong to the folder of a run, whose manifest has it";
            return Err(refusal("lfp", format!("{option} {why}")));
        }
        if self.from.is_some() && !is_run {
            let why = "--from belongs to the folder of a run; a file is of voltages";
            return Err(refusal("lfp", why.to_owned()));
        }
        let folder = if is_run { Some(self.voltages.as_path()) } else { self.voltages.parent() };
        if folder.is_some_and(|folder| is_same(folder, &self.out)) {
            let why =
                "--out is where the voltages are: the manifest of their run would be replaced";
            return Err(refusal("lfp", why.to_owned()));
        }
        Ok(())
    }
}

/// Whether both exist and are one folder.
fn is_same(a: &Path, b: &Path) -> bool {
    // The parent of a plain name.
    let a = if a.as_os_str().is_empty() { Path::new(".") } else { a };
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn conductivity(text: &str) -> Result<Conductivity, String> {
    let values = text.split(',').map(|value| finite(value.trim()));
    let values = values.collect::<Result<Vec<f64>, String>>()?;
    let conductivity = match values[..] {
        [value] => Conductivity::isotropic(value),
        [x, y, z] => Conductivity::anisotropic([x, y, z]),
        _ => return Err("expected one value, or three along x, y and z".to_owned()),
    };
    conductivity.map_err(|error| error.to_string())
}
