: Fast non-inactivating potassium current (Kv3.1).
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX SKv3_1
    USEION k READ ek WRITE ik
    RANGE gSKv3_1bar, g, ik
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gSKv3_1bar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    m_inf
    m_tau (ms)
}

STATE {
    m
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gSKv3_1bar*m
    ik = g*(v - ek)
}

INITIAL {
    rates(v)
    m = m_inf
}

DERIVATIVE gates {
    rates(v)
    m' = (m_inf - m)/m_tau
}

UNITSOFF

PROCEDURE rates(v) {
    m_inf = 1/(1 + exp((18.7 - v)/9.7))
    m_tau = 4/(1 + exp((-46.56 - v)/44.14))
}
UNITSON
