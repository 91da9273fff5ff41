"""Channels, calcium and synapses of the reference neuron for Jaxley.

Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, Shai et al. 2015, doi:10.1371/journal.pcbi.1004090, and
Beniaguev et al. 2021, doi:10.1016/j.neuron.2021.07.002. Gates decay by the exponential, from the steady state on.
"""

import math

import jax.numpy as jnp
from jaxley.channels import Channel

QT = 2.3 ** ((34 - 21) / 10)
E_LEAK_MV, E_NA_MV, E_K_MV, E_IH_MV = -90.0, 50.0, -85.0, -45.0
FARADAY, GAS_CONSTANT, KELVIN = 96485.33212, 8.31446261815324, 273.15 + 6.3
CA_OUTSIDE_MM, CA_START_MM, CA_REST_MM = 2.0, 5e-5, 1e-4
SHELL_UM = 0.1


def exprelr(x):
    """x / (exp(x) - 1), with its limit at 0."""
    small = jnp.abs(x) < 1e-4
    safe = jnp.where(small, 1.0, x)
    return jnp.where(small, 1 - x / 2, safe / jnp.expm1(safe))


def sigmoid(x):
    return 1 / (1 + jnp.exp(-x))


def from_rates(alpha, beta, factor=1.0):
    """Steady state and rate of a gate."""
    return alpha / (alpha + beta), (alpha + beta) * factor


class Leak(Channel):
    """Leak."""

    def __init__(self):
        self.current_is_in_mA_per_cm2 = True
        super().__init__("Leak")
        self.channel_params = {"Leak_gbar": 0.0}
        self.channel_states = {}
        self.current_name = "i_Leak"

    def update_states(self, states, dt, v, params):
        return {}

    def compute_current(self, states, v, params):
        return params["Leak_gbar"] * (v - E_LEAK_MV)


class Gated(Channel):
    """A conductance that is a product of powers of gates."""

    def __init__(self, name, ion, powers, kinetics, reads=()):
        """`kinetics` takes v and the states read to steady state and rate (1/ms) of each gate."""
        self.current_is_in_mA_per_cm2 = True
        super().__init__(name)
        self.powers, self.kinetics, self.ion = powers, kinetics, ion
        self.channel_params = {f"{name}_gbar": 0.0}
        shared = {"cai": CA_START_MM} if "cai" in reads else {}
        shared |= {"eca": 0.0} if ion == "ca" else {}
        self.channel_states = {f"{name}_{gate}": 0.0 for gate in powers} | shared
        self.current_name = f"i_{ion}"

    def gates(self, v, states):
        found = self.kinetics(v, states["cai"]) if "cai" in self.channel_states else self.kinetics(v)
        return {f"{self.name}_{gate}": found[gate] for gate in self.powers}

    def update_states(self, states, dt, v, params):
        gates = self.gates(v, states)
        return {key: steady + (states[key] - steady) * jnp.exp(-dt * rate) for key, (steady, rate) in gates.items()}

    def compute_current(self, states, v, params):
        g = params[f"{self.name}_gbar"]
        for gate, power in self.powers.items():
            g = g * states[f"{self.name}_{gate}"] ** power
        reversal = states["eca"] if self.ion == "ca" else {"na": E_NA_MV, "k": E_K_MV, "h": E_IH_MV}[self.ion]
        return g * (v - reversal)

    def init_state(self, states, v, params, delta_t):
        return {key: steady for key, (steady, _) in self.gates(v, states).items()}


class CaDynamics(Channel):
    """Calcium in a submembrane shell and its Nernst potential. A channel without a current."""

    def __init__(self):
        self.current_is_in_mA_per_cm2 = True
        super().__init__("CaDynamics_E2")
        self.channel_params = {"CaDynamics_E2_decay": 80.0, "CaDynamics_E2_gamma": 0.05}
        self.channel_states = {"cai": CA_START_MM, "eca": nernst_mv(CA_START_MM)}
        self.current_name = "i_none"

    def update_states(self, states, dt, v, params):
        decay, gamma = params["CaDynamics_E2_decay"], params["CaDynamics_E2_gamma"]
        inflow = -1e4 * states["i_ca"] * gamma / (2 * FARADAY * SHELL_UM)
        steady = CA_REST_MM + inflow * decay
        cai = steady + (states["cai"] - steady) * jnp.exp(-dt / decay)
        return {"cai": cai, "eca": nernst_mv(cai)}

    def compute_current(self, states, v, params):
        return jnp.zeros_like(v)

    def init_state(self, states, v, params, delta_t):
        return {"eca": nernst_mv(states["cai"])}


def nernst_mv(cai):
    return 1000 * GAS_CONSTANT * KELVIN / (2 * FARADAY) * jnp.log(CA_OUTSIDE_MM / cai)


def transient_sodium(vm, vh):
    def kinetics(v):
        am, bm = 0.182 * 6 * exprelr(-(v - vm) / 6), 0.124 * 6 * exprelr((v - vm) / 6)
        ah, bh = 0.015 * 6 * exprelr((v - vh) / 6), 0.015 * 6 * exprelr(-(v - vh) / 6)
        return {"m": from_rates(am, bm, QT), "h": from_rates(ah, bh, QT)}

    return kinetics


def nap_et2(v):
    am, bm = 0.182 * 6 * exprelr(-(v + 38) / 6), 0.124 * 6 * exprelr((v + 38) / 6)
    ah = 2.88e-6 * 4.63 * exprelr((v + 17) / 4.63)
    bh = 6.94e-6 * 2.63 * exprelr(-(v + 64.4) / 2.63)
    return {"m": (sigmoid((v + 52.6) / 4.6), (am + bm) * QT / 6), "h": (sigmoid(-(v + 48.8) / 10), (ah + bh) * QT)}


def k_tst(v):
    u = v + 10
    m_tau = 0.34 + 0.92 * jnp.exp(-(((u + 71) / 59) ** 2))
    h_tau = 8 + 49 * jnp.exp(-(((u + 73) / 23) ** 2))
    return {"m": (sigmoid(u / 19), QT / m_tau), "h": (sigmoid(-(u + 66) / 10), QT / h_tau)}


def k_pst(v):
    u = v + 10
    below = u < -50
    m_tau = 1.25 + jnp.where(below, 175.03, 13.0) * jnp.exp(jnp.where(below, 0.026, -0.026) * u)
    h_tau = 360 + (1010 + 24 * (u + 55)) * jnp.exp(-(((u + 75) / 48) ** 2))
    return {"m": (sigmoid((u + 1) / 12), QT / m_tau), "h": (sigmoid(-(u + 54) / 11), QT / h_tau)}


def skv3_1(v):
    return {"m": (sigmoid((v - 18.7) / 9.7), (1 + jnp.exp((-46.56 - v) / 44.14)) / 4)}


def sk_e2(v, cai):
    c = jnp.where(cai < 1e-7, cai + 1e-7, cai)
    return {"z": (1 / (1 + (0.00043 / c) ** 4.8), jnp.ones_like(v))}


def ca_hva(v):
    am, bm = 0.055 * 3.8 * exprelr(-(v + 27) / 3.8), 0.94 * jnp.exp(-(v + 75) / 17)
    ah, bh = 0.000457 * jnp.exp(-(v + 13) / 50), 0.0065 * sigmoid((v + 15) / 28)
    return {"m": from_rates(am, bm), "h": from_rates(ah, bh)}


def ca_lvast(v):
    u = v + 10
    m_tau = 5 + 20 * sigmoid(-(u + 25) / 5)
    h_tau = 20 + 50 * sigmoid(-(u + 40) / 7)
    return {"m": (sigmoid((u + 30) / 6), QT / m_tau), "h": (sigmoid(-(u + 80) / 6.4), QT / h_tau)}


def ih(v):
    return {"m": from_rates(0.001 * 6.43 * 11.9 * exprelr((v + 154.9) / 11.9), 0.001 * 193 * jnp.exp(v / 33.1))}


def im(v):
    return {"m": from_rates(3.3e-3 * jnp.exp(0.1 * (v + 35)), 3.3e-3 * jnp.exp(-0.1 * (v + 35)), QT)}


def all_channels():
    """All but leak and synapses, in the order in which their states advance."""
    return [
        CaDynamics(),
        Gated("NaTa_t", "na", {"m": 3, "h": 1}, transient_sodium(-38, -66)),
        Gated("NaTs2_t", "na", {"m": 3, "h": 1}, transient_sodium(-32, -60)),
        Gated("Nap_Et2", "na", {"m": 3, "h": 1}, nap_et2),
        Gated("K_Tst", "k", {"m": 4, "h": 1}, k_tst),
        Gated("K_Pst", "k", {"m": 2, "h": 1}, k_pst),
        Gated("SKv3_1", "k", {"m": 1}, skv3_1),
        Gated("SK_E2", "k", {"z": 1}, sk_e2, reads=("cai",)),
        Gated("Ca_HVA", "ca", {"m": 2, "h": 1}, ca_hva),
        Gated("Ca_LVAst", "ca", {"m": 2, "h": 1}, ca_lvast),
        Gated("Ih", "h", {"m": 1}, ih),
        Gated("Im", "k", {"m": 1}, im),
    ]


def density_name(channel, parameter):
    """The name by which NEURON knows a parameter: Ih_gbar of Ih is gIhbar_Ih."""
    last = parameter.removeprefix(f"{channel}_")
    return f"g{channel}bar_{channel}" if last == "gbar" else f"{last}_{channel}"


def peak_factor(rise, decay):
    """Scales a difference of exponentials to peak at 1."""
    peak = rise * decay / (decay - rise) * math.log(decay / rise)
    return 1 / (math.exp(-peak / decay) - math.exp(-peak / rise))


class TwoExponentials(Channel):
    """A synapse as a channel: each of its conductances is a difference of two exponentials.

    `CONDUCTANCES` has rise (ms), decay (ms) and peak (uS) of each. The parameter per_area takes nA to mA/cm2.
    """

    CONDUCTANCES = {}

    def __init__(self):
        self.current_is_in_mA_per_cm2 = True
        super().__init__(type(self).__name__)
        self.channel_params = {f"{self.name}_per_area": 0.0}
        self.channel_states = dict.fromkeys(self.jumps(0.0), 0.0)
        self.current_name = f"i_{self.name}"

    @classmethod
    def jumps(cls, dt):
        """What an event adds to each state before a step, whose decay comes before its current."""
        found = {}
        for part, (rise, decay, peak_us) in cls.CONDUCTANCES.items():
            factor = peak_us * peak_factor(rise, decay)
            for side, tau in (("a", rise), ("b", decay)):
                found[f"{cls.__name__}_{part}_{side}"] = factor * math.exp(dt / tau)
        return found

    def update_states(self, states, dt, v, params):
        updated = {}
        for part, (rise, decay, _) in self.CONDUCTANCES.items():
            for side, tau in (("a", rise), ("b", decay)):
                key = f"{self.name}_{part}_{side}"
                updated[key] = states[key] * math.exp(-dt / tau)
        return updated

    def conductance_us(self, states, part):
        return states[f"{self.name}_{part}_b"] - states[f"{self.name}_{part}_a"]


class AmpaNmda(TwoExponentials):
    """Excitatory synapse."""

    CONDUCTANCES = {"ampa": (0.3, 3.0, 0.0004), "nmda": (2.0, 70.0, 0.0004)}

    def compute_current(self, states, v, params):
        unblocked = 1 / (1 + jnp.exp(-0.08 * v) / 3.57)
        g = self.conductance_us(states, "ampa") + self.conductance_us(states, "nmda") * unblocked
        return params[f"{self.name}_per_area"] * g * v


class GabaA(TwoExponentials):
    """Inhibitory synapse."""

    CONDUCTANCES = {"gaba": (0.2, 8.0, 0.001)}

    def compute_current(self, states, v, params):
        return params[f"{self.name}_per_area"] * self.conductance_us(states, "gaba") * (v + 80)
