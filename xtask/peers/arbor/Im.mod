: Muscarinic potassium current.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX Im
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
    LOCAL qt, a, b
    qt = 2.3^((34 - 21)/10)
    a = 3.3e-3*exp(0.1*(v + 35))
    b = 3.3e-3*exp(-0.1*(v + 35))
    m = a/(a + b)
}

DERIVATIVE gates {
    LOCAL qt, a, b
    qt = 2.3^((34 - 21)/10)
    a = 3.3e-3*exp(0.1*(v + 35))
    b = 3.3e-3*exp(-0.1*(v + 35))
    m' = qt*(a - m*(a + b))
}
