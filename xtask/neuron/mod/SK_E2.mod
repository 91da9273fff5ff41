: Calcium-activated potassium current (SK).
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX SK_E2
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gSK_E2bar, g, ik
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
    (mM) = (milli/liter)
}

PARAMETER {
    gSK_E2bar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    cai (mM)
    g (S/cm2)
    z_inf
    z_tau (ms)
}

STATE {
    z
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gSK_E2bar*z
    ik = g*(v - ek)
}

INITIAL {
    rates(cai)
    z = z_inf
}

DERIVATIVE gates {
    rates(cai)
    z' = (z_inf - z)/z_tau
}

UNITSOFF

PROCEDURE rates(cai) {
    LOCAL c
    c = cai
    if (c < 1e-7) {
        c = c + 1e-7
    }
    z_inf = 1/(1 + (0.00043/c)^4.8)
    z_tau = 1
}
UNITSON
