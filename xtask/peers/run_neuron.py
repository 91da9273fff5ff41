"""NEURON's and CoreNEURON's side of the benchmark.

    python run_neuron.py KIND --reconstruction R --events E --duration-ms T --trace F [--core | --core-native]
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "neuron"))

import common  # noqa: E402
import mechanisms  # noqa: E402


def advance_with_coreneuron(h, timing):
    """A function that advances with CoreNEURON and times it.

    Each call copies the model there and back. So the first two steps are calls of their own: the first loads the
    library, and the time of the second, nearly all of it copying, is taken from that of the call that does the rest.
    """
    from neuron import coreneuron

    coreneuron.enable, coreneuron.verbose = True, 0
    context = h.ParallelContext()
    context.set_maxstep(10)

    def advance(duration_ms):
        marks = []
        for until_ms in (common.DT_MS, 2 * common.DT_MS, duration_ms):
            context.psolve(until_ms)
            marks.append((time.perf_counter(), time.process_time()))
        for side, key in enumerate(("wall_s", "cpu_s")):
            copying, all_else = marks[1][side] - marks[0][side], marks[2][side] - marks[1][side]
            timing[key] = all_else - copying

    return advance


def main():
    arguments = common.parse(__doc__, "--core", "--core-native")
    with_core = arguments.core or arguments.core_native
    if with_core:
        os.environ["CORENEURONLIB"] = str(mechanisms.compile_for_coreneuron(arguments.core_native))
    mechanisms.compile_mechanisms()
    if arguments.kind == "prepare":
        return
    import model

    cell = model.Cell(arguments.reconstruction, channels=arguments.kind != "passive")
    events = None
    if arguments.kind == "synapses":
        loaded = common.load_json(arguments.events)
        events = [common.events_of(loaded, 0, group) for group in ("excitatory", "inhibitory")]
    measured, notes = {}, []
    advance = model.fixed_steps
    if with_core:
        advance = advance_with_coreneuron(model.h, measured)
        notes = ["copying the model there and back, measured in a run of one step, is not in its time"]
    sites = {"soma": cell.soma[0](0.5)}
    out = model.run(cell, common.V_INIT_MV, float(arguments.duration_ms), sites, events, advance=advance)
    timing = {key: out[key] for key in ("wall_s", "cpu_s")} | measured
    common.report(mechanisms.versions()["neuron"], timing, out["soma"], arguments, notes)


if __name__ == "__main__":
    main()
