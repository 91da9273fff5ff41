//! The feature `cuda` of apical-surrogate where there is no graphics processor.

use std::ffi::OsString;
use std::path::PathBuf;
use std::{env, fs};

use crate::Outcome;
use crate::command::{cargo, run as run_command};
use crate::python::PythonOptions;
use crate::workspace::{target, text};

/// Takes the compiler's place where only Rust is checked: leaves an empty file for every kernel.
const STAND_IN: &str = r#"#!/bin/sh
folder=
while [ $# -gt 0 ]; do
    case "$1" in
        -o) : >"$2" && shift ;;
        --output-directory) folder="$2" && shift ;;
        *.cu) [ -z "$folder" ] || : >"$folder/$(basename "$1" .cu).ptx" ;;
    esac
    shift
done
"#;

/// What compiles kernels, without the libraries that programs are linked with.
const TOOLKIT: [&str; 7] = [
    "nvidia-cuda-nvcc==13.0.*",
    "nvidia-cuda-crt==13.0.*",
    "nvidia-nvvm==13.0.*",
    "nvidia-cuda-runtime==13.0.*",
    "nvidia-cuda-cccl==13.0.*",
    "nvidia-cuda-nvrtc==13.0.*",
    "nvidia-curand",
];
/// The same version as cudarc, which has the driver's functions, wants it.
const TOOLKIT_VERSION: &str = "13000";
/// Hopper.
const COMPUTE_CAPABILITY: &str = "90";

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    python: PythonOptions,
    /// Compute capability that kernels are for, times 10.
    #[arg(long, default_value = COMPUTE_CAPABILITY)]
    compute_capability: String,
}

/// Lints what is compiled with the feature, tests included: our Rust, not the kernels.
///
/// The whole workspace is selected, so that other dependencies than candle are those that were checked before.
pub(crate) fn check() -> Outcome {
    let nvcc = stand_in()?;
    let mut clippy = cargo(&["clippy", "--workspace", "--all-targets", "--locked"]);
    clippy.args(["--features", "apical-surrogate/cuda"]);
    // another profile is another folder: a build with the real compiler never finds the empty kernels
    clippy.args(["--config", "profile.dev.package.candle-kernels.opt-level=0"]);
    clippy.args(["--", "-D", "warnings"]);
    clippy.env("NVCC", nvcc).env("CUDA_COMPUTE_CAP", COMPUTE_CAPABILITY);
    run_command(clippy.env("CUDARC_CUDA_VERSION", TOOLKIT_VERSION))
}

fn stand_in() -> Outcome<PathBuf> {
    let folder = target().join("cuda");
    fs::create_dir_all(&folder).map_err(text)?;
    let path = folder.join("nvcc-stand-in");
    fs::write(&path, STAND_IN).map_err(text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(text)?;
    }
    Ok(path)
}

/// Compiles the kernels with NVIDIA's compiler from PyPI, and the crate with them.
pub(crate) fn build(options: &Options) -> Outcome {
    let toolkit = target().join("cuda").join("toolkit");
    let home = toolkit.join("nvidia").join("cu13");
    let nvcc = home.join("bin").join("nvcc");
    if !nvcc.is_file() {
        let mut pip = options.python.command();
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(&toolkit);
        run_command(pip.args(TOOLKIT))?;
    }
    let mut build = cargo(&["build", "--locked", "-p", "apical-surrogate", "--features", "cuda"]);
    build.env("NVCC", &nvcc).env("CUDA_HOME", &home).env("PATH", path_with(home.join("bin"))?);
    build.env("CUDARC_CUDA_VERSION", TOOLKIT_VERSION);
    run_command(build.env("CUDA_COMPUTE_CAP", &options.compute_capability))
}

/// The search path with a folder in front.
fn path_with(folder: PathBuf) -> Outcome<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(folder).chain(env::split_paths(&path))).map_err(text)
}
