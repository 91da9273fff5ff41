"""NEURON's side of the benchmark: the shai2015 cell under synaptic input.

    python bench.py events RECONSTRUCTION EVENTS.json DURATION_MS    writes events
    python bench.py run RECONSTRUCTION EVENTS.json DURATION_MS       prints {"wall_s", "cpu_s", "spikes"}
    python bench.py run RECONSTRUCTION none DURATION_MS              the same without synapses

Events are pairs of dendritic compartment and time (ms), 14 excitatory and 5 inhibitory a millisecond over the whole
cell: the rate of the published training data, at which the reference neuron fires about 20 times a second.
"""

import json
import sys

import numpy as np

import model

EXCITATORY_PER_MS, INHIBITORY_PER_MS = 14, 5
SEED = 1


def write_events(reconstruction, path, duration_ms):
    dendritic = len(model.Cell(reconstruction).dendritic)
    rng = np.random.default_rng(SEED)
    groups = {}
    for name, per_ms in (("excitatory", EXCITATORY_PER_MS), ("inhibitory", INHIBITORY_PER_MS)):
        times = np.repeat(np.arange(duration_ms), per_ms)
        groups[name] = np.stack([rng.integers(dendritic, size=times.size), times], axis=1).tolist()
    with open(path, "w") as file:
        json.dump({"dendritic_compartments": dendritic, "seed": SEED} | groups, file)


def run(reconstruction, path, duration_ms):
    cell = model.Cell(reconstruction)
    events = None
    if path != "none":
        with open(path) as file:
            loaded = json.load(file)
        events = (loaded["excitatory"], loaded["inhibitory"])
    out = model.run(cell, -76.0, float(duration_ms), {"soma": cell.soma[0](0.5)}, events)
    spikes = len(model.spike_times_ms(out["soma"]))
    print("\n" + json.dumps({"wall_s": out["wall_s"], "cpu_s": out["cpu_s"], "spikes": spikes}))


if __name__ == "__main__":
    task, reconstruction, path, duration = sys.argv[1:5]
    {"events": write_events, "run": run}[task](reconstruction, path, int(duration))
