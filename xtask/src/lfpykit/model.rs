//! The models that both have. Another one is an entry here, and one of the same name in the script.

use apical_extracellular::{
    CurrentDipole, CurrentSourceDensity, Electrode, ForwardModel, InfiniteConductor, LaminarAxis,
    LineSource, MagneticConductor, PointSource, RootAsPoint, SourceShape, TransferMatrix,
    VolumeConductor,
};
use apical_morphology::CompartmentGeometry;

use super::case::{CONTACT_POINTS, Case};
use super::doubt::{self, Doubt};
use crate::Outcome;
use crate::workspace::text;

/// A model: a matrix of pairs for every case.
pub(super) struct Model {
    /// In the script and of its files.
    pub(super) name: &'static str,
    /// What LFPykit calls it.
    pub(super) title: &'static str,
    /// What rows and columns are.
    pub(super) of: [&'static str; 2],
    /// Number of rows and columns.
    shape: fn(&Case) -> [usize; 2],
    /// Values of a pair.
    pub(super) values: usize,
    /// apical's, `[rows × columns × values]`.
    pub(super) ours: fn(&Case) -> Outcome<Vec<f64>>,
    /// Why LFPykit's values of a pair are not compared, from the inputs alone. The exact ones are.
    pub(super) doubt: fn(&Case, [usize; 2]) -> Option<Doubt>,
}

impl Model {
    /// Row and column of every pair.
    pub(super) fn pairs(&self, case: &Case) -> impl Iterator<Item = [usize; 2]> + use<> {
        let [rows, columns] = (self.shape)(case);
        (0..rows).flat_map(move |row| (0..columns).map(move |column| [row, column]))
    }
}

const SOURCE: Model = Model {
    name: "",
    title: "",
    of: ["electrode", "compartment"],
    shape: |case| [case.electrodes_um.len(), case.geometry.len()],
    values: 1,
    ours: |_| Ok(Vec::new()),
    doubt: |_, _| None,
};

const ON_ARRAY: Model =
    Model { shape: |case| [case.slice.on_array_um.len(), case.slice.geometry.len()], ..SOURCE };

const DIPOLE: Model = Model {
    of: ["electrode", "dipole"],
    shape: |case| [case.head.electrodes_um.len(), 1],
    values: 3,
    ..SOURCE
};

const MAGNETIC: Model = Model {
    of: ["sensor", "dipole"],
    shape: |case| [case.head.sensors_um.len(), 1],
    values: 9,
    ..SOURCE
};

pub(super) const MODELS: &[Model] = &[
    Model {
        name: "point",
        title: "PointSourcePotential",
        ours: |case| sources(case, &PointSource::new(case.isotropic)),
        ..SOURCE
    },
    Model {
        name: "line",
        title: "LineSourcePotential",
        ours: |case| sources(case, &LineSource::new(case.isotropic)),
        doubt: doubt::line,
        ..SOURCE
    },
    Model {
        name: "root_as_point",
        title: "RecExtElectrode, root_as_point",
        ours: |case| sources(case, &RootAsPoint::new(case.isotropic)),
        doubt: |case, at| if at[1] == 0 { None } else { doubt::line(case, at) },
        ..SOURCE
    },
    Model {
        name: "point_anisotropic",
        title: "RecExtElectrode, anisotropic pointsource",
        ours: |case| sources(case, &PointSource::new(case.anisotropic)),
        ..SOURCE
    },
    Model {
        name: "line_anisotropic",
        title: "RecExtElectrode, anisotropic linesource",
        ours: |case| sources(case, &LineSource::new(case.anisotropic)),
        doubt: doubt::line_anisotropic,
        ..SOURCE
    },
    Model {
        name: "root_as_point_anisotropic",
        title: "RecExtElectrode, anisotropic root_as_point",
        ours: |case| sources(case, &RootAsPoint::new(case.anisotropic)),
        doubt: doubt::root_as_point_anisotropic,
        ..SOURCE
    },
    Model {
        name: "contacts",
        title: "RecExtElectrode, contacts of 20 points",
        of: ["contact", "compartment"],
        shape: |case| [case.contacts.count(), case.geometry.len()],
        ours: contacts,
        doubt: |case, [_, compartment]| doubt::no_length(case, compartment),
        ..SOURCE
    },
    Model {
        name: "slice_point",
        title: "RecMEAElectrode, pointsource",
        shape: |case| [case.slice.inside_um.len(), case.slice.geometry.len()],
        ours: |case| in_slice(case, SourceShape::Point, &case.slice.inside_um),
        doubt: doubt::slice_point,
        ..SOURCE
    },
    Model {
        name: "slice_line",
        title: "RecMEAElectrode, linesource",
        ours: |case| in_slice(case, SourceShape::Line, &case.slice.on_array_um),
        doubt: doubt::slice_line,
        ..ON_ARRAY
    },
    Model {
        name: "slice_root_as_point",
        title: "RecMEAElectrode, root_as_point",
        ours: |case| in_slice(case, SourceShape::RootAsPoint, &case.slice.on_array_um),
        doubt: doubt::slice_root_as_point,
        ..ON_ARRAY
    },
    Model {
        name: "laminar",
        title: "LaminarCurrentSourceDensity",
        of: ["layer", "compartment"],
        shape: |case| [case.volumes.layers.len(), case.geometry.len()],
        ours: laminar,
        doubt: doubt::laminar,
        ..SOURCE
    },
    Model {
        name: "volumetric",
        title: "VolumetricCurrentSourceDensity",
        of: ["box", "compartment"],
        shape: |case| [case.volumes.grid.len(), case.geometry.len()],
        ours: volumetric,
        doubt: doubt::volumetric,
        ..SOURCE
    },
    Model {
        name: "dipole_moment",
        title: "CurrentDipoleMoment",
        of: ["operator", "compartment"],
        shape: |case| [1, case.geometry.len()],
        values: 3,
        ours: dipole_moment,
        ..SOURCE
    },
    Model {
        name: "infinite",
        title: "InfiniteVolumeConductor",
        ours: |case| potentials(case, &InfiniteConductor::new(case.isotropic)),
        ..DIPOLE
    },
    Model {
        name: "four_sphere",
        title: "FourSphereVolumeConductor",
        ours: |case| potentials(case, &case.head.sphere()?),
        doubt: doubt::four_sphere,
        ..DIPOLE
    },
    Model {
        name: "infinite_magnetic",
        title: "InfiniteHomogeneousVolCondMEG",
        ours: |case| fields(case, &InfiniteConductor::default()),
        ..MAGNETIC
    },
    Model {
        name: "spherical_magnetic",
        title: "SphericallySymmetricVolCondMEG",
        ours: |case| fields(case, &case.head.sphere()?),
        ..MAGNETIC
    },
];

fn sources(case: &Case, model: &dyn ForwardModel) -> Outcome<Vec<f64>> {
    matrix(&case.geometry, model, &case.electrodes_um)
}

fn in_slice(case: &Case, sources: SourceShape, points_um: &[[f64; 3]]) -> Outcome<Vec<f64>> {
    matrix(&case.slice.geometry, &case.slice.model(sources)?, points_um)
}

fn matrix(
    geometry: &CompartmentGeometry,
    model: &dyn ForwardModel,
    points_um: &[[f64; 3]],
) -> Outcome<Vec<f64>> {
    let electrodes: Vec<Electrode> = points_um.iter().copied().map(Electrode::point).collect();
    let matrix = TransferMatrix::new(model, geometry, &electrodes).map_err(text)?;
    Ok(matrix.values().to_vec())
}

fn laminar(case: &Case) -> Outcome<Vec<f64>> {
    let along_z = LaminarAxis::new([0.0; 3], [0.0, 0.0, 1.0]).map_err(text)?;
    let density = CurrentSourceDensity::laminar(&case.geometry, &along_z, &case.volumes.layers);
    Ok(dense(&density, |_| 1.0))
}

/// Not per volume, as LFPykit has it.
fn volumetric(case: &Case) -> Outcome<Vec<f64>> {
    let density = CurrentSourceDensity::volumetric(&case.geometry, &case.volumes.grid);
    Ok(dense(&density, |volume| density.volumes_um3()[volume]))
}

/// All values, each times a factor of its volume.
fn dense(density: &CurrentSourceDensity, factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let operator = density.operator();
    let mut values = vec![0.0; operator.rows() * operator.cols()];
    for (compartment, column) in operator.outer_iterator().enumerate() {
        for (volume, value) in column.iter() {
            values[volume * operator.cols() + compartment] = value * factor(volume);
        }
    }
    values
}

/// The mean over the points that LFPykit drew: its rule, not the quadrature of a `Contact`.
fn contacts(case: &Case) -> Outcome<Vec<f64>> {
    let rows = matrix(&case.geometry, &LineSource::new(case.isotropic), &case.contacts.points_um)?;
    let count = case.geometry.len();
    let mean = |rows: &[f64], compartment: usize| {
        let values = rows.chunks_exact(count).map(|row| row[compartment]);
        values.sum::<f64>() / CONTACT_POINTS as f64
    };
    let of_contacts = rows.chunks_exact(CONTACT_POINTS * count);
    Ok(of_contacts.flat_map(|rows| (0..count).map(move |i| mean(rows, i))).collect())
}

fn dipole_moment(case: &Case) -> Outcome<Vec<f64>> {
    let dipole = CurrentDipole::new(&case.geometry);
    let (values_um, count) = (dipole.values_um(), dipole.compartment_count());
    Ok((0..count).flat_map(|i| [0, 1, 2].map(|axis| values_um[axis * count + i])).collect())
}

fn potentials(case: &Case, conductor: &dyn VolumeConductor) -> Outcome<Vec<f64>> {
    let head = &case.head;
    let rows = conductor.point_potentials(head.dipole_um, &head.electrodes_um).map_err(text)?;
    Ok(rows.concat())
}

/// In LFPykit's unit: of µ₀·nA/µm.
fn fields(case: &Case, conductor: &dyn MagneticConductor) -> Outcome<Vec<f64>> {
    /// 1 nA/µm = 10⁻³ A/m, 1 T = 10¹⁵ fT.
    const FT_PER_LFPYKITS: f64 = 1e12;
    let head = &case.head;
    let fields = conductor.field_matrix(head.dipole_um, &head.sensors_um).map_err(text)?;
    Ok(fields.concat().concat().into_iter().map(|value| value / FT_PER_LFPYKITS).collect())
}
