: Calcium-activated potassium current (SK).
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX SK_E2
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { z }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ik = gbar*z*(v - ek)
}

INITIAL {
    LOCAL z_inf
    z_inf = 1/(1 + (0.00043/cai)^4.8)
    z = z_inf
}

DERIVATIVE gates {
    LOCAL z_inf
    z_inf = 1/(1 + (0.00043/cai)^4.8)
    z' = z_inf - z
}
