//! Probes from files of probeinterface, and to them.

use apical_extracellular::{
    Contact, Electrode, Laminar, Neuropixels, Polytrode, Probe, SphericalGrid, Tetrode,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const TETRODE: &str = include_str!("../data/probeinterface/tetrode.probe");
const LINEAR: &str = include_str!("../data/probeinterface/linear_rectangles.probe");
const NEUROPIXELS: &str = include_str!("../data/probeinterface/neuropixels.probe");
const TURNED: &str = include_str!("../data/probeinterface/turned_3d.probe");
const GROUP: &str = include_str!("../data/probeinterface/group.probe");

const X: [f64; 3] = [1.0, 0.0, 0.0];
const Y: [f64; 3] = [0.0, 1.0, 0.0];
const Z: [f64; 3] = [0.0, 0.0, 1.0];

fn read(json: &str) -> Vec<Probe> {
    Probe::from_probeinterface(json).unwrap()
}

/// The only probe of a file.
fn read_one(json: &str) -> Probe {
    <[Probe; 1]>::try_from(read(json)).unwrap()[0].clone()
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
}

/// Whether two electrodes are the same but for rounding.
fn same(a: &Electrode, b: &Electrode) -> bool {
    let contacts = match (a.contact(), b.contact()) {
        (Contact::Point, Contact::Point) => true,
        (Contact::Disc { radius_um: a, normal: u }, Contact::Disc { radius_um: b, normal: v }) => {
            a == b && near(&u, &v)
        }
        (Contact::Rectangle { half_sides_um: a }, Contact::Rectangle { half_sides_um: b }) => {
            near(a.as_flattened(), b.as_flattened())
        }
        _ => false,
    };
    contacts && near(&a.position_um(), &b.position_um())
}

fn assert_same(found: &Probe, expected: &[Electrode]) {
    assert_eq!(found.electrodes().len(), expected.len());
    for (found, expected) in found.electrodes().iter().zip(expected) {
        assert!(same(found, expected), "{found:?} is not {expected:?}");
    }
}

#[test]
fn a_tetrode_lies_in_the_plane_of_x_and_y() {
    let disc = Contact::disc(6.0, Z).unwrap();
    let places_um = [[12.5, 0.0, 0.0], [0.0, 12.5, 0.0], [-12.5, 0.0, 0.0], [0.0, -12.5, 0.0]];
    let probe = read_one(TETRODE);
    assert_same(&probe, &places_um.map(|place_um| Electrode::new(place_um, disc)));
    assert_eq!((probe.name(), probe.ids().join(" ").as_str()), ("0", "0 1 2 3"));
}

#[test]
fn rectangles_have_their_width_along_the_first_axis() {
    // One of its annotations is not a number.
    assert!(LINEAR.contains("NaN"));
    let probe = read_one(LINEAR);
    let rectangle = Contact::rectangle([10.0, 20.0], [X, Y]).unwrap();
    let electrode = |i| Electrode::new([0.0, 50.0 * f64::from(i), 0.0], rectangle);
    assert_same(&probe, &(0..8).map(electrode).collect::<Vec<_>>());
    assert_eq!(probe.name(), "linear");
}

#[test]
fn neuropixels_is_that_of_probeinterface() {
    let mut ours = Neuropixels::default();
    (ours.contacts, ours.base_um, ours.facing) = (24, [24.0, 0.0, 0.0], Z);
    let ours = ours.build().unwrap();
    let probe = read_one(NEUROPIXELS);
    assert_same(&probe, ours.electrodes());
    assert_eq!((probe.name(), probe.ids()), ("NP1000", ours.ids()));
}

#[test]
fn contacts_in_space_face_what_their_axes_span() {
    // A tetrode in the plane of x and z, which faces −y, moved, and turned by 30° around y.
    let probe = read_one(TURNED);
    let disc = Contact::disc(6.0, [0.0, -1.0, 0.0]).unwrap();
    let (sine, cosine) = 30.0_f64.to_radians().sin_cos();
    let place = |dx: f64, dz: f64| {
        let (x, z) = (100.0 + dx, 300.0 + dz);
        Electrode::new([x * cosine + z * sine, 200.0, z * cosine - x * sine], disc)
    };
    let expected = [place(20.0, 0.0), place(0.0, 20.0), place(-20.0, 0.0), place(0.0, -20.0)];
    assert_same(&probe, &expected);
    assert_eq!(probe.ids().join(" "), "a b c d");
}

#[test]
fn a_group_is_several_probes() {
    let probes = read(GROUP);
    assert_eq!(probes.iter().map(Probe::name).collect::<Vec<_>>(), ["left", "right"]);
    let disc = Contact::disc(6.0, Z).unwrap();
    assert!(same(&probes[0][1], &Electrode::new([0.0, 10.0, 0.0], disc)));
    let square = Contact::rectangle([12.0; 2], [[1.0, -1.0, 0.0], [1.0, 1.0, 0.0]]).unwrap();
    let places_um =
        [[250.0, 0.0], [250.0, 40.0], [250.0, 80.0], [280.0, 20.0], [280.0, 60.0], [280.0, 100.0]];
    assert_same(&probes[1], &places_um.map(|[x, y]| Electrode::new([x, y, 0.0], square)));
}

#[test]
fn what_is_written_is_read() {
    let mut tetrode = Tetrode::default();
    tetrode.axis = [0.3, -0.9, 0.2];
    let turn = [[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]];
    let mut laminar = Laminar::default();
    laminar.contact_radius_um = Some(1e-3);
    let mut probes = vec![
        Probe::six_around([1.0, 2.0, 3.0]).unwrap(),
        laminar.build().unwrap().named("\"µ-laminar\"\n"),
        tetrode.build().unwrap(),
        Polytrode::default().build().unwrap().rotated(turn).unwrap(),
        Neuropixels::default().build().unwrap().rotated(turn).unwrap(),
        SphericalGrid::default().build().unwrap(),
    ];
    probes.extend([TETRODE, LINEAR, NEUROPIXELS, TURNED, GROUP].into_iter().flat_map(read));
    let again = read(&Probe::to_probeinterface(&probes));
    assert_eq!(again.len(), probes.len());
    for (again, probe) in again.iter().zip(&probes) {
        assert_eq!((again.name(), again.ids()), (probe.name(), probe.ids()));
        assert_same(again, probe.electrodes());
    }
    assert!(read(&Probe::to_probeinterface(&[])).is_empty());
}

/// A file of two probes, to be changed.
fn file() -> Value {
    let probe = json!({
        "ndim": 3, "si_units": "mm",
        "contact_positions": [[0.0, 0.0, 0.0], [0.0, 0.1, 0.0]],
        "contact_plane_axes": [[X, Y], [X, Y]],
        "contact_shapes": ["circle", "rect"],
        "contact_shape_params": [{"radius": 0.01}, {"width": 0.01, "height": 0.02}],
        "contact_ids": ["a", "b"],
    });
    json!({"specification": "probeinterface", "version": "0.2.21", "probes": [probe.clone(), probe]})
}

/// The file with one of its values changed.
fn changed(pointer: &str, value: Value) -> String {
    let mut file = file();
    *file.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    file.to_string()
}

/// The file whose second probe lacks a field.
fn without(name: &str) -> String {
    let mut file = file();
    file["probes"][1].as_object_mut().unwrap().remove(name).unwrap();
    file.to_string()
}

#[test]
fn units_are_converted() {
    for (unit, um) in [("um", 1.0), ("mm", 1e3), ("m", 1e6)] {
        let probe = &read(&changed("/probes/0/si_units", json!(unit)))[0];
        assert_eq!(probe[1].position_um(), [0.0, 0.1 * um, 0.0]);
        assert_eq!(probe[0].contact(), Contact::disc(0.01 * um, Z).unwrap());
        let rectangle = Contact::rectangle([0.01 * um, 0.02 * um], [X, Y]).unwrap();
        assert_eq!(probe[1].contact(), rectangle);
    }
}

#[test]
fn what_may_be_missing_has_a_default() {
    let ids = |json: &str| read(json)[1].ids().to_vec();
    assert_eq!(ids(&without("contact_ids")), ["0", "1"]);
    assert_eq!(ids(&changed("/probes/1/contact_ids", json!(["", ""]))), ["0", "1"]);
    assert_eq!(ids(&changed("/probes/1/contact_ids", Value::Null)), ["0", "1"]);
    assert_eq!(ids(&changed("/probes/1/contact_ids", json!([7, 8]))), ["7", "8"]);
    let mut named = file();
    named["probes"][0]["annotations"] = json!({"name": "", "model_name": "A1x2", "other": null});
    named["probe_ids"] = json!(["left", "right"]);
    named["surprise"] = json!([1]);
    let probes = read(&named.to_string());
    assert_eq!((probes[0].name(), probes[1].name()), ("A1x2", "right"));
    let point = changed("/probes/0/contact_shape_params/0/radius", json!(0));
    assert_eq!(read(&point)[0][0].contact(), Contact::Point);
    // Axes are directions.
    let axes = changed(
        "/probes/0/contact_plane_axes",
        json!([[[0, 0, 5], [9, 0, 0]], [[0, 0, 5], [9, 0, 0]]]),
    );
    assert_eq!(read(&axes)[0][0].contact(), Contact::disc(10.0, Y).unwrap());
    assert_eq!(read(&axes)[0][1].contact(), Contact::rectangle([10.0, 20.0], [Z, X]).unwrap());
}

#[test]
fn errors_name_probe_contact_and_value() {
    let shapes = "\"circle\", \"square\" or \"rect\"";
    let long = "x".repeat(100);
    let cases = [
        (json!([]).to_string(), "the file is [], expected an object".into()),
        (
            changed("/specification", json!("neo")),
            "specification is \"neo\", expected \"probeinterface\"".into(),
        ),
        ("{}".into(), "specification is missing, expected \"probeinterface\"".into()),
        (changed("/probes", json!({})), "probes is {}, expected a list of probes".into()),
        (changed("/probes/1", json!(5)), "probe 1: the probe is 5, expected an object".into()),
        (changed("/probes/1/ndim", json!(4)), "probe 1: ndim is 4, expected 2 or 3".into()),
        (without("ndim"), "probe 1: ndim is missing, expected 2 or 3".into()),
        (
            changed("/probes/0/si_units", json!("inch")),
            "probe 0: si_units is \"inch\", expected \"um\", \"mm\" or \"m\"".into(),
        ),
        (without("si_units"), "probe 1: si_units is missing, expected \"um\", \"mm\" or \"m\"".into()),
        (without("contact_positions"), "probe 1: contact_positions is missing, expected a list".into()),
        (without("contact_shapes"), "probe 1: contact_shapes is missing, expected a list".into()),
        (
            without("contact_shape_params"),
            "probe 1: contact_shape_params is missing, expected a list".into(),
        ),
        (
            without("contact_plane_axes"),
            "probe 1: contact_plane_axes is missing, expected a list".into(),
        ),
        (changed("/probes/0/contact_positions", json!([])), "probe 0: contact_shapes has 2 values for 0 contacts".into()),
        (
            changed("/probes/0/contact_positions/1", json!([0.0, 1.0])),
            "probe 0: contact 1: contact_positions is [0.0,1.0], expected three numbers".into(),
        ),
        (
            changed("/probes/0/contact_positions/1/2", json!("one")),
            "probe 0: contact 1: contact_positions is [0.0,0.1,\"one\"], expected three numbers".into(),
        ),
        (
            changed("/probes/0/contact_positions/1/2", json!(1e307)),
            "probe 0: electrode 1: coordinate inf µm is not a finite number".into(),
        ),
        (
            changed("/probes/1/contact_shapes/0", json!("hexagon")),
            format!("probe 1: contact 0: contact_shapes is \"hexagon\", expected {shapes}"),
        ),
        (
            changed("/probes/1/contact_shapes/0", json!(long)),
            format!("probe 1: contact 0: contact_shapes is \"{}…, expected {shapes}", &long[..59]),
        ),
        (
            changed("/probes/1/contact_shapes", json!(["circle"])),
            "probe 1: contact_shapes has 1 values for 2 contacts".into(),
        ),
        (
            changed("/probes/1/contact_shapes", json!("circle")),
            "probe 1: contact_shapes is \"circle\", expected a list".into(),
        ),
        (
            changed("/probes/1/contact_shape_params", json!([{}, {}, {}])),
            "probe 1: contact_shape_params has 3 values for 2 contacts".into(),
        ),
        (
            changed("/probes/1/contact_shape_params/0", json!({"width": 1})),
            "probe 1: contact 0: contact_shape_params: radius is missing, expected a number".into(),
        ),
        (
            changed("/probes/1/contact_shape_params/1", json!({"width": 1, "height": "2"})),
            "probe 1: contact 1: contact_shape_params: height is \"2\", expected a number".into(),
        ),
        (
            changed("/probes/1/contact_shape_params/0/radius", json!(-2)),
            "probe 1: contact 0: radius of the contact (µm): -2000 is not a positive finite number".into(),
        ),
        (
            changed("/probes/1/contact_shape_params/1/width", json!(0)),
            "probe 1: contact 1: side of the contact (µm): 0 is not a positive finite number".into(),
        ),
        (
            changed("/probes/0/contact_plane_axes", json!([])),
            "probe 0: contact_plane_axes has 0 values for 2 contacts".into(),
        ),
        (
            changed("/probes/0/contact_plane_axes/1", json!([X])),
            "probe 0: contact 1: contact_plane_axes is [[1.0,0.0,0.0]], expected two directions".into(),
        ),
        (
            changed("/probes/0/contact_plane_axes/1/0", json!([1, 0])),
            "probe 0: contact 1: contact_plane_axes is [1,0], expected three numbers".into(),
        ),
        (
            changed("/probes/0/contact_plane_axes/0/0", json!([0, 0, 0])),
            "probe 0: contact 0: length of a direction: 0 is not a positive finite number".into(),
        ),
        (
            changed("/probes/0/contact_plane_axes/0/0", json!(Y)),
            "probe 0: contact 0: the axes of a contact's plane are parallel: the sine of the angle between them is 0".into(),
        ),
        (
            changed("/probes/0/contact_plane_axes/1/0", json!(Y)),
            "probe 0: contact 1: the sides of a contact are not at a right angle: their cosine is 1".into(),
        ),
        (
            changed("/probes/0/contact_ids", json!(["a", "a"])),
            "probe 0: contacts 0 and 1 have the same id, \"a\"".into(),
        ),
        (
            changed("/probes/0/contact_ids", json!(["a"])),
            "probe 0: contact_ids has 1 values for 2 contacts".into(),
        ),
        (
            changed("/probes/0/contact_ids", json!(["a", null])),
            "probe 0: contact 1: contact_ids is null, expected a string".into(),
        ),
        (
            file().to_string().replace("0.1,0.0", "NaN,0.0"),
            "probe 0: contact 1: contact_positions is [0.0,\"NaN\",0.0], expected three numbers".into(),
        ),
        (
            file().to_string().replace("\"radius\":0.01", "\"radius\":-Infinity"),
            "probe 0: contact 0: contact_shape_params: radius is \"-Infinity\", expected a number".into(),
        ),
        ("{\n\"probes\": [}".into(), "not JSON: expected value at line 2 column 12".into()),
        ("[1e999]".into(), "not JSON: number out of range at line 1 column 6".into()),
    ];
    for (json, expected) in cases {
        let error = Probe::from_probeinterface(&json).unwrap_err();
        assert_eq!(error.to_string(), expected, "{json}");
    }
    let empty = r#"{"specification": "probeinterface", "probes": [{"ndim": 2, "si_units": "um",
        "contact_positions": [], "contact_shapes": [], "contact_shape_params": []}]}"#;
    let error = Probe::from_probeinterface(empty).unwrap_err();
    assert_eq!(error.to_string(), "probe 0: a probe without contacts");
}

/// Values that may stand anywhere.
fn odd_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z]{0,3}|circle|rect|square|mm|NaN".prop_map(Value::from),
        prop::collection::vec(any::<f64>(), 0..4).prop_map(Value::from),
        Just(json!({})),
        Just(json!([[[], []]])),
    ]
}

/// Pointers to all values within a value.
fn pointers(value: &Value, path: &str, all: &mut Vec<String>) {
    all.push(path.to_owned());
    if let Some(list) = value.as_array() {
        for (index, value) in list.iter().enumerate() {
            pointers(value, &format!("{path}/{index}"), all);
        }
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        pointers(value, &format!("{path}/{key}"), all);
    }
}

proptest! {
    #[test]
    fn no_value_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd_values()), 1..4),
    ) {
        let mut file = file();
        for (index, value) in changes {
            let mut all = Vec::new();
            pointers(&file, "", &mut all);
            *file.pointer_mut(&all[index.index(all.len())]).unwrap() = value;
        }
        let _ = Probe::from_probeinterface(&file.to_string());
    }

    #[test]
    fn no_text_panics(
        start in any::<prop::sample::Index>(),
        length in 0_usize..200,
        insertion in "[\\[\\]{}\",:0-9A-Za-z\\\\µ.-]{0,8}",
    ) {
        let mut bytes = GROUP.as_bytes().to_vec();
        let start = start.index(bytes.len());
        let end = bytes.len().min(start + length);
        bytes.splice(start..end, insertion.bytes());
        let _ = Probe::from_probeinterface(&String::from_utf8_lossy(&bytes));
        let _ = Probe::from_probeinterface(&insertion);
    }

    #[test]
    fn what_is_read_from_a_changed_file_can_be_written(
        index in any::<prop::sample::Index>(),
        number in any::<f64>(),
    ) {
        let mut file = file();
        let mut all = Vec::new();
        pointers(&file, "", &mut all);
        all.retain(|pointer| file.pointer(pointer).unwrap().is_number());
        *file.pointer_mut(&all[index.index(all.len())]).unwrap() = Value::from(number);
        if let Ok(probes) = Probe::from_probeinterface(&file.to_string()) {
            let again = Probe::from_probeinterface(&Probe::to_probeinterface(&probes));
            prop_assert_eq!(again.unwrap().len(), probes.len());
        }
    }
}
