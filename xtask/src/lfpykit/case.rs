//! Random neurons and electrodes.

use apical_core::RandomStreams;
use apical_extracellular::Conductivity;
use apical_morphology::CompartmentGeometry;
use rand::Rng;
use serde_json::{Value, json};

use super::draw::{
    across, along_an_axis, difference, direction, happens, index, log_uniform, moved, uniform,
};
use super::head::Head;
use super::slice::Slice;
use super::volumes::Volumes;
use crate::Outcome;
use crate::workspace::text;

/// Compartments of a neuron.
const COMPARTMENTS: [f64; 2] = [1.0, 301.0];
const LENGTHS_UM: [f64; 2] = [0.1, 100.0];
pub(super) const DIAMETERS_UM: [f64; 2] = [0.2, 20.0];
const CONDUCTIVITIES_S_PER_M: [f64; 2] = [0.05, 3.0];
/// Shares of compartments that lie along x, y or z, and that have no length.
const ALONG_AN_AXIS: f64 = 0.1;
const NO_LENGTH: f64 = 0.02;

/// A neuron in a medium with electrodes, a head and a slice: what every model is computed of.
#[derive(Debug)]
pub(super) struct Case {
    ends_um: Vec<[[f64; 3]; 2]>,
    pub(super) geometry: CompartmentGeometry,
    pub(super) electrodes_um: Vec<[f64; 3]>,
    pub(super) isotropic: Conductivity,
    pub(super) anisotropic: Conductivity,
    pub(super) contacts: Contacts,
    pub(super) head: Head,
    pub(super) slice: Slice,
    pub(super) volumes: Volumes,
}

/// Round contacts of one size, not near the neuron.
#[derive(Debug)]
pub(super) struct Contacts {
    positions_um: Vec<[f64; 3]>,
    normals: Vec<[f64; 3]>,
    radius_um: f64,
    /// The random points of each over which LFPykit averages; it draws them.
    pub(super) points_um: Vec<[f64; 3]>,
}

/// Points of each contact.
pub(super) const CONTACT_POINTS: usize = 20;

impl Case {
    pub(super) fn new(streams: &RandomStreams, number: u64) -> Outcome<Self> {
        let mut rng = streams.stream("lfpykit/neuron", number);
        let rng = &mut rng;
        let count = log_uniform(rng, COMPARTMENTS) as usize;
        let ends_um = walk(rng, count);
        let diameters_um: Vec<f64> = (0..count).map(|_| log_uniform(rng, DIAMETERS_UM)).collect();
        let geometry = CompartmentGeometry::new(&ends_um, &diameters_um).map_err(text)?;
        let electrodes_um = electrodes(rng, &geometry);
        let mut conductivity = || log_uniform(rng, CONDUCTIVITIES_S_PER_M);
        let isotropic = Conductivity::isotropic(conductivity()).map_err(text)?;
        let sigmas = [conductivity(), conductivity(), conductivity()];
        let anisotropic = Conductivity::anisotropic(sigmas).map_err(text)?;
        let contacts = Contacts::new(rng, &geometry);
        let head = Head::new(&mut streams.stream("lfpykit/head", number));
        let slice = Slice::new(&mut streams.stream("lfpykit/slice", number))?;
        let volumes = Volumes::new(&mut streams.stream("lfpykit/volumes", number), &geometry)?;
        Ok(Self {
            ends_um,
            geometry,
            electrodes_um,
            isotropic,
            anisotropic,
            contacts,
            head,
            slice,
            volumes,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "ends_um": self.ends_um,
            "diameters_um": self.geometry.diameters_um(),
            "electrodes_um": self.electrodes_um,
            "isotropic_s_per_m": self.isotropic.s_per_m()[0],
            "anisotropic_s_per_m": self.anisotropic.s_per_m(),
            "contacts": {
                "positions_um": self.contacts.positions_um,
                "normals": self.contacts.normals,
                "radius_um": self.contacts.radius_um,
                "points": CONTACT_POINTS,
            },
            "head": self.head.to_json(),
            "slice": self.slice.to_json(),
            "volumes": self.volumes.to_json(),
        })
    }
}

impl Contacts {
    fn new(rng: &mut impl Rng, geometry: &CompartmentGeometry) -> Self {
        let somewhere = |rng: &mut _| {
            let center_um = geometry.center_um(index(rng, geometry.len()));
            moved(center_um, log_uniform(rng, [40.0, 400.0]), direction(rng))
        };
        Self {
            positions_um: (0..4).map(|_| somewhere(rng)).collect(),
            normals: (0..4).map(|_| direction(rng)).collect(),
            radius_um: log_uniform(rng, [1.0, 15.0]),
            points_um: Vec::new(),
        }
    }

    pub(super) const fn count(&self) -> usize {
        self.positions_um.len()
    }

    pub(super) fn take_points(&mut self, coordinates: &mut impl Iterator<Item = f64>) {
        let all: Vec<f64> = coordinates.take(3 * CONTACT_POINTS * self.count()).collect();
        self.points_um = all.as_chunks().0.to_vec();
    }
}

/// Compartments that start where any of those before ended.
fn walk(rng: &mut impl Rng, count: usize) -> Vec<[[f64; 3]; 2]> {
    let root_um = moved([0.0; 3], uniform(rng, [0.0, 500.0]), direction(rng));
    let mut ends_um: Vec<[[f64; 3]; 2]> = Vec::with_capacity(count);
    for number in 0..count {
        let parent = if happens(rng, 0.2) { index(rng, number + 1) } else { number };
        let start_um = parent.checked_sub(1).map_or(root_um, |parent| ends_um[parent][1]);
        let length_um = if happens(rng, NO_LENGTH) { 0.0 } else { log_uniform(rng, LENGTHS_UM) };
        let towards = if happens(rng, ALONG_AN_AXIS) { along_an_axis(rng) } else { direction(rng) };
        ends_um.push([start_um, moved(start_um, length_um, towards)]);
    }
    ends_um
}

/// Electrodes in every relation to the compartments that the formulas know.
fn electrodes(rng: &mut impl Rng, geometry: &CompartmentGeometry) -> Vec<[f64; 3]> {
    let mut electrodes_um = Vec::new();
    let lines: Vec<usize> =
        (0..geometry.len()).filter(|&i| geometry.start_um(i) != geometry.end_um(i)).collect();
    for kind in 0..KINDS {
        let compartment = if lines.is_empty() { 0 } else { lines[index(rng, lines.len())] };
        let ends_um = [geometry.start_um(compartment), geometry.end_um(compartment)];
        let radius_um = 0.5 * geometry.diameters_um()[compartment];
        let extent_um = difference(ends_um[1], ends_um[0]);
        let (extent_um, across) = if lines.is_empty() {
            ([0.0; 3], direction(rng))
        } else {
            (extent_um, across(rng, extent_um))
        };
        let end = index(rng, 2);
        let mut on_axis = || moved(ends_um[0], uniform(rng, [0.0, 1.0]), extent_um);
        electrodes_um.push(match kind {
            // Exactly at an end, in the middle, on the axis.
            0 | 1 => ends_um[end],
            2 => geometry.center_um(compartment),
            3 | 4 => on_axis(),
            // Inside the compartment; 1e-8 µm from the axis, neither side knows the direction from it to many digits.
            5..=7 => {
                let from_um = on_axis();
                moved(from_um, radius_um * uniform(rng, [0.01, 1.0]), across)
            }
            // Near it.
            8..=13 => {
                let from_um = on_axis();
                moved(from_um, log_uniform(rng, [0.1, 10.0]), across)
            }
            // Beyond an end, on the axis and beside it.
            14..=18 => {
                let outward = extent_um.map(|x| if end == 0 { -x } else { x });
                let from_um = moved(ends_um[end], log_uniform(rng, [1e-3, 1e2]), outward);
                let off_um = if kind < 17 { 0.0 } else { log_uniform(rng, [0.1, 10.0]) };
                moved(from_um, off_um, across)
            }
            19..=22 => moved(ends_um[end], log_uniform(rng, [10.0, 3e3]), direction(rng)),
            23 | 24 => moved(ends_um[end], log_uniform(rng, [1e4, 1e6]), direction(rng)),
            _ => moved(ends_um[end], 1e6, direction(rng)),
        });
    }
    electrodes_um
}

/// Electrodes of each neuron.
const KINDS: usize = 26;
