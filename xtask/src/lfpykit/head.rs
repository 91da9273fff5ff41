//! Random heads of four spheres, with a dipole, electrodes and magnetic sensors.

use apical_extracellular::LayeredSphere;
use rand::Rng;
use serde_json::{Value, json};

use super::draw::{
    across, along_an_axis, cross, direction, happens, log_uniform, moved, norm, uniform,
};
use crate::Outcome;
use crate::workspace::text;

/// A dipole is at most this near to an electrode, seen from the centre: LFPykit's series get long.
const LARGEST_RATIO: f64 = 0.98;
/// Share of heads with electrodes straight above, opposite and at right angles.
const STRAIGHT: f64 = 0.25;

/// A head and what is in and around it.
#[derive(Debug)]
pub(super) struct Head {
    radii_um: [f64; 4],
    sigmas_s_per_m: [f64; 4],
    pub(super) dipole_um: [f64; 3],
    pub(super) electrodes_um: Vec<[f64; 3]>,
    pub(super) sensors_um: Vec<[f64; 3]>,
}

impl Head {
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        let usual = LayeredSphere::four_sphere();
        let (mut radii_um, mut sigmas_s_per_m) = ([0.0; 4], [0.0; 4]);
        radii_um.copy_from_slice(usual.radii_um());
        sigmas_s_per_m.copy_from_slice(usual.conductivities_s_per_m());
        if happens(rng, 0.5) {
            radii_um[0] = log_uniform(rng, [5e3, 100e3]);
            for shell in 1..4 {
                radii_um[shell] = radii_um[shell - 1] * (1.0 + log_uniform(rng, [0.005, 0.2]));
            }
            sigmas_s_per_m = sigmas_s_per_m.map(|_| log_uniform(rng, [0.01, 3.0]));
        }
        let distance_um = radii_um[0] * LARGEST_RATIO * (1.0 - log_uniform(rng, [1e-3, 0.95]));
        let up = if happens(rng, 0.1) { along_an_axis(rng) } else { direction(rng) };
        let dipole_um = up.map(|component| component * distance_um);
        let lowest_um = norm(dipole_um) / LARGEST_RATIO;

        let mut electrodes_um = Vec::new();
        for shell in 0..4 {
            let inner_um = if shell == 0 { lowest_um } else { radii_um[shell - 1] };
            for _ in 0..2 {
                let range_um = [inner_um.max(lowest_um), radii_um[shell]];
                let distance_um = uniform(rng, range_um);
                electrodes_um.push(direction(rng).map(|component| component * distance_um));
            }
        }
        // On the scalp; by rounding it must not be outside.
        let scalp_um = radii_um[3] * (1.0 - 1e-12);
        electrodes_um.push(direction(rng).map(|component| component * scalp_um));
        if happens(rng, STRAIGHT) {
            electrodes_um.push(up.map(|component| component * scalp_um));
            electrodes_um.push(up.map(|component| component * -scalp_um));
            electrodes_um.push(across(rng, up).map(|component| component * scalp_um));
            // At a right angle to the tangential part of a moment along x.
            let beside = cross(up, [1.0, 0.0, 0.0]);
            let (along, off) = (uniform(rng, [-0.9, 0.9]), norm(beside));
            if off > 0.0 {
                let out = moved(up.map(|x| x * along), (1.0 - along * along).sqrt() / off, beside);
                electrodes_um.push(out.map(|component| component * scalp_um));
            }
        }
        let sensor = |rng: &mut _| {
            let distance_um = radii_um[3] * uniform(rng, [1.001, 2.0]);
            moved([0.0; 3], distance_um, direction(rng))
        };
        let sensors_um = (0..6).map(|_| sensor(rng)).collect();
        Self { radii_um, sigmas_s_per_m, dipole_um, electrodes_um, sensors_um }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "radii_um": self.radii_um,
            "sigmas_s_per_m": self.sigmas_s_per_m,
            "dipole_um": self.dipole_um,
            "electrodes_um": self.electrodes_um,
            "sensors_um": self.sensors_um,
        })
    }

    pub(super) fn sphere(&self) -> Outcome<LayeredSphere> {
        LayeredSphere::new(&self.radii_um, &self.sigmas_s_per_m).map_err(text)
    }
}
