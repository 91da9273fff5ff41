"""The protocols of the reference data, by the names of its files."""

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


def load_events(folder, prefix="syn"):
    """(excitatory, inhibitory) rows of dendritic compartment index and time (ms)."""
    return tuple(np.load(f"{folder}/{prefix}_{kind}_events.npy") for kind in ("excitatory", "inhibitory"))
