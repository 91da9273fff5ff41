: Low-voltage-activated (T-type) calcium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX Ca_LVAst
    USEION ca READ eca WRITE ica
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m h }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ica = gbar*m*m*h*(v - eca)
}

INITIAL {
    LOCAL qt, u, m_inf, m_rate, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    u = v + 10
    m_inf = 1/(1 + exp(-(u + 30)/6))
    m_rate = qt/(5 + 20/(1 + exp((u + 25)/5)))
    h_inf = 1/(1 + exp((u + 80)/6.4))
    h_rate = qt/(20 + 50/(1 + exp((u + 40)/7)))
    m = m_inf
    h = h_inf
}

DERIVATIVE gates {
    LOCAL qt, u, m_inf, m_rate, h_inf, h_rate
    qt = 2.3^((34 - 21)/10)
    u = v + 10
    m_inf = 1/(1 + exp(-(u + 30)/6))
    m_rate = qt/(5 + 20/(1 + exp((u + 25)/5)))
    h_inf = 1/(1 + exp((u + 80)/6.4))
    h_rate = qt/(20 + 50/(1 + exp((u + 40)/7)))
    m' = (m_inf - m)*m_rate
    h' = (h_inf - h)*h_rate
}
