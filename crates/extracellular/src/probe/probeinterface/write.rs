use serde_json::{Value, json};

use crate::electrode::{across, norm};
use crate::probe::Probe;
use crate::{Contact, Electrode};

/// The version of probeinterface whose layout this is.
const VERSION: &str = "0.4.2";

pub(super) fn write(probes: &[Probe]) -> String {
    let probes: Vec<Value> = probes.iter().map(probe).collect();
    let file = json!({"specification": "probeinterface", "version": VERSION, "probes": probes});
    format!("{file:#}\n")
}

fn probe(probe: &Probe) -> Value {
    let electrodes = probe.electrodes();
    let shapes: Vec<_> = electrodes.iter().map(|electrode| shape(electrode.contact())).collect();
    let column = |value: fn(&Shape) -> Value| shapes.iter().map(value).collect::<Vec<_>>();
    json!({
        "ndim": 3,
        "si_units": "um",
        "annotations": {"name": probe.name(), "model_name": probe.name(), "manufacturer": ""},
        "contact_positions": electrodes.iter().map(Electrode::position_um).collect::<Vec<_>>(),
        "contact_plane_axes": column(|shape| json!(shape.plane)),
        "contact_shapes": column(|shape| json!(shape.name)),
        "contact_shape_params": column(|shape| shape.parameters.clone()),
        "contact_ids": probe.ids(),
    })
}

struct Shape {
    name: &'static str,
    parameters: Value,
    plane: [[f64; 3]; 2],
}

fn shape(contact: Contact) -> Shape {
    match contact {
        Contact::Point => Shape {
            name: "circle",
            parameters: json!({"radius": 0.0}),
            plane: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        },
        Contact::Disc { radius_um, normal } => Shape {
            name: "circle",
            parameters: json!({"radius": radius_um}),
            plane: across(normal),
        },
        Contact::Rectangle { half_sides_um } => {
            let [width, height] = half_sides_um.map(|half| 2.0 * norm(half));
            let plane = half_sides_um.map(|half| half.map(|side| side / norm(half)));
            if width == height {
                Shape { name: "square", parameters: json!({"width": width}), plane }
            } else {
                Shape { name: "rect", parameters: json!({"width": width, "height": height}), plane }
            }
        }
    }
}
