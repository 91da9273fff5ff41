: High-voltage-activated calcium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX Ca_HVA
    USEION ca READ eca WRITE ica
    RANGE gCa_HVAbar, g, ica
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gCa_HVAbar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    eca (mV)
    ica (mA/cm2)
    g (S/cm2)
    m_inf
    m_tau (ms)
    h_inf
    h_tau (ms)
}

STATE {
    m
    h
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gCa_HVAbar*m*m*h
    ica = g*(v - eca)
}

INITIAL {
    rates(v)
    m = m_inf
    h = h_inf
}

DERIVATIVE gates {
    rates(v)
    m' = (m_inf - m)/m_tau
    h' = (h_inf - h)/h_tau
}

UNITSOFF

PROCEDURE rates(v) {
    LOCAL a, b
    a = 0.055*3.8*exprelr(-(v + 27)/3.8)
    b = 0.94*exp(-(v + 75)/17)
    m_inf = a/(a + b)
    m_tau = 1/(a + b)
    a = 0.000457*exp(-(v + 13)/50)
    b = 0.0065/(1 + exp(-(v + 15)/28))
    h_inf = a/(a + b)
    h_tau = 1/(a + b)
}

: x / (exp(x) - 1), with its limit at 0
FUNCTION exprelr(x) {
    if (fabs(x) < 1e-5) {
        exprelr = 1 - x/2 + x*x/12
    } else {
        exprelr = x/(exp(x) - 1)
    }
}
UNITSON
