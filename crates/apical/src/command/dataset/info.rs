use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use apical::ApicalError;
use apical::dataset::store::{
    ByTree, CalciumSummary, DatasetSummary, InputRate, NeuronSummary, OutputSummary, Store,
    count_input,
};
use apical::figure::dataset_overview;
use apical::output::write_whole;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::command::{Failure, counted};

/// Say what the trials of a data set are like.
///
/// Lists input and output rates, calcium events, size, and how it was made, of the trials that are there: a data set may
/// still grow. Synaptic events are read, voltages only for the figure, and of nine trials at most.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  apical dataset info data
  apical dataset info data --svg data.svg
  apical dataset info data --json > data.json")]
pub(super) struct InfoArgs {
    /// The data set.
    #[arg(value_name = "DIR")]
    dataset: PathBuf,
    /// Draw an example trial and the distributions of rates, intervals, input and voltages.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let store = Store::open(&args.dataset).map_err(ApicalError::from)?;
    let trials = store.records().count();
    let bar = if args.quiet { ProgressBar::hidden() } else { ProgressBar::new(trials as u64) };
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} trials, {eta} left") {
        bar.set_style(style);
    }
    let input = count_input(&store, |_| bar.inc(1)).map_err(ApicalError::from)?;
    bar.finish_and_clear();
    let summary = DatasetSummary::new(&store, &input);
    if let Some(path) = &args.svg {
        let name = args.dataset.file_name().unwrap_or(args.dataset.as_os_str());
        let title = format!("{}: {}", name.display(), extent(&summary));
        let figure = dataset_overview(&title, &store, &input).map_err(ApicalError::from)?;
        // the file that a link leads to, and not the link, is replaced
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        write_whole(&path, figure.as_bytes())?;
    }
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &summary).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", args.dataset.display())?;
        write_text(&mut out, &summary)?;
    }
    Ok(())
}

/// How many trials, and how long.
fn extent(summary: &DatasetSummary) -> String {
    let DatasetSummary { trials, trials_in_all, duration_ms, .. } = summary;
    let trials = if trials == trials_in_all {
        counted(*trials, "trial")
    } else {
        format!("{trials} of {}", counted(*trials_in_all, "trial"))
    };
    format!("{trials} of {duration_ms} ms")
}

fn write_text(out: &mut impl Write, summary: &DatasetSummary) -> io::Result<()> {
    row(out, "trials", extent(summary))?;
    row(out, "simulated time", time(summary.simulated_s))?;
    let share = summary
        .share_of_uncompressed
        .map(|share| format!(", {} of the voltages uncompressed in 32 bits", percent(share)));
    row(out, "size", format!("{}{}", size(summary.bytes), share.unwrap_or_default()))?;
    let precision = serde_json::to_value(summary.precision)?;
    let precision = precision.as_str().unwrap_or_default();
    let steps = counted(summary.steps_per_ms, "sample");
    row(out, "voltages", format!("{precision} every ms, at the soma {steps} a ms"))?;
    if let Some(checksum) = &summary.checksum {
        row(out, "checksum", checksum)?;
    }
    write_neuron(out, &summary.neuron)?;
    write_input(out, summary)?;
    write_output(out, summary.trials, &summary.output, &summary.spike_rule)?;
    match &summary.calcium {
        None => writeln!(out, "\nno site of calcium events")?,
        Some(calcium) => {
            let rule = summary.calcium_rule;
            let (threshold, shortest) = (rule.threshold_mv, rule.shortest_ms);
            writeln!(out, "\ncalcium events: above {threshold} mV for {shortest} ms")?;
            write_calcium(out, calcium)?;
        }
    }
    writeln!(out, "\ngenerator")?;
    match &summary.generator {
        Value::Object(entries) => {
            entries.iter().try_for_each(|(name, value)| row(out, name, short(value)))
        }
        value => row(out, "", short(value)),
    }
}

fn write_neuron(out: &mut impl Write, neuron: &NeuronSummary) -> io::Result<()> {
    writeln!(out, "\nneuron")?;
    let regions = neuron.regions.iter().map(|(region, count)| format!("{count} {region}"));
    let regions = regions.collect::<Vec<_>>().join(", ");
    row(out, "compartments", format!("{}: {regions}", neuron.compartments))?;
    row(out, "synapses", neuron.synapses)?;
    row(out, "spikes at", &neuron.soma)?;
    if let Some(site) = &neuron.calcium_site {
        row(out, "calcium events at", site)?;
    }
    if !neuron.injection_sites.is_empty() {
        row(out, "currents into", neuron.injection_sites.join(", "))?;
    }
    Ok(())
}

fn write_input(out: &mut impl Write, summary: &DatasetSummary) -> io::Result<()> {
    writeln!(out, "\ninput")?;
    let trials = |count: usize| {
        let share = count as f64 / summary.trials.max(1) as f64;
        format!("{count} ({})", percent(share))
    };
    row(out, "quiet trials", trials(summary.quiet_trials))?;
    row(out, "with currents", trials(summary.current_trials))?;
    let Some(input) = &summary.input else {
        return Ok(());
    };
    writeln!(out, "  {:<22} {:>8} {:>12} {:>14}", "", "synapses", "events/s", "Hz a synapse")?;
    input_row(out, "all synapses", &input.all)?;
    for (kind, trees) in [("excitatory", &input.excitatory), ("inhibitory", &input.inhibitory)] {
        if let Some(ByTree { all, basal, apical }) = trees {
            input_row(out, kind, all)?;
            input_row(out, "  basal", basal)?;
            input_row(out, "  apical", apical)?;
        }
    }
    Ok(())
}

fn input_row(out: &mut impl Write, name: &str, rate: &InputRate) -> io::Result<()> {
    let InputRate { synapses, events_per_s, per_synapse_hz, .. } = rate;
    let per_synapse = per_synapse_hz.map_or("–".to_owned(), |hz| format!("{hz:.3}"));
    writeln!(out, "  {name:<22} {synapses:>8} {events_per_s:>12.1} {per_synapse:>14}")
}

fn write_output(
    out: &mut impl Write,
    trials: usize,
    output: &OutputSummary,
    rule: &str,
) -> io::Result<()> {
    writeln!(out, "\nsomatic spikes: {rule}")?;
    row(out, "number", output.spikes)?;
    let Some(rate) = output.rate_hz else {
        return Ok(());
    };
    let sd = rate.sd.map_or(String::new(), |sd| format!(" ± {sd:.3} (sd)"));
    let (mean, least, greatest) = (rate.mean, rate.least, rate.greatest);
    row(out, "rate", format!("mean {mean:.3}{sd} Hz, {least:.3} to {greatest:.3} Hz"))?;
    let share = percent(output.silent_trials as f64 / trials as f64);
    row(out, "silent trials", format!("{} ({share})", output.silent_trials))?;
    if let Some(intervals) = output.intervals {
        let variation = intervals
            .coefficient_of_variation
            .map(|variation| format!(", coefficient of variation {variation:.2}"));
        let variation = variation.unwrap_or_default();
        row(out, "intervals", format!("median {:.1} ms{variation}", intervals.median_ms))?;
    }
    Ok(())
}

fn write_calcium(out: &mut impl Write, calcium: &CalciumSummary) -> io::Result<()> {
    row(out, "number", calcium.events)?;
    let mut given = |name, value: Option<f64>, shown: fn(f64) -> String| {
        value.map_or(Ok(()), |value| row(out, name, shown(value)))
    };
    given("rate", calcium.rate_hz, |hz| format!("{hz:.3} Hz"))?;
    given("median duration", calcium.median_duration_ms, |ms| format!("{ms:.1} ms"))?;
    given("median peak", calcium.median_peak_mv, |mv| format!("{mv:.1} mV"))?;
    given("with a spike", calcium.share_with_spike, percent)?;
    given("spikes an event", calcium.spikes_per_event, |mean| format!("{mean:.2}"))?;
    given("spikes within events", calcium.share_of_spikes_within, percent)
}

fn row(out: &mut impl Write, name: &str, value: impl Display) -> io::Result<()> {
    writeln!(out, "  {name:<22} {value}")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn time(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{} s", (1e3 * seconds).round() / 1e3),
        ..7200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        ..1e6 => format!("{:.1} kB", 1e-3 * bytes),
        ..1e9 => format!("{:.1} MB", 1e-6 * bytes),
        _ => format!("{:.1} GB", 1e-9 * bytes),
    }
}

/// JSON on one line, its end left out where it is long.
fn short(value: &Value) -> String {
    const LONGEST: usize = 72;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
