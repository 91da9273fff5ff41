"""Published simulations in small, and what the data set and the arrays made of them should hold.

    python neuronio.py make FOLDER       writes FOLDER/*.p, pickled as the published simulations are
    python neuronio.py check FOLDER      compares FOLDER/data with them, and FOLDER/windows and FOLDER/simulations

Keys, types and order are those of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002): 639 segments, 8 samples of the soma
voltage a millisecond, float16, the spike rule applied before rounding. The voltages are made up.
"""

import json
import os
import pickle
import sys

import numpy as np

BASAL, APICAL = 262, 377
SEGMENTS = BASAL + APICAL
DURATION_MS = 6000
SIMULATIONS = {"b_seed_2.p": 1, "a_seed_1.p": 2}
WINDOW_MS, STRIDE_MS, TRAIN = 100, 30, 2


def soma_trace(rng):
    """Slow potentials with spikes between samples, before rounding."""
    t = np.arange(0, DURATION_MS, 1 / 8)
    v = -68 + 5 * np.sin(t / 90)
    for at in np.sort(rng.uniform(5, DURATION_MS, 60)):
        v += 100 * np.exp(-((t - at) ** 2) / 0.25)
    # two spikes in the last millisecond and at its start
    for at in (DURATION_MS - 1.0, DURATION_MS - 0.4):
        v += 100 * np.exp(-((t - at) ** 2) / 0.01)
    return t, v


def published_spikes(t, v):
    rising = np.hstack((0, np.diff(v))) > 0
    falling = np.hstack((np.diff(v), 0)) < 0
    return t[rising & falling & (v > -25)]


def dictionary(spikes):
    """Times by segment, as published: numpy integers, segments without events left out."""
    return {k: list(np.nonzero(row)[0]) for k, row in enumerate(spikes) if row.any()}


def simulation(rng):
    t, soma = soma_trace(rng)
    spikes = published_spikes(t, soma)
    nexus = -60 + 30 * np.sin(t / 150) + 5 * np.sin(t / 3)
    walk = rng.normal(0, 0.5, (SEGMENTS, DURATION_MS)).cumsum(axis=1)
    dendrites = -70 + 15 * np.tanh(walk / 15)
    excitatory, inhibitory = (rng.random((2, SEGMENTS, DURATION_MS)) < 0.004).astype(bool)
    # one event in the first bin, one in the last
    excitatory[5, 0] = inhibitory[7, -1] = True
    return spikes, {
        "recordingTimeHighRes": t.astype(np.float32),
        "somaVoltageHighRes": soma.astype(np.float16),
        "nexusVoltageHighRes": nexus.astype(np.float16),
        "recordingTimeLowRes": np.arange(0, DURATION_MS).astype(np.float32),
        "somaVoltageLowRes": soma[::8].astype(np.float16),
        "nexusVoltageLowRes": nexus[::8].astype(np.float16),
        "exInputSpikeTimes": dictionary(excitatory),
        "inhInputSpikeTimes": dictionary(inhibitory),
        "outputSpikeTimes": spikes.astype(np.float16),
        "dendriticVoltagesLowRes": dendrites.astype(np.float16),
    }


def parameters(seed):
    rng = np.random.default_rng(0)
    sections = np.sort(rng.integers(0, 84, BASAL)), np.sort(rng.integers(84, 193, APICAL))
    # every section has a segment
    sections = [np.unique(s, return_inverse=True)[1] for s in sections]
    index = np.hstack((sections[0], sections[1] + sections[0].max() + 1))
    count = index.max() + 1
    section_length = rng.uniform(10, 300, count)
    start = rng.uniform(0, 900, count)
    segments = np.bincount(index)
    length = (section_length / segments)[index]
    place = np.concatenate([(np.arange(n) + 0.5) / n for n in segments])
    return {
        "randomSeed": seed,
        "totalSimDurationInSec": DURATION_MS // 1000,
        "collectAndSaveDVTs": True,
        "numSamplesPerMS_HighRes": 8,
        "ISICV": np.float64("nan"),
        "listOfISIs": list(rng.random(500)),
        "allSectionsLength": list(section_length),
        "allSegmentsType": ["basal"] * BASAL + ["apical"] * APICAL,
        "allSegmentsLength": [float(x) for x in length],
        "allSegments_DistFromSoma": list(start[index] + place * section_length[index]),
        "allSegments_SectionDistFromSoma": list(start[index]),
        "allSegments_SectionInd": [int(k) for k in index],
    }


def published(folder):
    """Spike times before rounding and the dictionary, of every simulation in the order of file names."""
    for name in sorted(SIMULATIONS):
        rng = np.random.default_rng(int(name[-3]))
        yield name, [simulation(rng) for _ in range(SIMULATIONS[name])]


def make(folder):
    for name, simulations in published(folder):
        content = {
            "Params": parameters(int(name[-3])),
            "Results": {"listOfSingleSimulationDicts": [d for _, d in simulations]},
        }
        with open(os.path.join(folder, name), "wb") as file:
            pickle.dump(content, file, protocol=2)


def binary(times_of_segments):
    spikes = np.zeros((SEGMENTS, DURATION_MS), dtype=bool)
    for segment, times in times_of_segments.items():
        spikes[segment, times] = True
    return spikes


def calcium_events(v):
    """Runs of 10 ms or more above -40 mV."""
    edges = np.flatnonzero(np.diff(np.hstack((0, (v > -40).astype(int), 0))))
    return [(a, b, v[a:b].max()) for a, b in edges.reshape(-1, 2) if b - a >= 10]


def check_dataset(folder, simulations):
    import zarr

    data = zarr.open_group(os.path.join(folder, "data"), mode="r")
    with open(os.path.join(folder, "data", "manifest.json")) as file:
        manifest = json.load(file)
    bins = DURATION_MS - 1
    params = parameters(0)
    rows = manifest["layout"]["compartments"][1:]
    assert [r["length_um"] for r in rows] == params["allSegmentsLength"]
    assert [r["path_distance_um"] for r in rows] == params["allSegments_DistFromSoma"]
    basal_sections = params["allSegments_SectionInd"][BASAL - 1] + 1
    for k, row in enumerate(rows):
        index = params["allSegments_SectionInd"][k]
        name = f"dend[{index}]" if k < BASAL else f"apic[{index - basal_sections}]"
        assert row["section"] == name and row["section_type"] == params["allSegmentsType"][k]
        inside = params["allSegments_DistFromSoma"][k] - params["allSegments_SectionDistFromSoma"][k]
        assert abs(row["x"] - inside / params["allSectionsLength"][index]) < 1e-12
    spike_count = rounded = 0
    for trial, (spikes, d) in enumerate(simulations):
        voltage = data["voltage_mv"][trial]
        assert voltage.dtype == np.float16 and voltage.shape == (DURATION_MS, SEGMENTS + 1)
        assert np.array_equal(voltage[:, 0], d["somaVoltageLowRes"])
        assert np.array_equal(voltage[:, 1:].T, d["dendriticVoltagesLowRes"])
        soma = d["somaVoltageHighRes"][: 8 * bins + 1].astype(np.float32)
        assert np.array_equal(data["soma_mv"][trial], soma)
        offsets = data["event_offset"][trial]
        synapses = data["event_synapse"][trial]
        assert np.all(synapses[offsets[-1] :] == 2**32 - 1)
        found = np.zeros((2 * SEGMENTS, bins), dtype=bool)
        for k in range(bins):
            found[synapses[offsets[k] : offsets[k + 1]], k] = True
        expected = np.vstack((binary(d["exInputSpikeTimes"]), binary(d["inhInputSpikeTimes"])))
        assert np.array_equal(found, expected[:, :bins]) and found.sum() == offsets[-1]
        with open(os.path.join(folder, "data", "trials", f"{trial:06}.json")) as file:
            record = json.load(file)
        times = data["spike_ms"][trial]
        times = times[np.isfinite(times)]
        expected = spikes[spikes <= bins]
        assert len(times) == len(expected)
        unequal = times != expected
        assert unequal.sum() <= record["origin"]["spikes_of_rounded_time"] + adjacent(d, expected)
        assert np.all(np.abs(times - expected) <= 2.0)
        spike_count += len(times)
        rounded += int(unequal.sum())
        marks = [
            (e["onset_ms"], e["end_ms"], e["peak_mv"]) for e in record["marks"]["calcium_events"]
        ]
        assert marks == calcium_events(d["nexusVoltageLowRes"].astype(float)) and marks
    print(f"{trial + 1} trials: all voltages and events equal; {spike_count} spikes, {rounded} of another sample")


def adjacent(d, spikes):
    """Spikes whose largest sample is equal to the one next to it after rounding."""
    v = d["somaVoltageHighRes"]
    at = (8 * spikes).astype(int)
    return np.sum((v[at] == v[at - 1]) | (v[at] == v[np.minimum(at + 1, len(v) - 1)]))


def simulation_arrays(folder, trial, d):
    """What LFDeep's arrays of whole simulations hold, of the columns of which all is known; spikes at the data set's times."""
    import zarr

    columns = DURATION_MS - 2
    spikes = np.zeros(DURATION_MS)
    times = zarr.open_group(os.path.join(folder, "data"), mode="r")["spike_ms"][trial]
    spikes[(times[np.isfinite(times)] - 0.5).astype(int)] = 1
    x = np.vstack((binary(d["exInputSpikeTimes"]), binary(d["inhInputSpikeTimes"])))
    y = np.vstack((d["dendriticVoltagesLowRes"], np.float16(spikes), d["somaVoltageLowRes"]))
    # all voltages besides, which the columns are standardized by
    return x[:, :columns], y[:, :columns], np.delete(y, SEGMENTS, axis=0)


def check_arrays(folder, simulations):
    load = lambda *name: np.load(os.path.join(folder, *name), mmap_mode="r+")
    x, y = load("simulations", "input_spikes.npy"), load("simulations", "output.npy")
    columns = DURATION_MS - 2
    assert x.shape == (2 * SEGMENTS, columns, len(simulations)) and x.dtype == bool
    assert y.shape == (SEGMENTS + 2, columns, len(simulations)) and y.dtype == np.float16
    expected = [simulation_arrays(folder, k, d) for k, (_, d) in enumerate(simulations)]
    for trial, (ex, ey, _) in enumerate(expected):
        assert np.array_equal(x[:, :, trial], ex) and np.array_equal(y[:, :, trial], ey)
        assert ey[SEGMENTS].sum() > 10
    # standardized by the first trials, exported are the others
    voltages = np.concatenate([voltages for _, _, voltages in expected[:TRAIN]], axis=1).astype(float)
    mean, deviation = voltages.mean(axis=1), voltages.std(axis=1)
    statistics = load("windows", "voltage_statistics.npy")
    assert np.allclose(statistics, [mean, deviation], rtol=1e-10, atol=0)
    data, target = load("windows", "input_data_new.npy"), load("windows", "output_data_new.npy")
    sample = 0
    one = np.float32(1)
    for ex, ey, voltages in expected[TRAIN:]:
        mean, per_mv = np.float32(statistics[0]), one / np.float32(statistics[1])
        scaled = ((np.float32(voltages) - mean[:, None]) * per_mv[:, None]).astype(np.float16)
        for start in range(0, columns - WINDOW_MS, STRIDE_MS):
            end = start + WINDOW_MS
            assert np.array_equal(data[sample, : 2 * SEGMENTS], ex[:, start:end])
            assert np.array_equal(data[sample, 2 * SEGMENTS :], scaled[:, start:end])
            row = np.insert(scaled[:, end], SEGMENTS, ey[SEGMENTS, end])
            assert np.array_equal(target[sample], row)
            sample += 1
    assert data.shape == (sample, 1918, WINDOW_MS) and data.dtype == np.float16
    assert target.shape == (sample, 641) and target.dtype == np.float16
    # as LFDeep's SpikeDataset indexes them
    assert target[:, :, None][0].shape == (641, 1)
    print(f"{len(simulations)} simulations and {sample} windows of LFDeep: all values equal")


def check(folder):
    simulations = [one for _, several in published(folder) for one in several]
    check_dataset(folder, simulations)
    check_arrays(folder, simulations)


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](sys.argv[2])
