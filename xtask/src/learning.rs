//! The three networks trained on one data set, as this project does it by default and as published.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use svg::Document;
use svg::node::element::path::Data;

use crate::chart::{Axis, Frame, ORIGIN, TEXT_PX, line_path, page, text};
use crate::command;
use crate::losses::column;
use crate::timing::median;
use crate::workspace::{root, text as shown};
use crate::{Outcome, dataset};

/// Networks, and the steps that each makes in about ten minutes of two cores, in the order of [`FORMS`].
const NETWORKS: [(&str, [u64; 3]); 3] =
    [("MH", [800, 700, 1000]), ("MMoE", [300, 450, 300]), ("MMoEEx", [150, 150, 120])];

/// Folder, title, arguments, and what a loss of 1 is.
const FORMS: [(&str, &str, &[&str], &str); 3] = [
    ("past", "Past voltages given", &["--voltages", "past"], "Loss (1: the linear step)"),
    ("estimated", "No voltages given", &["--voltages", "estimated"], "Loss (1: the linear step)"),
    ("published", "As published", &["--published"], "Loss (1: the mean)"),
];

/// What is trained, and where to.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Data set of `apical dataset generate`.
    #[arg(long)]
    dataset: PathBuf,
    /// Folder of the trainings; those that are there already are gone on with, or only read.
    #[arg(long, default_value = "target/learning")]
    out: PathBuf,
    /// Where the figure goes.
    #[arg(long, default_value = "docs/src/figures/learning.svg")]
    figure: PathBuf,
    /// Only reads trainings.
    #[arg(long)]
    read: bool,
}

/// One training.
struct Training {
    network: usize,
    form: usize,
    folder: PathBuf,
}

/// Trains what is not trained yet, prints errors by region on test trials, and draws losses.
pub(crate) fn run(options: &Options) -> Outcome {
    let out = root().join(&options.out);
    let trainings: Vec<Training> = (0..FORMS.len())
        .flat_map(|form| (0..NETWORKS.len()).map(move |network| (form, network)))
        .map(|(form, network)| {
            let folder = format!("{}-{}", NETWORKS[network].0.to_lowercase(), FORMS[form].0);
            let folder = out.join(folder);
            Training { network, form, folder }
        })
        .collect();
    if !options.read {
        let program = dataset::program()?;
        for training in &trainings {
            training.run(&program, &options.dataset)?;
        }
    }
    let done: Vec<&Training> =
        trainings.iter().filter(|training| training.test().is_file()).collect();
    for training in &done {
        training.print()?;
    }
    let path = root().join(&options.figure);
    svg::save(&path, &draw(&done)?).map_err(|error| format!("{}: {error}", path.display()))
}

impl Training {
    fn test(&self) -> PathBuf {
        self.folder.join("test.json")
    }

    fn run(&self, program: &Path, dataset: &Path) -> Outcome {
        if self.test().is_file() {
            return Ok(());
        }
        let mut train = std::process::Command::new(program);
        train.args(["train", "--dataset"]).arg(dataset).arg("--out").arg(&self.folder);
        if self.folder.join("last.safetensors").is_file() {
            return command::run(train.arg("--resume"));
        }
        let (model, steps) = NETWORKS[self.network];
        let (model, steps) = (model.to_lowercase(), steps[self.form].to_string());
        train.args(["--model", &model, "--steps", &steps]);
        command::run(train.args(FORMS[self.form].2))
    }

    /// A row of the network, and one of everything that it is compared with.
    fn print(&self) -> Outcome {
        let path = self.test();
        let json = fs::read_to_string(&path).map_err(shown)?;
        let report: Value = serde_json::from_str(&json).map_err(shown)?;
        let losses = column(&self.folder.join("losses.csv"), "seconds")?;
        let steps = losses.len();
        // as if none had been held up
        let second = median(losses.iter().map(|&(_, seconds)| seconds));
        let minutes = steps as f64 * second / 60.0;
        let (network, form) = (NETWORKS[self.network].0, FORMS[self.form].0);
        println!("{network}, {form}: {steps} steps, {minutes:.1} min");
        for row in report["rows"].as_array().into_iter().flatten() {
            let of_region = |region: &Value| {
                let mse = region["standardized_mse"].as_f64().unwrap_or(f64::NAN);
                format!("{} {mse:.4}", region["region"].as_str().unwrap_or("?"))
            };
            let regions = row["regions"].as_array().into_iter().flatten().map(of_region);
            println!(
                "  {:<12} {}",
                row["name"].as_str().unwrap_or("?"),
                regions.collect::<Vec<_>>().join("  ")
            );
        }
        println!("  cross-entropy of spikes {}", report["spike_loss"]);
        Ok(())
    }
}

/// A panel a form, a line a network: losses of voltages on validation trials.
fn draw(trainings: &[&Training]) -> Outcome<Document> {
    let is_shown = |form: usize| trainings.iter().any(|training| training.form == form);
    let forms: Vec<usize> = (0..FORMS.len()).filter(|&form| is_shown(form)).collect();
    let mut document = page(forms.len().max(1));
    let is_drawn = |network: &usize| trainings.iter().any(|training| training.network == *network);
    for (place, network) in (0..NETWORKS.len()).filter(is_drawn).enumerate() {
        let left = ORIGIN[0] + 120.0 * place as f64;
        let data = Data::new().move_to((left, 20.0)).line_to((left + 28.0, 20.0));
        document = document.add(line_path(data, network));
        let name = text(NETWORKS[network].0, [left + 35.0, 24.0], "start", TEXT_PX);
        document = document.add(name);
    }
    for (panel, form) in forms.into_iter().enumerate() {
        let (_, title, _, loss) = FORMS[form];
        let mut lines = Vec::new();
        for training in trainings.iter().filter(|training| training.form == form) {
            let losses = column(&training.folder.join("validation.csv"), "voltage")?;
            lines.push((training.network, losses));
        }
        let frame = Frame::new(panel);
        let points = || lines.iter().flat_map(|(_, points)| points.iter().copied());
        if points().next().is_none() {
            continue;
        }
        let x = Axis::around(points().map(|(step, _)| step), [frame.left, frame.right], 0.1);
        let y = Axis::around(points().map(|(_, loss)| loss), [frame.bottom, frame.top], 0.1);
        let mut group = frame.draw(title, &x, &y, ["Steps", loss]);
        for (network, points) in &lines {
            let mut points = points.iter().map(|&(step, loss)| (x.at(step), y.at(loss)));
            let Some(first) = points.next() else { continue };
            let data = points.fold(Data::new().move_to(first), Data::line_to);
            group = group.add(line_path(data, *network));
        }
        document = document.add(group);
    }
    Ok(document)
}
