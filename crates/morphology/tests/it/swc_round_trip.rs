//! What is written as SWC is read again as the same sections; whatever the bytes, reading does not panic.

use apical_core::{SectionId, SectionType};
use apical_morphology::{
    Attachment, DiameterStep, DisconnectedTrees, ImportOptions, Morphology, MorphologyError, Point,
    Section, SectionShape, SourceMap, read_swc, write_swc,
};
use proptest::prelude::*;

fn area_um2(section: &Section) -> f64 {
    let frustum = |pair: &[Point]| {
        let [from, to] = [pair[0].diameter_um(), pair[1].diameter_um()];
        let slant = pair[0].distance_um(&pair[1]).hypot((to - from) / 2.0);
        std::f64::consts::PI * (from + to) / 2.0 * slant
    };
    section.points().windows(2).map(frustum).sum()
}

/// Type, length, area and the path length from the root to the far end of each section, sorted: what electrotonic
/// structure depends on, whichever of two equal places a section is attached to.
fn summary(morphology: &Morphology) -> Vec<[f64; 4]> {
    let mut from_root = vec![0.0; morphology.sections().len()];
    for id in morphology.topological_order() {
        let section = morphology.section(id);
        let start = section.attachment().map_or(0.0, |Attachment { parent, x }| {
            from_root[parent.index()] - (1.0 - x) * morphology.section(parent).length_um()
        });
        from_root[id.index()] = start + section.length_um();
    }
    let mut rows: Vec<[f64; 4]> = morphology
        .iter()
        .map(|(id, section)| {
            let code = f64::from(section.section_type().swc());
            [code, section.length_um(), area_um2(section), from_root[id.index()]]
        })
        .collect();
    rows.sort_by(|a, b| a.partial_cmp(b).unwrap());
    rows
}

fn close(a: &Morphology, b: &Morphology, relative: f64) -> Result<(), String> {
    let [a, b] = [summary(a), summary(b)];
    if a.len() != b.len() {
        return Err(format!("{} and {} sections\n{a:?}\n{b:?}", a.len(), b.len()));
    }
    for (a, b) in a.iter().zip(&b) {
        if a.iter().zip(b).any(|(a, b)| (a - b).abs() > relative * (1.0 + a.abs())) {
            return Err(format!("{a:?}\n{b:?}"));
        }
    }
    Ok(())
}

fn written(morphology: &Morphology) -> Result<Vec<u8>, MorphologyError> {
    let mut bytes = Vec::new();
    write_swc(morphology, &mut bytes).map(|_| bytes)
}

fn read(bytes: &[u8]) -> Morphology {
    read_swc(bytes, &ImportOptions::default()).unwrap().morphology
}

/// Points read from a file come back to the last bit, so only sums in another order differ.
const FROM_FILE: f64 = 1e-12;
/// The ends of a single-point soma are rounded to float32 anew unless its coordinates are short: 6e-8 of them.
const LONG_COORDINATES: f64 = 1e-6;
/// Files that do not come back as they are, and why.
const EXCEPTIONS: [(&str, &str); 4] = [
    ("zero_length_root", "is refused"),
    (
        "zero_length_in_float32",
        "a branch left out leaves no branch point, and the other goes on the run",
    ),
    ("zero_length_terminal", "likewise"),
    ("zero_length_between", "a section left out leaves a step of diameter, which SWC cannot say"),
];

#[test]
fn files_come_back() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/swc");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "swc") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if EXCEPTIONS.iter().any(|&(exception, _)| name == exception) {
            continue;
        }
        let morphology = read(&bytes);
        let again = read(&written(&morphology).unwrap_or_else(|e| panic!("{path:?}: {e}")));
        close(&morphology, &again, LONG_COORDINATES).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    }
}

/// A random file: for each point its type, place and radius, and which earlier point it hangs on.
fn file() -> impl Strategy<Value = String> {
    // On a grid of binary fractions, where nothing is rounded.
    let coordinate = (-800..800_i32).prop_map(|eighths| f64::from(eighths) / 8.0);
    let radius = (1..80_i32).prop_map(|sixteenths| f64::from(sixteenths) / 16.0);
    let point = (0..6_usize, prop::array::uniform3(coordinate), radius, 0.0..1.0_f64);
    (any::<bool>(), any::<bool>(), prop::collection::vec(point, 1..40)).prop_map(
        |(soma, depth_first, points)| {
            let mut types: Vec<i32> = Vec::new();
            let mut text = String::new();
            for (place, (kind, [x, y, z], radius, hang)) in points.into_iter().enumerate() {
                let back = if depth_first { hang * hang * hang } else { hang };
                let parent = place - 1_usize.min(place) - (back * place as f64 * 0.999) as usize;
                let parent = parent.min(place.saturating_sub(1));
                let of_parent = types.get(parent).copied();
                let code = match (of_parent, kind) {
                    (None, _) => {
                        if soma {
                            1
                        } else {
                            3
                        }
                    }
                    // Mostly the parent's, so that runs are long.
                    (Some(code), 0..3) => code,
                    (Some(1), 3) => 1,
                    (_, kind) => [2, 3, 4][kind % 3],
                };
                types.push(code);
                let hangs_on = if place == 0 { -1 } else { parent as i64 + 1 };
                text += &format!("{} {code} {x} {y} {z} {radius} {hangs_on}\n", place + 1);
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn random_files_come_back(text in file()) {
        let import = read_swc(text.as_bytes(), &ImportOptions::default());
        prop_assume!(!matches!(import, Err(MorphologyError::NoLength { .. })));
        let morphology = import.unwrap().morphology;
        let bytes = written(&morphology).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let again = read(&bytes);
        if let Err(difference) = close(&morphology, &again, FROM_FILE) {
            let bytes = String::from_utf8_lossy(&bytes);
            return Err(TestCaseError::fail(format!("{difference}\n{text}\n{bytes}")));
        }
    }

    /// Every point but those of a three-point soma is found where it is.
    #[test]
    fn points_are_found_by_their_ids(text in file()) {
        let import = read_swc(text.as_bytes(), &ImportOptions::default());
        prop_assume!(!matches!(import, Err(MorphologyError::NoLength { .. })));
        let morphology = import.unwrap().morphology;
        let map = SourceMap::new(&morphology);
        for line in text.lines() {
            let fields: Vec<f64> = line.split(' ').map(|f| f.parse().unwrap()).collect();
            let place = map.locate(fields[0] as i64).unwrap();
            prop_assert!(map.ids_of(place.section()).contains(&(fields[0] as i64)));
            let section = morphology.section(place.section());
            let mut left_um = place.x() * section.length_um();
            let mut pairs = section.points().windows(2);
            let found = loop {
                let Some(pair) = pairs.next() else { break section.points()[section.points().len() - 1] };
                let step_um = pair[0].distance_um(&pair[1]);
                if left_um < step_um / 2.0 {
                    break pair[0];
                }
                left_um -= step_um;
            };
            prop_assert_eq!(found.source_id(), Some(fields[0] as i64));
        }
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_swc(&bytes, &ImportOptions::default());
    }

    #[test]
    fn random_fields_do_not_panic(
        lines in prop::collection::vec(
            (-1..8_i64, -2..6_i32, prop::array::uniform3(-1..2_i8), -1..3_i8, -1..8_i64), 1..9),
        drop in any::<bool>(),
    ) {
        let line = |(id, code, [x, y, z], r, parent): (i64, i32, [i8; 3], i8, i64)| {
            format!("{id} {code} {x} {y} {z} {r} {parent}\n")
        };
        let text: String = lines.into_iter().map(line).collect();
        let mut options = ImportOptions::default();
        if drop {
            options.disconnected = DisconnectedTrees::Drop;
        }
        if let Ok(import) = read_swc(text.as_bytes(), &options) {
            let _ = written(&import.morphology);
        }
    }

    #[test]
    fn mutated_files_do_not_panic(
        text in file(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut bytes = text.into_bytes();
        for (place, byte, kind) in edits {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ if bytes.len() > 1 => { bytes.remove(place); }
                _ => {}
            }
        }
        let _ = read_swc(&bytes, &ImportOptions::default());
    }
}

fn section(code: i32, points: &[[f64; 4]], attachment: Option<(usize, f64)>) -> Section {
    let points = points.iter().map(|&[x, y, z, d]| Point::new([x, y, z], d)).collect();
    let attachment = attachment.map(|(p, x)| Attachment { parent: SectionId::new(p), x });
    Section::new(SectionType::from_swc(code), SectionShape::Points(points), attachment)
}

#[test]
fn neurites_in_the_middle_of_a_soma_of_two_points_come_back() {
    let sections = vec![
        section(1, &[[0.0, 0.0, 0.0, 8.0], [0.0, 12.0, 0.0, 10.0]], None),
        section(3, &[[9.0, 6.0, 0.0, 2.0], [19.0, 6.0, 0.0, 1.0]], Some((0, 0.5))),
        section(4, &[[0.0, 12.0, 0.0, 3.0], [0.0, 52.0, 0.0, 2.0]], Some((0, 1.0))),
        section(4, &[[0.0, 52.0, 0.0, 2.0], [9.0, 70.0, 0.0, 1.0]], Some((2, 1.0))),
        section(4, &[[0.0, 52.0, 0.0, 2.0], [-9.0, 70.0, 0.0, 1.0]], Some((2, 1.0))),
    ];
    let morphology = Morphology::new(sections).unwrap();
    close(&morphology, &read(&written(&morphology).unwrap()), FROM_FILE).unwrap();
}

#[test]
fn what_swc_cannot_say_is_an_error() {
    let soma = section(1, &[[0.0, 0.0, 0.0, 8.0], [0.0, 12.0, 0.0, 10.0]], None);
    let dendrite = |points: &[[f64; 4]], x| section(3, points, Some((0, x)));
    let error = |sections: Vec<Section>| {
        written(&Morphology::new(sections).unwrap()).unwrap_err().to_string()
    };
    let far = dendrite(&[[9.0, 9.0, 0.0, 2.0], [19.0, 9.0, 0.0, 2.0]], 1.0);
    assert_eq!(
        error(vec![soma.clone(), far]),
        "section dend[0]: SWC cannot attach it to soma[0] at x = 1 as it is"
    );
    let base = dendrite(&[[0.0, 12.0, 0.0, 2.0], [0.0, 30.0, 0.0, 2.0]], 1.0);
    let inside = section(3, &[[0.0, 21.0, 0.0, 2.0], [9.0, 21.0, 0.0, 2.0]], Some((1, 0.5)));
    assert_eq!(
        error(vec![soma.clone(), base, inside]),
        "section dend[1]: SWC cannot attach it to dend[0] at x = 0.5 as it is"
    );
    let stub = Morphology::new(vec![soma]).unwrap().with_stub_axon();
    assert_eq!(
        written(&stub).unwrap_err().to_string(),
        "section axon[0]: a cylinder without coordinates cannot be written as SWC"
    );
}

/// A branch that starts thinner than its parent ends, as in Neurolucida files: said in the result, not an error.
#[test]
fn steps_of_diameter_are_listed() {
    let soma = section(1, &[[0.0, 0.0, 0.0, 8.0], [0.0, 12.0, 0.0, 10.0]], None);
    let base = section(3, &[[0.0, 12.0, 0.0, 2.0], [0.0, 30.0, 0.0, 2.0]], Some((0, 1.0)));
    let branch = |x, diameter| {
        section(3, &[[0.0, 30.0, 0.0, diameter], [x, 40.0, 0.0, 1.0]], Some((1, 1.0)))
    };
    let sections = vec![soma, base, branch(-9.0, 1.0), branch(9.0, 2.0)];
    let morphology = Morphology::new(sections).unwrap();
    let mut file = Vec::new();
    let steps = write_swc(&morphology, &mut file).unwrap();
    let thin = morphology.section_named("dend[1]").unwrap();
    let expected = DiameterStep { section: thin, parent_diameter_um: 2.0, diameter_um: 1.0 };
    assert_eq!(steps, [expected]);
    let again = read(&file);
    let diameters = |name: &str| {
        let points = again.section(again.section_named(name).unwrap()).points().iter();
        points.map(|point| point.diameter_um()).collect::<Vec<_>>()
    };
    assert_eq!((diameters("dend[1]"), diameters("dend[2]")), (vec![2.0, 1.0], vec![2.0, 1.0]));
    assert_eq!(write_swc(&again, &mut Vec::new()).unwrap(), []);
}

/// A million points: a wrong order of growth anywhere would take minutes.
#[test]
fn reading_and_writing_are_linear() {
    let mut text = String::from("1 1 0 0 0 5 -1\n");
    let points = 1_000_000;
    for id in 2..=points {
        // A comb: every tenth point carries a side branch of one point, which ends.
        let parent = if id > 3 && id % 10 == 2 { id - 2 } else { id - 1 };
        let code = if id % 10 == 1 && id > 10 { 4 } else { 3 };
        text += &format!("{id} {code} {} {} 0 0.5 {parent}\n", id % 1000, id / 1000);
    }
    let start = std::time::Instant::now();
    let import = read_swc(text.as_bytes(), &ImportOptions::default()).unwrap();
    let read_s = start.elapsed().as_secs_f64();
    let bytes = written(&import.morphology).unwrap();
    let _map = SourceMap::new(&import.morphology);
    let all_s = start.elapsed().as_secs_f64();
    println!("{points} points read in {read_s:.2} s, written and mapped after {all_s:.2} s");
    assert_eq!(import.report.warnings, []);
    assert!(import.morphology.sections().len() > 190_000);
    assert!(bytes.len() > text.len() / 2);
    // Some 2 s on one core of 2024; a quadratic step would need hours.
    assert!(all_s < 60.0, "{all_s} s");
}
