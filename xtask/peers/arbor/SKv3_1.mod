: Fast non-inactivating potassium current (Kv3.1).
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX SKv3_1
    USEION k READ ek WRITE ik
    RANGE gbar
}

PARAMETER {
    gbar = 0 (S/cm2)
}

STATE { m }

BREAKPOINT {
    SOLVE gates METHOD cnexp
    ik = gbar*m*(v - ek)
}

INITIAL {
    LOCAL m_inf, m_rate
    m_inf = 1/(1 + exp((18.7 - v)/9.7))
    m_rate = 0.25*(1 + exp((-46.56 - v)/44.14))
    m = m_inf
}

DERIVATIVE gates {
    LOCAL m_inf, m_rate
    m_inf = 1/(1 + exp((18.7 - v)/9.7))
    m_rate = 0.25*(1 + exp((-46.56 - v)/44.14))
    m' = (m_inf - m)*m_rate
}
