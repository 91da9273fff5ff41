: Inhibitory synapse whose GABA-A conductance is a difference of two exponentials.
: Every event opens it; the weight of the event scales the conductance.
: Parameters of Beniaguev et al. 2021, doi:10.1016/j.neuron.2021.07.002.

NEURON {
    POINT_PROCESS GabaA
    RANGE rise, decay, gmax, e, i, g
    NONSPECIFIC_CURRENT i
}

UNITS {
    (mV) = (millivolt)
    (nA) = (nanoamp)
    (uS) = (microsiemens)
}

PARAMETER {
    rise = 0.2 (ms)
    decay = 8 (ms)
    gmax = 0.001 (uS)
    e = -80 (mV)
}

ASSIGNED {
    v (mV)
    i (nA)
    g (uS)
    factor
}

STATE {
    a
    b
}

INITIAL {
    LOCAL tp
    a = 0
    b = 0
    tp = rise*decay/(decay - rise)*log(decay/rise)
    factor = 1/(exp(-tp/decay) - exp(-tp/rise))
}

BREAKPOINT {
    SOLVE decays METHOD cnexp
    g = gmax*(b - a)
    i = g*(v - e)
}

DERIVATIVE decays {
    a' = -a/rise
    b' = -b/decay
}

NET_RECEIVE (weight) {
    a = a + weight*factor
    b = b + weight*factor
}
