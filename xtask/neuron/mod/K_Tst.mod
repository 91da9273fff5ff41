: Transient (A-type) potassium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX K_Tst
    USEION k READ ek WRITE ik
    RANGE gK_Tstbar, g, ik
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gK_Tstbar = 0 (S/cm2)
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
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
    g = gK_Tstbar*m*m*m*m*h
    ik = g*(v - ek)
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
    m_inf = 1/(1 + exp(-u/19))
    m_tau = (0.34 + 0.92*exp(-((u + 71)/59)^2))/qt
    h_inf = 1/(1 + exp((u + 66)/10))
    h_tau = (8 + 49*exp(-((u + 73)/23)^2))/qt
}
UNITSON
