//! Reconstructions as NEURON imports them and as apical does, with NEURON in the loop.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::path::{Path, PathBuf};

use apical_morphology::{ImportOptions, Morphology, Point, Section, SectionShape, import};
use serde_json::Value;

use crate::python::PythonOptions;
use crate::workspace::{array, root, string};
use crate::{Outcome, command};

const SCRIPT: &str = "xtask/neuron/import_golden.py";
const FOLDERS: [&str; 2] = ["crates/morphology/tests/data/swc", "crates/morphology/tests/data/asc"];
/// Both store points as float32; soma contours pass through an eigenvector, good to 4e-7.
const TOLERANCE_RELATIVE: f64 = 1e-6;

/// What is compared.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folders with .swc and .asc files; those of the tests by default.
    folders: Vec<PathBuf>,
    #[command(flatten)]
    python: PythonOptions,
}

/// A section in the terms of both.
#[derive(Debug)]
struct SectionFacts {
    name: String,
    length_um: f64,
    area_um2: f64,
    parent: Option<(String, f64)>,
}

/// Imports every file with both and reports each that differs.
pub(crate) fn run(options: &Options) -> Outcome {
    let version = options.python.require_neuron()?;
    println!("NEURON {version}");
    let folders = if options.folders.is_empty() {
        FOLDERS.iter().map(PathBuf::from).collect()
    } else {
        options.folders.clone()
    };
    let (mut same, mut different) = (0, Vec::new());
    for (index, folder) in folders.iter().enumerate() {
        if !root().join(folder).is_dir() {
            println!("skipped: there is no folder {}", folder.display());
            continue;
        }
        let deviations = deviations(folder)?;
        for (name, entry) in ask_neuron(options, folder, index)? {
            let compared = compare(&root().join(folder).join(&name), &entry);
            match (compared, deviations.get(&name)) {
                (Ok(largest), _) => {
                    same += 1;
                    println!("ok   {name} (largest relative difference {largest:.1e})");
                }
                (Err(message), Some(reason)) => println!("meant {name}: {message} ({reason})"),
                (Err(message), None) => {
                    println!("DIFF {name}: {message}");
                    different.push(name);
                }
            }
        }
    }
    if different.is_empty() {
        println!("{same} reconstructions agree");
        return Ok(());
    }
    Err(format!(
        "{} of {} differ: {}",
        different.len(),
        same + different.len(),
        different.join(" ")
    ))
}

/// What is read otherwise on purpose: `deviations.txt` in the folder, lines `file: reason`.
fn deviations(folder: &Path) -> Outcome<BTreeMap<String, String>> {
    let file = root().join(folder).join("deviations.txt");
    if !file.is_file() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, reason)| (name.to_owned(), reason.to_owned()))
        .collect())
}

fn ask_neuron(options: &Options, folder: &Path, index: usize) -> Outcome<Vec<(String, Value)>> {
    let target = root().join("target").join("neuron");
    std::fs::create_dir_all(&target).map_err(|error| error.to_string())?;
    let out = target.join(format!("import-{index}.json"));
    command::run(options.python.command().arg(SCRIPT).arg(folder).arg(&out))?;
    let text = std::fs::read_to_string(&out).map_err(|error| error.to_string())?;
    let json: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let files = json["files"].as_object().ok_or("the script wrote no `files`")?;
    Ok(files.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect())
}

/// The largest relative difference in a length or area, or what is not the same.
fn compare(path: &Path, entry: &Value) -> Outcome<f64> {
    let ours = read_reconstruction(path);
    if let Some(complaint) = entry["refused"].as_str() {
        // More than NEURON reads is welcome: the report of the import says what was repaired.
        let verdict = if ours.is_ok() { "reads it" } else { "refuses it too" };
        println!("     NEURON refuses ({complaint}), apical {verdict}");
        return Ok(0.0);
    }
    let theirs: Vec<SectionFacts> = array(&entry["sections"]).iter().map(neuron_facts).collect();
    let roots = theirs.iter().filter(|section| section.parent.is_none()).count();
    if let (true, Err(message)) = (roots > 1, &ours) {
        println!("     NEURON makes {roots} cells of it, apical refuses it: {message}");
        return Ok(0.0);
    }
    let ours = facts(&ours?);
    if ours.len() != theirs.len() {
        return Err(format!("{} sections, NEURON {}", ours.len(), theirs.len()));
    }
    let mut largest = 0.0_f64;
    for want in &theirs {
        let Some(have) = ours.iter().find(|section| section.name == want.name) else {
            return Err(format!("NEURON has a section {}", want.name));
        };
        if have.parent != want.parent {
            return Err(format!(
                "{} starts at {:?}, NEURON {:?}",
                want.name, have.parent, want.parent
            ));
        }
        let pairs = [(have.length_um, want.length_um), (have.area_um2, want.area_um2)];
        for ((have, want), what) in pairs.into_iter().zip(["length", "area"]) {
            let difference = (have - want).abs() / want.abs().max(f64::MIN_POSITIVE);
            if difference > TOLERANCE_RELATIVE || difference.is_nan() {
                return Err(format!("{what} of a section is {have}, NEURON {want}"));
            }
            largest = largest.max(difference);
        }
    }
    Ok(largest)
}

fn neuron_facts(section: &Value) -> SectionFacts {
    let number = |key: &str| section[key].as_f64().unwrap_or(f64::NAN);
    let parent = section["parent"].as_str().map(|name| (name.to_owned(), number("parent_x")));
    SectionFacts {
        name: string(&section["name"]),
        length_um: number("L"),
        area_um2: number("area"),
        parent,
    }
}

fn facts(morphology: &Morphology) -> Vec<SectionFacts> {
    morphology
        .iter()
        .map(|(id, section)| SectionFacts {
            name: morphology.name(id),
            length_um: section.length_um(),
            area_um2: area_um2(section),
            parent: section.attachment().map(|at| (morphology.name(at.parent), at.x)),
        })
        .collect()
}

/// Lateral area of a section's frusta: computed here anew, so that an error in the library shows.
fn area_um2(section: &Section) -> f64 {
    if let SectionShape::Cylinder { length_um, diameter_um } = section.shape() {
        return PI * length_um * diameter_um;
    }
    let frustum = |pair: &[Point]| {
        let (near, far) = (pair[0].diameter_um() / 2.0, pair[1].diameter_um() / 2.0);
        let slant = (pair[0].distance_um(&pair[1]).powi(2) + (near - far).powi(2)).sqrt();
        PI * (near + far) * slant
    };
    section.points().windows(2).map(frustum).sum()
}

/// apical's own import, with its defaults: as NEURON reads.
fn read_reconstruction(path: &Path) -> Outcome<Morphology> {
    import(path, &ImportOptions::default())
        .map(|import| import.morphology)
        .map_err(|error| error.to_string())
}
