: Persistent potassium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX K_Pst
    USEION k READ ek WRITE ik
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m h }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ik = gbar*m*m*h*(v - ek)
}

INITIAL {
    LOCAL qt, u, a, m_inf, m_tau, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    u = v + 10
    a = (u + 75)/48
    m_inf = 1/(1 + exp(-(u + 1)/12))
    if (u < -50) {
        m_tau = 1.25 + 175.03*exp(0.026*u)
    } else {
        m_tau = 1.25 + 13*exp(-0.026*u)
    }
    h_inf = 1/(1 + exp((u + 54)/11))
    h_rate = qt/(360 + (1010 + 24*(u + 55))*exp(-a*a))
    m = m_inf
    h = h_inf
}

DERIVATIVE gates {
    LOCAL qt, u, a, m_inf, m_tau, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    u = v + 10
    a = (u + 75)/48
    m_inf = 1/(1 + exp(-(u + 1)/12))
    if (u < -50) {
        m_tau = 1.25 + 175.03*exp(0.026*u)
    } else {
        m_tau = 1.25 + 13*exp(-0.026*u)
    }
    h_inf = 1/(1 + exp((u + 54)/11))
    h_rate = qt/(360 + (1010 + 24*(u + 55))*exp(-a*a))
    m' = (m_inf - m)*qt/m_tau
    h' = (h_inf - h)*h_rate
}
