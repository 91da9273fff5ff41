//! The page that shows all of a reproduction, and needs nothing else.

mod tables;
mod viewer;

use apical::ApicalError;
use apical::output::Versions;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::drawing::Figure;
use super::plan::Plan;
use super::results::Results;
use super::stage::{Stage, Stages, json};
use tables::Shown;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("viewer.js");
const PUBLICATION: &str = "https://doi.org/10.1371/journal.pcbi.1011728";

/// The page. Of the same plan, versions and instructions of the processor it has the same bytes, but for what is between
/// `<!-- times -->` and `<!-- /times -->`.
pub(super) fn html(
    plan: &Plan,
    stages: &[Stage],
    done: &Stages,
    results: &Results,
    figures: &[Figure],
) -> Result<String, ApicalError> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // no picture to ask a server for
                link rel="icon" href="data:,";
                title { "Multitask learning of a neuron: a reproduction" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Multitask learning of a biophysically detailed neuron" }
                p {
                    "A reproduction of " a href=(PUBLICATION) { "Verhellen et al. 2024" }
                    ": a layer 5 pyramidal cell is simulated in detail, and networks learn to predict the voltage of all of its "
                    "compartments a millisecond ahead."
                }
                nav {
                    a href="#neuron" { "The neuron" }
                    a href="#figures" { "Figures" }
                    a href="#speed" { "Speed" }
                    a href="#tables" { "Tables" }
                    a href="#made" { "How it was made" }
                }
                (facts(plan, results))
                (neuron(results))
                h2 id="figures" { "Figures" }
                @for figure in figures { (drawing(figure)) }
                h2 id="speed" { "Speed" }
                (times(&table(&tables::speed(results))))
                p {
                    "Whole steps from input to voltages, medians of three turns. With 16 bits the first layer of towers and gates is "
                    "computed in whole numbers of 16 bits. NEURON is in the table where "
                    code { "cargo xtask neuron-speed" } " has timed it."
                }
                h2 id="tables" { "Tables" }
                p {
                    "Of the test trials, which the networks were not trained with. The linear step is a ridge regression on the same "
                    "inputs, which the networks add to; persistence is the voltage of the millisecond before. "
                    "“Input alone” is told nothing of the true voltages. More, by band of voltage, compartment and horizon, is in "
                    "evaluation/ beside this page."
                }
                @for shown in tables::all(results) { (table(&shown)) }
                (made(stages, done, plan)?)
                @if let Some(data) = viewer::data(results) {
                    script type="application/json" id="viewer-data" { (PreEscaped(data)) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    };
    Ok(page.into_string())
}

/// What differs from run to run.
fn times(content: &Markup) -> Markup {
    html! { (PreEscaped("<!-- times -->")) (content) (PreEscaped("<!-- /times -->")) }
}

fn facts(plan: &Plan, results: &Results) -> Markup {
    let Versions { apical, numerics, .. } = Versions::current();
    let morphology = plan.morphology.as_ref().map_or_else(
        || "embedded layer 5 pyramidal cell".to_owned(),
        |path| path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    );
    let tested = results.networks.first().map_or(0, |network| network.evaluation.trials.len());
    let seal = &results.dataset.seal;
    let facts = [
        ("Plan", plan.name.clone()),
        ("Neuron", format!("{morphology}, {} compartments", results.tree.len())),
        (
            "Simulated",
            format!(
                "{} trials of {} ms: {} somatic spikes, {} calcium spikes",
                plan.trials, plan.duration_ms, seal.spikes, seal.calcium_events
            ),
        ),
        ("Tested on", format!("{tested} trials")),
        ("Seed", plan.seed.to_string()),
        ("Version", format!("apical {apical}, numerics {numerics}")),
        ("Data set", seal.checksum.clone()),
    ];
    html! {
        dl.facts {
            @for (name, value) in facts { dt { (name) } dd { (value) } }
        }
    }
}

/// The neuron to turn and to play.
fn neuron(results: &Results) -> Markup {
    let Some(example) = results.networks.iter().find_map(|n| n.evaluation.example.as_ref()) else {
        return html! {};
    };
    html! {
        h2 id="neuron" { "The neuron" }
        p {
            "A stretch of test trial " (example.trial) ", simulated and predicted. Drag to turn, with shift to move, scroll to come "
            "nearer, click on a dendrite for its voltage."
        }
        div #viewer {
            div.controls {
                button #play type="button" { "Play" }
                label { "Time " span #clock {} }
                input #time type="range" min="0" value="0" aria-label="Time";
                label {
                    "Speed "
                    select #speed {
                        option value="10" { "10 ms/s" }
                        option value="30" selected { "30 ms/s" }
                        option value="100" { "100 ms/s" }
                    }
                }
                label { "Predicted by " select #source {} }
                button #reset type="button" { "Reset view" }
            }
            div.cells {
                div.cell { b { "simulated" } canvas #truth aria-label="The neuron as simulated" {} }
                div.cell { b #prediction-name {} canvas #prediction aria-label="The neuron as predicted" {} }
            }
            div #picked {}
            canvas #traces aria-label="Voltage of the picked compartment" {}
        }
    }
}

fn drawing(figure: &Figure) -> Markup {
    html! {
        figure {
            div.drawing { (PreEscaped(&figure.svg)) }
            figcaption { b { "Figure " (figure.number) ". " } (figure.caption) }
        }
    }
}

fn table(shown: &Shown) -> Markup {
    html! {
        div.table {
            table {
                caption { (shown.caption) }
                thead { tr { @for name in &shown.columns { th { (name) } } } }
                tbody {
                    @for row in &shown.rows {
                        tr { @for cell in row { td { (cell) } } }
                    }
                }
            }
        }
    }
}

fn made(stages: &[Stage], done: &Stages, plan: &Plan) -> Result<Markup, ApicalError> {
    let lines: Vec<String> = stages.iter().map(|stage| stage.line.to_string()).collect();
    let settings = plan.networks.iter().map(|network| {
        let text = json("settings".as_ref(), &network.config)?;
        Ok((network.title.as_str(), String::from_utf8_lossy(&text).into_owned()))
    });
    let settings = settings.collect::<Result<Vec<_>, ApicalError>>()?;
    let seconds = |stage: &Stage| done.seconds(&stage.folder).unwrap_or_default();
    let minutes = stages.iter().map(seconds).sum::<u64>() as f64 / 60.0;
    Ok(html! {
        h2 id="made" { "How it was made" }
        p { "These commands, in the folder of this page, make again what it shows; any of their options can be changed." }
        pre { (lines.join("\n")) }
        @for (title, text) in settings {
            details { summary { "Settings of " (title) } pre { (text) } }
        }
        details {
            summary { "What each stage was made of" }
            div.table {
                table {
                    thead { tr { th { "stage" } th { "SHA-256 of its inputs" } } }
                    tbody {
                        @for stage in stages {
                            tr { td { (stage.folder) } td { (done.hash(&stage.folder)) } }
                        }
                    }
                }
            }
        }
        (times(&html! {
            details {
                summary { "Times: " (format!("{minutes:.1}")) " minutes in all" }
                div.table {
                    table {
                        thead { tr { th { "stage" } th { "s" } } }
                        tbody {
                            @for stage in stages {
                                tr { td { (stage.folder) } td { (seconds(stage)) } }
                            }
                        }
                    }
                }
            }
        }))
    })
}
