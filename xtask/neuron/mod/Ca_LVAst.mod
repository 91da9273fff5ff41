: Low-voltage-activated (T-type) calcium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX Ca_LVAst
    USEION ca READ eca WRITE ica
    RANGE gCa_LVAstbar, g, ica
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gCa_LVAstbar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    eca (mV)
    ica (mA/cm2)
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
    g = gCa_LVAstbar*m*m*h
    ica = g*(v - eca)
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

: voltages are corrected by a junction potential of 10 mV
PROCEDURE rates(v) {
    LOCAL u
    u = v + 10
    m_inf = 1/(1 + exp(-(u + 30)/6))
    m_tau = (5 + 20/(1 + exp((u + 25)/5)))/qt
    h_inf = 1/(1 + exp((u + 80)/6.4))
    h_tau = (20 + 50/(1 + exp((u + 40)/7)))/qt
}
UNITSON
