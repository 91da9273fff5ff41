//! Tests of the crates that have `unsafe`, under the address sanitizer.

use crate::Outcome;
use crate::command::{cargo_of, output, run as run_command};
use crate::workspace::{files, packages, read, root, target};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The toolchain with sanitizers.
    #[arg(long, default_value = "nightly")]
    toolchain: String,
}

/// Finds the crates by their sources. What rayon's threads hold to the end is no leak.
pub(crate) fn run(options: &Options) -> Outcome {
    let mut version = cargo_of(&options.toolchain, &root());
    let version = output(version.args(["version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or("cargo does not say what machine this is")?;
    let mut command = cargo_of(&options.toolchain, &root());
    command.args(["test", "--locked", "--lib", "--test", "it", "--target", host]);
    command.arg("--target-dir").arg(target().join("sanitize"));
    let files = files()?;
    for package in packages()?.iter().filter(|package| package.is_published) {
        let sources = package.manifest.with_file_name("src");
        let sources = files.iter().filter(|file| root().join(file).starts_with(&sources));
        let texts = sources.map(|file| read(file)).collect::<Outcome<Vec<_>>>()?;
        if texts.iter().any(|text| text.contains("unsafe {")) {
            command.args(["-p", &package.name]);
        }
    }
    command.env("RUSTFLAGS", "-Zsanitizer=address").env("ASAN_OPTIONS", "detect_leaks=0");
    run_command(&mut command)
}
