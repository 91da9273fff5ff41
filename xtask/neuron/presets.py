"""Densities of the two presets, distributed as the published scripts distribute them."""

import math

SHAI2015 = {
    "passive": {"soma": 3e-5, "axon": 3e-5, "dend": 6e-5, "apic": 6e-5},
    "soma": {
        "gNaTs2_tbar_NaTs2_t": 0.998912,
        "gSKv3_1bar_SKv3_1": 0.338029,
        "gSK_E2bar_SK_E2": 0.09965,
        "gImbar_Im": 0.000008,
        "gCa_HVAbar_Ca_HVA": 0.000644,
        "gCa_LVAstbar_Ca_LVAst": 0.000557,
        "gIhbar_Ih": 0.75e-4,
        "decay_CaDynamics_E2": 294.679571,
        "gamma_CaDynamics_E2": 0.000509,
    },
    "axon": {
        "gNaTa_tbar_NaTa_t": 3.89618,
        "gNap_Et2bar_Nap_Et2": 0.005834,
        "gK_Tstbar_K_Tst": 0.077274,
        "gK_Pstbar_K_Pst": 0.188851,
        "gSKv3_1bar_SKv3_1": 0.473799,
        "gSK_E2bar_SK_E2": 0.000047,
        "gImbar_Im": 0.013322,
        "gCa_HVAbar_Ca_HVA": 0.000222,
        "gCa_LVAstbar_Ca_LVAst": 0.000813,
        "gIhbar_Ih": 0.5e-4,
        "decay_CaDynamics_E2": 277.300774,
        "gamma_CaDynamics_E2": 0.000525,
    },
    "dend": {"gIhbar_Ih": 0.5e-4},
    "apic": {
        "gNaTs2_tbar_NaTs2_t": 0.021489,
        "gSKv3_1bar_SKv3_1": 0.001808,
        "gSK_E2bar_SK_E2": 0.000002,
        "gImbar_Im": 0.00099,
        "gCa_HVAbar_Ca_HVA": 0.000701,
        "decay_CaDynamics_E2": 35.725651,
        "gamma_CaDynamics_E2": 0.000637,
    },
    # of the path distance and the largest path distance, both from the trunk's base
    "apic_graded": {
        "gCa_LVAstbar_Ca_LVAst": lambda d, far: 0.141954 * 1.6 * (1.0 if 685 < d < 885 else 0.01),
        "gIhbar_Ih": lambda d, far: 1e-4 * (-0.8696 + 2.0870 * math.exp(3.6161 * min(d / far, 0.65))),
    },
}

HAY2011 = {
    "passive": {"soma": 3.38e-5, "axon": 3.25e-5, "dend": 4.67e-5, "apic": 5.89e-5},
    "soma": {
        "gNaTa_tbar_NaTa_t": 2.04,
        "gNap_Et2bar_Nap_Et2": 0.00172,
        "gK_Tstbar_K_Tst": 0.0812,
        "gK_Pstbar_K_Pst": 0.00223,
        "gSKv3_1bar_SKv3_1": 0.693,
        "gSK_E2bar_SK_E2": 0.0441,
        "gCa_HVAbar_Ca_HVA": 0.000992,
        "gCa_LVAstbar_Ca_LVAst": 0.00343,
        "gIhbar_Ih": 2e-4,
        "decay_CaDynamics_E2": 460.0,
        "gamma_CaDynamics_E2": 0.000501,
    },
    "axon": {},
    "dend": {"gIhbar_Ih": 2e-4},
    "apic": {
        "gNaTa_tbar_NaTa_t": 0.0213,
        "gSKv3_1bar_SKv3_1": 0.000261,
        "gSK_E2bar_SK_E2": 0.0012,
        "gImbar_Im": 0.0000675,
        "decay_CaDynamics_E2": 122.0,
        "gamma_CaDynamics_E2": 0.000509,
    },
    "apic_graded": {
        "gCa_HVAbar_Ca_HVA": lambda d, far: 0.000555 * (1.0 if 685 < d < 885 else 0.1),
        "gCa_LVAstbar_Ca_LVAst": lambda d, far: 0.0187 * (1.0 if 685 < d < 885 else 0.01),
        "gIhbar_Ih": lambda d, far: 2e-4 * (-0.8696 + 2.0870 * math.exp(3.6161 * d / far)),
    },
}

PRESETS = {"shai2015": SHAI2015, "hay2011": HAY2011}

CAPACITANCE = {"soma": 1.0, "axon": 1.0, "dend": 2.0, "apic": 2.0}
AXIAL_RESISTIVITY_OHM_CM = 100.0
E_PAS_MV, E_NA_MV, E_K_MV = -90.0, 50.0, -85.0


def mechanism_of(density):
    """`gIhbar_Ih` -> `Ih`, `decay_CaDynamics_E2` -> `CaDynamics_E2`."""
    return density.split("_", 1)[1] if density.startswith(("decay_", "gamma_")) else density.split("bar_", 1)[1]
