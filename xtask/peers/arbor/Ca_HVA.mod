: High-voltage-activated calcium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX Ca_HVA
    USEION ca READ eca WRITE ica
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m h }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ica = gbar*m*m*h*(v - eca)
}

INITIAL {
    LOCAL am, bm, ah, bh
    am = 0.055*3.8*exprelr(-(v + 27)/3.8)
    bm = 0.94*exp(-(v + 75)/17)
    ah = 0.000457*exp(-(v + 13)/50)
    bh = 0.0065/(1 + exp(-(v + 15)/28))
    m = am/(am + bm)
    h = ah/(ah + bh)
}

DERIVATIVE gates {
    LOCAL am, bm, ah, bh
    am = 0.055*3.8*exprelr(-(v + 27)/3.8)
    bm = 0.94*exp(-(v + 75)/17)
    ah = 0.000457*exp(-(v + 13)/50)
    bh = 0.0065/(1 + exp(-(v + 15)/28))
    m' = am - m*(am + bm)
    h' = ah - h*(ah + bh)
}
