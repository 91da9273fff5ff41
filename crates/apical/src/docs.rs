//! README.md and the book, so that their code compiles and runs as documentation tests.

macro_rules! pages {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[doc = include_str!(concat!("../../../", $file))]
            mod $name {}
        )*
    };
}

pages! {
    readme: "README.md",
    contributing: "CONTRIBUTING.md",
    tutorial_rust: "docs/src/tutorial-rust.md",
    tutorial_first_simulation: "docs/src/tutorial-first-simulation.md",
    tutorial_reconstruction: "docs/src/tutorial-reconstruction.md",
    tutorial_output: "docs/src/tutorial-output.md",
    tutorial_field_potentials: "docs/src/tutorial-field-potentials.md",
    tutorial_data_sets: "docs/src/tutorial-data-sets.md",
    tutorial_evaluation: "docs/src/tutorial-evaluation.md",
    tutorial_networks: "docs/src/tutorial-networks.md",
    interchange_datasets: "docs/src/interchange-datasets.md",
    theory_cable: "docs/src/theory-cable.md",
    theory_time_step: "docs/src/theory-time-step.md",
    theory_vectors: "docs/src/theory-vectors.md",
    theory_channels: "docs/src/theory-channels.md",
    theory_synapses: "docs/src/theory-synapses.md",
    theory_field_potentials: "docs/src/theory-field-potentials.md",
    importing: "docs/src/importing.md",
    regions: "docs/src/regions.md",
    default_cell: "docs/src/default-cell.md",
    glossary: "docs/src/glossary.md",
    validation: "docs/src/validation.md",
    benchmarks: "docs/src/benchmarks.md",
    validation_neuron: "docs/validation-neuron.md",
    correctness: "docs/src/correctness.md",
}
