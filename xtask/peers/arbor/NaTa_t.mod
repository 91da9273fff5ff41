: Fast inactivating sodium current of the axon.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX NaTa_t
    USEION na READ ena WRITE ina
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m h }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ina = gbar*m*m*m*h*(v - ena)
}

INITIAL {
    LOCAL qt, am, bm, ah, bh
    qt = 2.3^((34 - 21)/10)
    am = 0.182*6*exprelr(-(v + 38)/6)
    bm = 0.124*6*exprelr((v + 38)/6)
    ah = 0.015*6*exprelr((v + 66)/6)
    bh = 0.015*6*exprelr(-(v + 66)/6)
    m = am/(am + bm)
    h = ah/(ah + bh)
}

DERIVATIVE gates {
    LOCAL qt, am, bm, ah, bh
    qt = 2.3^((34 - 21)/10)
    am = 0.182*6*exprelr(-(v + 38)/6)
    bm = 0.124*6*exprelr((v + 38)/6)
    ah = 0.015*6*exprelr((v + 66)/6)
    bh = 0.015*6*exprelr(-(v + 66)/6)
    m' = qt*(am - m*(am + bm))
    h' = qt*(ah - h*(ah + bh))
}
