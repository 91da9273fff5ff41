"""Writes what every peer of the benchmark is given: the events, and the cell as NEURON has it.

    python export_cell.py RECONSTRUCTION DURATION_MS EVENTS.json CELL.json

Events are pairs of dendritic compartment and time (ms), 14 excitatory and 5 inhibitory a millisecond over the whole
cell: the rate of the published training data, at which the reference neuron fires about 20 times a second.

CELL.json has the sections in NEURON's order, parents before children, each with its points [x, y, z, diameter] (um) and
its compartments, and for every compartment its area, the axial resistance to the node before it, and all densities.
"""

import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "neuron"))

import model  # noqa: E402

EXCITATORY_PER_MS, INHIBITORY_PER_MS = 14, 5
SEED = 1


def events(dendritic, duration_ms):
    rng = np.random.default_rng(SEED)
    groups = {}
    for name, per_ms in (("excitatory", EXCITATORY_PER_MS), ("inhibitory", INHIBITORY_PER_MS)):
        times = np.repeat(np.arange(duration_ms), per_ms)
        groups[name] = np.stack([rng.integers(dendritic, size=times.size), times], axis=1).tolist()
    return {"dendritic_compartments": dendritic, "seed": SEED} | groups


def section(cell, index):
    """One section. A section of 3D points has them; a cylinder gets its two ends."""
    own = cell.sections[index]
    parent = own.parentseg()
    count = int(own.n3d())
    points = [[own.x3d(i), own.y3d(i), own.z3d(i), own.diam3d(i)] for i in range(count)]
    if count < 2:
        points = [[0.0, 0.0, 0.0, own.diam], [own.L, 0.0, 0.0, own.diam]]
    return {
        "kind": own.name().split("[")[0],
        "parent": None if parent is None else cell.sections.index(parent.sec),
        "parent_x": None if parent is None else parent.x,
        "length_um": own.L,
        "points": points,
        "compartments": own.nseg,
    }


def main():
    reconstruction, duration_ms, events_path, cell_path = sys.argv[1:5]
    cell = model.Cell(reconstruction)
    pathlib.Path(events_path).write_text(json.dumps(events(len(cell.dendritic), int(duration_ms))))
    described = {
        "sections": [section(cell, index) for index in range(len(cell.sections))],
        "area_um2": [segment.area() for segment in cell.compartments],
        "diameter_um": [segment.diam for segment in cell.compartments],
        "axial_resistance_mohm": [segment.ri() for segment in cell.compartments],
        "densities": cell.densities(),
    }
    pathlib.Path(cell_path).write_text(json.dumps(described))


if __name__ == "__main__":
    main()
