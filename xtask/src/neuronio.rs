//! The way of published simulations to a data set and on to LFDeep's arrays, from pickles as Python writes them.

use std::path::Path;

use crate::python::PythonOptions;
use crate::workspace::root;
use crate::{Outcome, command};

/// Which Python.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    python: PythonOptions,
}

const CONVERTER: &str = "crates/apical/python/neuronio_to_npz.py";

/// Makes pickles, converts, imports and exports them, and compares every number in Python.
pub(crate) fn run(options: &Options) -> Outcome {
    let version = options.python.require_zarr()?;
    println!("zarr {version}");
    let folder = root().join("target").join("neuronio");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let script = Path::new("xtask").join("peers").join("neuronio.py");
    let python =
        |task: &str| command::run(options.python.command().arg(&script).arg(task).arg(&folder));
    let apical = |arguments: &[&str]| {
        let build = ["run", "--quiet", "-p", "apical", "--", "dataset"];
        command::run(&mut command::cargo(&[&build, arguments].concat()))
    };
    let place = |name: &str| folder.join(name).display().to_string();

    python("make")?;
    let pickles = ["b_seed_2.p", "a_seed_1.p"].map(|name| folder.join(name));
    command::run(options.python.command().arg(CONVERTER).args(pickles).arg(place("npz")))?;
    let [npz, data] = ["npz", "data"].map(place);
    apical(&["import-neuronio", &npz, "--out", &data])?;
    apical(&["verify", &data])?;
    let export = ["export-lfdeep", "--dataset", &data];
    let simulations = place("simulations");
    apical(&[&export[..], &["--form", "simulations", "--out", &simulations]].concat())?;
    let windows = place("windows");
    let options = ["--trials", "2..3", "--standardize", "0..2", "--past-voltages"];
    let steps = ["--window-ms", "100", "--stride-ms", "30", "--out", &windows];
    apical(&[&export[..], &options, &steps].concat())?;
    python("check")
}
