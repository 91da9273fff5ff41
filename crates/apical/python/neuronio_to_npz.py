"""Makes npz files of the pickled simulations of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002).

    python neuronio_to_npz.py FILE.p [FILE.p ...] FOLDER

FOLDER receives FILE.npz of every FILE.p, for `apical dataset import-neuronio FOLDER`. Needs Python 3 and numpy. A pickle can run
any code when it is read: convert only files whose origin you trust.

Members of FILE.npz, where N is the number of dendritic segments, T the duration in ms and 000 the number of a simulation:

    header             uint8    JSON in UTF-8: format, version, simulations, soma_samples_per_ms and the published Params
    dendritic_mv_000   float16  [N, T], at 0, 1, ..., T - 1 ms
    soma_mv_000        float16  [T * soma_samples_per_ms], the first at 0 ms
    nexus_mv_000       float16  [T]
    excitatory_000     int32    [events, 2], segment and ms
    inhibitory_000     int32    [events, 2]
    spikes_ms_000      float16  [spikes], as published

soma_samples_per_ms is 8, or 1 for files without somaVoltageHighRes. No value is changed.
"""

import json
import math
import os
import pickle
import sys
import zipfile

import numpy as np


def plain(value):
    """The same in terms of JSON, which has no NaN."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def events(times_of_segments):
    pairs = [(segment, ms) for segment, times in times_of_segments.items() for ms in times]
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)


def float16(values):
    values = np.asarray(values)
    rounded = values.astype(np.float16)
    if not np.array_equal(values, rounded):
        raise ValueError("values that are no float16 numbers")
    return rounded


def members(simulation, samples_per_ms):
    if "dendriticVoltagesLowRes" not in simulation:
        raise ValueError("saved without dendriticVoltagesLowRes, which a data set needs")
    low = float16(simulation["somaVoltageLowRes"])
    soma = low
    if samples_per_ms > 1:
        soma = float16(simulation["somaVoltageHighRes"])
        if not np.array_equal(soma[::samples_per_ms], low):
            raise ValueError("somaVoltageHighRes and somaVoltageLowRes differ")
    yield "dendritic_mv", float16(simulation["dendriticVoltagesLowRes"])
    yield "soma_mv", soma
    yield "nexus_mv", float16(simulation["nexusVoltageLowRes"])
    yield "excitatory", events(simulation["exInputSpikeTimes"])
    yield "inhibitory", events(simulation["inhInputSpikeTimes"])
    yield "spikes_ms", float16(simulation["outputSpikeTimes"])


def convert(source, folder):
    with open(source, "rb") as file:
        published = pickle.load(file, encoding="latin1")
    simulations = published["Results"]["listOfSingleSimulationDicts"]
    params = published["Params"]
    samples_per_ms = 1
    if all("somaVoltageHighRes" in simulation for simulation in simulations):
        samples_per_ms = int(params.get("numSamplesPerMS_HighRes", 8))
    header = {
        "format": "neuronio npz",
        "version": 1,
        "simulations": len(simulations),
        "soma_samples_per_ms": samples_per_ms,
        "params": plain(params),
    }
    text = json.dumps(header, allow_nan=False).encode()
    target = os.path.join(folder, os.path.splitext(os.path.basename(source))[0] + ".npz")
    with zipfile.ZipFile(target + ".partial", "w", zipfile.ZIP_STORED) as archive:

        def write(name, array):
            with archive.open(name + ".npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)

        write("header", np.frombuffer(text, dtype=np.uint8))
        for number, simulation in enumerate(simulations):
            for name, array in members(simulation, samples_per_ms):
                write(f"{name}_{number:03}", np.ascontiguousarray(array))
    os.replace(target + ".partial", target)
    return target


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    *sources, folder = arguments
    os.makedirs(folder, exist_ok=True)
    for source in sources:
        try:
            print(convert(source, folder))
        except (KeyError, ValueError) as error:
            sys.exit(f"{source}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
