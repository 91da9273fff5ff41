: Hyperpolarization-activated cation current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX Ih
    NONSPECIFIC_CURRENT i
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    i = gbar*m*(v + 45)
}

INITIAL {
    LOCAL a, b
    a = 0.001*6.43*11.9*exprelr((v + 154.9)/11.9)
    b = 0.001*193*exp(v/33.1)
    m = a/(a + b)
}

DERIVATIVE gates {
    LOCAL a, b
    a = 0.001*6.43*11.9*exprelr((v + 154.9)/11.9)
    b = 0.001*193*exp(v/33.1)
    m' = a - m*(a + b)
}
