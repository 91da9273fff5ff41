: Calcium in a submembrane shell: inflow by the calcium current, first-order decay to rest.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107.

NEURON {
    SUFFIX CaDynamics_E2
    USEION ca READ ica WRITE cai
    RANGE decay, gamma, depth, cai_rest, cai_start
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulombs)
}

PARAMETER {
    decay = 80 (ms)
    gamma = 0.05
    depth = 0.1 (um)
    cai_rest = 1e-4 (mM)
    cai_start = 5e-5 (mM)
}

ASSIGNED {
    ica (mA/cm2)
}

STATE {
    cai (mM)
}

INITIAL {
    cai = cai_start
}

BREAKPOINT {
    SOLVE pool METHOD cnexp
}

DERIVATIVE pool {
    cai' = -(10000)*(ica*gamma/(2*FARADAY*depth)) - (cai - cai_rest)/decay
}
