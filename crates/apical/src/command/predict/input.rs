use apical::ApicalError;
use apical::core::{BinnedEvents, Trial, TrialMarks, TrialSource};
use apical::dataset::store::Store;
use apical::dataset::{DendriticTrees, InputProcess};
use apical::input::read_events;
use apical::surrogate::Network;

use super::PredictArgs;
use crate::command::check_neuron;

/// Seed of drawn events where none is given, as that of `apical simulate`.
const SEED: u64 = 4;

const DURATION_MS: u32 = 600;

const V_INIT_MV: f64 = -76.0;

/// The input as a trial; its voltages are true where it is one of a data set, else those of t = 0 alone.
pub(super) fn trial(args: &PredictArgs, network: &Network) -> Result<Trial, ApicalError> {
    let layout = network.layout();
    if let (Some(dataset), Some(trial)) = (&args.dataset, args.trial) {
        let store = Store::open(dataset)?;
        check_neuron(&args.checkpoint, network, dataset, store.layout())?;
        return Ok((*store.trial(trial)?).clone());
    }
    let bins = args.duration_ms.unwrap_or(DURATION_MS);
    let events = match (&args.excitatory_events, &args.inhibitory_events) {
        (Some(excitatory), Some(inhibitory)) => {
            read_events(excitatory, inhibitory, layout.compartments.dendritic().count())?
        }
        _ => {
            let trees = DendriticTrees::basal_and_apical(&layout.compartments)?;
            InputProcess::default().generate(args.seed.unwrap_or(SEED), 0, bins, &trees)?
        }
    };
    let bins = bins as usize;
    let v_init_mv = args.v_init_mv.unwrap_or(V_INIT_MV) as f32;
    let voltages = vec![v_init_mv; (bins + 1) * layout.compartments.len()];
    let currents = vec![0.0; bins * layout.injection_sites.len()];
    let events = BinnedEvents::from_train(&events, bins);
    Ok(Trial::new(layout, events, currents, voltages, TrialMarks::default())?)
}
