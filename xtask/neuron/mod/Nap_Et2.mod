: Persistent sodium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX Nap_Et2
    USEION na READ ena WRITE ina
    RANGE gNap_Et2bar, g, ina
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gNap_Et2bar = 0 (S/cm2)
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
    g = gNap_Et2bar*m*m*m*h
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
    m_inf = 1/(1 + exp(-(v + 52.6)/4.6))
    a = 0.182*6*exprelr(-(v + 38)/6)
    b = 0.124*6*exprelr((v + 38)/6)
    m_tau = 6/((a + b)*qt)
    h_inf = 1/(1 + exp((v + 48.8)/10))
    a = 2.88e-6*4.63*exprelr((v + 17)/4.63)
    b = 6.94e-6*2.63*exprelr(-(v + 64.4)/2.63)
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
