: Persistent potassium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX K_Pst
    USEION k READ ek WRITE ik
    RANGE gK_Pstbar, g, ik
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}

PARAMETER {
    gK_Pstbar = 0 (S/cm2)
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
    g = gK_Pstbar*m*m*h
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
    m_inf = 1/(1 + exp(-(u + 1)/12))
    if (u < -50) {
        m_tau = (1.25 + 175.03*exp(0.026*u))/qt
    } else {
        m_tau = (1.25 + 13*exp(-0.026*u))/qt
    }
    h_inf = 1/(1 + exp((u + 54)/11))
    h_tau = (360 + (1010 + 24*(u + 55))*exp(-((u + 75)/48)^2))/qt
}
UNITSON
