//! The Python that has NEURON, LFPykit, zarr and PyTorch.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::workspace::root;

/// Where Python is found.
#[derive(clap::Args, Clone)]
pub(crate) struct PythonOptions {
    /// The Python that has what the task needs installed: NEURON 9.0.2, LFPykit 0.6.2, zarr or PyTorch, and numpy.
    #[arg(long, env = "APICAL_PYTHON", default_value = "python3")]
    python: String,
}

impl PythonOptions {
    /// A command that runs this Python in the workspace's root.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.current_dir(root()).env("NEURON_MODULE_OPTIONS", "-nogui");
        command
    }

    /// The program's name or path.
    pub(crate) fn program(&self) -> &str {
        &self.python
    }

    /// An error that says what to install unless Python, NEURON and numpy are there.
    pub(crate) fn require_neuron(&self) -> Outcome<String> {
        let print = "import numpy, neuron; print(neuron.__version__)";
        self.require(print, "NEURON or numpy", "neuron==9.0.2 numpy")
    }

    /// The same of LFPykit, numpy and mpmath.
    pub(crate) fn require_lfpykit(&self) -> Outcome<String> {
        let print = "import numpy, mpmath, lfpykit; print(lfpykit.__version__)";
        self.require(print, "LFPykit, numpy or mpmath", "lfpykit==0.6.2 numpy mpmath")
    }

    /// The same of numpy alone.
    pub(crate) fn require_numpy(&self) -> Outcome<String> {
        self.require("import numpy; print(numpy.__version__)", "numpy", "numpy")
    }

    /// The same of zarr and numpy.
    pub(crate) fn require_zarr(&self) -> Outcome<String> {
        self.require("import numpy, zarr; print(zarr.__version__)", "zarr or numpy", "zarr numpy")
    }

    /// The same of PyTorch and numpy.
    pub(crate) fn require_torch(&self) -> Outcome<String> {
        let print = "import numpy, torch; print(torch.__version__)";
        self.require(print, "PyTorch or numpy", "torch numpy")
    }

    /// The version that a line of Python prints.
    fn require(&self, print: &str, names: &str, packages: &str) -> Outcome<String> {
        let done =
            self.command().args(["-c", print]).stderr(Stdio::null()).output().map_err(|error| {
                format!("{} does not start ({error}); use --python or APICAL_PYTHON", self.python)
            })?;
        if !done.status.success() {
            return Err(format!(
                "{} lacks {names}: pip install {packages}, or name another with --python or APICAL_PYTHON",
                self.python
            ));
        }
        let printed = String::from_utf8_lossy(&done.stdout);
        Ok(printed.lines().last().unwrap_or_default().trim().to_owned())
    }

    /// Compiles the project's mechanisms into target/neuron unless that is done.
    pub(crate) fn require_mechanisms(&self) -> Outcome {
        let folder = Path::new("xtask").join("neuron");
        let mut command = self.command();
        command.arg("-c").arg(format!(
            "import sys; sys.path.insert(0, {:?}); import mechanisms; mechanisms.compile_mechanisms()",
            folder.display().to_string()
        ));
        let done = command.output().map_err(|error| error.to_string())?;
        if done.status.success() {
            return Ok(());
        }
        let message = String::from_utf8_lossy(&done.stderr);
        Err(format!("NEURON's mechanisms did not compile (is a C++ compiler there?)\n{message}"))
    }
}
