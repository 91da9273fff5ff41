: Hyperpolarization-activated cation current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX Ih
    NONSPECIFIC_CURRENT ihcn
    RANGE gIhbar, g, ihcn, ehcn, shift
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gIhbar = 0 (S/cm2)
    ehcn = -45 (mV)
    shift = 0 (mV)
}

ASSIGNED {
    v (mV)
    ihcn (mA/cm2)
    g (S/cm2)
    m_inf
    m_tau (ms)
}

STATE {
    m
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gIhbar*m
    ihcn = g*(v - ehcn)
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
    LOCAL a, b
    a = 0.001*6.43*11.9*exprelr((v + 154.9 - shift)/11.9)
    b = 0.001*193*exp((v - shift)/33.1)
    m_inf = a/(a + b)
    m_tau = 1/(a + b)
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
