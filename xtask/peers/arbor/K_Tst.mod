: Transient (A-type) potassium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX K_Tst
    USEION k READ ek WRITE ik
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m h }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ik = gbar*m*m*m*m*h*(v - ek)
}

INITIAL {
    LOCAL qt, u, a, b, m_inf, m_rate, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    u = v + 10
    a = (u + 71)/59
    b = (u + 73)/23
    m_inf = 1/(1 + exp(-u/19))
    m_rate = qt/(0.34 + 0.92*exp(-a*a))
    h_inf = 1/(1 + exp((u + 66)/10))
    h_rate = qt/(8 + 49*exp(-b*b))
    m = m_inf
    h = h_inf
}

DERIVATIVE gates {
    LOCAL qt, u, a, b, m_inf, m_rate, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    u = v + 10
    a = (u + 71)/59
    b = (u + 73)/23
    m_inf = 1/(1 + exp(-u/19))
    m_rate = qt/(0.34 + 0.92*exp(-a*a))
    h_inf = 1/(1 + exp((u + 66)/10))
    h_rate = qt/(8 + 49*exp(-b*b))
    m' = (m_inf - m)*m_rate
    h' = (h_inf - h)*h_rate
}
