: Leak.

NEURON {
    SUFFIX Leak
    NONSPECIFIC_CURRENT i
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

BREAKPOINT {
    i = gbar*(v + 90)
}
