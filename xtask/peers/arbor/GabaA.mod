: Inhibitory synapse whose GABA-A conductance is a difference of two exponentials.
: Parameters of Beniaguev et al. 2021, doi:10.1016/j.neuron.2021.07.002, for Arbor's compiler.

NEURON {
    POINT_PROCESS GabaA
    NONSPECIFIC_CURRENT i
}

STATE { a b }

ASSIGNED { factor }

INITIAL {
    LOCAL tp
    a = 0
    b = 0
    tp = 0.2*8/(8 - 0.2)*log(8/0.2)
    factor = 0.001/(exp(-tp/8) - exp(-tp/0.2))
}

BREAKPOINT {
    SOLVE decays METHOD cnexp
    i = (b - a)*(v + 80)
}

DERIVATIVE decays {
    a' = -a/0.2
    b' = -b/8
}

NET_RECEIVE(weight) {
    a = a + weight*factor
    b = b + weight*factor
}
