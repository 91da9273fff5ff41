: Excitatory synapse with an AMPA and an NMDA conductance, each a difference of two exponentials.
: Parameters of Beniaguev et al. 2021, doi:10.1016/j.neuron.2021.07.002, for Arbor's compiler.

NEURON {
    POINT_PROCESS AmpaNmda
    NONSPECIFIC_CURRENT i
}

STATE { ampa_a ampa_b nmda_a nmda_b }

ASSIGNED { ampa_factor nmda_factor }

INITIAL {
    LOCAL tp
    ampa_a = 0
    ampa_b = 0
    nmda_a = 0
    nmda_b = 0
    tp = 0.3*3/(3 - 0.3)*log(3/0.3)
    ampa_factor = 0.0004/(exp(-tp/3) - exp(-tp/0.3))
    tp = 2*70/(70 - 2)*log(70/2)
    nmda_factor = 0.0004/(exp(-tp/70) - exp(-tp/2))
}

BREAKPOINT {
    SOLVE decays METHOD cnexp
    i = (ampa_b - ampa_a + (nmda_b - nmda_a)/(1 + exp(-0.08*v)/3.57))*v
}

DERIVATIVE decays {
    ampa_a' = -ampa_a/0.3
    ampa_b' = -ampa_b/3
    nmda_a' = -nmda_a/2
    nmda_b' = -nmda_b/70
}

NET_RECEIVE(weight) {
    ampa_a = ampa_a + weight*ampa_factor
    ampa_b = ampa_b + weight*ampa_factor
    nmda_a = nmda_a + weight*nmda_factor
    nmda_b = nmda_b + weight*nmda_factor
}
