"""Writes crates/biophysics/tests/data/channel_rates.json: steady states and time constants of every gate.

The equations as they were published, evaluated with 50 digits and rounded once to double precision.
Needs mpmath (pip install mpmath==1.3.0).
"""

import json
import pathlib
import re

import mpmath
from mpmath import exp, log, mpf

mpmath.mp.dps = 50

OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/biophysics/tests/data/channel_rates.json"

# Among them every voltage where a rate is 0/0, and where a formula changes.
VOLTAGES = "-300 -154.9 -100 -90 -80 -66 -65 -64.4 -60 -59.9 -55 -40 -38 -32 -27 -17 0 23.7 50 120 300".split()
CONCENTRATIONS = "0 5e-8 1e-7 5e-5 1e-4 4.3e-4 1e-3 0.01 1".split()
Q = mpf("2.3") ** mpf("1.3")


def m(text):
    return mpf(text)


def linoid(a, x, k):
    """a·x / (1 − exp(−x/k)); a·k at x = 0."""
    a, k = m(a), m(k)
    return a * k if x == 0 else a * x / (1 - exp(-x / k))


def from_rates(alpha, beta, factor=1):
    return alpha / (alpha + beta), 1 / ((alpha + beta) * factor)


def transient_sodium(v, vm, vh):
    am, bm = linoid("0.182", v - m(vm), "6"), linoid("0.124", -(v - m(vm)), "6")
    ah, bh = linoid("0.015", -(v - m(vh)), "6"), linoid("0.015", v - m(vh), "6")
    return {"m": from_rates(am, bm, Q), "h": from_rates(ah, bh, Q)}


def nap_et2(v):
    am, bm = linoid("0.182", v + 38, "6"), linoid("0.124", -(v + 38), "6")
    ah = linoid("2.88e-6", -(v + 17), "4.63")
    bh = linoid("6.94e-6", v + m("64.4"), "2.63")
    return {
        "m": (1 / (1 + exp(-(v + m("52.6")) / m("4.6"))), 6 / ((am + bm) * Q)),
        "h": (1 / (1 + exp((v + m("48.8")) / 10)), 1 / ((ah + bh) * Q)),
    }


def k_tst(v):
    u = v + 10
    return {
        "m": (1 / (1 + exp(-u / 19)), (m("0.34") + m("0.92") * exp(-(((u + 71) / 59) ** 2))) / Q),
        "h": (1 / (1 + exp((u + 66) / 10)), (8 + 49 * exp(-(((u + 73) / 23) ** 2))) / Q),
    }


def k_pst(v):
    u = v + 10
    if u < -50:
        tau_m = m("1.25") + m("175.03") * exp(m("0.026") * u)
    else:
        tau_m = m("1.25") + 13 * exp(-m("0.026") * u)
    tau_h = 360 + (1010 + 24 * (u + 55)) * exp(-(((u + 75) / 48) ** 2))
    return {"m": (1 / (1 + exp(-(u + 1) / 12)), tau_m / Q), "h": (1 / (1 + exp((u + 54) / 11)), tau_h / Q)}


def skv3_1(v):
    return {"m": (1 / (1 + exp((m("18.7") - v) / m("9.7"))), 4 / (1 + exp((m("-46.56") - v) / m("44.14"))))}


def ca_hva(v):
    am = linoid("0.055", v + 27, "3.8")
    bm = m("0.94") * exp((-75 - v) / 17)
    ah = m("0.000457") * exp((-13 - v) / 50)
    bh = m("0.0065") / (exp((-v - 15) / 28) + 1)
    return {"m": from_rates(am, bm), "h": from_rates(ah, bh)}


def ca_lvast(v):
    u = v + 10
    return {
        "m": (1 / (1 + exp((u + 30) / -6)), (5 + 20 / (1 + exp((u + 25) / 5))) / Q),
        "h": (1 / (1 + exp((u + 80) / m("6.4"))), (20 + 50 / (1 + exp((u + 40) / 7))) / Q),
    }


def ih(v):
    alpha = m("0.001") * linoid("6.43", -(v + m("154.9")), "11.9")
    beta = m("0.001") * 193 * exp(v / m("33.1"))
    return {"m": from_rates(alpha, beta)}


def im(v):
    alpha = m("3.3e-3") * exp(m("0.1") * (v + 35))
    beta = m("3.3e-3") * exp(-m("0.1") * (v + 35))
    return {"m": from_rates(alpha, beta, Q)}


def sk_e2(c):
    c = c + m("1e-7") if c < m("1e-7") else c
    return {"z": (1 / (1 + (m("0.00043") / c) ** m("4.8")), m(1))}


def squid_sodium(v, factor):
    am, bm = linoid("0.1", v + 40, "10"), 4 * exp(-(v + 65) / 18)
    ah, bh = m("0.07") * exp(-(v + 65) / 20), 1 / (exp(-(v + 35) / 10) + 1)
    return {"m": from_rates(am, bm, factor), "h": from_rates(ah, bh, factor)}


def squid_potassium(v, factor):
    an, bn = linoid("0.01", v + 55, "10"), m("0.125") * exp(-(v + 65) / 80)
    return {"n": from_rates(an, bn, factor)}


def table(rates, inputs):
    """{gate: {"x_inf": […], "tau_ms": […]}} over the inputs."""
    rows = [rates(m(x)) for x in inputs]
    return {
        gate: {"x_inf": [float(r[gate][0]) for r in rows], "tau_ms": [float(r[gate][1]) for r in rows]}
        for gate in rows[0]
    }


def nernst():
    """E of calcium in mV at 2 mM outside."""
    r, f = m("8.31446261815324"), m("96485.33212331001")
    rows = []
    for celsius in ("6.3", "34"):
        for inside in ("5e-5", "1e-4", "2.7e-3"):
            e = 1000 * r * (m(celsius) + m("273.15")) / (2 * f) * log(m(2) / m(inside))
            rows.append({"celsius": float(celsius), "inside_mm": float(inside), "reversal_potential_mv": float(e)})
    return rows


def calcium_pool():
    """The solution of c' = −1e4·i·γ/(2·F·0.1) − (c − 1e-4)/decay after dt."""
    f = m("96485.33212331001")
    rows = []
    for decay, gamma in (("460", "0.000501"), ("35.725651", "0.000637")):
        for current in ("0", "-0.013", "0.002"):
            for dt in ("0.025", "10"):
                steady = m("1e-4") - m("1e4") * m(current) * m(gamma) / (2 * f * m("0.1")) * m(decay)
                c = steady + (m("5e-5") - steady) * exp(-m(dt) / m(decay))
                rows.append({
                    "decay_ms": float(decay), "gamma": float(gamma), "current_ma_per_cm2": float(current),
                    "dt_ms": float(dt), "from_mm": 5e-5, "to_mm": float(c),
                })
    return rows


def main():
    squid_factor = mpf(3) ** ((m("18.5") - m("6.3")) / 10)
    channels = {
        "NaTa_t": lambda v: transient_sodium(v, "-38", "-66"),
        "NaTs2_t": lambda v: transient_sodium(v, "-32", "-60"),
        "Nap_Et2": nap_et2,
        "K_Tst": k_tst,
        "K_Pst": k_pst,
        "SKv3_1": skv3_1,
        "Ca_HVA": ca_hva,
        "Ca_LVAst": ca_lvast,
        "Ih": ih,
        "Im": im,
        "squid_na": lambda v: squid_sodium(v, 1),
        "squid_k": lambda v: squid_potassium(v, 1),
        "squid_na_18.5": lambda v: squid_sodium(v, squid_factor),
        "squid_k_18.5": lambda v: squid_potassium(v, squid_factor),
    }
    golden = {
        "tool": f"mpmath, {mpmath.mp.dps} digits",
        "version": mpmath.__version__,
        "command": "python xtask/neuron/channel_rates.py",
        "v_mv": [float(v) for v in VOLTAGES],
        "calcium_mm": [float(c) for c in CONCENTRATIONS],
        "by_voltage": {name: table(rates, VOLTAGES) for name, rates in channels.items()},
        "by_calcium": {"SK_E2": table(sk_e2, CONCENTRATIONS)},
        "nernst": nernst(),
        "calcium_pool": calcium_pool(),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(golden, indent=1)
    text = re.sub(r"\[[^\[\]{}]*\]", lambda numbers: " ".join(numbers[0].split()), text)
    OUT.write_text(text + "\n")


if __name__ == "__main__":
    main()
