use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;

use apical::ApicalError;
use apical::dataset::store::Store;
use apical::dataset::{Scaling, ScalingMethod};
use apical::output::{LfdeepError, LfdeepExport, LfdeepForm, LfdeepOptions, LfdeepWindows};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::command::{Failure, counted, refusal, to_stderr};

/// Write trials as numpy arrays for LFDeep (Verhellen et al. 2024).
///
/// Windows are samples to train with: input_data_new.npy, [samples, channels, ms], and output_data_new.npy, [samples, rows], the
/// column after the window. Simulations are whole trials: input_spikes.npy, [synapses, ms, trials], and output.npy, [rows,
/// ms, trials]. Rows are the dendritic voltages, whether there is a somatic spike, the soma voltage; a spike at t ms is in column
/// t - 0.5, rounded down. The last ms of a trial, of which not all spikes are known, is no column.
///
/// LFDeep has no channels for injected currents, and trials that have any are refused: make a data set for it with
/// --stimulus-share 0.
#[derive(Args, Debug)]
#[command(after_long_help = "\
LFDeep splits the windows that it reads at random. Windows of one trial are much alike: test with other trials.
    apical dataset export-lfdeep --dataset data --out train --trials 0..100 --past-voltages --standardize 0..100
    apical dataset export-lfdeep --dataset data --out test --trials 100..128 --past-voltages --standardize 0..100")]
pub(super) struct ExportLfdeepArgs {
    /// The data set.
    #[arg(long, value_name = "DIR")]
    dataset: PathBuf,
    /// Folder for the arrays.
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// What is made of trials.
    #[arg(long, value_enum, default_value_t)]
    form: Form,
    /// Trials to export, the second not among them; all by default.
    #[arg(long, value_name = "FIRST..END", value_parser = trials)]
    trials: Option<Range<usize>>,
    /// Length of a window, ms; 100 by default.
    #[arg(long, value_name = "MS")]
    window_ms: Option<usize>,
    /// From the start of a window to that of the next, ms; the length of a window by default.
    #[arg(long, value_name = "MS")]
    stride_ms: Option<usize>,
    /// Add channels of the voltages within the window: dendrites in order, then the soma.
    #[arg(long)]
    past_voltages: bool,
    /// Standardize voltages by each compartment's mean and standard deviation over these trials, those to train with; in mV by
    /// default. Both are kept in voltage_statistics.npy.
    #[arg(long, value_name = "FIRST..END", value_parser = trials)]
    standardize: Option<Range<usize>>,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Samples of a window of input and the column after it.
    #[default]
    Windows,
    /// Whole trials.
    Simulations,
}

fn trials(text: &str) -> Result<Range<usize>, String> {
    let ends = text.split_once("..").map(|(first, end)| (first.parse(), end.parse()));
    match ends {
        Some((Ok(first), Ok(end))) if first < end => Ok(first..end),
        _ => Err("not two numbers FIRST..END, the first below the second".to_owned()),
    }
}

pub(super) fn run(args: &ExportLfdeepArgs) -> Result<(), Failure> {
    let form = match args.form {
        Form::Windows => {
            let window_ms = args.window_ms.unwrap_or(LfdeepWindows::default().window_ms);
            let stride_ms = args.stride_ms.unwrap_or(window_ms);
            let past_voltages = args.past_voltages;
            LfdeepForm::Windows(LfdeepWindows { window_ms, stride_ms, past_voltages })
        }
        Form::Simulations if args.past_voltages || args.window_ms.or(args.stride_ms).is_some() => {
            let message = "--window-ms, --stride-ms and --past-voltages are of --form windows";
            return Err(refusal("dataset", message.to_owned()));
        }
        Form::Simulations => LfdeepForm::Simulations,
    };
    let store = Store::open(&args.dataset).map_err(ApicalError::from)?;
    let manifest = store.manifest();
    let trials = args.trials.clone().unwrap_or(0..manifest.trials);
    let steps = trials.len();
    let scaling = args.standardize.as_ref().map(|trials| scaling(&store, trials)).transpose()?;
    let options = LfdeepOptions { form, trials, scaling };
    let export = LfdeepExport::new(&store, options)?;
    if !args.quiet {
        for array in export.arrays() {
            let size = indicatif::DecimalBytes(array.bytes());
            to_stderr(&format!("{} {:?} {}, {size}", array.name, array.shape, array.dtype));
        }
    }
    let bar = if args.quiet { ProgressBar::hidden() } else { ProgressBar::new(steps as u64) };
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} trials, {eta} left") {
        bar.set_style(style);
    }
    let dataset = json!({
        "generator": manifest.generator,
        "checksum": manifest.seal.as_ref().map(|seal| &seal.checksum),
        "compartments": manifest.layout.compartments,
        "standardized_by_trials": args.standardize,
    });
    export.write(&args.out, dataset, || bar.inc(1))?;
    bar.finish_and_clear();
    if !args.quiet {
        let arrays = counted(export.arrays().len(), "array");
        writeln!(io::stdout(), "{arrays} in {}", args.out.display())?;
    }
    Ok(())
}

/// The scaling of these trials of a data set.
fn scaling(store: &Store, range: &Range<usize>) -> Result<Scaling, ApicalError> {
    let trials = store.manifest().trials;
    if range.end > trials {
        return Err(LfdeepError::Trials { range: range.clone(), trials }.into());
    }
    let fitted_to: Vec<usize> = range.clone().collect();
    Ok(Scaling::fit(store, &fitted_to, ScalingMethod::PerCompartment)?)
}
