//! What was measured.

use apical::training::ModelName;

/// ms a predicted millisecond of one neuron: apical, PyTorch by windows, PyTorch streaming.
pub(super) struct Inference {
    pub(super) kind: ModelName,
    pub(super) batch: usize,
    pub(super) ms: [f64; 3],
}

impl Inference {
    pub(super) fn shown(&self) -> String {
        let [ours, window, streaming] = self.ms;
        format!(
            "| {} | {} | {ours:.3} | {window:.2} | {streaming:.2} | {:.1} × | {:.1} × |",
            self.kind,
            self.batch,
            window / ours,
            streaming / ours
        )
    }
}

/// ms of training a target: apical, PyTorch.
pub(super) struct Training {
    pub(super) kind: ModelName,
    /// Targets a stretch.
    pub(super) places: usize,
    pub(super) ms: [f64; 2],
}

impl Training {
    pub(super) fn shown(&self) -> String {
        let [ours, theirs] = self.ms;
        let (kind, places) = (self.kind, self.places);
        format!("| {kind} | {places} | {ours:.3} | {theirs:.2} | {:.1} × |", theirs / ours)
    }
}

pub(super) fn print(inference: &[Inference], training: &[Training]) {
    if !inference.is_empty() {
        println!("\nms a predicted ms of one neuron\n");
        println!("| network | neurons | apical | PyTorch, window | PyTorch, streaming | | |");
        println!("|---|---|---|---|---|---|---|");
    }
    for row in inference {
        println!("{}", row.shown());
    }
    if !training.is_empty() {
        println!("\nms of training a target\n");
        println!("| network | targets a stretch | apical | PyTorch, window | |");
        println!("|---|---|---|---|---|");
    }
    for row in training {
        println!("{}", row.shown());
    }
}
