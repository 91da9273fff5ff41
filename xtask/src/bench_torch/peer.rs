//! PyTorch's side: one process that answers requests.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use apical::training::ModelName;
use serde_json::{Value, json};

use super::{Options, SYNAPSES, TOLERANCE};
use crate::Outcome;
use crate::workspace::text;

pub(super) struct Peer {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    pub(super) fn start(options: &Options, folder: &Path) -> Outcome<Self> {
        let mut command = options.python.command();
        command.arg(Path::new("xtask").join("peers").join("torch_networks.py"));
        command.arg(folder).arg(options.threads.to_string());
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(text)?;
        let requests = process.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no output")?);
        Ok(Self { process, requests, answers })
    }

    fn ask(&mut self, kind: ModelName, mut request: Value) -> Outcome<Value> {
        request["network"] = json!(kind.to_string());
        request["synapses"] = json!(SYNAPSES);
        writeln!(self.requests, "{request}").map_err(text)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(text)?;
        serde_json::from_str(&line).map_err(|error| format!("PyTorch says `{line}`: {error}"))
    }

    fn ms(&mut self, kind: ModelName, request: Value) -> Outcome<f64> {
        let answer = self.ask(kind, request)?;
        answer["ms"].as_f64().ok_or_else(|| format!("no `ms` in {answer}"))
    }

    /// An error unless it computes what apical does: a faster one that does something else is worth nothing.
    pub(super) fn check(&mut self, kind: ModelName) -> Outcome {
        let answer = self.ask(kind, json!({"do": "check"}))?;
        for what in ["window", "streaming", "training"] {
            let difference = answer[what].as_f64().ok_or_else(|| format!("{answer}"))?;
            println!("{kind}: {what} differs by {difference:.1e}");
            // also what is no number
            if difference.is_nan() || difference > TOLERANCE {
                return Err(format!("{kind}: {what} differs by {difference:e}"));
            }
        }
        Ok(())
    }

    pub(super) fn infer(
        &mut self,
        kind: ModelName,
        how: &str,
        batch: usize,
        seconds: f64,
    ) -> Outcome<f64> {
        self.ms(kind, json!({"do": "infer", "how": how, "batch": batch, "seconds": seconds}))
    }

    pub(super) fn train(&mut self, kind: ModelName, batch: usize, seconds: f64) -> Outcome<f64> {
        self.ms(kind, json!({"do": "train", "batch": batch, "seconds": seconds}))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
