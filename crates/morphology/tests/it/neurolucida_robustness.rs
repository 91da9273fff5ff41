//! Damaged and odd Neurolucida files: an error with its line, or a reported repair, never a panic.

use apical_core::SectionType;
use apical_morphology::{
    DisconnectedTrees, Import, ImportOptions, ImportWarningKind, MorphologyError, SomaConvention,
    read_neurolucida,
};
use proptest::prelude::*;

const SOMA: &str = "(\"CellBody\" (CellBody) (5 0 0 1) (0 4 0 1) (-6 0 0 1) (0 -4 0 1))\n";

fn read(text: &str) -> Result<Import, MorphologyError> {
    read_neurolucida(text.as_bytes(), &ImportOptions::default())
}

fn warnings(import: &Import) -> Vec<(usize, ImportWarningKind)> {
    import.report.warnings.iter().map(|w| (w.line.unwrap(), w.kind.clone())).collect()
}

fn skipped(name: &str) -> ImportWarningKind {
    ImportWarningKind::SkippedBlock { name: name.into() }
}

#[test]
fn damage_is_an_error_that_names_the_line() {
    let cases = [
        ("((Dendrite)\n(0 0 0 1)\n((1 0 0 1)\n", "line 3: this ( is never closed"),
        ("((Dendrite)\n(0 0 0 1", "line 2: this ( is never closed"),
        ("((Dendrite) (0 0 0 1)\n< (1 2 3 4) ", "line 2: this < is never closed"),
        ("(Sections\n", "line 1: this ( is never closed"),
        ("(", "line 1: this ( is never closed"),
        ("\n(\"Cell", "line 2: this \" is never closed"),
        ("((Dendrite)\n(0 0 zero 1))", "line 2: z cannot be \"zero\""),
        ("((Dendrite)\n(0 0 0 NaN))", "line 2: diameter cannot be \"NaN\""),
        ("((Dendrite)\n\n(1e39 0 0 1))", "line 3: x cannot be \"1e39\""),
        ("((Dendrite)\n(-inf 0 0 1))", "line 2: x cannot be \"-inf\""),
        ("((Dendrite)\n(1.2.3 0 0 1))", "line 2: x cannot be \"1.2.3\""),
        ("((Dendrite)\n(1 2))", "line 2: a point of 2 numbers, expected x, y, z and diameter"),
        (
            "((Dendrite)\n(1 2 3 4 5))",
            "line 2: a point of 5 numbers, expected x, y, z and diameter",
        ),
        ("((Dendrite)\n(1 (2) 3 4))", "line 2: found \"(\", expected a number or )"),
        (
            "((Dendrite)\n(1 2 3 0)\n(2 2 3 0))",
            "line 2: no positive diameter on this branch, nor on the one it grows from",
        ),
        (
            "((Dendrite) (0 0 0 1)\n| (1 0 0 1))",
            "line 2: found \"|\", expected a point, a split or the end of the tree",
        ),
        (
            "((Dendrite) (0 0 0 1)\n> (1 0 0 1))",
            "line 2: found \">\", expected a point, a split or )",
        ),
        (
            "((Dendrite) (0 0 0 1) ((1 0 0 1) | (2 0 0 1))\n(3 0 0 1))",
            "line 2: found \"(\", expected the end of the branch after its split",
        ),
        ("\n1 1 0 0 0 5 -1", "line 2: found \"1\", expected a block in parentheses"),
        ("(1 2 3 4)", "line 1: found \"1\", expected a tree, an outline or a named block"),
        (
            "(\"CellBody\" (1 2 3 4)\n((1 2 3 4) | (2 3 4 5)))",
            "line 2: found \"(\", expected a point of the soma's outline",
        ),
        (
            "\n(\"CellBody\" (1 2 3 4) (2 2 3 4) (4 2 3 4))",
            "line 2: the soma's outline has no width",
        ),
        (
            "((Dendrite) (0 0 0 1) (1 0 0 1))\n((Axon)\n(0 0 0 1) (1 1 1 1))",
            "line 3: point 3 begins another tree",
        ),
        ("; nothing", "no points"),
        ("", "no points"),
    ];
    for (text, message) in cases {
        assert_eq!(read(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn repairs_are_reported_with_their_line() {
    let text = format!(
        "\u{feff}{SOMA}((Dendrite)\n(1 0 0)\n(2 0 0 3)\n(3 0 0 -2)\n(4 0 0 0)\n((5 0 0 1e-60) (6 0 0 1)\n| Normal))\n)\n"
    );
    let import = read(&text).unwrap();
    let repaired = |found_um, used_um| ImportWarningKind::RepairedDiameter { found_um, used_um };
    assert_eq!(
        warnings(&import),
        [
            (1, ImportWarningKind::ByteOrderMark),
            (3, repaired(None, 3.0)),
            (5, repaired(Some(-2.0), 2.0)),
            (6, repaired(Some(0.0), 2.0)),
            (7, repaired(Some(1e-60), 1.0)),
            (8, ImportWarningKind::EmptyBranch),
            (9, ImportWarningKind::StrayParenthesis),
        ]
    );
    let points = import.morphology.sections()[1].points();
    let diameters: Vec<f64> = points.iter().map(|p| p.diameter_um()).collect();
    assert_eq!(diameters, [3.0, 3.0, 2.0, 2.0]);
    assert_eq!(points[1].source_id(), Some(4));
    let child = import.morphology.sections()[2].points();
    assert_eq!((child[0].source_id(), child[1].source_id()), (None, Some(7)));
    assert_eq!(child[0].position_um(), [4.0, 0.0, 0.0]);
}

#[test]
fn what_neuron_cannot_read_is_read_and_reported() {
    // A spine of two points, a marker between points and one on a branch, an unknown block and word.
    let text = format!(
        "{SOMA}((Dendrite) (1 0 0 1)\n<(1 1 0 1) (1 2 0 1) (Color Red)>\n(OpenCircle2 (9 9 9 1))\n(2 0 0 1)\n\
         (Novelty (3 (4) 5) \")\")\n( (Cross (9 9 9 1)) (3 0 0 1) | (Color Red) (3 1 0 1) )\nStrange\n() )"
    );
    let import = read(&text).unwrap();
    let names = [(6, skipped("Novelty")), (8, skipped("Strange")), (9, skipped(""))];
    assert_eq!(warnings(&import), names);
    let lengths: Vec<f64> = import.morphology.sections().iter().map(|s| s.length_um()).collect();
    assert_eq!(lengths[1..], [1.0, 1.0, 2.0_f64.sqrt()]);
}

#[test]
fn names_and_labels_decide_what_a_block_is() {
    let other = |name: &str| ImportWarningKind::NotReadByNeuron { name: name.into() };
    let import = read(&SOMA.replace("\"CellBody\"", "\"Soma 1\"")).unwrap();
    assert_eq!(import.report.soma, SomaConvention::Contour);
    assert_eq!(warnings(&import), [(1, other("Soma 1"))]);
    let import = read(&SOMA.replace("\"CellBody\" (CellBody)", "(CellBody)")).unwrap();
    assert_eq!(warnings(&import), [(1, other(""))]);
    let import = read(&SOMA.replace("(CellBody)", "")).unwrap();
    assert_eq!(warnings(&import), []);
    let import = read("(\"tuft\" (Apical) (0 0 0 1) (9 0 0 1))").unwrap();
    assert_eq!(import.morphology.sections()[0].section_type(), SectionType::Apical);
    assert_eq!(warnings(&import), [(1, other("tuft"))]);
    let import = read("((Color Red) (0 0 0 1) (9 0 0 1))").unwrap();
    assert_eq!(import.morphology.sections()[0].section_type(), SectionType::Other(0));
    assert_eq!(warnings(&import), [(1, ImportWarningKind::UnlabeledTree)]);
    // What is no part of the neuron may be faulty.
    let import = read("(\"Pia\" (1 2 oops 4))\n((Axon) (0 0 0 1) (9 0 0 1))\n((Apical))").unwrap();
    assert_eq!(warnings(&import), [(3, ImportWarningKind::EmptyBranch)]);
}

#[test]
fn trees_and_somas_apart_are_treated_as_asked() {
    let far = "(\"CellBody\" (CellBody) (95 0 0 1) (90 4 0 1) (84 0 0 1))\n((Axon) (94 0 0 1) (70 1 1 1))\n";
    let text = format!("{SOMA}((Dendrite) (1 0 0 1) (9 0 0 1))\n{far}");
    let with = |disconnected| {
        let mut options = ImportOptions::default();
        options.disconnected = disconnected;
        read_neurolucida(text.as_bytes(), &options)
    };
    let attach = with(DisconnectedTrees::Attach).unwrap_err().to_string();
    assert_eq!(attach, "line 3: point 3 belongs to a second soma");
    let dropped = with(DisconnectedTrees::Drop).unwrap();
    assert_eq!(
        warnings(&dropped),
        [
            (3, ImportWarningKind::DroppedSoma),
            (4, ImportWarningKind::DroppedTree { id: 4, points: 2 })
        ]
    );
    assert_eq!(dropped.morphology.sections().len(), 2);
}

#[test]
fn the_soma_is_as_asked_or_refused() {
    let mut options = ImportOptions::default();
    options.soma = Some(SomaConvention::Contour);
    assert!(read_neurolucida(SOMA.as_bytes(), &options).is_ok());
    options.soma = Some(SomaConvention::ContourStack);
    let error = read_neurolucida(SOMA.as_bytes(), &options).unwrap_err();
    assert_eq!(error.to_string(), "4 soma points are not a stack of outlines");
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["; one", "((Axon)", "(0 0 0 1) ; here (", "(\"two", "lines\")", "(1 0 0 x))"];
        let error = read(&text.join(end)).unwrap_err();
        assert_eq!(error.to_string(), "line 6: diameter cannot be \"x\"", "{end:?}");
    }
}

#[test]
fn deep_nesting_needs_no_stack() {
    let depth = 200_000;
    let mut text = String::from("((Dendrite) (0 0 0 1) (1 0 0 1)\n");
    for level in 0..depth {
        text.push_str(&format!("(({} {level} 0 1)\n", level % 2));
    }
    assert!(
        matches!(read(&text), Err(MorphologyError::Unclosed { line, .. }) if line == depth + 1)
    );
    text.push_str(&")".repeat(depth + 1));
    assert_eq!(read(&text).unwrap().morphology.sections().len(), depth + 1);
    let open = "(".repeat(depth);
    assert!(matches!(read(&open), Err(MorphologyError::Unclosed { line: 1, .. })));
}

fn whole_cell() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/asc/");
    std::fs::read(format!("{folder}whole_cell.asc")).unwrap()
}

/// Pieces that make up a file, to put together in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "(",
        ")",
        "(",
        ")",
        "|",
        "<",
        ">",
        "\"",
        "; ",
        "\n",
        "\r",
        "(Dendrite)",
        "((Axon)",
        "(\"CellBody\"",
        "(1 2 3 4)",
        "(1 2 5 4)",
        "(0 0 0 0)",
        "(7 2 5 -1)",
        "(3 -2 5 1)",
        "(-9 4 5 .1)",
        "Normal",
        "(Color Red)",
        "NaN",
        "1e400",
        "(Cross (1 2 3 4))",
        "(1 2 3)",
        "\u{feff}",
        "é",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_neurolucida(&bytes, &ImportOptions::default());
    }

    #[test]
    fn any_pieces_are_read_or_refused(text in pieces()) {
        let _ = read(&text);
        let _ = read(&format!("{SOMA}((Dendrite) (1 0 0 1) {text}"));
        let _ = read(&format!("(\"CellBody\" {text})"));
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..20),
    ) {
        let mut bytes = whole_cell();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let _ = read_neurolucida(&bytes, &ImportOptions::default());
    }

    #[test]
    fn a_file_cut_short_within_a_block_is_refused(cut in any::<prop::sample::Index>()) {
        let bytes = whole_cell();
        let cut = &bytes[..cut.index(bytes.len())];
        let depth = |b: u8| cut.iter().filter(|&&c| c == b).count();
        if depth(b'(') != depth(b')') {
            prop_assert!(read_neurolucida(cut, &ImportOptions::default()).is_err());
        }
    }

    #[test]
    fn straight_trees_keep_their_points(
        points in prop::collection::vec((-1e3..1e3_f64, -1e3..1e3_f64, -1e3..1e3_f64, 0.1..20.0_f64), 2..40),
    ) {
        let list: String = points.iter().map(|(x, y, z, d)| format!("({x:.6},{y:.6} {z:.6}\t{d:.6} S1)\n")).collect();
        let import = read(&format!("((Apical)\n{list})")).unwrap();
        let section = &import.morphology.sections()[0];
        prop_assert_eq!(section.points().len(), points.len());
        for (index, (point, (x, y, z, d))) in section.points().iter().zip(&points).enumerate() {
            prop_assert_eq!(point.source_id(), Some(index as i64 + 2));
            let [a, b, c] = point.position_um();
            // Eight significant digits of values up to 1000, then float32.
            for (ours, given) in [(a, x), (b, y), (c, z), (point.diameter_um(), d)] {
                prop_assert!((ours - given).abs() < 1e-4);
            }
        }
    }
}
