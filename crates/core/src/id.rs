use serde::{Deserialize, Serialize};

macro_rules! index_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u32);

        impl $name {
            /// The id with this index.
            ///
            /// # Panics
            ///
            /// If the index does not fit in 32 bits.
            #[must_use]
            pub const fn new(index: usize) -> Self {
                assert!(index <= u32::MAX as usize, "index exceeds 32 bits");
                Self(index as u32)
            }

            /// The index into arrays that are laid out in the order of these ids.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

index_newtype! {
    /// A section: an unbranched run of a neurite. Index into the sections of one morphology.
    SectionId
}
index_newtype! {
    /// A compartment (NEURON: segment; Arbor: control volume). Index into a [`CompartmentTable`](crate::CompartmentTable)
    /// and row of every voltage array.
    CompartmentId
}
index_newtype! {
    /// A synapse of a neuron: an input channel. Where a neuron has one excitatory and one inhibitory synapse on each of
    /// N dendritic compartments, the excitatory ones are 0 … N − 1 and the inhibitory ones N … 2N − 1.
    SynapseId
}
