"""Makes the folder of reference data that tests marked (R) take from APICAL_REFERENCE.

    python reference.py RECONSTRUCTION OUT

writes OUT/cell1.asc (a copy of RECONSTRUCTION), and of each preset a folder OUT/PRESET_cell1:

    geometry.json                       sections and compartments: sizes, axial resistances, distances, ends (um)
    densities.json                      each density per compartment, null where the channel is absent
    PROTOCOL_v_SITE.npy                 mV, every 0.025 ms, both ends of the run
    PROTOCOL_v_all_1ms.npy              mV in float32, [compartment, ms]
    PROTOCOL_imem_all_1ms.npy           transmembrane currents, nA, [compartment, ms]
    syn_KIND_events.npy                 rows of dendritic compartment and time (ms), int32, column by column
    meta_*.json                         spike times and stimuli of the protocols; written last
    lfp_setup.json                      electrodes, conductivities, ends and diameters (um) that LFPykit is given
    lfp_MODEL_matrix.npy                mV per nA, [electrode, compartment]
    syn_lfp_MODEL_mV.npy                potentials of the synaptic run, [electrode, ms]
    syn_dipole_nA_um.npy                its current dipole moment, [axis, ms]

Synaptic events that are there are kept; else they are drawn. Everything else is written anew. Prints one line a protocol.
Each protocol runs in a process of its own, for NEURON's state is global.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np

import protocols

STEPS_AND_BAC = ["step_0.4", "step_0.793", "bac_BAP", "bac_EPSP", "bac_BAC", "bac_CaBurst"]
# The protocols by the file that describes them, of each preset.
DESCRIBED_IN = {
    "shai2015": {"meta_geom_rest_steps_bac.json": ["rest", *STEPS_AND_BAC], "meta_syn.json": ["syn"]},
    "hay2011": {"meta_geom_steps_bac.json": STEPS_AND_BAC},
}
# What is kept of all compartments.
OF_ALL = {
    ("shai2015", "rest"): ["v_all_1ms"],
    ("shai2015", "bac_BAC"): ["v_all_1ms", "imem_all_1ms"],
    ("shai2015", "syn"): ["v_all_1ms", "imem_all_1ms"],
}
SITES = ["soma", "apic_distal"]
SITES_OF_SYN = [*SITES, "apic_proximal", "basal0", "axon1"]

# Some 14 and 5 a millisecond, the rates of the published training data: as many as in the run that the book reports.
EVENTS = {"excitatory": 8435, "inhibitory": 2952}
SEED = 1

ELECTRODES_FROM_SOMA_UM = [
    [30.0, 0.0, 0.0],
    [-50.0, -100.0, 20.0],
    [40.0, 300.0, 0.0],
    [60.0, 620.0, 10.0],
    [-80.0, 800.0, -20.0],
    [100.0, 1000.0, 30.0],
]
ISOTROPIC_S_PER_M = 0.3
ANISOTROPIC_S_PER_M = [0.3, 0.4, 0.35]
# Models by the names of their files: LFPykit's method, the conductivity, and whether the synaptic run's potentials are kept.
LFP_MODELS = {
    "line": ("linesource", ISOTROPIC_S_PER_M, True),
    "point": ("pointsource", ISOTROPIC_S_PER_M, True),
    "root_as_point": ("root_as_point", ISOTROPIC_S_PER_M, True),
    "line_anisotropic": ("linesource", ANISOTROPIC_S_PER_M, False),
}


def replace(path, write):
    """Calls `write` with a file of a temporary name and renames it, so that no file is ever there in part."""
    temporary = path.with_name(f"{path.name}.part")
    with open(temporary, "wb") as file:
        write(file)
    os.replace(temporary, path)


def save_array(path, array):
    replace(path, lambda file: np.save(file, array))


def save_json(path, value, indent=None):
    replace(path, lambda file: file.write(f"{json.dumps(value, indent=indent)}\n".encode()))


# In a process with a cell.


def geometry(cell):
    """Sections and compartments of a cell. The stub axon has no ends, for it has no points."""
    from model import h

    origin = cell.soma[0](0)
    sections, compartments = [], []
    for section in cell.sections:
        parent = section.parentseg()
        sections.append(
            {
                "name": section.name(),
                "type": section.name().split("[")[0],
                "L": section.L,
                "nseg": section.nseg,
                "Ra": section.Ra,
                "cm": section.cm,
                "n3d": section.n3d(),
                "parent": parent and parent.sec.name(),
                "parent_x": parent and parent.x,
            }
        )
        bounds = boundaries_um(section)
        for index, segment in enumerate(section):
            compartments.append(
                {
                    "i": len(compartments),
                    "section": section.name(),
                    "x": segment.x,
                    "area_um2": segment.area(),
                    "diam_um": segment.diam,
                    "ri_MOhm": segment.ri(),
                    "path_distance_um": h.distance(origin, segment),
                    "start": bounds and bounds[index],
                    "end": bounds and bounds[index + 1],
                }
            )
    return {"sections": sections, "segments": compartments}


def boundaries_um(section):
    """Where compartments of a section begin and end, by arc length, five decimals; None without points."""
    points = range(section.n3d())
    if not points:
        return None
    arc = [section.arc3d(i) for i in points]
    at = np.linspace(0.0, arc[-1], section.nseg + 1)
    axes = [np.interp(at, arc, [place(i) for i in points]) for place in (section.x3d, section.y3d, section.z3d)]
    return np.round(np.transpose(axes), 5).tolist()


def make_cell_files(reconstruction, folder, preset):
    """geometry.json and densities.json; returns what all descriptions say."""
    import mechanisms
    import model

    cell = model.Cell(reconstruction, preset)
    save_json(folder / "geometry.json", geometry(cell))
    save_json(folder / "densities.json", cell.densities())
    places = {"distal_site": model.DISTAL_UM, "proximal_site": model.PROXIMAL_UM}
    sites = {key: cell.thickest_at(distance_um) for key, distance_um in places.items()}
    return {
        "preset": preset,
        "command": "python xtask/neuron/reference.py RECONSTRUCTION OUT",
        "versions": mechanisms.versions(),
        "reconstruction_sha256": hashlib.sha256(pathlib.Path(reconstruction).read_bytes()).hexdigest(),
        "dt_ms": model.DT_MS,
        "celsius": model.h.celsius,
        "segment_order": "soma, dend, apic, axon; within a section from its 0 end to its 1 end",
        **{key: {"section": site.sec.name(), "x": site.x} for key, site in sites.items()},
    }


def make_run_files(reconstruction, folder, preset, name):
    """The files of a protocol; returns its description."""
    import model

    cell = model.Cell(reconstruction, preset)
    events = protocols.load_events(folder) if name == "syn" else None
    got = protocols.run(cell, name, events, everything=True)
    for site in SITES_OF_SYN if name == "syn" else SITES:
        save_array(folder / f"{name}_v_{site}.npy", got[site])
    of_all = protocols.every_ms(got, name)
    for kind in OF_ALL.get((preset, name), []):
        dtype = np.float32 if kind == "v_all_1ms" else np.float64
        save_array(folder / f"{name}_{kind}.npy", of_all[kind].astype(dtype))
    v_init_mv, duration_ms, step, epsp_na = protocols.PROTOCOLS[name]
    description = {"v_init": v_init_mv, "T_ms": duration_ms}
    if step is not None:
        description |= dict(zip(("soma_amp_nA", "soma_delay_ms", "soma_dur_ms"), step))
    if epsp_na:
        description["epsp_imax_nA"] = epsp_na
    if events is not None:
        description |= {"exc_events": len(events[0]), "inh_events": len(events[1])}
    return description | {"spike_times_ms": model.spike_times_ms(got["soma"])}


# In the process that starts them.


def draw_events(folder):
    """Events at times of whole milliseconds, no two of a synapse at once, unless the folder has them."""
    paths = {kind: folder / f"syn_{kind}_events.npy" for kind in EVENTS}
    if all(path.exists() for path in paths.values()):
        print(f"{folder.name}: synaptic events kept", flush=True)
        return
    types = {section["name"]: section["type"] for section in load_json(folder / "geometry.json")["sections"]}
    compartments = load_json(folder / "geometry.json")["segments"]
    dendritic = sum(types[compartment["section"]] in ("dend", "apic") for compartment in compartments)
    duration_ms = round(protocols.PROTOCOLS["syn"][1])
    rng = np.random.default_rng(SEED)
    for kind, path in paths.items():
        pairs = np.sort(rng.choice(dendritic * duration_ms, EVENTS[kind], replace=False))
        rows = np.stack(np.divmod(pairs, duration_ms)).astype(np.int32).T
        save_array(path, rows)
    print(f"{folder.name}: synaptic events drawn from seed {SEED}", flush=True)


def load_json(path):
    return json.loads(path.read_text())


def lfp_setup(folder):
    """What LFPykit is given: the stub axon straight down from the middle of the soma, electrodes from there."""
    table = load_json(folder / "geometry.json")
    lengths_um = {section["name"]: section["L"] / section["nseg"] for section in table["sections"]}
    ends = [(compartment["start"], compartment["end"]) for compartment in table["segments"]]
    soma_um = [0.5 * (a + b) for a, b in zip(*ends[0])]
    tip = soma_um
    for index, compartment in enumerate(table["segments"]):
        if compartment["start"] is None:
            start, tip = tip, [tip[0], tip[1] - lengths_um[compartment["section"]], tip[2]]
            ends[index] = (start, tip)
    starts, stops = zip(*ends)
    return {
        "lfpykit": importlib.metadata.version("lfpykit"),
        "sigma_S_per_m": ISOTROPIC_S_PER_M,
        "anisotropic_sigma_S_per_m": ANISOTROPIC_S_PER_M,
        "electrodes_um": [[a + b for a, b in zip(soma_um, offset)] for offset in ELECTRODES_FROM_SOMA_UM],
        "start_um": starts,
        "end_um": stops,
        "diam_um": [compartment["diam_um"] for compartment in table["segments"]],
        "note": "the stub axon, which has no points, is laid straight down in y from the middle of the soma",
    }


def make_lfp_files(folder):
    """LFPykit's matrices, and its potentials and dipole of the synaptic run."""
    import lfpykit

    setup = lfp_setup(folder)
    save_json(folder / "lfp_setup.json", setup)
    x, y, z = np.stack([setup["start_um"], setup["end_um"]], axis=-1).transpose(1, 0, 2)
    cell = lfpykit.CellGeometry(x=x, y=y, z=z, d=np.array(setup["diam_um"]))
    currents_na = np.load(folder / "syn_imem_all_1ms.npy")
    at_x, at_y, at_z = np.transpose(setup["electrodes_um"])
    for name, (method, sigma, is_applied) in LFP_MODELS.items():
        electrode = lfpykit.RecExtElectrode(cell, sigma=sigma, x=at_x, y=at_y, z=at_z, method=method)
        matrix = electrode.get_transformation_matrix()
        save_array(folder / f"lfp_{name}_matrix.npy", matrix)
        if is_applied:
            save_array(folder / f"syn_lfp_{name}_mV.npy", matrix @ currents_na)
    dipole = lfpykit.CurrentDipoleMoment(cell).get_transformation_matrix() @ currents_na
    save_array(folder / "syn_dipole_nA_um.npy", dipole)
    print(f"{folder.name}: field potentials of {len(at_x)} electrodes", flush=True)


def in_a_process(options, preset, name):
    """Runs a part of the work in a process of its own and returns what it says."""
    command = [sys.executable, __file__, options.reconstruction, options.out, "--part", preset, name]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{preset}, {name} failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def make_preset(options, preset):
    """The folder of a preset."""
    folder = folder_of(options, preset)
    folder.mkdir(parents=True, exist_ok=True)
    common = in_a_process(options, preset, "cell")
    print(f"{folder.name}: geometry and densities", flush=True)
    descriptions = {}
    for file, names in DESCRIBED_IN[preset].items():
        described = dict(common)
        for name in names:
            if name == "syn":
                draw_events(folder)
            described[name] = in_a_process(options, preset, name)
            spikes = len(described[name]["spike_times_ms"])
            print(f"{folder.name}: {name}, spikes: {spikes}", flush=True)
        descriptions[file] = described
    if any("syn" in names for names in DESCRIBED_IN[preset].values()):
        make_lfp_files(folder)
    for file, described in descriptions.items():
        save_json(folder / file, described, indent=1)


def folder_of(options, preset):
    return pathlib.Path(options.out) / f"{preset}_cell1"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reconstruction", help="cell1.asc of ModelDB 139653")
    parser.add_argument("out")
    parser.add_argument("--part", nargs=2, metavar=("PRESET", "PROTOCOL"), help="only this one, in this process; prints JSON")
    options = parser.parse_args()
    if options.part:
        preset, name = options.part
        make = make_cell_files if name == "cell" else make_run_files
        arguments = [] if name == "cell" else [name]
        made = make(options.reconstruction, folder_of(options, preset), preset, *arguments)
        print("\n" + json.dumps(made))
        return
    import lfpykit  # noqa: F401  what is missing is said before the runs, not after

    import mechanisms

    mechanisms.compile_mechanisms()
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    with open(options.reconstruction, "rb") as source:
        replace(out / "cell1.asc", lambda file: shutil.copyfileobj(source, file))
    print("cell1.asc", flush=True)
    for preset in DESCRIBED_IN:
        make_preset(options, preset)
    print(f"set APICAL_REFERENCE to {out.resolve()}")


if __name__ == "__main__":
    main()
