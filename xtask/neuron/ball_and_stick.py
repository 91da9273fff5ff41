"""Small cells in NEURON, for tests that need no reconstruction.

    python xtask/neuron/ball_and_stick.py crates/biophysics/tests/data/ball_and_stick

Writes for each case CASE.json (tool, version, command, everything that defines the run, and the hash of each array)
and its arrays CASE_NAME.npy: float64, one value every dt from t = 0 to the end, both included.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

import numpy as np

import mechanisms
import presets

h = mechanisms.load()
DT_MS = 0.025

SOMA = {"name": "soma", "length_um": 20.0, "diameter_um": 20.0, "compartments": 1, "parent": None, "parent_x": None}
DEND = {"name": "dend", "length_um": 400.0, "diameter_um": 2.0, "compartments": 11, "parent": "soma", "parent_x": 1.0}
PASSIVE = {"g_pas": 1e-4, "e_pas": -70.0}
CABLE = {"axial_resistivity_ohm_cm": 100.0, "cm_uf_cm2": 1.0}


def active(preset, kind, **graded):
    """A preset's densities of one kind of section, with values for what it grades along the apical tree."""
    return {"g_pas": preset["passive"][kind], "e_pas": presets.E_PAS_MV, **preset[kind], **graded}


def channel_case(preset, amplitude_na, **graded):
    """Soma and one dendrite with a preset's channels, under a step."""
    return {
        "description": "ball and stick with a preset's somatic and apical channels, current step at the soma",
        "celsius": 6.3,
        "v_init_mv": -80.0,
        "duration_ms": 100.0,
        "sections": [
            SOMA | CABLE | {"densities": active(preset, "soma")},
            DEND | CABLE | {"cm_uf_cm2": 2.0, "densities": active(preset, "apic", **graded)},
        ],
        "reversal_mv": {"na": presets.E_NA_MV, "k": presets.E_K_MV},
        "steps": [{"section": "soma", "x": 0.5, "amplitude_na": amplitude_na, "delay_ms": 10.0, "duration_ms": 80.0}],
        "records": {"v_soma": ("v", "soma", 0.5), "v_dend_end": ("v", "dend", 21 / 22), "cai_soma": ("cai", "soma", 0.5), "cai_dend_end": ("cai", "dend", 21 / 22)},
    }


PASSIVE_BALL_AND_STICK = {
    "celsius": 6.3,
    "v_init_mv": -70.0,
    "duration_ms": 100.0,
    "sections": [SOMA | CABLE | {"densities": PASSIVE}, DEND | CABLE | {"densities": PASSIVE}],
}
# Times on a step boundary, between two boundaries nearer to the first and nearer to the second.
SYNAPSES = [
    {"mechanism": "AmpaNmda", "section": "dend", "x": 15 / 22, "events_ms": [10.0, 15.01, 20.015, 21.0], "weight": 10.0, "parameters": {}},
    {"mechanism": "GabaA", "section": "dend", "x": 7 / 22, "events_ms": [18.0, 60.0], "weight": 3.0, "parameters": {}},
]
BUILT_IN_SYNAPSES = [
    {"mechanism": "ExpSyn", "section": "dend", "x": 15 / 22, "events_ms": [10.0, 25.01], "weight": 0.002, "parameters": {"tau": 2.0, "e": 0.0}},
    {"mechanism": "Exp2Syn", "section": "dend", "x": 7 / 22, "events_ms": [20.0, 22.0], "weight": 0.004, "parameters": {"tau1": 0.5, "tau2": 6.0, "e": -75.0}},
]
V_BOTH = {"v_soma": ("v", "soma", 0.5), "v_dend_end": ("v", "dend", 21 / 22)}
IMEM_BOTH = {"i_membrane_soma": ("i_membrane_", "soma", 0.5), "i_membrane_synapse": ("i_membrane_", "dend", 15 / 22)}

CASES = {
    "shai2015": channel_case(presets.SHAI2015, 0.6, gCa_LVAstbar_Ca_LVAst=0.0022712, gIhbar_Ih=0.0005),
    "hay2011": channel_case(presets.HAY2011, 0.6, gCa_HVAbar_Ca_HVA=0.000555, gCa_LVAstbar_Ca_LVAst=0.0187, gIhbar_Ih=0.0005),
    "crank_nicolson": channel_case(presets.SHAI2015, 0.6, gCa_LVAstbar_Ca_LVAst=0.0022712, gIhbar_Ih=0.0005)
    | {"description": "ball and stick with the shai2015 channels of soma and apical dendrite, current step, by Crank-Nicolson", "secondorder": 2},
    "axon_channels": {
        "description": "one compartment with the shai2015 channels of the axon, current step",
        "celsius": 6.3,
        "v_init_mv": -80.0,
        "duration_ms": 100.0,
        "sections": [SOMA | CABLE | {"densities": active(presets.SHAI2015, "axon", gNaTa_tbar_NaTa_t=0.389618)}],
        "reversal_mv": {"na": presets.E_NA_MV, "k": presets.E_K_MV},
        "steps": [{"section": "soma", "x": 0.5, "amplitude_na": 0.4, "delay_ms": 10.0, "duration_ms": 80.0}],
        "records": {"v_soma": ("v", "soma", 0.5), "cai_soma": ("cai", "soma", 0.5)},
    },
    "hodgkin_huxley": {
        "description": "cylinder with NEURON's hh (tables off), pulse at one end: a travelling action potential",
        "celsius": 6.3,
        "v_init_mv": -65.0,
        "duration_ms": 20.0,
        "sections": [
            {"name": "axon", "length_um": 2000.0, "diameter_um": 20.0, "compartments": 41, "parent": None, "parent_x": None, "axial_resistivity_ohm_cm": 35.4, "cm_uf_cm2": 1.0}
            | {"densities": {"gnabar_hh": 0.12, "gkbar_hh": 0.036, "gl_hh": 0.0003, "el_hh": -54.3}}
        ],
        "reversal_mv": {"na": 50.0, "k": -77.0},
        "steps": [{"section": "axon", "x": 1 / 82, "amplitude_na": 20.0, "delay_ms": 1.0, "duration_ms": 0.5}],
        "records": {"v_start": ("v", "axon", 1 / 82), "v_end": ("v", "axon", 81 / 82)},
    },
    "synapses": PASSIVE_BALL_AND_STICK
    | {
        "description": "passive ball and stick with an AMPA+NMDA and a GABA-A synapse",
        "synapses": SYNAPSES,
        "records": V_BOTH | {"v_synapse": ("v", "dend", 15 / 22)} | IMEM_BOTH,
    },
    "voltage_clamp": PASSIVE_BALL_AND_STICK
    | {
        "description": "the same synapses with the soma clamped to three levels through a resistance (SEClamp)",
        "synapses": SYNAPSES,
        "clamp": {"section": "soma", "x": 0.5, "resistance_mohm": 0.5, "levels": [[-70.0, 20.0], [0.0, 40.0], [-50.0, 30.0]]},
        "records": V_BOTH | {"i_clamp": ("clamp", None, None)},
    },
    "built_in_synapses": PASSIVE_BALL_AND_STICK
    | {"description": "passive ball and stick with NEURON's ExpSyn and Exp2Syn (weight in uS)", "synapses": BUILT_IN_SYNAPSES, "records": V_BOTH},
}


def build_section(spec, built):
    section = h.Section(name=spec["name"])
    section.L, section.diam, section.nseg = spec["length_um"], spec["diameter_um"], spec["compartments"]
    section.Ra, section.cm = spec["axial_resistivity_ohm_cm"], spec["cm_uf_cm2"]
    if spec["parent"] is not None:
        section.connect(built[spec["parent"]](spec["parent_x"]), 0)
    for name in spec["densities"]:
        mechanism = name.rsplit("_", 1)[1] if name.endswith(("_pas", "_hh")) else presets.mechanism_of(name)
        section.insert(mechanism)
    for name, value in spec["densities"].items():
        setattr(section, name, value)
    return section


def build_synapses(case, sections, keep):
    """Synapses of a case and the function that queues their events."""
    connections = []
    for spec in case.get("synapses", []):
        synapse = getattr(h, spec["mechanism"])(sections[spec["section"]](spec["x"]))
        for name, value in spec["parameters"].items():
            setattr(synapse, name, value)
        connection = h.NetCon(None, synapse)
        connection.delay, connection.weight[0] = 0, spec["weight"]
        connections.append((connection, spec["events_ms"]))
        keep.append(synapse)
    return lambda: [connection.event(time) for connection, times in connections for time in times]


def build_clamp(case, sections):
    spec = case.get("clamp")
    if spec is None:
        return None
    clamp = h.SEClamp(sections[spec["section"]](spec["x"]))
    clamp.rs = spec["resistance_mohm"]
    for index, (level, duration) in enumerate(spec["levels"], start=1):
        setattr(clamp, f"amp{index}", level)
        setattr(clamp, f"dur{index}", duration)
    return clamp


def run(case):
    """Builds and runs a case; returns its arrays by name."""
    h.dt, h.celsius, h.secondorder, h.usetable_hh = DT_MS, case["celsius"], case.get("secondorder", 0), 0
    sections, keep = {}, []
    for spec in case["sections"]:
        sections[spec["name"]] = build_section(spec, sections)
        for ion, reversal in case.get("reversal_mv", {}).items():
            if sections[spec["name"]].has_membrane(f"{ion}_ion"):
                setattr(sections[spec["name"]], f"e{ion}", reversal)
    for spec in case.get("steps", []):
        step = h.IClamp(sections[spec["section"]](spec["x"]))
        step.amp, step.delay, step.dur = spec["amplitude_na"], spec["delay_ms"], spec["duration_ms"]
        keep.append(step)
    clamp = build_clamp(case, sections)
    handler = h.FInitializeHandler(1, build_synapses(case, sections, keep))
    h.CVode().use_fast_imem(any(kind == "i_membrane_" for kind, _, _ in case["records"].values()))
    recorded = {}
    for name, (kind, section, x) in case["records"].items():
        source = clamp._ref_i if kind == "clamp" else getattr(sections[section](x), f"_ref_{kind}")
        recorded[name] = h.Vector().record(source)
    h.finitialize(case["v_init_mv"])
    for _ in range(round(case["duration_ms"] / DT_MS)):
        h.fadvance()
    del handler
    return {name: np.array(vector) for name, vector in recorded.items()}


UNITS = {"v": "mV", "cai": "mM", "i_membrane_": "nA", "clamp": "nA"}


def write(name, out):
    case = CASES[name]
    arrays = {}
    for key, values in run(case).items():
        kind, section, x = case["records"][key]
        path = out / f"{name}_{key}.npy"
        np.save(path, values)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        arrays[key] = {"file": path.name, "sha256": digest, "unit": UNITS[kind], "section": section, "x": x}
    head = {
        "tool": "NEURON",
        "version": mechanisms.versions()["neuron"],
        "command": "python xtask/neuron/ball_and_stick.py crates/biophysics/tests/data/ball_and_stick",
        "dt_ms": DT_MS,
    }
    definition = {key: value for key, value in case.items() if key != "records"}
    (out / f"{name}.json").write_text(json.dumps(head | definition | {"arrays": arrays}, indent=1) + "\n")
    for key in arrays:
        values = np.load(out / arrays[key]["file"])
        print(f"{name}/{key}: {len(values)} values, {values.min():.6g} to {values.max():.6g} {arrays[key]['unit']}")


def main():
    out = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        write(sys.argv[2], out)
        return
    out.mkdir(parents=True, exist_ok=True)
    mechanisms.compile_mechanisms()
    for name in CASES:
        subprocess.run([sys.executable, __file__, str(out), name], check=True)


if __name__ == "__main__":
    main()
