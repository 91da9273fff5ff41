//! Time and memory of a step by compartments and by trials: both should grow in proportion.

use std::path::PathBuf;
use std::sync::Arc;

use apical_biophysics::preset::{Preset, training_synapses};
use apical_biophysics::{Simulation, SimulationConfig};
use apical_morphology::{CompartmentTree, MaxLength, default_cell};
use serde_json::{Value, json};
use svg::Document;
use svg::node::element::path::Data;
use svg::node::element::{Circle, Group};

use crate::Outcome;
use crate::chart::{Axis, COLORS, Frame, SMALL_PX, line_path, page, text};
use crate::command;
use crate::convergence::even_events;
use crate::timing::{cpu_s, median};
use crate::workspace;
use crate::workspace::root;

/// Longest compartments of the default cell, µm: from one a section to a hundred thousand.
const MAX_LENGTHS_UM: [f64; 4] = [1e6, 40.0, 4.0, 0.25];
const TRIALS: [usize; 6] = [1, 2, 8, 32, 128, 512];
/// What is timed has so many compartments times trials times steps at least.
const WORK: usize = 20_000_000;
const ROUNDS: usize = 3;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the figure goes.
    #[arg(long, default_value = "docs/src/figures/growth.svg")]
    figure: PathBuf,
    /// Measures one size and prints it: used by the task itself, since memory is that of a whole process.
    #[arg(long, hide = true, num_args = 2, value_names = ["MAX_LENGTH_UM", "TRIALS"])]
    one: Option<Vec<f64>>,
}

/// One size.
#[derive(Clone, Copy, Debug)]
struct Point {
    compartments: usize,
    trials: usize,
    /// Processor time of a step, µs.
    step_us: f64,
    /// Resident memory of the simulation without its model, MB.
    memory_mb: f64,
}

impl Point {
    /// Of a compartment and trial, ns.
    fn time_each_ns(&self) -> f64 {
        1e3 * self.step_us / (self.compartments * self.trials) as f64
    }

    /// Of a compartment and trial, kB.
    fn memory_each_kb(&self) -> f64 {
        1e3 * self.memory_mb / (self.compartments * self.trials) as f64
    }
}

/// Measures every size, prints tables and draws what each compartment and trial costs.
pub(crate) fn run(options: &Options) -> Outcome {
    if let Some(one) = &options.one {
        println!("{}", measure(one[0], one[1] as usize)?);
        return Ok(());
    }
    let of = |max_length_um: f64, trials: usize| -> Outcome<Point> {
        let program = std::env::current_exe().map_err(workspace::text)?;
        let mut command = std::process::Command::new(program);
        command.args(["growth", "--one", &max_length_um.to_string(), &trials.to_string()]);
        let printed = command::output(&mut command)?;
        let json: Value = serde_json::from_str(printed.trim()).map_err(workspace::text)?;
        let number = |key: &str| json[key].as_f64().ok_or(format!("no `{key}` in {printed}"));
        let point = Point {
            compartments: number("compartments")? as usize,
            trials,
            step_us: number("step_us")?,
            memory_mb: number("memory_mb")?,
        };
        println!(
            "| {} | {} | {:.3} | {:.1} | {:.2} | {:.2} |",
            point.compartments,
            trials,
            point.step_us / 1e3,
            point.time_each_ns(),
            point.memory_mb,
            point.memory_each_kb()
        );
        Ok(point)
    };
    println!("| compartments | trials | step, ms | of each, ns | memory, MB | of each, kB |");
    println!("|---|---|---|---|---|---|");
    let compartments: Vec<Point> =
        MAX_LENGTHS_UM.into_iter().map(|length_um| of(length_um, 1)).collect::<Outcome<_>>()?;
    let trials: Vec<Point> =
        TRIALS.into_iter().map(|trials| of(40.0, trials)).collect::<Outcome<_>>()?;
    let path = root().join(&options.figure);
    svg::save(&path, &draw(&compartments, &trials)).map_err(|e| format!("{}: {e}", path.display()))
}

/// Under 14 excitatory and 5 inhibitory events a millisecond, for as long as it takes; the default cell with all channels.
fn measure(max_length_um: f64, trials: usize) -> Outcome<Value> {
    let policy = MaxLength::new(max_length_um).map_err(workspace::text)?;
    let tree = CompartmentTree::new(default_cell(), &policy).map_err(workspace::text)?;
    let compartments = tree.len();
    let painted = Preset::Shai2015.paint(tree).map_err(workspace::text)?;
    let model = Arc::new(training_synapses(painted, 1.0).build().map_err(workspace::text)?);
    let before_mb = resident_mb()?;
    let mut config = SimulationConfig::default();
    config.batch_size = trials;
    let steps_per_ms = (1.0 / config.dt_ms).round() as usize;
    let mut simulation = Simulation::new(Arc::clone(&model), config).map_err(workspace::text)?;
    simulation.run(1.0, &mut ()).map_err(workspace::text)?;
    let memory_mb = resident_mb()? - before_mb;

    let duration_ms = (WORK / (compartments * trials * steps_per_ms)).clamp(2, 2000);
    let mut times_s = Vec::new();
    for round in 0..ROUNDS {
        for trial in 0..trials {
            let start_ms = 1 + round * duration_ms;
            let stretch_ms = start_ms..start_ms + duration_ms;
            let events = even_events(model.synapse_count() / 2, trial, stretch_ms)?;
            simulation.schedule(trial, &events).map_err(workspace::text)?;
        }
        let start_s = cpu_s()?;
        simulation.run(duration_ms as f64, &mut ()).map_err(workspace::text)?;
        times_s.push(cpu_s()? - start_s);
    }
    let step_us = 1e6 * median(times_s) / (duration_ms * steps_per_ms) as f64;
    Ok(json!({ "compartments": compartments, "step_us": step_us, "memory_mb": memory_mb }))
}

/// What this process has in memory; Linux tells it in kB.
fn resident_mb() -> Outcome<f64> {
    let path = "/proc/self/status";
    let status = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kb.map(|kb| kb * 1.024e-3).ok_or_else(|| format!("{path}: no VmRSS"))
}

fn draw(compartments: &[Point], trials: &[Point]) -> Document {
    let panels = [
        ("Time, one trial", "Compartments", TIME),
        ("Time, 642 compartments", "Trials", TIME),
        ("Memory, one trial", "Compartments", MEMORY),
        ("Memory, 642 compartments", "Trials", MEMORY),
    ];
    let mut document = page(panels.len());
    for (index, (title, x_name, y_name)) in panels.into_iter().enumerate() {
        let points = if index % 2 == 0 { compartments } else { trials };
        let of = |p: &Point| if index % 2 == 0 { p.compartments as f64 } else { p.trials as f64 };
        let each = |p: &Point| if index < 2 { p.time_each_ns() } else { p.memory_each_kb() };
        let frame = Frame::new(index);
        let x = Axis::around(points.iter().map(of), [frame.left, frame.right], 0.1);
        // At least a decade: what grows in proportion is a level line.
        let decade = if index < 2 { [5.0, 50.0] } else { [0.1, 5.0] };
        let y = Axis::around(points.iter().map(each).chain(decade), [frame.bottom, frame.top], 0.1);
        let mut data = Data::new();
        let mut marks = Group::new();
        for (i, point) in points.iter().enumerate() {
            let at = [x.at(of(point)), y.at(each(point))];
            data = if i == 0 { data.move_to((at[0], at[1])) } else { data.line_to((at[0], at[1])) };
            let value = format!("{:.*}", if index < 2 { 1 } else { 2 }, each(point));
            marks = marks
                .add(
                    Circle::new()
                        .set("cx", at[0])
                        .set("cy", at[1])
                        .set("r", 4.5)
                        .set("fill", COLORS[1]),
                )
                .add(text(value, [at[0], at[1] - 9.0], "middle", SMALL_PX));
        }
        let chart = frame.draw(title, &x, &y, [x_name, y_name]);
        document = document.add(chart.add(line_path(data, 1)).add(marks));
    }
    document
}

const TIME: &str = "Step, per compartment and trial (ns)";
const MEMORY: &str = "Memory, per compartment and trial (kB)";
