use std::io::{self, Write};
use std::path::PathBuf;

use apical::input::{NEURONIO_CONVERTER, NeuronioFiles, import_neuronio};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::{Failure, counted};

/// Make a data set of the published simulations of Beniaguev et al. 2021 (NeuronIO).
///
/// These are Python pickles, which a short Python program converts first: it needs numpy alone, changes no value, and says
/// what its npz files hold. Trials follow the order of file names. A simulation of T ms becomes a trial of T - 1 ms, since its
/// last voltage is that at T - 1 ms. An import that was interrupted goes on when it is repeated.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Spike times were published rounded, by up to 2 ms at 6 s. They are found again in the soma voltage
at 8 samples per ms; trials/*.json say of how many that was not possible. Calcium events are those
of the published nexus voltage. Diameters and the parts of the apical tree were not published: they
are 0 and `other`. A pickle can run any code: convert only files whose origin you trust.

    apical dataset import-neuronio --print-converter > neuronio_to_npz.py
    python3 neuronio_to_npz.py *.p converted
    apical dataset import-neuronio converted --out data")]
pub(super) struct ImportNeuronioArgs {
    /// Folder of converted files.
    #[arg(value_name = "DIR", required_unless_present = "print_converter")]
    folder: Option<PathBuf>,
    /// The data set: a new folder, or one to go on with.
    #[arg(short, long, value_name = "DIR", required_unless_present = "print_converter")]
    out: Option<PathBuf>,
    /// Print the Python program that converts the published files, and do nothing else.
    #[arg(long, conflicts_with_all = ["folder", "out"])]
    print_converter: bool,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &ImportNeuronioArgs) -> Result<(), Failure> {
    let (Some(folder), Some(out)) = (&args.folder, &args.out) else {
        io::stdout().write_all(NEURONIO_CONVERTER.as_bytes())?;
        return Ok(());
    };
    let files = NeuronioFiles::open(folder)?;
    let trials = files.simulations() as u64;
    let bar = if args.quiet { ProgressBar::hidden() } else { ProgressBar::new(trials) };
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} trials, {eta} left") {
        bar.set_style(style);
    }
    let manifest = import_neuronio(&files, out, || bar.inc(1))?;
    bar.finish_and_clear();
    if let Some(seal) = manifest.seal
        && !args.quiet
    {
        writeln!(
            io::stdout(),
            "{} of {} ms, {}, {}, checksum {}",
            counted(manifest.trials, "trial"),
            manifest.layout.duration_ms,
            counted(seal.spikes as usize, "spike"),
            counted(seal.calcium_events as usize, "calcium event"),
            seal.checksum
        )?;
    }
    Ok(())
}
