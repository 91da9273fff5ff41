use nalgebra::Vector3;
use serde_json::{Map, Value};

use super::strict::strict;
use crate::probe::plane::{right_angle, unit};
use crate::probe::{Probe, in_contact};
use crate::{Contact, Electrode, ExtracellularError};

type Object = Map<String, Value>;

pub(super) fn read(json: &str) -> Result<Vec<Probe>, ExtracellularError> {
    let file: Value = serde_json::from_str(&strict(json)).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ExtracellularError::NotJson { line, column, message: error.to_string() }
    })?;
    let Some(file) = file.as_object() else {
        return Err(field("the file", Some(&file), "an object"));
    };
    let specification = file.get("specification");
    if specification.and_then(Value::as_str) != Some("probeinterface") {
        return Err(field("specification", specification, "\"probeinterface\""));
    }
    let probes = file.get("probes");
    let list = probes
        .and_then(Value::as_array)
        .ok_or_else(|| field("probes", probes, "a list of probes"))?;
    let ids = file.get("probe_ids").and_then(Value::as_array);
    let probe = |(index, value): (usize, &Value)| {
        let id = ids.and_then(|ids| ids.get(index)).and_then(Value::as_str);
        let id = id.map_or_else(|| index.to_string(), str::to_owned);
        read_probe(value, id)
            .map_err(|error| ExtracellularError::InProbe { probe: index, source: Box::new(error) })
    };
    list.iter().enumerate().map(probe).collect()
}

fn read_probe(value: &Value, id: String) -> Result<Probe, ExtracellularError> {
    let Some(probe) = value.as_object() else {
        return Err(field("the probe", Some(value), "an object"));
    };
    let ndim = match present(probe, "ndim").and_then(Value::as_u64) {
        Some(2) => 2,
        Some(3) => 3,
        _ => return Err(field("ndim", probe.get("ndim"), "2 or 3")),
    };
    let unit_um = match present(probe, "si_units").and_then(Value::as_str) {
        Some("um") => 1.0,
        Some("mm") => 1e3,
        Some("m") => 1e6,
        _ => return Err(field("si_units", probe.get("si_units"), "\"um\", \"mm\" or \"m\"")),
    };
    let positions = present(probe, "contact_positions")
        .and_then(Value::as_array)
        .ok_or_else(|| field("contact_positions", probe.get("contact_positions"), "a list"))?;
    let contacts = positions.len();
    let list = |name| list(probe, name, contacts);
    let missing = |name| field(name, None, "a list");
    let shapes = list("contact_shapes")?.ok_or_else(|| missing("contact_shapes"))?;
    let parameters =
        list("contact_shape_params")?.ok_or_else(|| missing("contact_shape_params"))?;
    let planes = list("contact_plane_axes")?;
    if planes.is_none() && ndim == 3 {
        return Err(missing("contact_plane_axes"));
    }
    let electrode = |index: usize| {
        let position = vector("contact_positions", &positions[index], ndim)?;
        let plane = planes.map_or(Ok(PLANE), |planes| plane(&planes[index], ndim))?;
        let contact = contact(&shapes[index], &parameters[index], plane, unit_um)?;
        Ok(Electrode::new(position.map(|coordinate| coordinate * unit_um), contact))
    };
    let electrodes = (0..contacts)
        .map(|index| electrode(index).map_err(in_contact(index)))
        .collect::<Result<Vec<_>, _>>()?;
    let name = name(probe).unwrap_or(id);
    match list("contact_ids")? {
        // Older files have empty ids where there are none.
        Some(ids) if ids.iter().any(|id| id.as_str() != Some("")) => {
            let id = |(index, id)| contact_id(id).map_err(in_contact(index));
            let ids = ids.iter().enumerate().map(id).collect::<Result<_, _>>()?;
            Probe::new(name, ids, electrodes)
        }
        _ => Probe::numbered(name, electrodes),
    }
}

/// The plane of a contact that has no other.
const PLANE: [[f64; 3]; 2] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];

/// A field that is not null.
fn present<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A list with a value for each contact, if there is one.
fn list<'a>(
    probe: &'a Object,
    name: &'static str,
    contacts: usize,
) -> Result<Option<&'a [Value]>, ExtracellularError> {
    let Some(value) = present(probe, name) else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| field(name, Some(value), "a list"))?;
    if list.len() == contacts {
        Ok(Some(list))
    } else {
        Err(ExtracellularError::FieldLength { field: name, contacts, found: list.len() })
    }
}

fn name(probe: &Object) -> Option<String> {
    let annotations = probe.get("annotations")?.as_object()?;
    let annotation = |key| annotations.get(key).and_then(Value::as_str);
    let name = |key| annotation(key).filter(|name: &&str| !name.is_empty());
    name("name").or_else(|| name("model_name")).map(str::to_owned)
}

/// An id, which may have been a number.
fn contact_id(id: &Value) -> Result<String, ExtracellularError> {
    match id {
        Value::String(id) => Ok(id.clone()),
        Value::Number(id) => Ok(id.to_string()),
        _ => Err(field("contact_ids", Some(id), "a string")),
    }
}

/// Two directions.
fn plane(value: &Value, ndim: usize) -> Result<[[f64; 3]; 2], ExtracellularError> {
    const NAME: &str = "contact_plane_axes";
    match value.as_array().map(Vec::as_slice) {
        Some([a, b]) => Ok([vector(NAME, a, ndim)?, vector(NAME, b, ndim)?]),
        _ => Err(field(NAME, Some(value), "two directions")),
    }
}

/// A vector, of two dimensions in the plane z = 0.
fn vector(name: &'static str, value: &Value, ndim: usize) -> Result<[f64; 3], ExtracellularError> {
    let expected = if ndim == 2 { "two numbers" } else { "three numbers" };
    let wrong = || field(name, Some(value), expected);
    let list = value.as_array().filter(|list| list.len() == ndim).ok_or_else(wrong)?;
    let mut vector = [0.0; 3];
    for (component, value) in vector.iter_mut().zip(list) {
        *component = value.as_f64().ok_or_else(wrong)?;
    }
    Ok(vector)
}

fn contact(
    shape: &Value,
    parameters: &Value,
    plane: [[f64; 3]; 2],
    unit_um: f64,
) -> Result<Contact, ExtracellularError> {
    let length = |path: &'static str, name: &str| {
        let value = parameters.get(name);
        let length = value.and_then(Value::as_f64).map(|length| length * unit_um);
        length.ok_or_else(|| field(path, value, "a number"))
    };
    let width = || length("contact_shape_params: width", "width");
    match shape.as_str() {
        Some("circle") => {
            let radius_um = length("contact_shape_params: radius", "radius")?;
            if radius_um == 0.0 { Ok(Contact::Point) } else { disc(radius_um, plane) }
        }
        Some("square") => {
            let width_um = width()?;
            Contact::rectangle([width_um; 2], plane)
        }
        Some("rect") => {
            let height_um = length("contact_shape_params: height", "height")?;
            Contact::rectangle([width()?, height_um], plane)
        }
        _ => Err(field("contact_shapes", Some(shape), "\"circle\", \"square\" or \"rect\"")),
    }
}

/// A disc in a plane.
fn disc(radius_um: f64, plane: [[f64; 3]; 2]) -> Result<Contact, ExtracellularError> {
    let [a, b]: [Vector3<f64>; 2] =
        [unit("length of a direction", plane[0])?, unit("length of a direction", plane[1])?];
    let normal = right_angle("the axes of a contact's plane", a, b)?;
    Contact::disc(radius_um, normal.into())
}

/// A field that is not what it should be.
fn field(name: &'static str, found: Option<&Value>, expected: &'static str) -> ExtracellularError {
    let found = found.map(|value| {
        let text = value.to_string();
        match text.char_indices().nth(LONGEST_VALUE) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    });
    ExtracellularError::Field { field: name, found, expected }
}

/// Characters of a value that an error shows.
const LONGEST_VALUE: usize = 60;
