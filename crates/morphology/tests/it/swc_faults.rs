//! Faulty SWC files: each fault is a typed error with its line and value, or a repair in the report.

use apical_morphology::{
    DisconnectedTrees, Import, ImportOptions, ImportWarning, ImportWarningKind, MorphologyError,
    SomaConvention, import, read_swc,
};

fn read(text: impl AsRef<[u8]>) -> Result<Import, MorphologyError> {
    read_swc(text.as_ref(), &ImportOptions::default())
}

fn error(text: impl AsRef<[u8]>) -> String {
    read(text).unwrap_err().to_string()
}

fn warnings(text: impl AsRef<[u8]>) -> Vec<ImportWarning> {
    read(text).unwrap().report.warnings
}

fn warning(line: usize, kind: ImportWarningKind) -> Vec<ImportWarning> {
    vec![ImportWarning { line: Some(line), kind }]
}

fn with_soma(soma: SomaConvention) -> ImportOptions {
    let mut options = ImportOptions::default();
    options.soma = Some(soma);
    options
}

fn with_disconnected(disconnected: DisconnectedTrees) -> ImportOptions {
    let mut options = ImportOptions::default();
    options.disconnected = disconnected;
    options
}

const SOUND: &str = "1 1 0 0 0 5 -1\n2 3 0 10 0 1 1\n3 3 0 20 0 1 2\n";

#[test]
fn errors_name_line_and_value() {
    for (text, expected) in [
        ("", "no points"),
        ("# nothing\n\n   \n#", "no points"),
        ("1 1 0 0 0 5\n", "line 1: 6 columns, SWC has 7 (id type x y z radius parent)"),
        ("# c\n\n1 1 0 0 0 5 # -1\n", "line 3: 6 columns, SWC has 7 (id type x y z radius parent)"),
        ("1 1 0 zero 0 5 -1\n", "line 1: y cannot be \"zero\""),
        ("1 1 0 0 0 nan -1\n", "line 1: radius cannot be \"nan\""),
        ("1 1 0 0 -inf 5 -1\n", "line 1: z cannot be \"-inf\""),
        ("1 1 1e39 0 0 5 -1\n", "line 1: x cannot be \"1e39\""),
        ("1 1 0 0 0 2e38 -1\n", "line 1: radius cannot be \"2e38\""),
        ("1.5 1 0 0 0 5 -1\n", "line 1: id cannot be \"1.5\""),
        ("1 3000000000 0 0 0 5 -1\n", "line 1: type cannot be \"3000000000\""),
        ("99999999999999999999 1 0 0 0 5 -1\n", "line 1: id cannot be \"99999999999999999999\""),
        ("1,1,0,0,0,5,-1\n", "line 1: 1 columns, SWC has 7 (id type x y z radius parent)"),
        ("-4 1 0 0 0 5 -1\n", "line 1: id -4 is negative"),
        ("1 1 0 0 0 5 -1\n1 3 0 9 0 1 1\n", "line 2: id 1 is that of line 1 already"),
        ("1 1 0 0 0 5 -1\n2 3 0 9 0 1 7\n", "line 2: there is no point 7, parent of 2"),
        ("1 1 0 0 0 5 -2\n", "line 1: there is no point -2, parent of 1"),
        ("1 1 0 0 0 5 -1\n2 3 0 9 0 1 2\n", "line 2: point 2 descends from itself"),
        ("1 1 0 0 0 5 1\n", "line 1: point 1 descends from itself"),
        ("1 1 0 0 0 0 -1\n2 3 0 9 0 1 1\n", "line 1: the root 1 has radius 0"),
        ("1 1 0 0 0 1e-60 -1\n", "line 1: the root 1 has radius 0"),
        (
            "1 3 0 0 0 5 -1\n2 3 0 0 0 1 1\n",
            "line 1: the root section, from point 1, has no length",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    assert_eq!(error(b"1 1 0 \xff\xfe 0 5 -1"), "line 1: y cannot be \"\u{fffd}\u{fffd}\"");
    assert!(matches!(
        error(b"1\x001 0 0 0 5 -1").as_str(),
        "line 1: 6 columns, SWC has 7 (id type x y z radius parent)"
    ));
}

#[test]
fn a_loop_is_named_by_a_point_on_it() {
    // 5 hangs on the loop 2, 3, 4.
    let text = "1 1 0 0 0 5 -1\n5 3 0 1 0 1 4\n2 3 0 1 0 1 4\n3 3 0 2 0 1 2\n4 3 0 3 0 1 3\n";
    assert_eq!(error(text), "line 5: point 4 descends from itself");
}

#[test]
fn line_ends_blanks_comments_and_marks_do_not_matter() {
    let sound = read(SOUND).unwrap().morphology;
    for text in [
        SOUND.replace('\n', "\r\n"),
        SOUND.replace('\n', "\r"),
        SOUND.replace(' ', "\t  "),
        SOUND.trim_end().to_owned(),
        format!("# a comment\n\n{}", SOUND.replace('\n', " # and another\n")),
        SOUND.replace("10", "+1.0E1").replace("\n2 3", "\n2.0 3.0"),
    ] {
        let import = read(&text).unwrap();
        assert_eq!((import.morphology, import.report.warnings), (sound.clone(), vec![]), "{text}");
    }
    let marked = read([b"\xef\xbb\xbf".as_slice(), SOUND.as_bytes()].concat()).unwrap();
    assert_eq!(marked.report.warnings, warning(1, ImportWarningKind::ByteOrderMark));
    assert_eq!(marked.morphology, sound);
    let latin1 = [b"# Purkinje, M\xfcller\n".as_slice(), SOUND.as_bytes()].concat();
    assert_eq!(read(latin1).unwrap().morphology, sound);
}

#[test]
fn repairs_are_in_the_report() {
    let sound = read(SOUND).unwrap().morphology;
    let longer = read(SOUND.replace(" 1\n", " 1 9 9\n").replace(" 2\n", " 2 x\n")).unwrap();
    assert_eq!(longer.report.warnings, warning(2, ImportWarningKind::ExtraColumns { lines: 2 }));
    assert_eq!(longer.morphology, sound);

    let negative = read(SOUND.replace("20 0 1", "20 0 -1")).unwrap();
    let kind = ImportWarningKind::NegativeRadius { id: 3, radius_um: -1.0 };
    assert_eq!(negative.report.warnings, warning(3, kind));
    assert_eq!(negative.morphology, sound);

    let zero = read(SOUND.replace("20 0 1", "20 0 0")).unwrap();
    assert_eq!(
        zero.report.warnings,
        warning(3, ImportWarningKind::ZeroRadius { id: 3, used_um: 1.0 })
    );
    assert_eq!(zero.morphology, sound);

    let kind = ImportWarningKind::ParentZero { id: 1 };
    assert_eq!(warnings(SOUND.replace("-1", "0")), warning(1, kind));

    let backwards = read("3 3 0 20 0 1 2\n2 3 0 10 0 1 1\n1 1 0 0 0 5 -1\n").unwrap();
    assert_eq!(
        backwards.report.warnings,
        [
            (1, ImportWarningKind::ForwardReference { id: 3, parent: 2 }),
            (2, ImportWarningKind::ForwardReference { id: 2, parent: 1 }),
            (2, ImportWarningKind::ScatteredRun { id: 2, points: 1 }),
        ]
        .map(|(line, kind)| ImportWarning { line: Some(line), kind })
    );
    assert_eq!(backwards.morphology, sound);

    let negative_type = "1 1 0 0 0 5 -1\n2 -3 0 10 0 1 1\n3 -3 0 20 0 1 2\n";
    let kind = |id| ImportWarningKind::NegativeType { id, code: -3 };
    assert_eq!(warnings(negative_type), [warning(2, kind(2)), warning(3, kind(3))].concat());

    let doubled = format!("{SOUND}4 4 0 20 0 2 3\n");
    assert_eq!(warnings(doubled), warning(4, ImportWarningKind::ZeroLength { id: 4 }));
}

#[test]
fn trees_that_hang_on_nothing_are_attached_dropped_or_refused() {
    let text = format!("4 3 100 0 0 1 -1\n5 3 110 0 0 1 4\n{SOUND}");
    let attached = read(&text).unwrap();
    let kind = ImportWarningKind::AttachedTree { id: 4, distance_um: 100.0 };
    assert_eq!(attached.report.warnings, warning(1, kind));
    let dendrite = attached.morphology.section_named("dend[0]").unwrap();
    let attachment = attached.morphology.section(dendrite).attachment().unwrap();
    assert_eq!(
        (attached.morphology.name(attachment.parent).as_str(), attachment.x),
        ("soma[0]", 0.5)
    );
    assert_eq!(attached.morphology.section(dendrite).length_um(), 10.0);

    let dropped = read_swc(text.as_bytes(), &with_disconnected(DisconnectedTrees::Drop)).unwrap();
    let kind = ImportWarningKind::DroppedTree { id: 4, points: 2 };
    assert_eq!(dropped.report.warnings, warning(1, kind));
    assert_eq!(dropped.morphology, read(SOUND).unwrap().morphology);

    let refused = read_swc(text.as_bytes(), &with_disconnected(DisconnectedTrees::Refuse));
    assert_eq!(refused.unwrap_err().to_string(), "line 1: point 4 begins another tree");

    let no_soma = "1 3 0 0 0 1 -1\n2 3 0 9 0 1 1\n3 3 9 0 0 1 -1\n4 3 9 9 0 1 3\n";
    assert_eq!(error(no_soma), "line 3: point 3 begins another tree");
    let first = read_swc(no_soma.as_bytes(), &with_disconnected(DisconnectedTrees::Drop)).unwrap();
    assert_eq!(first.morphology.sections().len(), 1);

    let two_cells = format!("{SOUND}4 3 50 0 0 1 -1\n5 1 90 0 0 5 4\n");
    assert_eq!(error(two_cells), "line 5: point 5 belongs to a second soma");
}

#[test]
fn a_soma_of_another_kind_than_asked_for_is_an_error() {
    let three = "1 1 0 0 0 4 -1\n2 1 0 -3 0 2 1\n3 1 0 9 0 2 1\n4 3 0 9 9 1 3\n5 3 0 9 19 1 4\n";
    let lengths = |options: &ImportOptions| -> Vec<f64> {
        let import = read_swc(three.as_bytes(), options).unwrap();
        import.morphology.sections().iter().map(|s| s.length_um()).collect()
    };
    assert_eq!(lengths(&ImportOptions::default()), [3.0, 9.0, 19.0]);
    // As one point of diameter 8, the neurite on an outer point attached to the middle.
    assert_eq!(lengths(&with_soma(SomaConvention::ThreePoint)), [8.0, 10.0]);

    let error =
        |text: &str, soma| read_swc(text.as_bytes(), &with_soma(soma)).unwrap_err().to_string();
    assert_eq!(error(three, SomaConvention::SinglePoint), "3 soma points are not a single point");
    assert_eq!(error(SOUND, SomaConvention::Chain), "1 soma points are not a run of points");
    assert_eq!(error(SOUND, SomaConvention::Absent), "1 soma points are not absent");
    assert_eq!(error(SOUND, SomaConvention::Contour), "1 soma points are not an outline");

    let neuromorpho = "1 1 0 0 0 4 -1\n2 1 0 -4 0 4 1\n3 1 0 4 0 4 1\n";
    let soma =
        |options: &ImportOptions| read_swc(neuromorpho.as_bytes(), options).unwrap().report.soma;
    assert_eq!(soma(&ImportOptions::default()), SomaConvention::ThreePoint);
    assert_eq!(soma(&with_soma(SomaConvention::Chain)), SomaConvention::Chain);
}

#[test]
fn the_report_reads_well_and_survives_json() {
    let import = read(format!("{SOUND}4 4 9 0 0 -1 1\n5 4 19 0 0 0 4\n")).unwrap();
    assert_eq!(
        import.to_string(),
        "3 sections (1 soma, 1 dend, 1 apic) through 5 points of the file\n\
         SWC, soma: a single point, 2 warnings\n  \
         line 4: point 4 has the radius -1 µm, used 1 µm\n  \
         line 5: point 5 has the radius 0, used its parent's, 1 µm"
    );
    let json = serde_json::to_string(&import).unwrap();
    assert_eq!(serde_json::from_str::<Import>(&json).unwrap(), import);
    let options: ImportOptions = serde_json::from_str(r#"{"disconnected":"drop"}"#).unwrap();
    assert_eq!(options, with_disconnected(DisconnectedTrees::Drop));
    let typo = serde_json::from_str::<ImportOptions>(r#"{"disconected":"drop"}"#).unwrap_err();
    assert!(typo.to_string().contains("unknown field `disconected`"), "{typo}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = import("no/such.swc", &ImportOptions::default()).unwrap_err();
    assert!(matches!(&error, MorphologyError::Io { path, .. } if path == "no/such.swc"), "{error}");
}
