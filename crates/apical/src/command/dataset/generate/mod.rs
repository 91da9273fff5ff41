//! `apical dataset generate`

mod args;
mod progress;

use std::io::{self, Write};

use apical::ApicalError;
use apical::biophysics::preset::{Preset, TrainingCondition};
use apical::biophysics::{SimulationConfig, Temperature};
use apical::dataset::InputProcess;
use apical::dataset::store::{Manifest, StoreError, StoreWriter, seal};
use apical::generation::{TrialGenerator, TrialParameters, fill};
use apical::input::read_json;
use apical::surrogate::Team;
use serde_json::json;

pub(super) use args::GenerateArgs;
use args::Shard;
use progress::Progress;

use crate::command::ranks::Ranks;
use crate::command::reconstruction::{MAX_COMPARTMENT_LENGTH_UM, Reconstruction, soma_or_root};
use crate::command::{Failure, counted, refusal, to_stderr};

pub(super) fn run(args: &GenerateArgs, ranks: Option<&Ranks>) -> Result<(), Failure> {
    Ranks::with(ranks, |ranks| run_in(args, ranks))
}

fn run_in(args: &GenerateArgs, ranks: &Ranks) -> Result<(), Failure> {
    if ranks.count() > 1 && args.shard.is_some() {
        let message = "--shard is for processes that know nothing of each other: with MPI, each rank has its part";
        return Err(refusal("dataset", message.to_owned()));
    }
    let made = make(args, ranks);
    let all_made = ranks.all(made.is_ok());
    made?;
    if !all_made {
        return Err(ApicalError::OtherRank.into());
    }
    if args.shard.is_some_and(|shard| shard.count > 1) {
        if !args.quiet {
            let merge = format!("apical dataset merge {}", args.out.display());
            to_stderr(&format!("this part is complete; when all are: {merge}"));
        }
        return Ok(());
    }
    if ranks.is_first() {
        let manifest = seal(&args.out).map_err(ApicalError::from)?;
        if let Some(seal) = manifest.seal
            && !args.quiet
        {
            let trials = counted(manifest.trials, "trial");
            writeln!(io::stdout(), "{trials}, checksum {}", seal.checksum)?;
        }
    }
    Ok(())
}

/// Makes the trials that this process is to make.
fn make(args: &GenerateArgs, ranks: &Ranks) -> Result<(), ApicalError> {
    let (generator, manifest) = generator(args)?;
    let at_a_time = args.batch_size.saturating_mul(rayon::current_num_threads());
    generator.check_memory(args.trials.min(at_a_time))?;
    let (generator, writer) = match StoreWriter::open(&args.out, &manifest) {
        // another machine began it in the meantime, with instructions of its own
        Err(StoreError::Differs { .. }) if args.instruction_set.is_none() => {
            let (generator, manifest) = self::generator(args)?;
            (generator, StoreWriter::open(&args.out, &manifest)?)
        }
        opened => (generator, opened?),
    };
    let shard = args.shard.unwrap_or(Shard { index: ranks.index(), count: ranks.count() });
    let trials = shard.trials(args.trials);
    let missing = writer.missing(trials.clone())?;
    let there = trials.len() - missing.len();
    if there > 0 && !args.quiet {
        to_stderr(&format!("{} of {} are there", there, counted(trials.len(), "trial")));
    }
    let progress = Progress::new(missing.len(), args.duration_ms, args.quiet || !ranks.is_first());
    let filled = fill(&generator, &writer, missing, args.batch_size, &progress);
    progress.clear();
    filled
}

fn generator(args: &GenerateArgs) -> Result<(TrialGenerator, Manifest), ApicalError> {
    let reconstruction = Reconstruction::load(&args.morphology)?;
    let (morphology, tree) = reconstruction.divided(args.preset, MAX_COMPARTMENT_LENGTH_UM)?;
    let about = |source| ApicalError::Neuron { morphology: morphology.source.clone(), source };
    if morphology.compartments > 0 && tree.compartment_table().dendritic().next().is_none() {
        return Err(ApicalError::NoDendrites { morphology: morphology.source.clone() });
    }
    let celsius = args.celsius.unwrap_or(Preset::TEMPERATURE.in_celsius());
    let builder = args.preset.paint_at(tree, Temperature::celsius(celsius)).map_err(about)?;
    let builder = args.condition.apply(builder, args.release_probability);
    let model = builder.build().map_err(about)?;
    let (soma, is_soma) = soma_or_root(model.tree());
    if !is_soma {
        let source = &morphology.source;
        to_stderr(&format!(
            "note: {source}: there is no soma; spikes are those of the root section"
        ));
    }
    let neuron = json!({
        "morphology": {
            // not the folder, which may be another for each process
            "source": args.morphology.file_name().map(|name| name.to_string_lossy()),
            "sections": morphology.sections,
            "axon_replaced": morphology.axon_replaced,
        },
        "preset": args.preset,
        "condition": args.condition,
        "release_probability": args.release_probability,
        "celsius": celsius,
        "max_compartment_length_um": MAX_COMPARTMENT_LENGTH_UM,
    });
    let mut config = SimulationConfig::default();
    config.dt_ms = args.dt_ms;
    config.integration = args.integration;
    config.v_init_mv = args.v_init_mv;
    if let Some(set) = args.instruction_set {
        config.instruction_set = set;
    } else if let Some(set) = begun_with(args)? {
        config.instruction_set = set;
    }
    let parameters = parameters(args)?;
    let generator = TrialGenerator::new(model.into(), soma, config, parameters, args.trials)?;
    let mut manifest = generator.manifest(&neuron);
    manifest.precision = args.precision;
    Ok((generator, manifest))
}

/// The vector instructions of the data set to go on with, if there is one.
fn begun_with(
    args: &GenerateArgs,
) -> Result<Option<apical::biophysics::InstructionSet>, ApicalError> {
    match Manifest::read(&args.out) {
        Ok(manifest) => {
            let set = &manifest.generator["simulation"]["instruction_set"];
            Ok(serde_json::from_value(set.clone()).ok())
        }
        Err(StoreError::NoManifest { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How trials are drawn.
fn parameters(args: &GenerateArgs) -> Result<TrialParameters, ApicalError> {
    let mut parameters = TrialParameters::default();
    parameters.input = match args.condition {
        TrainingCondition::Ampa => InputProcess::ampa(),
        TrainingCondition::AmpaReducedSk => InputProcess::ampa_reduced_sk(),
        _ => InputProcess::default(),
    };
    if let Some(path) = &args.input {
        let given: GivenInput = read_json(path)?;
        parameters.input = given.input.unwrap_or(parameters.input);
        parameters.stimuli = given.stimuli.unwrap_or(parameters.stimuli);
        parameters.calcium_rule = given.calcium_rule.unwrap_or(parameters.calcium_rule);
    }
    parameters.seed = args.seed;
    parameters.duration_ms = args.duration_ms;
    let stimuli = &mut parameters.stimuli;
    stimuli.trial_share = args.stimulus_share.unwrap_or(stimuli.trial_share);
    stimuli.quiet_share = args.quiet_share.unwrap_or(stimuli.quiet_share);
    Ok(parameters)
}

/// What a file of parameters may give.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenInput {
    input: Option<InputProcess>,
    stimuli: Option<apical::dataset::StimulusProcess>,
    calcium_rule: Option<apical::core::CalciumRule>,
}
