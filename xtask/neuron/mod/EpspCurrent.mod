: Injected current with the time course of an EPSP: a difference of two exponentials from its onset on,
: whose peak is imax, positive inward. Used by Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for BAC firing.
: A membrane current, as that of a synapse: it is part of the transmembrane current.

NEURON {
    POINT_PROCESS EpspCurrent
    RANGE onset, rise, decay, imax, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
}

PARAMETER {
    onset = 300 (ms)
    rise = 0.5 (ms)
    decay = 5 (ms)
    imax = 0 (nA)
}

ASSIGNED {
    i (nA)
    factor
}

INITIAL {
    LOCAL tp
    tp = rise*decay/(decay - rise)*log(decay/rise)
    factor = 1/(exp(-tp/decay) - exp(-tp/rise))
    i = 0
}

BREAKPOINT {
    if (t > onset) {
        i = -imax*factor*(exp(-(t - onset)/decay) - exp(-(t - onset)/rise))
    } else {
        i = 0
    }
}
