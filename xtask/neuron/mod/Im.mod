: Muscarinic potassium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX Im
    USEION k READ ek WRITE ik
    RANGE gImbar, g, ik
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gImbar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    qt
    m_inf
    m_tau (ms)
}

STATE {
    m
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gImbar*m
    ik = g*(v - ek)
}

INITIAL {
    : measured at 21 degrees and always brought to 34, whatever celsius is
    qt = 2.3^((34 - 21)/10)
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
    a = 3.3e-3*exp(0.1*(v + 35))
    b = 3.3e-3*exp(-0.1*(v + 35))
    m_inf = a/(a + b)
    m_tau = 1/((a + b)*qt)
}
UNITSON
