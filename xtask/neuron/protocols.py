"""The protocols of the reference data, by the names of its files.

    python protocols.py RECONSTRUCTION PRESET PROTOCOL OUT [EVENTS]

writes OUT/PROTOCOL_v_SITE.npy (float64, every 0.025 ms from t = 0 to the end), PROTOCOL_v_all_1ms.npy (float32) and
PROTOCOL_imem_all_1ms.npy (float64, nA), [compartment, ms] from t = 0 to the last millisecond before the end. `syn` takes
its events from the folder EVENTS: syn_excitatory_events.npy, syn_inhibitory_events.npy.
"""

import pathlib
import sys

import numpy as np

PROTOCOLS = {
    # name: (v_init mV, duration ms, step at the soma (nA, delay ms, duration ms) or None, EPSP-like peak nA)
    "rest": (-76.0, 300.0, None, 0.0),
    "step_0.4": (-80.0, 600.0, (0.4, 100.0, 400.0), 0.0),
    "step_0.793": (-80.0, 600.0, (0.793, 100.0, 400.0), 0.0),
    "bac_BAP": (-80.0, 450.0, (1.9, 295.0, 5.0), 0.0),
    "bac_EPSP": (-80.0, 450.0, None, 0.5),
    "bac_BAC": (-80.0, 450.0, (1.9, 295.0, 5.0), 0.5),
    "bac_CaBurst": (-80.0, 450.0, None, 1.5),
    "syn": (-76.0, 600.0, None, 0.0),
}


def sites(cell, model):
    """Recording sites by the names of the reference files."""
    return {
        "soma": cell.soma[0](0.5),
        "apic_distal": cell.thickest_at(model.DISTAL_UM),
        "apic_proximal": cell.thickest_at(model.PROXIMAL_UM),
        "basal0": cell.dend[0](0.5),
        "axon1": cell.axon[1](0.5),
    }


def run(cell, name, events=None, everything=False):
    """Runs a protocol on a fresh cell. `events`: (excitatory, inhibitory) rows, for `syn`."""
    import model

    v_init, duration, step, epsp = PROTOCOLS[name]
    if step is not None:
        cell.step(*step)
    if epsp:
        cell.epsp(epsp)
    return model.run(cell, v_init, duration, sites(cell, model), events, all_1ms=everything, imem=everything)


def every_ms(got, name):
    """Of every compartment, at every millisecond before the end: NEURON's clock, a sum of steps, may not reach that."""
    columns = round(PROTOCOLS[name][1])
    return {kind: got[kind][:, :columns] for kind in ("v_all_1ms", "imem_all_1ms")}


def load_events(folder, prefix="syn"):
    """(excitatory, inhibitory) rows of dendritic compartment index and time (ms)."""
    return tuple(np.load(f"{folder}/{prefix}_{kind}_events.npy") for kind in ("excitatory", "inhibitory"))


def write(reconstruction, preset, name, out, events=None):
    """Runs a protocol and writes its files."""
    import model

    cell = model.Cell(reconstruction, preset)
    got = run(cell, name, load_events(events) if events else None, everything=True)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for site in sites(cell, model):
        np.save(out / f"{name}_v_{site}.npy", got[site])
    of_all = every_ms(got, name)
    np.save(out / f"{name}_v_all_1ms.npy", of_all["v_all_1ms"].astype(np.float32))
    np.save(out / f"{name}_imem_all_1ms.npy", of_all["imem_all_1ms"])
    print(f"{name}: spikes at {model.spike_times_ms(got['soma'])} ms")


if __name__ == "__main__":
    write(*sys.argv[1:])
