use std::fs;
use std::path::Path;
use std::process::Command;

use apical_core::TrialSource;
use apical_dataset::store::Store;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{empty_folder, program};
use crate::python::PythonOptions;
use crate::workspace::root;
use crate::{Outcome, command};

/// The page whose first block of Python is run.
const PAGE: &str = "docs/src/tutorial-data-sets.md";

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    python: PythonOptions,
}

pub(super) fn run(options: &Options) -> Outcome {
    let version = options.python.require_zarr()?;
    println!("zarr {version}");
    let program = program()?;
    let snippet = snippet()?;
    for precision in ["float32", "float16"] {
        let folder = empty_folder("dataset-python")?;
        let data = folder.join("data");
        let mut generate = Command::new(&program);
        generate.args(["dataset", "generate", "--trials", "5", "--duration-ms", "730", "--quiet"]);
        // an odd length, trials with and without currents
        generate.args(["--stimulus-share", "0.5", "--precision", precision, "--out"]).arg(&data);
        command::run(&mut generate)?;
        let written = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).map(|()| path).map_err(|error| error.to_string())
        };
        let expected = written("expected.json", checksums(&data)?.to_string())?;
        let script = Path::new("xtask").join("peers").join("dataset_zarr.py");
        command::run(options.python.command().arg(script).arg(&data).arg(expected))?;
        let snippet = written("snippet.py", snippet.clone())?;
        command::run(options.python.command().current_dir(&folder).arg(snippet))?;
    }
    Ok(())
}

/// The first block of Python of the book's page.
fn snippet() -> Outcome<String> {
    let page = fs::read_to_string(root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let block = page.split_once("```python\n").and_then(|(_, rest)| rest.split_once("```"));
    block.map(|(block, _)| block.to_owned()).ok_or_else(|| format!("{PAGE}: no block of Python"))
}

/// SHA-256 of every trial's values as apical reads them, voltages in single precision.
fn checksums(data: &Path) -> Outcome<Value> {
    let store = Store::open(data).map_err(|error| error.to_string())?;
    let mut trials = Vec::new();
    for index in 0..store.trial_count() {
        let trial = store.trial(index).map_err(|error| error.to_string())?;
        let soma_mv = store.soma_mv(index).map_err(|error| error.to_string())?;
        let of = |bytes: Vec<u8>| -> String {
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let floats = |values: &[f32]| of(values.iter().flat_map(|v| v.to_le_bytes()).collect());
        let synapses = trial.events.synapses().iter().map(|synapse| synapse.index() as u32);
        trials.push(json!({
            "voltage_mv": floats(&trial.voltage_mv),
            "event_offset": of(trial.events.offsets().iter().flat_map(|v| v.to_le_bytes()).collect()),
            "event_synapse": of(synapses.flat_map(u32::to_le_bytes).collect()),
            "injected_na": floats(&trial.injected_na),
            "soma_mv": floats(&soma_mv),
            "spike_ms": of(trial.marks.spikes_ms.iter().flat_map(|v| v.to_le_bytes()).collect()),
        }));
    }
    Ok(json!(trials))
}
