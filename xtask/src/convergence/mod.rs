//! Error and cost of time steps and methods of integration.
//!
//! Errors are differences from a run by Crank–Nicolson with a far shorter step, which is as good as the solution of the
//! compartments' equations; they say nothing of the length of compartments.

mod cost;
mod error;
mod experiment;
mod figure;

use std::path::{Path, PathBuf};

use apical_biophysics::Integration;

use crate::Outcome;
use crate::workspace::root;
use cost::{BATCH_SIZE, Cost};
use error::{Errors, between, longest_within, order};
pub(crate) use experiment::even_events;
use experiment::{Neuron, Scheme};

const METHODS: [Integration; 2] = [Integration::ImplicitEuler, Integration::CrankNicolson];
/// The default step, whose error with implicit Euler is the measure of the others.
const DEFAULT_STEP_MS: f64 = 0.025;
/// Steps that are short enough to show the order of a method.
const LONGEST_STEP_OF_ORDER_MS: f64 = 0.05;

/// What is compared.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Reconstruction (.asc or .swc); `cell1.asc` in the folder `APICAL_REFERENCE` by default, else the default cell.
    #[arg(long)]
    reconstruction: Option<PathBuf>,
    /// Time steps, ms, ascending; every one divides a millisecond.
    #[arg(long, value_delimiter = ',', default_value = "0.0125,0.025,0.05,0.0625,0.1,0.2")]
    steps_ms: Vec<f64>,
    /// Time step of the reference run, ms.
    #[arg(long, default_value_t = 0.001)]
    reference_dt_ms: f64,
    /// How often each method and step is timed.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Steps of one timing, whatever they last.
    #[arg(long, default_value_t = 40_000)]
    timed_steps: usize,
    /// Where the figure goes.
    #[arg(long, default_value = "docs/src/figures/convergence.svg")]
    figure: PathBuf,
}

/// A measure of error that the figure shows and the comparison at equal error uses.
#[derive(Clone, Copy)]
struct Measure {
    /// Which of the experiments.
    experiment: usize,
    title: &'static str,
    axis: &'static str,
    of: fn(&Errors) -> f64,
}

/// The figure shows the first three.
const MEASURES: [Measure; 4] = [
    Measure {
        experiment: 0,
        title: "Somatic voltage, bombardment",
        axis: "Root-mean-square error (mV)",
        of: |errors| errors.soma_rms_mv,
    },
    Measure {
        experiment: 0,
        title: "Spike times, bombardment",
        axis: "Mean absolute error (ms)",
        of: |errors| errors.spike_time_ms,
    },
    Measure {
        experiment: 1,
        title: "Apical plateau, BAC firing",
        axis: "Root-mean-square error (mV)",
        of: |errors| errors.distal_rms_mv,
    },
    Measure {
        experiment: 1,
        title: "Spike times, BAC firing",
        axis: "Mean absolute error (ms)",
        of: |errors| errors.spike_time_ms,
    },
];

/// All results: of each method in turn, each step in turn.
struct Results {
    steps_ms: Vec<f64>,
    costs: Vec<Cost>,
    /// One list an experiment.
    errors: Vec<Vec<Errors>>,
    /// Of implicit Euler with the step of the reference, one an experiment.
    euler: Vec<Errors>,
    reference_dt_ms: f64,
}

/// Simulates, times, prints tables and draws the figure.
pub(crate) fn run(options: &Options) -> Outcome {
    check_steps(options)?;
    let reference = std::env::var_os("APICAL_REFERENCE").map(PathBuf::from);
    let reconstruction = reconstruction(options, reference.as_deref());
    let neuron = Neuron::new(reconstruction.as_deref())?;
    let compartments = neuron.model.tree().len();
    println!("{compartments} compartments, {} synapses\n", neuron.model.synapse_count());
    let schemes: Vec<Scheme> = METHODS
        .into_iter()
        .flat_map(|integration| {
            options.steps_ms.iter().map(move |&dt_ms| Scheme { integration, dt_ms })
        })
        .collect();
    let costs = cost::measure(&neuron, &schemes, options.rounds, options.timed_steps)?;
    print_costs(&schemes, &costs);
    let mut results = Results {
        steps_ms: options.steps_ms.clone(),
        costs,
        errors: Vec::new(),
        euler: Vec::new(),
        reference_dt_ms: options.reference_dt_ms,
    };
    for experiment in experiment::experiments(&neuron, reference.as_deref())? {
        eprintln!("{}, steps of {} ms", experiment.name, options.reference_dt_ms);
        let [euler, reference] = METHODS.map(|integration| {
            let scheme = Scheme { integration, dt_ms: options.reference_dt_ms };
            neuron.simulate(&experiment, scheme)
        });
        let (euler, reference) = (euler?, reference?);
        let mut errors = Vec::new();
        for scheme in &schemes {
            errors.push(Errors::of(&neuron.simulate(&experiment, *scheme)?, &reference));
        }
        println!("\n{}:\n", experiment.name);
        print_heading();
        for (scheme, errors) in schemes.iter().zip(&errors) {
            print_row(*scheme, errors);
        }
        for (scheme, run) in METHODS.into_iter().zip([&euler, &reference]) {
            let scheme = Scheme { integration: scheme, dt_ms: options.reference_dt_ms };
            print_row(scheme, &Errors::of(run, &reference));
        }
        print_orders(&options.steps_ms, &errors);
        results.errors.push(errors);
        results.euler.push(Errors::of(&euler, &reference));
    }
    if results.steps_ms.contains(&DEFAULT_STEP_MS) {
        print_equal_errors(&results);
        print_equal_errors_of_euler(&results);
    }
    let panels: Vec<_> = MEASURES.iter().take(3).map(|measure| results.panel(*measure)).collect();
    write_figure(&options.figure, &figure::draw(&panels))
}

/// Voltages are compared at whole milliseconds, and series are read from the shortest step on.
fn check_steps(options: &Options) -> Outcome {
    let divides = |dt_ms: &f64| *dt_ms > 0.0 && ((1.0 / dt_ms).round() * dt_ms - 1.0).abs() < 1e-9;
    if let Some(dt_ms) =
        options.steps_ms.iter().chain([&options.reference_dt_ms]).find(|dt_ms| !divides(dt_ms))
    {
        return Err(format!("a step of {dt_ms} ms does not divide a millisecond"));
    }
    if options.steps_ms.len() < 2 || !options.steps_ms.is_sorted() {
        return Err("name at least two steps, in ascending order".to_owned());
    }
    Ok(())
}

fn reconstruction(options: &Options, reference: Option<&Path>) -> Option<PathBuf> {
    let of_reference = || reference.map(|folder| folder.join("cell1.asc"));
    options.reconstruction.clone().or_else(of_reference)
}

const fn name(integration: Integration) -> &'static str {
    match integration {
        Integration::CrankNicolson => "Crank–Nicolson",
        _ => "implicit Euler",
    }
}

impl Results {
    /// What a method has for each step, dt ascending.
    fn of<T>(&self, method: usize, value: impl Fn(usize) -> T) -> Vec<(f64, T)> {
        let first = method * self.steps_ms.len();
        self.steps_ms.iter().enumerate().map(|(i, &dt_ms)| (dt_ms, value(first + i))).collect()
    }

    /// (dt, error) of a method.
    fn errors(&self, method: usize, measure: Measure) -> Vec<[f64; 2]> {
        let errors = &self.errors[measure.experiment];
        self.of(method, |at| (measure.of)(&errors[at])).into_iter().map(<[f64; 2]>::from).collect()
    }

    /// The same, not a number where the number of spikes is another.
    fn errors_with_spikes(&self, method: usize, measure: Measure) -> Vec<[f64; 2]> {
        let errors = &self.errors[measure.experiment];
        let value = |at: usize| match errors[at].same_spikes {
            true => (measure.of)(&errors[at]),
            false => f64::NAN,
        };
        self.of(method, value).into_iter().map(<[f64; 2]>::from).collect()
    }

    /// (dt, cost in the batch) of a method.
    fn costs(&self, method: usize) -> Vec<[f64; 2]> {
        self.of(method, |at| self.costs[at].batched_s).into_iter().map(<[f64; 2]>::from).collect()
    }

    fn panel(&self, measure: Measure) -> figure::Panel {
        let errors = &self.errors[measure.experiment];
        let lines = [0, 1].map(|method| {
            let point = |at: usize| (self.costs[at].batched_s, errors[at]);
            let points = self.of(method, point).into_iter().map(|(dt_ms, (cost_s, errors))| {
                let error = (measure.of)(&errors);
                figure::Point { dt_ms, cost_s, error, same_spikes: errors.same_spikes }
            });
            figure::Line { name: name(METHODS[method]), points: points.collect() }
        });
        figure::Panel { title: measure.title, axis: measure.axis, lines }
    }
}

fn print_costs(schemes: &[Scheme], costs: &[Cost]) {
    println!("Processor time per neuron and simulated second, s:\n");
    println!("| method | dt, ms | alone | in a batch of {BATCH_SIZE} |");
    println!("|---|---|---|---|");
    for (scheme, cost) in schemes.iter().zip(costs) {
        println!(
            "| {} | {} | {:.3} | {:.3} |",
            name(scheme.integration),
            scheme.dt_ms,
            cost.alone_s,
            cost.batched_s
        );
    }
}

fn print_heading() {
    println!(
        "| method | dt, ms | soma rms, mV | soma largest, mV | spikes | spike times, ms | distal rms, mV | distal peak, mV |"
    );
    println!("|---|---|---|---|---|---|---|---|");
}

fn print_row(scheme: Scheme, errors: &Errors) {
    println!(
        "| {} | {} | {} | {} | {} | {} | {} | {:.3} |",
        name(scheme.integration),
        scheme.dt_ms,
        short(errors.soma_rms_mv),
        short(errors.soma_largest_mv),
        errors.spikes,
        short(errors.spike_time_ms),
        short(errors.distal_rms_mv),
        errors.distal_peak_mv
    );
}

/// The exponents of dt that the errors of the shorter steps follow.
fn print_orders(steps_ms: &[f64], errors: &[Errors]) {
    println!();
    for (method, errors) in METHODS.into_iter().zip(errors.chunks(steps_ms.len())) {
        let fitted = |of: fn(&Errors) -> f64| {
            let points: Vec<[f64; 2]> = steps_ms
                .iter()
                .zip(errors)
                .filter(|(dt_ms, _)| **dt_ms <= LONGEST_STEP_OF_ORDER_MS)
                .map(|(&dt_ms, errors)| [dt_ms, of(errors)])
                .collect();
            order(&points)
        };
        println!(
            "order of {} up to {LONGEST_STEP_OF_ORDER_MS} ms: soma {:.2}, spike times {:.2}, distal {:.2}",
            name(method),
            fitted(|errors| errors.soma_rms_mv),
            fitted(|errors| errors.spike_time_ms),
            fitted(|errors| errors.distal_rms_mv)
        );
    }
}

/// Which step of Crank–Nicolson is as good as implicit Euler's default one, with every spike, and what that is worth.
fn print_equal_errors(results: &Results) {
    println!("\nAs good as implicit Euler at {DEFAULT_STEP_MS} ms, in a batch of {BATCH_SIZE}:\n");
    println!(
        "| measure | its error | Crank–Nicolson up to | times as fast | at the next step that was run |"
    );
    println!("|---|---|---|---|---|");
    for measure in MEASURES {
        let error = between(&results.errors(0, measure), DEFAULT_STEP_MS);
        let cost_s = between(&results.costs(0), DEFAULT_STEP_MS);
        let series = results.errors_with_spikes(1, measure);
        let Some(dt_ms) = longest_within(&series, error) else {
            println!("| {} | {} | none | | |", measure.title, short(error));
            continue;
        };
        let times = |dt_ms| cost_s / between(&results.costs(1), dt_ms);
        let run_ms =
            results.steps_ms.iter().rfind(|step| **step <= dt_ms).copied().unwrap_or(f64::NAN);
        println!(
            "| {} | {} | {} ms | {:.1} | {run_ms} ms: {:.1} |",
            measure.title,
            short(error),
            short(dt_ms),
            times(dt_ms),
            times(run_ms)
        );
    }
}

/// Which step implicit Euler would need to be as good as Crank–Nicolson at the default one. Its cost goes with 1/dt.
fn print_equal_errors_of_euler(results: &Results) {
    println!("\nAs good as Crank–Nicolson at {DEFAULT_STEP_MS} ms:\n");
    println!("| measure | its error | implicit Euler up to | times as slow |");
    println!("|---|---|---|---|");
    let [euler_s, crank_s] = [0, 1].map(|method| between(&results.costs(method), DEFAULT_STEP_MS));
    for measure in MEASURES {
        let error = between(&results.errors(1, measure), DEFAULT_STEP_MS);
        let finest = (measure.of)(&results.euler[measure.experiment]);
        let mut series = vec![[results.reference_dt_ms, finest]];
        series.extend(results.errors_with_spikes(0, measure));
        let shown = longest_within(&series, error).map_or_else(
            || format!("below {} ms | |", results.reference_dt_ms),
            |dt_ms| format!("{dt_ms:.4} ms | {:.1} |", DEFAULT_STEP_MS / dt_ms * euler_s / crank_s),
        );
        println!("| {} | {} | {shown}", measure.title, short(error));
    }
}

/// Three digits; a dash for what is not a number.
fn short(value: f64) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    if value.abs() < 1e-4 { format!("{value:.2e}") } else { format!("{value:.decimals$}") }
}

fn write_figure(file: &Path, figure: &svg::Document) -> Outcome {
    let path = root().join(file);
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    svg::save(&path, figure).map_err(failed)?;
    println!("\nfigure: {}", file.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_have_three_digits() {
        let shown = [0.0, 12.345, 0.012_345, 1.234e-6, f64::NAN, 1234.5].map(short);
        assert_eq!(shown, ["0", "12.3", "0.0123", "1.23e-6", "–", "1234"]);
    }
}
