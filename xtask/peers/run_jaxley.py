"""Jaxley's side of the benchmark.

    python run_jaxley.py KIND --cell C --events E --duration-ms T --cells N --trace F [--float64]

Sections, compartments and densities are NEURON's, as export_cell.py wrote them; areas and axial resistances are
integrated over NEURON's points. Several cells run by vmap. Compiling is not timed.
"""

import math
import time

import numpy as np

import common

arguments = common.parse(__doc__, "--float64")

import jax  # noqa: E402

if arguments.float64:
    jax.config.update("jax_enable_x64", True)
# Building a cell compiles hundreds of small functions.
jax.config.update("jax_compilation_cache_dir", str(common.BUILD / "jaxley"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)

import jax.numpy as jnp  # noqa: E402
import jaxley as jx  # noqa: E402
from jaxley.integrate import build_init_and_step_fn  # noqa: E402

import jaxley_channels as channels  # noqa: E402

AXIAL_RESISTIVITY_OHM_CM = 100.0
STEPS_PER_MS = round(1 / common.DT_MS)
# Dendrites attach to the soma's middle, Jaxley's branches to an end: the way from the middle there is made short. Not
# nothing, since single precision has to solve it.
SOMA_SHARE = 0.1


def geometry(sections):
    """For every compartment: length, mean radius (um), area (um2), and length over cross-section of its two halves (1/um)."""
    rows = []
    for section in sections:
        points = np.array(section["points"])
        lengths = np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1)
        at = np.concatenate([[0.0], np.cumsum(lengths)])
        radii = points[:, 3] / 2
        count = section["compartments"]
        ends = np.linspace(0.0, at[-1], 2 * count + 1)
        halves = [frusta(at, radii, a, b) for a, b in zip(ends, ends[1:])]
        for (area_in, load_in), (area_out, load_out) in zip(halves[::2], halves[1::2]):
            length = at[-1] / count
            area = area_in + area_out
            rows.append((length, area / (2 * math.pi * length), area, load_in, load_out))
    return np.array(rows)


def frusta(at, radii, start, end):
    """Area and length over cross-section of a stretch of a section."""
    area = load = 0.0
    for i in range(len(at) - 1):
        a, b = max(start, at[i]), min(end, at[i + 1])
        if b <= a:
            continue
        slope = (radii[i + 1] - radii[i]) / (at[i + 1] - at[i])
        ra, rb = radii[i] + slope * (a - at[i]), radii[i] + slope * (b - at[i])
        area += math.pi * (ra + rb) * math.hypot(b - a, ra - rb)
        load += (b - a) / (math.pi * ra * rb)
    return area, load


def build(described, kind):
    """The cell, and the compartments that have synapses."""
    sections, densities = described["sections"], described["densities"]
    counts = [section["compartments"] for section in sections]
    branches = {count: jx.Branch(jx.Compartment(), ncomp=count) for count in set(counts)}
    parents = [-1 if section["parent"] is None else section["parent"] for section in sections]
    cell = jx.Cell([branches[count] for count in counts], parents)
    length, radius, area, load_in, load_out = geometry(sections).T
    load_out = np.where(np.arange(len(area)) == 0, SOMA_SHARE * load_out, load_out)
    # The first two set the others, as those of cylinders.
    for key, values in (("length", length), ("radius", radius), ("area", area), ("volume", math.pi * radius**2 * length),
                        ("resistive_load_in", load_in), ("resistive_load_out", load_out),
                        ("capacitance", np.array(densities["cm"]))):
        cell.set(key, values)
    cell.set("axial_resistivity", AXIAL_RESISTIVITY_OHM_CM)
    cell.set("v", common.V_INIT_MV)
    cell.insert(channels.Leak())
    cell.set("Leak_gbar", np.array(densities["g_pas"]))
    kinds = [s["kind"] for s in sections for _ in range(s["compartments"])]
    dendritic = np.array([index for index, name in enumerate(kinds) if name in ("dend", "apic")])
    if kind != "passive":
        paint(cell, densities)
    if kind == "synapses":
        for synapse in (channels.AmpaNmda(), channels.GabaA()):
            cell.select(nodes=dendritic).insert(synapse)
            cell.select(nodes=dendritic).set(f"{synapse.name}_per_area", 100.0 / area[dendritic])
    cell.init_states(common.DT_MS)
    return cell, dendritic


def paint(cell, densities):
    """Calcium first: channels that read it come after it in a step."""
    for channel in channels.all_channels():
        for key in channel.channel_params:
            values = densities[channels.density_name(channel.name, key)]
            where = np.array([index for index, value in enumerate(values) if value is not None])
            if not cell.nodes.get(channel.name, np.zeros(1)).any():
                cell.select(nodes=where).insert(channel)
            cell.select(nodes=where).set(key, np.array([values[index] for index in where]))


def event_counts(events, cell, group):
    """Events of each synapse in each millisecond: [ms, synapses]."""
    counts = np.zeros((arguments.duration_ms, events["dendritic_compartments"]), dtype=np.float32)
    for index, time_ms in common.events_of(events, cell, group):
        counts[time_ms, index] += 1
    return counts


def simulator(cell, dendritic, kind):
    """A function of the events, and of what is added to the initial voltage, that returns the soma's voltage at every step."""
    cell.to_jax()
    initialize, step = build_init_and_step_fn(cell, voltage_solver="jaxley.dhs.cpu")
    states, parameters = initialize([], delta_t=common.DT_MS)
    jumps = {"excitatory": channels.AmpaNmda.jumps(common.DT_MS), "inhibitory": channels.GabaA.jumps(common.DT_MS)}

    def one_step(states, _):
        states = step(states, parameters, {}, {}, delta_t=common.DT_MS)
        return states, states["v"][0]

    def one_ms(states, counts):
        states = dict(states)
        for group, by_state in jumps.items() if kind == "synapses" else ():
            for name, jump in by_state.items():
                states[name] = states[name].at[dendritic].add(jump * counts[group])
        return jax.lax.scan(one_step, states, None, length=STEPS_PER_MS)

    def simulate(counts, above_mv):
        start = states | {"v": states["v"] + above_mv}
        _, soma = jax.lax.scan(one_ms, start, counts, length=arguments.duration_ms)
        return jnp.concatenate([start["v"][:1], soma.ravel()])

    return simulate


def main():
    if arguments.kind == "prepare":
        return
    cell, dendritic = build(common.load_json(arguments.cell), arguments.kind)
    counts = {}
    if arguments.kind == "synapses":
        events = common.load_json(arguments.events)
        for group in ("excitatory", "inhibitory"):
            counts[group] = jnp.stack([event_counts(events, index, group) for index in range(arguments.cells)])
    # An input of each cell, all of them 0: vmap computes once what is the same by construction.
    inputs = (counts, jnp.zeros(arguments.cells))
    simulate = simulator(cell, dendritic, arguments.kind)
    if arguments.cells == 1:
        inputs = jax.tree.map(lambda values: values[0], inputs)
    else:
        simulate = jax.vmap(simulate)
    compiled = jax.jit(simulate).lower(*inputs).compile()
    wall, cpu = time.perf_counter(), time.process_time()
    soma_mv = compiled(*inputs).block_until_ready()
    timing = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    notes = [
        "dendrites attach a tenth of the way from the soma's middle to its end, not to the middle",
        "slopes of currents are differences over 0.001 mV",
    ]
    if not arguments.float64:
        notes.append("32-bit floats unless said, which is its default")
    soma_mv = np.asarray(soma_mv) if arguments.cells == 1 else np.asarray(soma_mv)[0]
    common.report(jx.__version__, timing, soma_mv, arguments, notes)


if __name__ == "__main__":
    main()
