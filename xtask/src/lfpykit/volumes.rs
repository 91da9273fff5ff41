//! Random layers and boxes around a neuron.

use apical_extracellular::{Layer, RectilinearGrid};
use apical_morphology::CompartmentGeometry;
use rand::Rng;
use serde_json::{Value, json};

use super::draw::{index, log_uniform, uniform};
use crate::Outcome;
use crate::workspace::text;

/// The mantle is further away than any compartment.
const RADIUS_UM: f64 = 1e6;
const LAYERS: usize = 8;
const THICKNESSES_UM: [f64; 2] = [20.0, 300.0];
const BOXES: [usize; 3] = [3, 4, 5];
const WIDTHS_UM: [f64; 2] = [10.0, 300.0];

/// Layers across z, and a grid.
#[derive(Debug)]
pub(super) struct Volumes {
    pub(super) layers: Vec<Layer>,
    pub(super) grid: RectilinearGrid,
}

impl Volumes {
    pub(super) fn new(rng: &mut impl Rng, geometry: &CompartmentGeometry) -> Outcome<Self> {
        let middle_um = geometry.center_um(index(rng, geometry.len()));
        let layers = Layer::stack(&edges(rng, middle_um[2], LAYERS, THICKNESSES_UM), RADIUS_UM)
            .map_err(text)?;
        let edges_um = [0, 1, 2].map(|axis| edges(rng, middle_um[axis], BOXES[axis], WIDTHS_UM));
        let grid = RectilinearGrid::new(edges_um).map_err(text)?;
        Ok(Self { layers, grid })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "layers_um": self.layers.iter().map(Layer::bounds_um).collect::<Vec<_>>(),
            "radius_um": RADIUS_UM,
            "edges_um": self.grid.edges_um(),
        })
    }

    /// Lowest and highest corner of a box.
    pub(super) fn corners_um(&self, number: usize) -> [[f64; 3]; 2] {
        let [_, y, z] = self.grid.shape();
        let cells = [number / (y * z), number / z % y, number % z];
        [0, 1].map(|upper| [0, 1, 2].map(|axis| self.grid.edges_um()[axis][cells[axis] + upper]))
    }
}

/// Around a place.
fn edges(rng: &mut impl Rng, middle_um: f64, count: usize, widths_um: [f64; 2]) -> Vec<f64> {
    let widths: Vec<f64> = (0..count).map(|_| log_uniform(rng, widths_um)).collect();
    let lowest = middle_um - widths.iter().sum::<f64>() * uniform(rng, [0.2, 0.8]);
    let mut edges = vec![lowest];
    edges.extend(widths.iter().scan(lowest, |edge, width| {
        *edge += width;
        Some(*edge)
    }));
    edges
}
