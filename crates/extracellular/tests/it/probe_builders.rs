//! Where the contacts of probes are, how large, and which way they face.

use std::f64::consts::PI;

use apical_extracellular::{
    Contact, Electrode, Laminar, Neuropixels, PlanarArray, Polytrode, Probe, SphericalGrid, Tetrode,
};

fn positions_um(probe: &Probe) -> Vec<[f64; 3]> {
    probe.electrodes().iter().map(Electrode::position_um).collect()
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn assert_near(a: [f64; 3], b: [f64; 3]) {
    assert!(distance(a, b) < 1e-12, "{a:?} is not {b:?}");
}

/// The radius and direction of all contacts.
fn disc(probe: &Probe) -> (f64, [f64; 3]) {
    let contact = probe[0].contact();
    assert!(probe.electrodes().iter().all(|electrode| electrode.contact() == contact));
    match contact {
        Contact::Disc { radius_um, normal } => (radius_um, normal),
        other => panic!("{other:?} is not a disc"),
    }
}

#[test]
fn points_are_in_the_order_given() {
    let places_um = [[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0], [1.0, 2.0, 3.0]];
    let probe = Probe::points(&places_um).unwrap();
    assert_eq!(positions_um(&probe), places_um);
    assert!(probe.electrodes().iter().all(|electrode| electrode.contact() == Contact::Point));
    assert_eq!((probe.name(), probe.ids()), ("points", &["0", "1", "2"].map(String::from)[..]));
    assert_eq!((probe.index_of("2"), probe.index_of("3")), (Some(2), None));
    assert_eq!(probe.named("mine").name(), "mine");
}

#[test]
fn six_sites_are_around_the_soma() {
    let probe = Probe::six_around([1.0, -2.0, 3.0]).unwrap();
    let expected = [
        [31.0, -2.0, 3.0],
        [-49.0, -102.0, 23.0],
        [41.0, 298.0, 3.0],
        [61.0, 618.0, 13.0],
        [-79.0, 798.0, -17.0],
        [101.0, 998.0, 33.0],
    ];
    assert_eq!(positions_um(&probe), expected);
}

#[test]
fn a_laminar_probe_goes_down_from_its_first_contact() {
    let probe = Laminar::default().build().unwrap();
    let expected: Vec<_> = (0..16).map(|i| [50.0, 1200.0 - 100.0 * f64::from(i), 0.0]).collect();
    assert_eq!(positions_um(&probe), expected);

    let mut laminar = Laminar::default();
    (laminar.contacts, laminar.pitch_um, laminar.contact_radius_um) = (3, 20.0, Some(7.5));
    (laminar.first_um, laminar.axis) = ([1.0, 2.0, 3.0], [3.0, 0.0, 4.0]);
    laminar.facing = [5.0, 0.0, 0.0];
    let probe = laminar.build().unwrap();
    assert_near(probe[1].position_um(), [13.0, 2.0, 19.0]);
    assert_near(probe[2].position_um(), [25.0, 2.0, 35.0]);
    // What is along the axis is taken from the direction faced.
    let (radius_um, normal) = disc(&probe);
    assert_eq!(radius_um, 7.5);
    assert_near(normal, [0.8, 0.0, -0.6]);
}

#[test]
fn points_of_a_laminar_probe_face_nowhere() {
    let mut laminar = Laminar::default();
    laminar.axis = laminar.facing;
    assert_near(laminar.build().unwrap()[15].position_um(), [-1450.0, 1200.0, 0.0]);
}

#[test]
fn a_tetrode_is_a_square_across_its_wires() {
    let mut tetrode = Tetrode::default();
    (tetrode.spacing_um, tetrode.axis) = (20.0, [1.0, -2.0, 0.5]);
    let probe = tetrode.build().unwrap();
    let places_um = positions_um(&probe);
    for i in 0..4 {
        assert!((distance(places_um[i], places_um[(i + 1) % 4]) - 20.0).abs() < 1e-12);
        assert!((distance(places_um[i], places_um[(i + 2) % 4]) - 800.0_f64.sqrt()).abs() < 1e-12);
        let across: f64 =
            (0..3).map(|k| (places_um[i][k] - [50.0, 0.0, 0.0][k]) * tetrode.axis[k]).sum();
        assert!(across.abs() < 1e-12);
    }
    let (radius_um, normal) = disc(&probe);
    assert_eq!(radius_um, 6.35);
    let length = 5.25_f64.sqrt();
    assert_near(normal, tetrode.axis.map(|component| component / length));

    let corners = positions_um(&Tetrode::default().build().unwrap());
    assert!(
        corners.iter().all(|p| (p[0] - 50.0).abs() == 12.5 && p[1] == 0.0 && p[2].abs() == 12.5)
    );
}

#[test]
fn a_polytrode_is_staggered() {
    let probe = Polytrode::default().build().unwrap();
    let places_um = positions_um(&probe);
    assert_eq!(places_um.len(), 32);
    assert_eq!(places_um[0], [50.0, -300.0, -21.65]);
    assert_eq!(places_um[15], [50.0, 450.0, -21.65]);
    assert_eq!(places_um[16], [50.0, -275.0, 21.65]);
    assert_eq!(places_um[31], [50.0, 475.0, 21.65]);
    // Triangles with sides of 50 µm.
    assert!((distance(places_um[0], places_um[16]) - 50.0).abs() < 1e-2);
    assert_eq!(disc(&probe), (7.5, [-1.0, 0.0, 0.0]));

    let mut polytrode = Polytrode::default();
    (polytrode.columns, polytrode.rows, polytrode.stagger_um) = (3, 2, -10.0);
    // Who looks at a shank along −z has +x to the right.
    (polytrode.base_um, polytrode.facing) = ([0.0; 3], [0.0, 0.0, 1.0]);
    let expected = [
        [-43.3, 0.0, 0.0],
        [-43.3, 50.0, 0.0],
        [0.0, -10.0, 0.0],
        [0.0, 40.0, 0.0],
        [43.3, 0.0, 0.0],
        [43.3, 50.0, 0.0],
    ];
    assert_eq!(positions_um(&polytrode.build().unwrap()), expected);
}

#[test]
fn neuropixels_is_a_checkerboard_of_squares() {
    let mut neuropixels = Neuropixels::default();
    // In the plane of probeinterface, whose origin is the left column.
    (neuropixels.base_um, neuropixels.facing) = ([24.0, 0.0, 0.0], [0.0, 0.0, 1.0]);
    let probe = neuropixels.build().unwrap();
    assert_eq!(probe.electrodes().len(), 384);
    for (site, place_um) in positions_um(&probe).into_iter().enumerate() {
        let x_um = [16.0, 48.0, 0.0, 32.0][site % 4];
        assert_eq!(place_um, [x_um, 20.0 * (site / 2) as f64, 0.0]);
    }
    assert_eq!(probe.ids()[383], "e383");
    let square = Contact::rectangle([12.0; 2], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).unwrap();
    assert!(probe.electrodes().iter().all(|electrode| electrode.contact() == square));

    let beside = Neuropixels::default().build().unwrap();
    let square = Contact::rectangle([12.0; 2], [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]).unwrap();
    assert_eq!(beside[0].contact(), square);
    neuropixels.contacts = 960;
    assert_eq!(neuropixels.build().unwrap()[959].position_um(), [32.0, 9580.0, 0.0]);
}

#[test]
fn an_array_is_a_grid_at_one_height() {
    let probe = PlanarArray::default().build().unwrap();
    let places_um = positions_um(&probe);
    assert_eq!(places_um.len(), 16 * 11);
    assert_eq!(places_um[0], [-500.0, -300.0, -50.0]);
    assert_eq!(places_um[1], [-400.0, -300.0, -50.0]);
    assert_eq!(places_um[11], [-500.0, -200.0, -50.0]);
    assert_eq!(places_um[175], [500.0, 1200.0, -50.0]);
    assert_eq!(disc(&probe), (5.0, [0.0, 0.0, 1.0]));
    let mut array = PlanarArray::default();
    array.contact_radius_um = None;
    assert_eq!(array.build().unwrap()[0].contact(), Contact::Point);
}

#[test]
fn a_spherical_grid_is_even() {
    let mut grid = SphericalGrid::default();
    (grid.points, grid.radius_um, grid.center_um) = (500, 80.0, [10.0, 20.0, 30.0]);
    let places_um = positions_um(&grid.build().unwrap());
    assert_eq!(places_um.len(), 500);
    assert!(places_um.iter().all(|&p| (distance(p, grid.center_um) - 80.0).abs() < 1e-12));
    for (axis, center) in grid.center_um.into_iter().enumerate() {
        let mean = places_um.iter().map(|p| p[axis]).sum::<f64>() / 500.0;
        assert!((mean - center).abs() < 0.01 * 80.0);
    }
    // Each point has its share of the area to itself: the nearest other one is no nearer than in a square grid of 0.85 times
    // the spacing, nor farther than in one of 1.1 times.
    let spacing = 80.0 * (4.0 * PI / 500.0).sqrt();
    for (i, &a) in places_um.iter().enumerate() {
        let others = places_um.iter().enumerate().filter(|(j, _)| *j != i);
        let nearest = others.map(|(_, &b)| distance(a, b)).fold(f64::INFINITY, f64::min);
        assert!((0.85..1.1).contains(&(nearest / spacing)), "{i}: {}", nearest / spacing);
    }
}

#[test]
fn probes_are_moved_and_turned_with_their_contacts() {
    let mut neuropixels = Neuropixels::default();
    (neuropixels.contacts, neuropixels.base_um) = (4, [0.0; 3]);
    let probe = neuropixels.build().unwrap();
    // A turn by a third around the diagonal takes x to y, y to z, z to x.
    let turned = probe.rotated([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).unwrap();
    let moved = turned.translated([1.0, 2.0, 3.0]).unwrap();
    assert_eq!(moved[3].position_um(), [9.0, 2.0, 23.0]);
    let square = Contact::rectangle([12.0; 2], [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]).unwrap();
    assert_eq!(moved[3].contact(), square);
    assert_eq!((moved.name(), moved.ids()), (probe.name(), probe.ids()));
}

#[test]
fn probes_survive_serialization() {
    let mut tetrode = Tetrode::default();
    tetrode.axis = [0.1, 0.2, 0.3];
    for probe in [tetrode.build().unwrap(), Neuropixels::default().build().unwrap()] {
        let json = serde_json::to_string(&probe).unwrap();
        assert_eq!(serde_json::from_str::<Probe>(&json).unwrap(), probe);
    }
    let point = r#"{"position_um": [0.0, 0.0, 0.0], "contact": "point"}"#;
    let probe =
        |ids: &str| format!(r#"{{"name": "", "ids": {ids}, "electrodes": [{point}, {point}]}}"#);
    let error = |ids: &str| serde_json::from_str::<Probe>(&probe(ids)).unwrap_err().to_string();
    assert!(serde_json::from_str::<Probe>(&probe(r#"["a", "b"]"#)).is_ok());
    assert_eq!(error(r#"["a", "a"]"#), "contacts 0 and 1 have the same id, \"a\"");
    assert_eq!(error(r#"["a"]"#), "ids of contacts: expected 2 values, found 1");
}

#[test]
fn impossible_probes_are_errors() {
    const NOWHERE: [f64; 3] = [0.0; 3];
    fn message<E: std::fmt::Display>(result: Result<Probe, E>) -> String {
        result.unwrap_err().to_string()
    }
    fn laminar(change: impl Fn(&mut Laminar)) -> String {
        let mut laminar = Laminar::default();
        laminar.contact_radius_um = Some(5.0);
        change(&mut laminar);
        message(laminar.build())
    }
    fn polytrode(change: impl Fn(&mut Polytrode)) -> String {
        let mut polytrode = Polytrode::default();
        change(&mut polytrode);
        message(polytrode.build())
    }
    fn neuropixels(change: impl Fn(&mut Neuropixels)) -> String {
        let mut neuropixels = Neuropixels::default();
        change(&mut neuropixels);
        message(neuropixels.build())
    }
    fn tetrode(change: impl Fn(&mut Tetrode)) -> String {
        let mut tetrode = Tetrode::default();
        change(&mut tetrode);
        message(tetrode.build())
    }
    fn array(change: impl Fn(&mut PlanarArray)) -> String {
        let mut array = PlanarArray::default();
        change(&mut array);
        message(array.build())
    }
    fn sphere(change: impl Fn(&mut SphericalGrid)) -> String {
        let mut sphere = SphericalGrid::default();
        change(&mut sphere);
        message(sphere.build())
    }

    let parallel =
        "the axis and the direction faced are parallel: the sine of the angle between them is 0";
    let axis = "length of the axis: 0 is not a positive finite number";
    let facing = "length of the direction faced: 0 is not a positive finite number";
    let nowhere = "place of the probe (µm): NaN is not a finite number";
    let distance =
        |value| format!("distance between contacts (µm): {value} is not a positive finite number");
    let radius =
        |value| format!("radius of the contact (µm): {value} is not a positive finite number");
    let count = |what, value: usize| format!("{what}: {value} is not in 1 to 100000");

    assert_eq!(laminar(|l| l.contacts = 0), count("contacts", 0));
    assert_eq!(laminar(|l| l.contacts = usize::MAX), count("contacts", usize::MAX));
    assert_eq!(laminar(|l| l.pitch_um = 0.0), distance("0"));
    assert_eq!(laminar(|l| l.pitch_um = f64::INFINITY), distance("inf"));
    assert_eq!(laminar(|l| l.first_um[1] = f64::NAN), nowhere);
    assert_eq!(laminar(|l| l.axis = NOWHERE), axis);
    assert_eq!(laminar(|l| l.facing = NOWHERE), facing);
    assert_eq!(laminar(|l| l.facing = l.axis), parallel);
    assert_eq!(laminar(|l| l.contact_radius_um = Some(-1.0)), radius("-1"));
    assert_eq!(
        laminar(|l| l.pitch_um = 1e308),
        "electrode 2: coordinate NaN µm is not a finite number"
    );

    assert_eq!(polytrode(|p| p.columns = 0), count("columns", 0));
    assert_eq!(polytrode(|p| p.rows = 0), count("rows", 0));
    assert_eq!(polytrode(|p| (p.columns, p.rows) = (1000, 1000)), count("contacts", 1_000_000));
    assert_eq!(
        polytrode(|p| p.column_pitch_um = -1.0),
        "distance between columns (µm): -1 is not a positive finite number"
    );
    assert_eq!(
        polytrode(|p| p.row_pitch_um = 0.0),
        "distance between rows (µm): 0 is not a positive finite number"
    );
    assert_eq!(
        polytrode(|p| p.stagger_um = f64::NAN),
        "shift of columns (µm): NaN is not a finite number"
    );
    assert_eq!(polytrode(|p| p.base_um[0] = f64::NAN), nowhere);
    assert_eq!(polytrode(|p| p.axis = NOWHERE), axis);
    assert_eq!(polytrode(|p| p.facing = NOWHERE), facing);
    assert_eq!(polytrode(|p| p.contact_radius_um = Some(0.0)), radius("0"));

    assert_eq!(neuropixels(|n| n.contacts = 0), "contacts: 0 is not in 1 to 960");
    assert_eq!(neuropixels(|n| n.contacts = 961), "contacts: 961 is not in 1 to 960");
    assert_eq!(neuropixels(|n| n.base_um[2] = f64::NAN), nowhere);
    assert_eq!(neuropixels(|n| n.facing = n.axis), parallel);

    assert_eq!(tetrode(|t| t.spacing_um = f64::NAN), distance("NaN"));
    assert_eq!(tetrode(|t| t.center_um[0] = f64::NAN), nowhere);
    assert_eq!(tetrode(|t| t.axis = NOWHERE), axis);
    assert_eq!(tetrode(|t| t.contact_radius_um = Some(0.0)), radius("0"));

    assert_eq!(array(|a| a.rows = 0), count("rows", 0));
    assert_eq!(array(|a| a.columns = 0), count("columns", 0));
    assert_eq!(array(|a| (a.rows, a.columns) = (100_000, 2)), count("contacts", 200_000));
    assert_eq!(array(|a| a.pitch_um = -5.0), distance("-5"));
    assert_eq!(array(|a| a.center_um[0] = f64::NAN), nowhere);
    assert_eq!(array(|a| a.contact_radius_um = Some(f64::NAN)), radius("NaN"));

    assert_eq!(sphere(|s| s.points = 0), count("points", 0));
    assert_eq!(
        sphere(|s| s.radius_um = 0.0),
        "radius of the sphere (µm): 0 is not a positive finite number"
    );
    assert_eq!(sphere(|s| s.center_um[0] = f64::NAN), nowhere);
}

#[test]
fn impossible_electrodes_are_errors() {
    let message = |electrodes| Probe::numbered("", electrodes).unwrap_err().to_string();
    let point = Electrode::point([0.0; 3]);
    assert_eq!(message(vec![]), "a probe without contacts");
    assert_eq!(Probe::points(&[]).unwrap_err().to_string(), "a probe without contacts");
    assert_eq!(
        message(vec![point.clone(), Electrode::point([0.0, f64::INFINITY, 0.0])]),
        "electrode 1: coordinate inf µm is not a finite number"
    );
    let disc = Contact::Disc { radius_um: -1.0, normal: [1.0, 0.0, 0.0] };
    assert_eq!(
        message(vec![point, Electrode::new([0.0; 3], disc)]),
        "contact 1: radius of the contact (µm): -1 is not a positive finite number"
    );
    let flat = Contact::Rectangle { half_sides_um: [[1.0, 0.0, 0.0], [0.0; 3]] };
    assert_eq!(
        message(vec![Electrode::new([0.0; 3], flat)]),
        "contact 0: side of the contact (µm): 0 is not a positive finite number"
    );
    // A direction that is no unit vector becomes one.
    let long = Contact::Disc { radius_um: 1.0, normal: [0.0, 3.0, 0.0] };
    let probe = Probe::numbered("", vec![Electrode::new([0.0; 3], long)]).unwrap();
    assert_eq!(probe[0].contact(), Contact::disc(1.0, [0.0, 1.0, 0.0]).unwrap());

    let probe = Probe::points(&[[f64::MAX; 3]]).unwrap();
    assert_eq!(
        probe.translated([0.0, f64::NAN, 0.0]).unwrap_err().to_string(),
        "translation (µm): NaN is not a finite number"
    );
    assert!(probe.translated([f64::MAX; 3]).unwrap_err().to_string().contains("inf µm"));
    let mirror = [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    assert!(
        probe.rotated(mirror).unwrap_err().to_string().contains("not the matrix of a rotation")
    );
    assert!(probe.rotated([[f64::NAN; 3]; 3]).is_err());
    assert!(Probe::six_around([f64::NAN, 0.0, 0.0]).is_err());
}

#[test]
fn arrangements_are_read_from_configurations() {
    let read: Laminar = serde_json::from_str(r#"{"contacts": 3, "pitch_um": 25.0}"#).unwrap();
    let mut expected = Laminar::default();
    (expected.contacts, expected.pitch_um) = (3, 25.0);
    assert_eq!(read, expected);
    let written = serde_json::to_value(Neuropixels::default()).unwrap();
    assert_eq!(serde_json::from_value::<Neuropixels>(written).unwrap(), Neuropixels::default());
    assert!(serde_json::from_str::<Tetrode>(r#"{"spacing": 25.0}"#).is_err());
}
