"""What the peers of the benchmark share: their arguments, the events of a cell, and the line they print.

    python run_PEER.py prepare                      compiles what the peer needs, not timed
    python run_PEER.py KIND ...                     runs and prints one line of JSON

KIND is passive (the leak alone), channels (all channels, no synapses) or synapses (channels, and synapses under the
events of the file).
"""

import argparse
import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "target"

DT_MS = 0.025
V_INIT_MV = -76.0
SPIKE_THRESHOLD_MV = -20.0
# Each further cell of a batch gets the events of the cell before it, this many dendritic compartments on.
SHIFT = 97


def parse(description, *extra):
    """The command line of a peer; `extra` are its own flags."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("kind", choices=["prepare", "passive", "channels", "synapses"])
    parser.add_argument("--reconstruction")
    parser.add_argument("--cell", help="what export_cell.py wrote of the cell")
    parser.add_argument("--events")
    parser.add_argument("--duration-ms", type=int, default=1000)
    parser.add_argument("--cells", type=int, default=1)
    parser.add_argument("--trace", help="file for the soma's voltage in the first cell: float64, every step from t = 0 on")
    for flag in extra:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


def load_json(path):
    with open(path) as file:
        return json.load(file)


def events_of(events, cell, group):
    """The events of one cell of a batch: rows of dendritic compartment and time (ms)."""
    count = events["dendritic_compartments"]
    return [((index + SHIFT * cell) % count, time_ms) for index, time_ms in events[group]]


def report(version, timing, soma_mv, arguments, notes=()):
    """Writes the trace and prints what was measured. `soma_mv` is the first cell's, every step from t = 0 on."""
    soma_mv = np.asarray(soma_mv, dtype="<f8")
    if arguments.trace:
        soma_mv.tofile(arguments.trace)
    above = soma_mv >= SPIKE_THRESHOLD_MV
    spikes = int(np.count_nonzero(above[1:] & ~above[:-1]))
    line = {"version": version} | timing | {"spikes": spikes, "cells": arguments.cells, "notes": list(notes)}
    sys.stdout.write("\n" + json.dumps(line) + "\n")
