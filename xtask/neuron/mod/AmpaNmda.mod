: Excitatory synapse with an AMPA and an NMDA conductance, each a difference of two exponentials.
: Every event opens it; the weight of the event scales both conductances.
: Magnesium block after Jahr and Stevens 1990, doi:10.1523/JNEUROSCI.10-09-03178.1990,
: with the coefficients of Beniaguev et al. 2021, doi:10.1016/j.neuron.2021.07.002.

NEURON {
    POINT_PROCESS AmpaNmda
    RANGE ampa_rise, ampa_decay, ampa_gmax, nmda_rise, nmda_decay, nmda_gmax, e, mg
    RANGE i, g_ampa, g_nmda
    NONSPECIFIC_CURRENT i
}

UNITS {
    (mV) = (millivolt)
    (nA) = (nanoamp)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    ampa_rise = 0.3 (ms)
    ampa_decay = 3 (ms)
    ampa_gmax = 0.0004 (uS)
    nmda_rise = 2 (ms)
    nmda_decay = 70 (ms)
    nmda_gmax = 0.0004 (uS)
    e = 0 (mV)
    mg = 1 (mM)
}

ASSIGNED {
    v (mV)
    i (nA)
    g_ampa (uS)
    g_nmda (uS)
    ampa_factor
    nmda_factor
}

STATE {
    ampa_a
    ampa_b
    nmda_a
    nmda_b
}

INITIAL {
    ampa_a = 0
    ampa_b = 0
    nmda_a = 0
    nmda_b = 0
    ampa_factor = peak_factor(ampa_rise, ampa_decay)
    nmda_factor = peak_factor(nmda_rise, nmda_decay)
}

BREAKPOINT {
    SOLVE decays METHOD cnexp
    g_ampa = ampa_gmax*(ampa_b - ampa_a)
    g_nmda = nmda_gmax*(nmda_b - nmda_a)*unblocked(v)
    i = (g_ampa + g_nmda)*(v - e)
}

DERIVATIVE decays {
    ampa_a' = -ampa_a/ampa_rise
    ampa_b' = -ampa_b/ampa_decay
    nmda_a' = -nmda_a/nmda_rise
    nmda_b' = -nmda_b/nmda_decay
}

NET_RECEIVE (weight) {
    ampa_a = ampa_a + weight*ampa_factor
    ampa_b = ampa_b + weight*ampa_factor
    nmda_a = nmda_a + weight*nmda_factor
    nmda_b = nmda_b + weight*nmda_factor
}

UNITSOFF

FUNCTION unblocked(v) {
    unblocked = 1/(1 + exp(-0.08*v)*(mg/3.57))
}

: scales a difference of exponentials to peak at 1
FUNCTION peak_factor(rise, decay) {
    LOCAL tp
    tp = rise*decay/(decay - rise)*log(decay/rise)
    peak_factor = 1/(exp(-tp/decay) - exp(-tp/rise))
}

UNITSON
