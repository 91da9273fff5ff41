"""The layer 5b pyramidal cell in NEURON: built from a reconstruction file, with its stimuli, synapses and recordings.

Sections are named soma[0], dend[i], apic[i], axon[0], axon[1]; compartments are ordered soma, dend, apic, axon,
from the 0 end of a section to its 1 end. A section of length L has 1 + 2 floor(L / 40 um) compartments.
protocols.py runs it from the command line.
"""

import time

import numpy as np

import mechanisms
import presets

h = mechanisms.load()

DT_MS = 0.025
SPIKE_THRESHOLD_MV = -20.0
DISTAL_UM, PROXIMAL_UM = 620.0, 400.0


class Cell:
    """A neuron with its sections by type and its compartments in order."""

    def __init__(self, reconstruction, preset="shai2015", channels=True):
        reader = h.Import3d_Neurolucida3() if str(reconstruction).lower().endswith(".asc") else h.Import3d_SWC_read()
        reader.quiet = 1
        reader.input(str(reconstruction))
        if any(True for _ in h.allsec()):
            raise RuntimeError("one cell a process: NEURON's sections are global")
        # Into the global name space, not into a Python object: then the points of a soma contour pass through 8 digits,
        # as in the published scripts, which is what the reference data has (1.2e-8 relative in the soma's area).
        h.Import3d_GUI(reader, False).instantiate(None)
        self.soma, self.dend, self.apic, self.axon = (self._imported(kind) for kind in ("soma", "dend", "apic", "axon"))
        self._replace_axon()
        self.sections = [*self.soma, *self.dend, *self.apic, *self.axon]
        for section in self.sections:
            section.nseg = 1 + 2 * int(section.L / 40)
        self.compartments = [segment for section in self.sections for segment in section]
        self.dendritic = [segment for section in [*self.dend, *self.apic] for segment in section]
        self._insert(presets.PRESETS[preset], channels)
        self._keep = []

    @staticmethod
    def _imported(kind):
        return [section for section in h.allsec() if section.name().split("[")[0] == kind]

    def _replace_axon(self):
        """The reconstructed axon gives way to two cylinders of 30 um, 1 um thick."""
        for section in list(self.axon):
            h.delete_section(sec=section)
        self.axon = [h.Section(name=f"axon[{i}]") for i in range(2)]
        for section in self.axon:
            section.L, section.diam, section.nseg = 30, 1, 1
        self.axon[0].connect(self.soma[0](0.5), 0)
        self.axon[1].connect(self.axon[0](1), 0)

    def trunk_distance(self, segment):
        """Path distance (um) from the 0 end of the first apical section."""
        return h.distance(self.apic[0](0), segment)

    def _insert(self, preset, channels):
        for kind in ("soma", "dend", "apic", "axon"):
            graded = preset["apic_graded"] if kind == "apic" else {}
            names = {presets.mechanism_of(name) for name in [*preset[kind], *graded]}
            for section in getattr(self, kind):
                section.Ra = presets.AXIAL_RESISTIVITY_OHM_CM
                section.cm = presets.CAPACITANCE[kind]
                section.insert("pas")
                section.e_pas, section.g_pas = presets.E_PAS_MV, preset["passive"][kind]
                if not channels:
                    continue
                for name in names:
                    section.insert(name)
                for name, value in preset[kind].items():
                    setattr(section, name, value)
                if h.ismembrane("na_ion", sec=section):
                    section.ena = presets.E_NA_MV
                if h.ismembrane("k_ion", sec=section):
                    section.ek = presets.E_K_MV
        if channels:
            for name, rule in preset["apic_graded"].items():
                self._grade(name, rule)

    def _grade(self, name, rule):
        """The published scripts' rule: value at the centre, in a section's last compartment at its far end, 10 decimals."""
        far = max(self.trunk_distance(section(1)) for section in self.apic)
        for section in self.apic:
            for index, segment in enumerate(section):
                at = section(1) if index == section.nseg - 1 else segment
                setattr(segment, name, float(f"{rule(self.trunk_distance(at), far):.10f}"))

    def thickest_at(self, distance_um):
        """The apical location at a path distance from the trunk's base whose compartment is thickest."""
        found = []
        for section in self.apic:
            near, far = self.trunk_distance(section(0)), self.trunk_distance(section(1))
            if near < distance_um < far:
                segment = section((distance_um - near) / (far - near))
                found.append((segment.diam, segment))
        return max(found, key=lambda pair: pair[0])[1]

    def index_of(self, segment):
        """The compartment index of a location."""
        start = 0
        for section in self.sections:
            if section == segment.sec:
                return start + min(int(segment.x * section.nseg), section.nseg - 1)
            start += section.nseg
        raise ValueError(f"{segment} is not of this cell")

    def densities(self):
        """Every density per compartment, None where the channel is absent."""
        names = {name for preset in presets.PRESETS.values() for kind in ("soma", "axon", "dend", "apic") for name in preset[kind]}
        names |= {name for preset in presets.PRESETS.values() for name in preset["apic_graded"]}
        table = {"g_pas": [segment.g_pas for segment in self.compartments], "cm": [segment.cm for segment in self.compartments]}
        for name in sorted(names):
            has = presets.mechanism_of(name)
            table[name] = [getattr(s, name) if s.sec.has_membrane(has) else None for s in self.compartments]
        return table

    def step(self, amplitude_na, delay_ms=100.0, duration_ms=400.0):
        """A current step at the soma."""
        clamp = h.IClamp(self.soma[0](0.5))
        clamp.amp, clamp.delay, clamp.dur = amplitude_na, delay_ms, duration_ms
        self._keep.append(clamp)

    def epsp(self, peak_na, onset_ms=300.0):
        """The EPSP-like current at the distal apical site."""
        current = h.EpspCurrent(self.thickest_at(DISTAL_UM))
        current.imax, current.onset = peak_na, onset_ms
        self._keep.append(current)

    def synapses(self):
        """One excitatory and one inhibitory synapse at the centre of every dendritic compartment."""
        excitatory = [h.AmpaNmda(segment) for segment in self.dendritic]
        inhibitory = [h.GabaA(segment) for segment in self.dendritic]
        connections = [[self._connection(synapse) for synapse in group] for group in (excitatory, inhibitory)]
        self._keep += [excitatory, inhibitory, connections]
        return connections

    @staticmethod
    def _connection(synapse):
        connection = h.NetCon(None, synapse)
        # `event` sends past the delay; CoreNEURON refuses one of 0.
        connection.delay, connection.weight[0] = 1, 1
        return connection


def fixed_steps(duration_ms):
    """Advances NEURON step by step."""
    for _ in range(round(duration_ms / DT_MS)):
        h.fadvance()


def run(cell, v_init_mv, duration_ms, sites=None, events=None, all_1ms=False, imem=False, advance=fixed_steps):
    """Runs and returns {site: voltage every dt from t = 0 on}, with `v_all_1ms` and `imem_all_1ms` [compartment, ms]
    from t = 0 on when asked for. `events` is (excitatory, inhibitory), rows of dendritic compartment and time (ms).
    Series of sites include both ends. `wall_s` and `cpu_s` time the integration alone, which `advance` does."""
    h.dt, h.steps_per_ms = DT_MS, round(1 / DT_MS)
    h.secondorder = 0
    h.CVode().active(False)
    h.CVode().use_fast_imem(imem)
    recorded = {name: h.Vector().record(site._ref_v) for name, site in (sites or {}).items()}
    v_all = [h.Vector().record(s._ref_v, 1.0) for s in cell.compartments] if all_1ms else []
    i_all = [h.Vector().record(s._ref_i_membrane_, 1.0) for s in cell.compartments] if imem else []
    connections = cell.synapses() if events is not None else ()

    def deliver():
        for group, rows in zip(connections, events or ()):
            for index, time_ms in rows:
                group[int(index)].event(float(time_ms))

    handler = h.FInitializeHandler(1, deliver)
    h.finitialize(v_init_mv)
    wall, cpu = time.perf_counter(), time.process_time()
    advance(duration_ms)
    timing = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    del handler
    out = {name: np.array(vector) for name, vector in recorded.items()}
    if all_1ms:
        out["v_all_1ms"] = np.array([np.array(vector) for vector in v_all])
    if imem:
        out["imem_all_1ms"] = np.array([np.array(vector) for vector in i_all])
    return out | timing


def spike_times_ms(v_mv):
    """Times of the first samples at or above the threshold."""
    above = np.asarray(v_mv) >= SPIKE_THRESHOLD_MV
    return ((np.flatnonzero(above[1:] & ~above[:-1]) + 1) * DT_MS).tolist()
