use apical_core::SectionType::{self, Apical, Axon, Basal, Soma};
use apical_morphology::{CompartmentTree, Selection};

use super::published_rule::PublishedRule;
use crate::channel::{
    CaHva, CaLvast, ChannelKinetics, Ih, Im, KPst, KTst, NaTaT, NaTs2T, NapEt2, Pas, SkE2, Skv31,
};
use crate::{BiophysicsError, CalciumPool, CellModel, CellModelBuilder, Density};

const LEAK_REVERSAL_MV: f64 = -90.0;
pub(super) const AXIAL_RESISTIVITY_OHM_CM: f64 = 100.0;

/// Where calcium channels are dense: path distance from the base of the apical trunk, µm, both ends excluded.
fn in_hot_zone(distance_um: f64) -> bool {
    685.0 < distance_um && distance_um < 885.0
}

/// Ih of the apical dendrite grows exponentially with the distance relative to the farthest tip.
fn apical_ih(base: f64, relative_distance: f64) -> f64 {
    base * (-0.8696 + 2.0870 * (3.6161 * relative_distance).exp())
}

/// The same value all over each of some section types.
fn by_type(tree: &CompartmentTree, values: &[(SectionType, f64)]) -> Density {
    values.iter().fold(Density::default(), |density, &(section_type, value)| {
        density.and(Density::uniform(&Selection::Type(section_type).compartments(tree), value))
    })
}

/// A builder and the short forms in which the published tables are written.
struct Painter {
    builder: CellModelBuilder,
}

impl Painter {
    fn new(tree: CompartmentTree, leak: &[(SectionType, f64)]) -> Self {
        let capacitance = by_type(&tree, &[(Soma, 1.0), (Axon, 1.0), (Basal, 2.0), (Apical, 2.0)]);
        let leak = by_type(&tree, leak);
        let builder = CellModel::builder(tree)
            .axial_resistivity_ohm_cm(AXIAL_RESISTIVITY_OHM_CM)
            .capacitance_uf_cm2(capacitance)
            .channel(Pas { reversal_potential_mv: LEAK_REVERSAL_MV }, leak);
        Self { builder }
    }

    fn channel<K: ChannelKinetics<GATES>, const GATES: usize>(
        self,
        kinetics: K,
        values: &[(SectionType, f64)],
    ) -> Self {
        self.channel_and(kinetics, values, Density::default())
    }

    fn channel_and<K: ChannelKinetics<GATES>, const GATES: usize>(
        self,
        kinetics: K,
        values: &[(SectionType, f64)],
        apical: Density,
    ) -> Self {
        let density = by_type(self.builder.tree(), values).and(apical);
        Self { builder: self.builder.channel(kinetics, density) }
    }

    fn pool(self, section_type: SectionType, decay_ms: f64, gamma: f64) -> Self {
        let compartments = Selection::Type(section_type).compartments(self.builder.tree());
        let pool = CalciumPool::new(decay_ms, gamma);
        Self { builder: self.builder.calcium_pool(pool, &compartments) }
    }
}

pub(super) fn passive(tree: CompartmentTree) -> CellModelBuilder {
    Painter::new(tree, &SHAI_LEAK).builder
}

const SHAI_LEAK: [(SectionType, f64); 4] =
    [(Soma, 3e-5), (Axon, 3e-5), (Basal, 6e-5), (Apical, 6e-5)];

pub(super) fn shai2015(tree: CompartmentTree) -> Result<CellModelBuilder, BiophysicsError> {
    let rule = PublishedRule::new(&tree)?;
    let farthest_um = rule.farthest_um;
    let ih = rule.density(|d| apical_ih(1e-4, (d / farthest_um).min(0.65)));
    let lva = rule.density(|d| {
        let hot = 0.141954 * 1.6;
        if in_hot_zone(d) { hot } else { 0.01 * hot }
    });
    Ok(Painter::new(tree, &SHAI_LEAK)
        .channel(NaTaT, &[(Axon, 3.89618)])
        .channel(NaTs2T, &[(Soma, 0.998912), (Apical, 0.021489)])
        .channel(NapEt2, &[(Axon, 0.005834)])
        .channel(KTst, &[(Axon, 0.077274)])
        .channel(KPst, &[(Axon, 0.188851)])
        .channel(Skv31, &[(Soma, 0.338029), (Axon, 0.473799), (Apical, 0.001808)])
        .channel(SkE2, &[(Soma, 0.09965), (Axon, 0.000047), (Apical, 0.000002)])
        .channel(Im, &[(Soma, 0.000008), (Axon, 0.013322), (Apical, 0.00099)])
        .channel(CaHva, &[(Soma, 0.000644), (Axon, 0.000222), (Apical, 0.000701)])
        .channel_and(CaLvast, &[(Soma, 0.000557), (Axon, 0.000813)], lva)
        .channel_and(Ih::default(), &[(Soma, 0.75e-4), (Axon, 0.5e-4), (Basal, 0.5e-4)], ih)
        .pool(Soma, 294.679571, 0.000509)
        .pool(Axon, 277.300774, 0.000525)
        .pool(Apical, 35.725651, 0.000637)
        .builder)
}

pub(super) fn hay2011(tree: CompartmentTree) -> Result<CellModelBuilder, BiophysicsError> {
    let rule = PublishedRule::new(&tree)?;
    let farthest_um = rule.farthest_um;
    let ih = rule.density(|d| apical_ih(2e-4, d / farthest_um));
    let hva = rule.density(|d| if in_hot_zone(d) { 0.000555 } else { 0.1 * 0.000555 });
    let lva = rule.density(|d| if in_hot_zone(d) { 0.0187 } else { 0.01 * 0.0187 });
    let leak = [(Soma, 3.38e-5), (Axon, 3.25e-5), (Basal, 4.67e-5), (Apical, 5.89e-5)];
    Ok(Painter::new(tree, &leak)
        .channel(NaTaT, &[(Soma, 2.04), (Apical, 0.0213)])
        .channel(NapEt2, &[(Soma, 0.00172)])
        .channel(KTst, &[(Soma, 0.0812)])
        .channel(KPst, &[(Soma, 0.00223)])
        .channel(Skv31, &[(Soma, 0.693), (Apical, 0.000261)])
        .channel(SkE2, &[(Soma, 0.0441), (Apical, 0.0012)])
        .channel(Im, &[(Apical, 0.0000675)])
        .channel_and(CaHva, &[(Soma, 0.000992)], hva)
        .channel_and(CaLvast, &[(Soma, 0.00343)], lva)
        .channel_and(Ih::default(), &[(Soma, 2e-4), (Basal, 2e-4)], ih)
        .pool(Soma, 460.0, 0.000501)
        .pool(Apical, 122.0, 0.000509)
        .builder)
}
