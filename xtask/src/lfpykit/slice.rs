//! Random slices on an array, with compartments and electrodes in them.

use apical_extracellular::{SliceConfig, SliceOnArray, SourceShape};
use apical_morphology::CompartmentGeometry;
use rand::Rng;
use serde_json::{Value, json};

use super::case::DIAMETERS_UM;
use super::draw::{along_an_axis, direction, happens, index, log_uniform, moved, uniform};
use crate::Outcome;
use crate::workspace::text;

const COMPARTMENTS: [f64; 2] = [1.0, 61.0];
/// No longer than the thinnest slice.
const LENGTHS_UM: [f64; 2] = [0.1, 100.0];
const THICKNESSES_UM: [f64; 2] = [100.0, 500.0];
const TISSUE_S_PER_M: [f64; 2] = [0.05, 3.0];
/// What a boundary reflects; LFPykit's sum would need too many images if it were more of both.
const REFLECTED: [f64; 2] = [-0.9, 0.9];
/// Images that LFPykit leaves out are weaker than this.
const LEFT_OUT: f64 = 1e-13;
/// Half the width of the square that all is in, in thicknesses: good conductors leave nothing of a potential far away.
const HALF_WIDTH: f64 = 0.8;

/// Compartments that are not connected, and two sets of electrodes.
#[derive(Debug)]
pub(super) struct Slice {
    ends_um: Vec<[[f64; 3]; 2]>,
    pub(super) geometry: CompartmentGeometry,
    /// LFPykit's lines need them on the array, and an array that insulates.
    pub(super) on_array_um: Vec<[f64; 3]>,
    /// At any depth.
    pub(super) inside_um: Vec<[f64; 3]>,
    tissue_s_per_m: f64,
    saline_s_per_m: f64,
    /// For the electrodes at any depth.
    glass_s_per_m: f64,
    pub(super) thickness_um: f64,
    pub(super) array_z_um: f64,
    steps: usize,
}

impl Slice {
    pub(super) fn new(rng: &mut impl Rng) -> Outcome<Self> {
        let thickness_um = log_uniform(rng, THICKNESSES_UM);
        let array_z_um = uniform(rng, [-500.0, 500.0]);
        let tissue_s_per_m = log_uniform(rng, TISSUE_S_PER_M);
        let mut behind = || {
            let reflected = uniform(rng, REFLECTED);
            tissue_s_per_m * (1.0 - reflected) / (1.0 + reflected)
        };
        let (saline_s_per_m, glass_s_per_m) = (behind(), behind());
        let glass_s_per_m = if happens(rng, 0.3) { 0.0 } else { glass_s_per_m };

        let half_um = HALF_WIDTH * thickness_um;
        let place = |rng: &mut _, z_um: f64| {
            let mut beside = || uniform(rng, [-half_um, half_um]);
            [beside(), beside(), z_um]
        };
        // Mirrored at the boundary that it is beyond.
        let kept = |[x, y, z]: [f64; 3]| {
            [x, y, if z > thickness_um { 2.0 * thickness_um - z } else { z.abs() }]
        };
        let count = log_uniform(rng, COMPARTMENTS) as usize;
        let mut ends_um = Vec::with_capacity(count);
        for _ in 0..count {
            let low = happens(rng, 0.2);
            let z_um =
                if low { log_uniform(rng, [0.01, 5.0]) } else { uniform(rng, [0.0, thickness_um]) };
            let start_um = place(rng, z_um);
            let towards = if happens(rng, 0.2) { along_an_axis(rng) } else { direction(rng) };
            ends_um.push([start_um, kept(moved(start_um, log_uniform(rng, LENGTHS_UM), towards))]);
        }
        let center = |rng: &mut _| {
            let [a, b]: [[f64; 3]; 2] = ends_um[index(rng, count)];
            [0, 1, 2].map(|axis| 0.5 * (a[axis] + b[axis]))
        };
        let near = |rng: &mut _| {
            let center_um = center(rng);
            kept(moved(center_um, log_uniform(rng, [0.1, 10.0]), direction(rng)))
        };
        // Straight below an end, below a center and near that; anywhere.
        let below = [ends_um[index(rng, count)][1], center(rng), near(rng)];
        let mut on_array_um = below.map(|[x, y, _]| [x, y, 0.0]).to_vec();
        on_array_um.extend((0..3).map(|_| place(rng, 0.0)));
        let mut inside_um = vec![center(rng), near(rng), near(rng)];
        inside_um.extend([place(rng, 0.0), place(rng, thickness_um)]);
        for _ in 0..3 {
            let z_um = uniform(rng, [0.0, thickness_um]);
            inside_um.push(place(rng, z_um));
        }

        let raised = |[x, y, z]: [f64; 3]| [x, y, array_z_um + z];
        let ends_um: Vec<_> = ends_um.into_iter().map(|ends| ends.map(raised)).collect();
        let diameters_um: Vec<f64> = (0..count).map(|_| log_uniform(rng, DIAMETERS_UM)).collect();
        let geometry = CompartmentGeometry::new(&ends_um, &diameters_um).map_err(text)?;
        let mut slice = Self {
            ends_um,
            geometry,
            on_array_um: on_array_um.into_iter().map(raised).collect(),
            inside_um: inside_um.into_iter().map(raised).collect(),
            tissue_s_per_m,
            saline_s_per_m,
            glass_s_per_m,
            thickness_um,
            array_z_um,
            steps: 0,
        };
        // Over an insulator, only what the saline reflects makes images weaker.
        slice.steps = 1 + (LEFT_OUT.ln() / slice.to_saline().abs().ln()).ceil() as usize;
        Ok(slice)
    }

    /// What the saline reflects.
    pub(super) fn to_saline(&self) -> f64 {
        (self.tissue_s_per_m - self.saline_s_per_m) / (self.tissue_s_per_m + self.saline_s_per_m)
    }

    /// Heights from the array, µm, and weights of the places from which an electrode on the array sees a compartment, over
    /// an insulator.
    pub(super) fn sites_of_electrodes_on_array(&self) -> impl Iterator<Item = (f64, f64)> {
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let site = move |n: i32| {
            let z_um = 2.0 * f64::from(n) * self.thickness_um;
            (z_um, self.to_saline().powi(n.abs()))
        };
        (1 - steps..steps).map(site)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "ends_um": self.ends_um,
            "diameters_um": self.geometry.diameters_um(),
            "on_array_um": self.on_array_um,
            "inside_um": self.inside_um,
            "tissue_s_per_m": self.tissue_s_per_m,
            "saline_s_per_m": self.saline_s_per_m,
            "glass_s_per_m": self.glass_s_per_m,
            "thickness_um": self.thickness_um,
            "array_z_um": self.array_z_um,
            "steps": self.steps,
        })
    }

    /// Points over this glass, others over an insulator.
    pub(super) fn model(&self, sources: SourceShape) -> Outcome<SliceOnArray> {
        let mut config = SliceConfig::default();
        config.tissue_s_per_m = self.tissue_s_per_m;
        config.saline_s_per_m = self.saline_s_per_m;
        config.glass_s_per_m = if sources == SourceShape::Point { self.glass_s_per_m } else { 0.0 };
        config.thickness_um = self.thickness_um;
        config.array_z_um = self.array_z_um;
        config.sources = sources;
        config.build().map_err(text)
    }
}
