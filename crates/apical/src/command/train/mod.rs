//! `apical train`

mod args;
mod progress;

use std::fs;
use std::io::{self, Write};

use apical::ApicalError;
use apical::input::read_json;
use apical::surrogate::keep_freed_memory;
use apical::training::{Report, Training, TrainingConfig, device};

pub(super) use args::TrainArgs;
use progress::Progress;

use super::Failure;

pub(super) fn run(args: &TrainArgs) -> Result<(), Failure> {
    keep_freed_memory();
    let device = device(&args.device)?;
    let mut training = if args.resume {
        Training::resume(&args.dataset, &args.out, &device)?
    } else {
        Training::start(&args.dataset, &args.out, config(args)?, &device)?
    };
    let mut progress = Progress::new(training.steps(), training.config().steps, args.quiet);
    let trained = training.run(|event| progress.tell(&event));
    progress.clear();
    trained?;
    let report = training.test()?;
    let path = args.out.join("test.json");
    let text = serde_json::to_vec_pretty(&report)
        .map_err(|source| ApicalError::Json { path: path.clone(), source })?;
    fs::write(&path, text).map_err(|source| ApicalError::Io { path, source })?;
    Ok(table(&report, &mut io::stdout().lock())?)
}

fn config(args: &TrainArgs) -> Result<TrainingConfig, Failure> {
    let mut config = match &args.config {
        Some(path) => read_json(path)?,
        None => TrainingConfig::default(),
    };
    config.model = args.model.unwrap_or(config.model);
    config.seed = args.seed.unwrap_or(config.seed);
    if args.published {
        config = config.published();
    }
    config.inputs.voltages = args.voltages.unwrap_or(config.inputs.voltages);
    config.steps = args.steps.unwrap_or(config.steps);
    Ok(config)
}

/// Errors by region.
fn table(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let trials = super::counted(report.trials.len(), "test trial");
    writeln!(out, "{trials}, standardized mean square error one millisecond ahead; 1 is the mean")?;
    write!(out, "{:<14}", "")?;
    for region in report.rows.iter().take(1).flat_map(|row| &row.regions) {
        write!(out, "{:>9}", region.region)?;
    }
    writeln!(out)?;
    for row in &report.rows {
        write!(out, "{:<14}", row.name)?;
        for region in &row.regions {
            write!(out, "{:>9.4}", region.standardized_mse)?;
        }
        writeln!(out)?;
    }
    if let Some(loss) = report.spike_loss {
        writeln!(out, "cross-entropy of spikes {loss:.5} nats")?;
    }
    Ok(())
}
