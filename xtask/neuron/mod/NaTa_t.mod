: Fast inactivating sodium current of the axon.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX NaTa_t
    USEION na READ ena WRITE ina
    RANGE gNaTa_tbar, g, ina
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gNaTa_tbar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    ena (mV)
    ina (mA/cm2)
    g (S/cm2)
    qt
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
    g = gNaTa_tbar*m*m*m*h
    ina = g*(v - ena)
}

INITIAL {
    : measured at 21 degrees and always brought to 34, whatever celsius is
    qt = 2.3^((34 - 21)/10)
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
    a = 0.182*6*exprelr(-(v + 38)/6)
    b = 0.124*6*exprelr((v + 38)/6)
    m_inf = a/(a + b)
    m_tau = 1/((a + b)*qt)
    a = 0.015*6*exprelr((v + 66)/6)
    b = 0.015*6*exprelr(-(v + 66)/6)
    h_inf = a/(a + b)
    h_tau = 1/((a + b)*qt)
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
