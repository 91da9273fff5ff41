: Calcium in a submembrane shell: inflow by the calcium current, first-order decay to rest.
: Equations of Hay et al. 2011, doi:10.1371/journal.pcbi.1002107, for Arbor's compiler.

NEURON {
    SUFFIX CaDynamics_E2
    USEION ca READ ica WRITE cai
    RANGE decay, gamma
}

PARAMETER {
    decay = 80 (ms)
    gamma = 0.05
}

STATE { cai }

INITIAL {
    cai = 5e-5
}

BREAKPOINT {
    SOLVE pool METHOD cnexp
}

: into a shell of 0.1 um
DERIVATIVE pool {
    cai' = -10000*ica*gamma/(2*96485.33212*0.1) - (cai - 1e-4)/decay
}
