//! Probes from a line of text.

use apical_extracellular::{
    Laminar, Neuropixels, PlanarArray, Polytrode, Probe, SphericalGrid, Tetrode,
};
use proptest::prelude::*;

const SOMA_UM: [f64; 3] = [10.0, -20.0, 30.0];

fn read(text: &str) -> Probe {
    Probe::from_description(text, SOMA_UM).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn message(text: &str) -> String {
    Probe::from_description(text, SOMA_UM).unwrap_err().to_string()
}

#[test]
fn a_kind_alone_is_the_default_beside_the_soma() {
    let defaults = [
        ("laminar", Laminar::default().build()),
        ("tetrode", Tetrode::default().build()),
        ("polytrode", Polytrode::default().build()),
        ("neuropixels", Neuropixels::default().build()),
        ("array", PlanarArray::default().build()),
        ("sphere", SphericalGrid::default().build()),
    ];
    for (kind, probe) in defaults {
        let expected = probe.unwrap().translated(SOMA_UM).unwrap();
        assert_eq!(read(kind), expected);
        assert_eq!(read(&format!(" {kind} : ")), expected);
        assert_eq!(expected.name(), kind);
    }
    assert_eq!(read("six"), Probe::six_around(SOMA_UM).unwrap());
    let laminar = Probe::from_description("laminar", [0.0; 3]).unwrap();
    assert_eq!(laminar[0].position_um(), [50.0, 1200.0, 0.0]);
    assert_eq!(laminar[15].position_um(), [50.0, -300.0, 0.0]);
}

#[test]
fn keys_change_the_default() {
    let mut laminar = Laminar::default();
    (laminar.contacts, laminar.pitch_um, laminar.first_um) = (4, 25.5, [-1.0, 2.0, -3.5]);
    (laminar.axis, laminar.facing) = ([1.0, -1.0, 0.5], [0.0, 0.0, -1.0]);
    laminar.contact_radius_um = Some(7.5);
    assert_eq!(
        read("laminar:n=4, pitch=25.5,x=-1,y=2,z=-3.5,axis=1/-1/0.5,facing=-z,radius=7.5"),
        laminar.build().unwrap().translated(SOMA_UM).unwrap()
    );

    let mut polytrode = Polytrode::default();
    (polytrode.columns, polytrode.rows, polytrode.stagger_um) = (3, 10, -12.5);
    (polytrode.column_pitch_um, polytrode.row_pitch_um) = (18.0, 25.0);
    polytrode.contact_radius_um = None;
    assert_eq!(
        read("polytrode:columns=3,rows=10,column_pitch=18,row_pitch=25,stagger=-12.5,radius=none"),
        polytrode.build().unwrap().translated(SOMA_UM).unwrap()
    );

    let mut tetrode = Tetrode::default();
    (tetrode.spacing_um, tetrode.axis, tetrode.center_um[0]) = (30.0, [1.0, 0.0, 0.0], 20.0);
    assert_eq!(
        read("tetrode:spacing=30,axis=x,x=20"),
        tetrode.build().unwrap().translated(SOMA_UM).unwrap()
    );
}

#[test]
fn sites_are_relative_to_the_soma() {
    let probe = read("site:30,0,0;-5,1e2, 0.5");
    assert_eq!(probe[0].position_um(), [40.0, -20.0, 30.0]);
    assert_eq!(probe[1].position_um(), [5.0, 80.0, 30.5]);
}

#[test]
fn errors_name_what_is_wrong_and_what_is_allowed() {
    let kinds = "six, site, laminar, tetrode, polytrode, neuropixels, array, sphere";
    let place = "expected three finite numbers as 30,0,0";
    let cases = [
        ("octrode:n=8", format!("there is no probe \"octrode\", only {kinds}")),
        ("", format!("there is no probe \"\", only {kinds}")),
        ("six:n=6", "six: there is no key \"n=6\", it has none".into()),
        (
            "sphere:pitch=3",
            "sphere: there is no key \"pitch\", only n, radius, x, y, z".into(),
        ),
        ("sphere:16", "sphere: there is no key \"16\", only n, radius, x, y, z".into()),
        ("laminar:n=4,pitch=5,n=4", "laminar: n is given twice".into()),
        ("laminar:n", "laminar: n cannot be \"\", expected a whole number".into()),
        ("laminar:n=-1", "laminar: n cannot be \"-1\", expected a whole number".into()),
        ("laminar:n=1.5", "laminar: n cannot be \"1.5\", expected a whole number".into()),
        ("laminar:x=NaN", "laminar: x cannot be \"NaN\", expected a finite number".into()),
        ("laminar:pitch=inf", "laminar: pitch cannot be \"inf\", expected a finite number".into()),
        (
            "laminar:radius=big",
            "laminar: radius cannot be \"big\", expected a finite number, or none for points".into(),
        ),
        (
            "laminar:axis=up",
            "laminar: axis cannot be \"up\", expected x, y, z, -x, -y, -z or three numbers as 1/-1/0"
                .into(),
        ),
        (
            "laminar:axis=1/2",
            "laminar: axis cannot be \"1/2\", expected x, y, z, -x, -y, -z or three numbers as 1/-1/0"
                .into(),
        ),
        (
            "laminar:pitch=-5",
            "distance between contacts (µm): -5 is not a positive finite number".into(),
        ),
        ("laminar:n=0", "contacts: 0 is not in 1 to 100000".into()),
        ("neuropixels:n=1000", "contacts: 1000 is not in 1 to 960".into()),
        ("tetrode:axis=0/0/0", "length of the axis: 0 is not a positive finite number".into()),
        ("site", format!("site: a place cannot be \"\", {place}")),
        ("site:1,2", format!("site: a place cannot be \"1,2\", {place}")),
        ("site:1,2,3;1,2,3,4", format!("site: a place cannot be \"1,2,3,4\", {place}")),
        ("site:1,2,inf", format!("site: a place cannot be \"1,2,inf\", {place}")),
        ("site:1,2,3;", format!("site: a place cannot be \"\", {place}")),
    ];
    for (text, expected) in cases {
        assert_eq!(message(text), expected, "{text}");
    }
    let error = Probe::from_description("six", [0.0, f64::NAN, 0.0]).unwrap_err();
    assert_eq!(error.to_string(), "middle of the soma (µm): NaN is not a finite number");
}

#[test]
fn the_help_can_be_typed() {
    let help = Probe::description_help();
    let mut kind = "";
    let mut keys = 0;
    for line in help.lines() {
        let word = line.split_whitespace().next().unwrap();
        if let Some(name) = line.split(":key").next().filter(|_| line.contains(":key=value")) {
            kind = name;
        } else if line.starts_with("  ") && word.contains('=') {
            keys += 1;
            // The default as it is shown changes nothing.
            assert_eq!(read(&format!("{kind}:{word}")), read(kind));
        }
    }
    assert_eq!(keys, 8 + 6 + 11 + 6 + 7 + 5);
    assert!(help.contains("  axis=-y"));
}

proptest! {
    #[test]
    fn no_text_panics(text in "(six|site|laminar|tetrode|polytrode|neuropixels|array|sphere)?[:;,=/a-z0-9. -]{0,30}") {
        let _ = Probe::from_description(&text, SOMA_UM);
    }

    #[test]
    fn no_value_panics(
        kind in "laminar|tetrode|polytrode|neuropixels|array|sphere",
        key in "n|pitch|x|y|z|axis|facing|radius|spacing|columns|rows|column_pitch|row_pitch|stagger",
        value in "[-]?[0-9]{1,25}(e-?[0-9]{1,3})?|x|-x|y|none|1e308/1e308/0|1e-200/0/0|0/0/0",
    ) {
        let _ = Probe::from_description(&format!("{kind}:{key}={value}"), SOMA_UM);
    }
}
