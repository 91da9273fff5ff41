"""Runs every protocol of reference folders and compares with their files.

    python validate.py RECONSTRUCTION FOLDER...      (a folder is called PRESET_CELL, e.g. shai2015_cell1)

Prints one line a file: the largest absolute difference. Exits with 1 when one exceeds the tolerance.
Each protocol runs in a process of its own, for NEURON's state is global.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np

# The mechanisms are written anew from the equations, so that rounding differs in the last digit; spikes magnify it.
TOLERANCE_MV = 1e-6
TOLERANCE_NA = 1e-8  # transmembrane currents near a spike, |I| up to 22 nA
TOLERANCE_FLOAT32_MV = 4e-6  # half a unit in the last place at 64 mV and more


def compare(reconstruction, folder, name):
    """Runs one protocol and returns [(file, largest difference, tolerance, note)]."""
    import model
    import protocols

    folder = pathlib.Path(folder)
    cell = model.Cell(reconstruction, folder.name.split("_")[0])
    events = protocols.load_events(folder) if name == "syn" else None
    got = protocols.run(cell, name, events, everything=True)
    rows = []
    for path in sorted([*folder.glob(f"{name}_v_*.npy"), *folder.glob(f"{name}_imem_*.npy")]):
        kind = path.stem.removeprefix(f"{name}_")
        key = kind if kind.endswith("_all_1ms") else kind.removeprefix("v_")
        want = np.load(path)
        # Those at every millisecond leave out the end of the run.
        have = got[key][..., : want.shape[-1]].astype(want.dtype)
        if key == "imem_all_1ms":
            rows.append((path.name, float(np.abs(want[:, 1:] - have[:, 1:]).max()), TOLERANCE_NA, f"max |I| {np.abs(want).max():.3g} nA"))
        else:
            tolerance = TOLERANCE_MV if want.dtype == np.float64 else TOLERANCE_FLOAT32_MV
            rows.append((path.name, float(np.abs(want - have).max()), tolerance, f"{want.dtype} {want.shape}"))
    for path in folder.glob("meta_*.json"):
        meta = json.loads(path.read_text())
        if "spike_times_ms" in meta.get(name, {}):
            want, have = meta[name]["spike_times_ms"], model.spike_times_ms(got["soma"])
            same = len(want) == len(have)
            rows.append((f"{name} spike times", max(map(lambda a, b: abs(a - b), want, have), default=0.0) if same else float("inf"), 1e-9, f"{len(want)} spikes"))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reconstruction")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--protocol", help="only this one, in this process; prints JSON")
    options = parser.parse_args()
    if options.protocol:
        print("\n" + json.dumps(compare(options.reconstruction, options.folders[0], options.protocol)))
        return
    import mechanisms
    from protocols import PROTOCOLS

    mechanisms.compile_mechanisms()
    failed = False
    for folder in options.folders:
        for name in PROTOCOLS:
            if not list(pathlib.Path(folder).glob(f"{name}_v_*.npy")):
                continue
            command = [sys.executable, __file__, options.reconstruction, folder, "--protocol", name]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"{name} failed:\n{done.stderr}")
            for file, difference, tolerance, note in json.loads(done.stdout.strip().splitlines()[-1]):
                good = difference <= tolerance
                failed |= not good
                print(f"{'ok  ' if good else 'FAIL'} {pathlib.Path(folder).name}/{file}: {difference:.3g} ({note})", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
