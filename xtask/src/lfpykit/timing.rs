//! Both sides on one core in turn: making matrices and applying them.

use std::path::PathBuf;
use std::time::Instant;

use apical_extracellular::{
    Conductivity, Electrode, ForwardModel, LineSource, Neuropixels, PointSource, Probe,
    RootAsPoint, TransferMatrix,
};
use apical_morphology::{CompartmentGeometry, CompartmentTree, MaxLength, default_cell};
use serde_json::{Map, Value, json};

use super::{Options, SCRIPT, folder};
use crate::Outcome;
use crate::command::{cargo, output};
use crate::timing::{cpu_s, median};
use crate::workspace::text;

const MODELS: [&str; 4] = ["point", "line", "root_as_point", "line_anisotropic"];
const ISOTROPIC_S_PER_M: f64 = 0.3;
const ANISOTROPIC_S_PER_M: [f64; 3] = [0.3, 0.4, 0.35];
/// Longest compartments of 642 and of about 100,000.
const MAX_LENGTHS_UM: [f64; 2] = [40.0, 0.25];
/// Times of the currents that a matrix is applied to.
const TIMES: usize = 1000;
/// What is timed is repeated until it lasts so long.
const SHORTEST_S: f64 = 0.2;

/// A matrix that is made, or made before and applied.
struct Operation {
    model: &'static str,
    /// 0 for few compartments, 1 for many.
    size: usize,
    electrodes: usize,
    is_applied: bool,
}

impl Operation {
    fn all() -> Vec<Self> {
        let making = |model| {
            let of = |electrodes| Self { model, size: 0, electrodes, is_applied: false };
            [of(6), of(384)]
        };
        let mut all: Vec<Self> = MODELS.into_iter().flat_map(making).collect();
        all.push(Self { model: "line", size: 1, electrodes: 384, is_applied: false });
        all.push(Self { model: "line", size: 0, electrodes: 384, is_applied: true });
        all
    }

    fn name(&self, compartments: [usize; 2]) -> String {
        let (count, electrodes) = (compartments[self.size], self.electrodes);
        if self.is_applied {
            format!("applying {count} × {electrodes} to {TIMES} times")
        } else {
            format!("{} {count} × {electrodes}", self.model)
        }
    }
}

/// The neurons and electrodes of all operations.
struct Setup {
    geometries: [CompartmentGeometry; 2],
    six: Vec<Electrode>,
    many: Vec<Electrode>,
}

impl Setup {
    fn new() -> Outcome<Self> {
        let geometry = |max_length_um| -> Outcome<CompartmentGeometry> {
            let policy = MaxLength::new(max_length_um).map_err(text)?;
            Ok(CompartmentTree::new(default_cell(), &policy).map_err(text)?.geometry())
        };
        let [few, many] = MAX_LENGTHS_UM;
        let geometries = [geometry(few)?, geometry(many)?];
        let six = Probe::six_around(geometries[0].center_um(0)).map_err(text)?;
        let neuropixels = Neuropixels::default().build().map_err(text)?;
        let many = neuropixels.translated([50.0, 0.0, 0.0]).map_err(text)?;
        // LFPykit takes them for points.
        let points = |probe: &Probe| {
            probe.electrodes().iter().map(|site| Electrode::point(site.position_um())).collect()
        };
        Ok(Self { geometries, six: points(&six), many: points(&many) })
    }

    fn electrodes(&self, operation: &Operation) -> &[Electrode] {
        if operation.electrodes == 6 { &self.six } else { &self.many }
    }

    /// For the script.
    fn to_json(&self) -> Value {
        let geometry = |geometry: &CompartmentGeometry| {
            let ends: Vec<_> =
                (0..geometry.len()).map(|i| [geometry.start_um(i), geometry.end_um(i)]).collect();
            json!({ "ends_um": ends, "diameters_um": geometry.diameters_um() })
        };
        let places =
            |sites: &[Electrode]| sites.iter().map(Electrode::position_um).collect::<Vec<_>>();
        let operation = |operation: &Operation| {
            json!({
                "model": operation.model,
                "size": operation.size,
                "electrodes": operation.electrodes,
                "is_applied": operation.is_applied,
            })
        };
        json!({
            "geometries": self.geometries.each_ref().map(geometry),
            "electrodes_um": { "6": places(&self.six), "384": places(&self.many) },
            "isotropic_s_per_m": ISOTROPIC_S_PER_M,
            "anisotropic_s_per_m": ANISOTROPIC_S_PER_M,
            "operations": Operation::all().iter().map(operation).collect::<Vec<_>>(),
            "times": TIMES,
            "shortest_s": SHORTEST_S,
        })
    }
}

/// Times both in turn and prints medians.
pub(super) fn run(options: &Options) -> Outcome {
    let setup = Setup::new()?;
    let file = folder().join("time.json");
    std::fs::write(&file, setup.to_json().to_string()).map_err(text)?;
    let program = release_program()?;
    let [mut theirs, mut ours, mut walls] = [const { Vec::<Vec<f64>>::new() }; 3];
    for round in 1..=options.rounds {
        let mut script = options.python.command();
        for threads in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
            script.env(threads, "1");
        }
        theirs.push(times(&output(script.arg(SCRIPT).arg("time").arg(folder()))?, "cpu_s")?);
        let mut apical = std::process::Command::new(&program);
        let printed = output(apical.args(["lfpykit", "--apical-times"]))?;
        ours.push(times(&printed, "cpu_s")?);
        walls.push(times(&printed, "wall_s")?);
        println!("timed {round} of {}", options.rounds);
    }
    let compartments = setup.geometries.each_ref().map(CompartmentGeometry::len);
    let threads = rayon::current_num_threads();
    println!("\nMedians of {} rounds; processor time on one thread:\n", options.rounds);
    println!(
        "| | LFPykit, ms | apical, ms | LFPykit takes | apical by the clock on {threads} threads, ms |"
    );
    println!("|---|---|---|---|---|");
    for (index, operation) in Operation::all().iter().enumerate() {
        let middle_ms = |rounds: &[Vec<f64>]| 1e3 * median(rounds.iter().map(|round| round[index]));
        let (theirs_ms, ours_ms) = (middle_ms(&theirs), middle_ms(&ours));
        println!(
            "| {} | {theirs_ms:.3} | {ours_ms:.3} | {:.1} × | {:.3} |",
            operation.name(compartments),
            theirs_ms / ours_ms,
            middle_ms(&walls)
        );
    }
    Ok(())
}

/// This program, built for release.
fn release_program() -> Outcome<PathBuf> {
    let build = ["build", "--release", "--locked", "-p", "xtask", "--message-format=json"];
    let messages = output(&mut cargo(&build))?;
    let mut programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    programs.next_back().ok_or_else(|| "cargo built no program".to_owned())
}

/// One time for each operation, from the last line that a side printed.
fn times(printed: &str, key: &str) -> Outcome<Vec<f64>> {
    let line = printed.lines().last().unwrap_or_default();
    let json: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
    let list = json[key].as_array().filter(|list| list.len() == Operation::all().len());
    let numbers = list.and_then(|list| list.iter().map(Value::as_f64).collect());
    numbers.ok_or_else(|| format!("no times `{key}` in {line}"))
}

/// Times apical: processor time on one thread, and the clock on all.
pub(super) fn print_apicals() -> Outcome {
    let setup = Setup::new()?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(text)?;
    let epoch = Instant::now();
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for operation in Operation::all() {
        // Within the pool, its one thread does all work, and its time is read there.
        cpu.push(one.install(|| setup.time(&operation, cpu_s))?);
        wall.push(setup.time(&operation, || Ok(epoch.elapsed().as_secs_f64()))?);
    }
    let printed: Map<String, Value> =
        [("cpu_s".to_owned(), json!(cpu)), ("wall_s".to_owned(), json!(wall))]
            .into_iter()
            .collect();
    println!("{}", Value::from(printed));
    Ok(())
}

impl Setup {
    /// Of one call.
    fn time(&self, operation: &Operation, clock: impl Fn() -> Outcome<f64>) -> Outcome<f64> {
        let isotropic = Conductivity::isotropic(ISOTROPIC_S_PER_M).map_err(text)?;
        let anisotropic = Conductivity::anisotropic(ANISOTROPIC_S_PER_M).map_err(text)?;
        let model: Box<dyn ForwardModel> = match operation.model {
            "point" => Box::new(PointSource::new(isotropic)),
            "root_as_point" => Box::new(RootAsPoint::new(isotropic)),
            "line_anisotropic" => Box::new(LineSource::new(anisotropic)),
            _ => Box::new(LineSource::new(isotropic)),
        };
        let geometry = &self.geometries[operation.size];
        let make =
            || TransferMatrix::new(&*model, geometry, self.electrodes(operation)).map_err(text);
        if operation.is_applied {
            let matrix = make()?;
            let count = geometry.len() * TIMES;
            let currents_na: Vec<f64> = (0..count).map(|i| (i as f64).sin()).collect();
            repeat(|| matrix.apply(&currents_na).map_err(text), clock)
        } else {
            repeat(make, clock)
        }
    }
}

/// Time of one call, after one that is not counted.
fn repeat<T>(call: impl Fn() -> Outcome<T>, clock: impl Fn() -> Outcome<f64>) -> Outcome<f64> {
    std::hint::black_box(call()?);
    let (start_s, mut calls) = (clock()?, 0);
    loop {
        std::hint::black_box(call()?);
        calls += 1;
        let taken_s = clock()? - start_s;
        if taken_s >= SHORTEST_S {
            return Ok(taken_s / f64::from(calls));
        }
    }
}
