use std::path::PathBuf;

use clap::Args;

/// Simulate, train, evaluate and draw what Verhellen et al. 2024 show, on the embedded cell or another: Figures 1 to 5, Table 1
/// and a report.
///
/// Makes a data set of simulated trials, trains MH, MMoE and MMoEEx with it, evaluates them on trials that they were not trained
/// with, times them beside the simulation, and writes report.html, which needs nothing else to be looked at. It does so by the
/// other commands of this program, which the report lists: each can be repeated with other options.
///
/// What is done is not done again while its inputs are the same. Stopped with Ctrl-C, or killed, it goes on
/// when it is started again.
/// What other inputs have made in --out, such as networks of another seed, is not removed without --overwrite.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Files in --out:
  report.html        all of it, for a browser; no network needed
  figures/           Figures 1 to 5 as SVG and PNG
  data/              the data set (apical dataset info DIR/data)
  mh/, mmoe/, ...    networks (apical predict --checkpoint DIR/mh)
  evaluation/        tables of each network as CSV, with figures
  speed/             Table 1 as CSV
  plan.json          all that the report depends on
  settings/          configurations of trainings
  stages.json        what is done, with hashes of what it was made of

Examples:
  A quarter of an hour on two cores:
    apical reproduce
  A reconstruction of one's own, and more time:
    apical reproduce --standard --morphology cell.asc --out mine
  Go on with what was stopped:
    apical reproduce --resume --out mine")]
pub(in crate::command) struct ReproduceArgs {
    /// 192 s of simulated time and some hundred steps of each network; the default.
    #[arg(long, conflicts_with_all = ["standard", "full"])]
    pub(super) quick: bool,
    /// Ten minutes of simulated time and networks of the published sizes: about an hour on two cores.
    #[arg(long, conflicts_with = "full")]
    pub(super) standard: bool,
    /// As much as was published: 1024 trials and 53,000 steps, for a machine with a graphics processor.
    #[arg(long)]
    pub(super) full: bool,
    /// A plan of one's own: a file like plan.json of a reproduction.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "standard", "full"])]
    pub(super) plan: Option<PathBuf>,
    /// Reconstruction, SWC or Neurolucida ASC; `default` is the embedded layer 5 pyramidal cell.
    #[arg(long, value_name = "FILE")]
    pub(super) morphology: Option<PathBuf>,
    /// Folder to write to; created where it does not exist.
    #[arg(long, short, value_name = "DIR", default_value = "reproduction")]
    pub(super) out: PathBuf,
    /// Seed of all that is drawn; 1 by default, or that of --plan.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Where networks compute: cpu, which it is by default, or cuda:0, cuda:1, … in a program built with the feature cuda.
    #[arg(long, value_name = "DEVICE")]
    pub(super) device: Option<String>,
    /// Go on with the reproduction in --out, with its options.
    #[arg(
        long,
        conflicts_with_all = ["quick", "standard", "full", "plan", "morphology", "seed", "device"]
    )]
    pub(super) resume: bool,
    /// Remove what another plan, version or file has made in --out, and make it again.
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Show no progress and no summary; notes and errors still go to standard error.
    #[arg(long, short)]
    pub(super) quiet: bool,
}
