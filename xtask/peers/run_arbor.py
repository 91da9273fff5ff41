"""Arbor's side of the benchmark.

    python run_arbor.py KIND --cell C --events E --duration-ms T --cells N --trace F [--native]

Sections, compartments and densities are NEURON's, as export_cell.py wrote them; the mechanisms are those of arbor/,
compiled with the flags of the installed Arbor, or with --native for this machine.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import arbor
from arbor import units as U

import common

MECHANISMS = pathlib.Path(__file__).resolve().parent / "arbor"
CELSIUS = 6.3


def catalogue(native):
    """The compiled mechanisms, compiled when a file is newer."""
    build = common.BUILD / ("arbor-native" if native else "arbor")
    library = build / "pyramidal-catalogue.so"
    newest = max(path.stat().st_mtime for path in MECHANISMS.glob("*.mod"))
    if library.exists() and library.stat().st_mtime >= newest:
        return library
    build.mkdir(parents=True, exist_ok=True)
    beside = pathlib.Path(sys.executable).parent
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    compiler = shutil.which("g++") or shutil.which("c++")
    if native:
        # Arbor's own flags name an architecture; the last one counts.
        wrapper = build / "cxx"
        wrapper.write_text(f'#!/bin/sh\nexec "{compiler}" "$@" -O3 -march=native -mprefer-vector-width=512\n')
        wrapper.chmod(0o755)
        compiler = wrapper
    tool = shutil.which("arbor-build-catalogue", path=path)
    command = [tool, "--quiet", "--cxx", str(compiler), "pyramidal", str(MECHANISMS)]
    done = subprocess.run(command, cwd=build, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    if done.returncode != 0 or not library.exists():
        raise SystemExit(f"arbor-build-catalogue failed (is cmake there?):\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return library


class Pieces:
    """NEURON's sections as Arbor's branches.

    A section is one piece of a branch; the soma is two, since the dendrites attach to its middle, which has to be a fork.
    """

    def __init__(self, sections):
        self.sections = sections
        self.tree = arbor.segment_tree()
        self.segments = []
        for index, section in enumerate(sections):
            if section["parent"] is None:
                self.segments.append(self._soma(section))
            else:
                self.segments.append([self._append(section["points"], self._parent(section))])
        self.morphology = arbor.morphology(self.tree)
        place, length = {}, {}
        for branch in range(self.morphology.num_branches):
            at = 0.0
            for segment in self.morphology.branch_segments(branch):
                own = _distance(segment.prox, segment.dist)
                place[segment.tag] = (branch, at, at + own)
                at += own
            length[branch] = at
        # For every section its pieces: branch, and where on it the piece starts and ends, from 0 to 1.
        self.pieces = []
        for parts in self.segments:
            ends = [(place[part[0]], place[part[-1]]) for part in parts]
            self.pieces.append([(a[0], a[1] / length[a[0]], b[2] / length[b[0]]) for a, b in ends])

    def _parent(self, section):
        parts = self.segments[section["parent"]]
        if section["parent"] == 0 and section["parent_x"] == 0.5:
            return parts[0][-1]
        if section["parent_x"] != 1.0:
            raise SystemExit("a section attaches neither to the soma's middle nor to an end")
        return parts[-1][-1]

    def _soma(self, section):
        points = section["points"]
        half = sum(_distance(_point(a), _point(b)) for a, b in zip(points, points[1:])) / 2
        first, rest, done = [points[0]], [], 0.0
        for a, b in zip(points, points[1:]):
            own = _distance(_point(a), _point(b))
            if not rest and done + own >= half:
                share = (half - done) / own
                middle = [p + share * (q - p) for p, q in zip(a, b)]
                first.append(middle)
                rest = [middle, b]
            else:
                (rest or first).append(b)
            done += own
        front = self._append(first, arbor.mnpos)
        return [front, self._append(rest, front[-1])]

    def _append(self, points, parent):
        """Numbers of the segments between points. Each is its segment's tag, by which it is found in its branch."""
        segments = []
        for a, b in zip(points, points[1:]):
            a, b = _point(a), _point(b)
            if _distance(a, b) == 0.0:
                continue
            parent = self.tree.append(parent, a, b, tag=self.tree.size)
            segments.append(parent)
        return segments

    def compartments(self):
        """For every compartment, in order, its cables: branch, start, end."""
        for section, pieces in zip(self.sections, self.pieces):
            count = section["compartments"]
            if len(pieces) > 1:
                if count != 1:
                    raise SystemExit("a soma of more than one compartment")
                yield pieces
                continue
            branch, start, end = pieces[0]
            cuts = [start + (end - start) * i / count for i in range(count + 1)]
            yield from ([(branch, a, b)] for a, b in zip(cuts, cuts[1:]))


def _point(point):
    x, y, z, diameter = point
    return arbor.mpoint(x, y, z, diameter / 2)


def _distance(a, b):
    return ((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2) ** 0.5


def cable(branch, start, end):
    return f"(cable {branch} {start!r} {end!r})"


class Recipe(arbor.recipe):
    """Cells of the benchmark, one for each set of events."""

    def __init__(self, arguments):
        arbor.recipe.__init__(self)
        self.kind, self.count = arguments.kind, arguments.cells
        self.cell = common.load_json(arguments.cell)
        self.pieces = Pieces(self.cell["sections"])
        self.cables = list(self.pieces.compartments())
        self.kinds = [s["kind"] for s in self.cell["sections"] for _ in range(s["compartments"])]
        self.dendritic = [index for index, kind in enumerate(self.kinds) if kind in ("dend", "apic")]
        self.events = common.load_json(arguments.events) if self.kind == "synapses" else None
        self.properties = arbor.neuron_cable_properties()
        self.properties.catalogue = arbor.default_catalogue()
        self.properties.catalogue.extend(arbor.load_catalogue(str(catalogue(arguments.native))), "")

    def num_cells(self):
        return self.count

    def cell_kind(self, _gid):
        return arbor.cell_kind.cable

    def global_properties(self, _kind):
        return self.properties

    def probes(self, gid):
        # The middle of the soma is where its first half ends.
        branch, _, end = self.cables[0][0]
        return [arbor.cable_probe_membrane_voltage(f"(location {branch} {end!r})", "soma")] if gid == 0 else []

    def cell_description(self, _gid):
        decor = arbor.decor()
        decor.set_property(Vm=common.V_INIT_MV * U.mV, rL=100 * U.Ohm * U.cm, tempK=(CELSIUS + 273.15) * U.Kelvin)
        decor.set_ion("na", rev_pot=50 * U.mV)
        decor.set_ion("k", rev_pot=-85 * U.mV)
        decor.set_ion("ca", int_con=5e-5 * U.mM, ext_con=2 * U.mM, method="nernst/x=ca")
        self._paint(decor)
        if self.kind == "synapses":
            for index in self.dendritic:
                (branch, start, end), = self.cables[index]
                middle = f"(location {branch} {(start + end) / 2!r})"
                decor.place(middle, arbor.synapse("AmpaNmda"), f"excitatory{index}")
                decor.place(middle, arbor.synapse("GabaA"), f"inhibitory{index}")
        # Every end of a compartment is a boundary. Those at forks leave a compartment without area at each, as NEURON's
        # nodes there are; the soma's middle has none on its own two halves, so that it is one compartment.
        ends = {(branch, x) for cables in self.cables[1:] for branch, a, b in cables for x in (a, b)}
        places = " ".join(f"(location {branch} {x!r})" for branch, x in sorted(ends))
        policy = arbor.cv_policy_explicit(f"(sum {places})")
        return arbor.cable_cell(self.pieces.morphology, decor, arbor.label_dict(), policy)

    def _paint(self, decor):
        """Each density on the compartments that have the same values of it."""
        densities = self.cell["densities"]
        regions = {}
        for index, cables in enumerate(self.cables):
            painted = {"Leak": (("gbar", densities["g_pas"][index]),), "cm": densities["cm"][index]}
            if self.kind != "passive":
                for name, values in densities.items():
                    if name in ("g_pas", "cm") or values[index] is None:
                        continue
                    parameter, mechanism = _parameter(name)
                    painted[mechanism] = (*painted.get(mechanism, ()), (parameter, values[index]))
            for name, value in painted.items():
                regions.setdefault((name, value), []).extend(cable(*c) for c in cables)
        for (name, value), cables in regions.items():
            region = cables[0] if len(cables) == 1 else f"(join {' '.join(cables)})"
            if name == "cm":
                decor.paint(region, cm=value * U.uF / U.cm2)
            else:
                decor.paint(region, arbor.density(name, dict(value)))

    def event_generators(self, gid):
        if self.kind != "synapses":
            return []
        times = {}
        for group in ("excitatory", "inhibitory"):
            for index, time_ms in common.events_of(self.events, gid, group):
                times.setdefault(f"{group}{self.dendritic[index]}", []).append(time_ms * U.ms)
        return [arbor.event_generator(label, 1.0, arbor.explicit_schedule(at)) for label, at in times.items()]


def _parameter(density):
    """`gIhbar_Ih` -> gbar of Ih, `decay_CaDynamics_E2` -> decay of CaDynamics_E2."""
    first, rest = density.split("_", 1)
    return (first, rest) if first in ("decay", "gamma") else ("gbar", density.split("bar_", 1)[1])


def main():
    arguments = common.parse(__doc__, "--native")
    if arguments.kind == "prepare":
        catalogue(arguments.native)
        return
    recipe = Recipe(arguments)
    context = arbor.context(threads=1)
    simulation = arbor.simulation(recipe, context)
    dt = common.DT_MS * U.ms
    handle = simulation.sample((0, "soma"), arbor.regular_schedule(dt))
    wall, cpu = time.perf_counter(), time.process_time()
    # One step more: a sample is taken at the start of a step.
    simulation.run((arguments.duration_ms + common.DT_MS) * U.ms, dt)
    timing = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    samples, _ = simulation.samples(handle)[0]
    notes = ["gates, calcium and synapses decay by Arbor's rational approximation of the exponential"]
    common.report(arbor.__version__, timing, samples[:, 1], arguments, notes)


if __name__ == "__main__":
    main()
