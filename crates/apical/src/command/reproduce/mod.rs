//! `apical reproduce`

mod args;
mod drawing;
mod plan;
mod report;
mod results;
mod stage;

use std::fs;
use std::io::{self, Write};

use apical::ApicalError;
use apical::output::{write_json, write_whole};
use apical::surrogate::Team;

pub(super) use args::ReproduceArgs;
use plan::{PLAN, Plan};
use results::Results;
use stage::{Line, Stage, Stages};

use super::ranks::Ranks;
use super::{Failure, counted, refusal, to_stderr};

/// Name of the file of the report.
const REPORT: &str = "report.html";

/// Folder of the data set.
const DATA: &str = "data";

/// Folder of the table of times.
const SPEED: &str = "speed";

/// Folder of the evaluations.
const EVALUATION: &str = "evaluation";

/// Folder of the configurations of trainings.
const SETTINGS: &str = "settings";

/// Folder of the figures.
const FIGURES: &str = "figures";

/// Folders that are not of networks.
const RESERVED: [&str; 5] = [DATA, SPEED, EVALUATION, SETTINGS, FIGURES];

pub(super) fn run(args: &ReproduceArgs) -> Result<(), Failure> {
    let ranks = Ranks::start()?;
    if ranks.count() > 1 {
        let message = "one process does all of it: mpirun is for its commands by themselves";
        return Err(refusal("reproduce", message.to_owned()));
    }
    let plan = Plan::of(args)?;
    let stages = stages(&plan);
    let mut done = Stages::open(&args.out, &stages)?;
    done.make_room(&stages, args.overwrite)?;
    fs::create_dir_all(&args.out).map_err(ApicalError::io(&args.out))?;
    write_json(&args.out.join(PLAN), &plan)?;
    for (place, stage) in stages.iter().enumerate() {
        if !args.quiet {
            to_stderr(&format!("[{}/{}] {}", place + 1, stages.len() + 1, stage.line));
        }
        done.run(stage, &ranks, args.quiet)?;
    }
    if !args.quiet {
        to_stderr(&format!("[{0}/{0}] figures and report", stages.len() + 1));
    }
    let results = Results::load(&args.out, &plan)?;
    let figures = drawing::figures(&results)?;
    drawing::write(&args.out.join(FIGURES), &figures)?;
    let html = report::html(&plan, &stages, &done, &results, &figures)?;
    let path = args.out.join(REPORT);
    write_whole(&path, html.as_bytes())?;
    if !args.quiet {
        let figures = counted(figures.len(), "figure");
        writeln!(io::stdout(), "{figures} in {}", args.out.join(FIGURES).display())?;
        writeln!(io::stdout(), "report: {}", path.display())?;
    }
    Ok(())
}

/// Folder of the evaluation of a network.
fn evaluation(network: &str) -> String {
    format!("{EVALUATION}/{network}")
}

/// All that is done before figures are drawn, in order.
fn stages(plan: &Plan) -> Vec<Stage> {
    let inside = |path: &str| [path.to_owned()];
    let with_neuron = |line: Line| match &plan.morphology {
        Some(path) => line.input("--morphology", path),
        None => line,
    };
    let generate = Line::new("dataset generate")
        .option("--trials", plan.trials)
        .option("--duration-ms", plan.duration_ms)
        .option("--seed", plan.seed)
        .inside("--out", &inside(DATA));
    let mut stages = vec![Stage {
        folder: DATA.to_owned(),
        line: with_neuron(generate),
        after: Vec::new(),
        settings: None,
        resumed: None,
    }];
    for network in &plan.networks {
        let settings = format!("{SETTINGS}/{}.json", network.folder);
        let train = |line: &str| {
            let line = Line::new(line).inside("--dataset", &inside(DATA));
            line.inside("--out", &inside(&network.folder)).option("--device", &plan.device)
        };
        let resumed = train("train --resume");
        stages.push(Stage {
            folder: network.folder.clone(),
            line: train("train").inside("--config", &inside(&settings)),
            after: vec![DATA.to_owned()],
            settings: Some((settings, network.config.clone())),
            resumed: Some((resumed, format!("{}/last.safetensors", network.folder))),
        });
    }
    for network in &plan.networks {
        let line = Line::new("evaluate")
            .inside("--checkpoint", &inside(&network.folder))
            .inside("--dataset", &inside(DATA))
            .inside("--out", &inside(&evaluation(&network.folder)))
            .option("--device", &plan.device);
        stages.push(Stage {
            folder: evaluation(&network.folder),
            line: with_neuron(line),
            after: vec![network.folder.clone()],
            settings: None,
            resumed: None,
        });
    }
    let networks: Vec<String> = plan.published().map(|network| network.folder.clone()).collect();
    let batch_sizes: Vec<String> = plan.batch_sizes.iter().map(u32::to_string).collect();
    let line = Line::new("speed")
        .inside("--checkpoint", &networks)
        .inside("--dataset", &inside(DATA))
        .inside("--out", &inside(SPEED))
        .option("--batch-sizes", batch_sizes.join(","))
        .option("--seconds", plan.measured_s)
        .option("--device", &plan.device);
    stages.push(Stage {
        folder: SPEED.to_owned(),
        line: with_neuron(line),
        after: networks,
        settings: None,
        resumed: None,
    });
    stages
}
