: Persistent sodium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX Nap_Et2
    USEION na READ ena WRITE ina
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m h }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ina = gbar*m*m*m*h*(v - ena)
}

INITIAL {
    LOCAL qt, m_inf, m_rate, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    m_inf = 1/(1 + exp(-(v + 52.6)/4.6))
    m_rate = qt*(0.182*exprelr(-(v + 38)/6) + 0.124*exprelr((v + 38)/6))
    h_inf = 1/(1 + exp((v + 48.8)/10))
    h_rate = qt*(2.88e-6*4.63*exprelr((v + 17)/4.63) + 6.94e-6*2.63*exprelr(-(v + 64.4)/2.63))
    m = m_inf
    h = h_inf
}

DERIVATIVE gates {
    LOCAL qt, m_inf, m_rate, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    m_inf = 1/(1 + exp(-(v + 52.6)/4.6))
    m_rate = qt*(0.182*exprelr(-(v + 38)/6) + 0.124*exprelr((v + 38)/6))
    h_inf = 1/(1 + exp((v + 48.8)/10))
    h_rate = qt*(2.88e-6*4.63*exprelr((v + 17)/4.63) + 6.94e-6*2.63*exprelr(-(v + 64.4)/2.63))
    m' = (m_inf - m)*m_rate
    h' = (h_inf - h)*h_rate
}
