use apical::ApicalError;
use apical::biophysics::preset::{Preset, TrainingCondition};
use apical::biophysics::{Integration, SimulationConfig, Temperature};
use apical::dataset::store::Manifest;
use apical::evaluation::{Mode, PROTOCOLS, ProtocolCourse};
use apical::figure::{ComparedTraces, compared_voltages};
use apical::generation::{TrialGenerator, TrialParameters};
use apical::morphology::CompartmentTree;
use serde::Deserialize;

use crate::command::reconstruction::soma_or_root;

/// What the manifest of a simulated data set says of its neuron.
#[derive(Deserialize)]
struct Generator {
    neuron: Neuron,
    trials: TrialParameters,
    simulation: Simulation,
}

#[derive(Deserialize)]
struct Neuron {
    preset: Preset,
    condition: TrainingCondition,
    release_probability: f64,
    celsius: f64,
}

#[derive(Deserialize)]
struct Simulation {
    dt_ms: f64,
    integration: Integration,
    v_init_mv: f64,
}

/// The simulated neuron of a data set; none of one that was not simulated, or has no currents.
pub(super) fn generator(
    manifest: &Manifest,
    tree: &CompartmentTree,
) -> Result<Option<TrialGenerator>, ApicalError> {
    let Ok(of) = serde_json::from_value::<Generator>(manifest.generator.clone()) else {
        return Ok(None);
    };
    if manifest.layout.injection_sites.is_empty() {
        return Ok(None);
    }
    let Neuron { preset, condition, release_probability, celsius } = of.neuron;
    let builder = preset.paint_at(tree.clone(), Temperature::celsius(celsius))?;
    let model = condition.apply(builder, release_probability).build()?;
    let (soma, _) = soma_or_root(tree);
    let mut config = SimulationConfig::default();
    config.dt_ms = of.simulation.dt_ms;
    config.integration = of.simulation.integration;
    config.v_init_mv = of.simulation.v_init_mv;
    Ok(Some(TrialGenerator::new(model.into(), soma, config, of.trials, 1)?))
}

/// A row for each protocol, the soma on the left and the calcium site on the right.
pub(super) fn figure(courses: &[ProtocolCourse]) -> Option<String> {
    let first = courses.first()?;
    let kinds = [
        ("simulation", "truth", None),
        ("network, one step", "network", Some(Mode::OneStep)),
        ("network, free", "network", Some(Mode::Free)),
        ("linear step, free", "linear step", Some(Mode::Free)),
    ];
    let is_there = |name: &str, mode: Option<Mode>| {
        courses.iter().any(|course| course.name == name && course.mode == mode)
    };
    let kinds: Vec<_> = kinds.into_iter().filter(|&(_, name, mode)| is_there(name, mode)).collect();
    let rows: Vec<Vec<ComparedTraces>> = PROTOCOLS
        .iter()
        .map(|&protocol| {
            let of = |trace: fn(&ProtocolCourse) -> &Vec<f64>| {
                let traces = kinds.iter().map(|&(_, name, mode)| {
                    let mut courses = courses.iter();
                    let course = courses.find(|course| {
                        (course.protocol, course.name, course.mode) == (protocol, name, mode)
                    });
                    course.map(trace).cloned().unwrap_or_default()
                });
                traces.collect()
            };
            let soma = of(|course| &course.soma_mv);
            let site = of(|course| &course.calcium_site_mv);
            vec![
                ComparedTraces { title: format!("{protocol}: soma"), traces: soma },
                ComparedTraces { title: format!("{protocol}: apical dendrite"), traces: site },
            ]
        })
        .collect();
    let names: Vec<&str> = kinds.iter().map(|&(name, ..)| name).collect();
    let title = "Current injection (Hay et al. 2011)";
    Some(compared_voltages(title, &names, first.first_ms, &rows))
}
