//! `apical train`

mod args;
mod progress;

use std::io::{self, Write};
use std::ops::ControlFlow;

use apical::ApicalError;
use apical::input::read_json;
use apical::surrogate::{Team, keep_freed_memory};
use apical::training::{Device, Report, Training, TrainingConfig, device};

pub(super) use args::TrainArgs;
use progress::Progress;

use super::interrupt::Interrupt;
use super::ranks::Ranks;
use super::{Failure, to_stderr};

pub(super) fn run(args: &TrainArgs, ranks: Option<&Ranks>) -> Result<(), Failure> {
    keep_freed_memory();
    Ranks::with(ranks, |ranks| run_in(args, ranks))
}

fn run_in(args: &TrainArgs, ranks: &Ranks) -> Result<(), Failure> {
    let trained = train(args, ranks);
    // all of them stop together
    if matches!(trained, Err(Failure::Stopped { .. })) {
        return trained;
    }
    if let (Err(failure), true) = (&trained, ranks.count() > 1) {
        to_stderr(&format!("error: {ranks:?}: {failure}"));
        ranks.abort();
    }
    trained
}

fn train(args: &TrainArgs, ranks: &Ranks) -> Result<(), Failure> {
    let device = device(&args.device)?;
    // the others take what the first has made
    let begun = (ranks.is_first() && !args.resume).then(|| begin(args, &device));
    let is_begun = ranks.all(begun.as_ref().is_none_or(Result::is_ok));
    let mut training = match begun {
        Some(begun) => begun?,
        None if is_begun => Training::resume(&args.dataset, &args.out, &device)?,
        None => return Err(ApicalError::OtherRank.into()),
    };
    let is_quiet = args.quiet || !ranks.is_first();
    let mut progress = Progress::new(training.steps(), training.config().steps, is_quiet);
    let interrupt = Interrupt::listen();
    let trained = training.run_in(ranks, |event| {
        progress.tell(&event);
        if interrupt.is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(interrupt);
    progress.clear();
    trained?;
    if !training.is_over() {
        return Err(Failure::Stopped { step: training.steps() });
    }
    if !ranks.is_first() {
        return Ok(());
    }
    let report = training.test()?;
    if args.quiet {
        return Ok(());
    }
    Ok(table(&report, &mut io::stdout().lock())?)
}

fn begin(args: &TrainArgs, device: &Device) -> Result<Training, Failure> {
    let start = if args.overwrite { Training::start_over } else { Training::start };
    Ok(start(&args.dataset, &args.out, config(args)?, device)?)
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
