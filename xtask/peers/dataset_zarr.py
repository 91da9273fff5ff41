"""Reads every array of a data set with zarr and compares it with what apical reads."""

import hashlib
import json
import sys

import numpy as np
import zarr

folder, expected = sys.argv[1], json.load(open(sys.argv[2]))
manifest = json.load(open(f"{folder}/manifest.json"))
data = zarr.open_group(folder, mode="r")
layout = manifest["layout"]
trials, bins = manifest["trials"], layout["duration_ms"]
compartments, sites = len(layout["compartments"]), len(layout["injection_sites"])
steps = bins * manifest["steps_per_ms"]

shapes = {
    "voltage_mv": (manifest["precision"], (trials, bins + 1, compartments), ("trial", "time", "compartment")),
    "event_offset": ("uint32", (trials, bins + 1), ("trial", "time")),
    "event_synapse": ("uint32", (trials, bins * layout["synapse_count"]), ("trial", "event")),
    "injected_na": ("float32", (trials, bins, sites), ("trial", "bin", "site")),
    "soma_mv": ("float32", (trials, steps + 1), ("trial", "step")),
    "spike_ms": ("float64", (trials, steps // 2 + 1), ("trial", "spike")),
}
assert sorted(data.array_keys()) == sorted(shapes), sorted(data.array_keys())
for name, (dtype, shape, axes) in shapes.items():
    array = data[name]
    assert array.dtype == dtype and array.shape == shape, (name, array.dtype, array.shape)
    assert array.metadata.dimension_names == axes, (name, array.metadata.dimension_names)
    assert array.attrs["units"] and array.attrs["description"], name


def checksum(values, dtype):
    return hashlib.sha256(np.ascontiguousarray(values, dtype=dtype).tobytes()).hexdigest()


for trial, record in enumerate(expected):
    offsets = data["event_offset"][trial]
    synapses = data["event_synapse"][trial]
    assert (synapses[offsets[-1]:] == 2**32 - 1).all()
    spikes = data["spike_ms"][trial]
    spikes, rest = spikes[np.isfinite(spikes)], spikes[np.isnan(spikes)]
    assert len(spikes) + len(rest) == shapes["spike_ms"][1][1]
    read = {
        "voltage_mv": checksum(data["voltage_mv"][trial], "<f4"),
        "event_offset": checksum(offsets, "<u4"),
        "event_synapse": checksum(synapses[: offsets[-1]], "<u4"),
        "injected_na": checksum(data["injected_na"][trial], "<f4"),
        "soma_mv": checksum(data["soma_mv"][trial], "<f4"),
        "spike_ms": checksum(spikes, "<f8"),
    }
    assert read == record, (trial, [name for name in read if read[name] != record[name]])
    made = json.load(open(f"{folder}/trials/{trial:06}.json"))
    assert made["trial"] == trial and made["events"] == offsets[-1]
    assert made["marks"]["spikes_ms"] == spikes.tolist()
    for path, file in made["files"].items():
        content = open(f"{folder}/{path}", "rb").read()
        assert len(content) == file["bytes"], path
        assert hashlib.sha256(content).hexdigest() == file["sha256"], path
print(f"{len(shapes)} arrays of {len(expected)} trials, {manifest['precision']}: as apical reads them")
