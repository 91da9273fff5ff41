use crate::swc::PointTree;
use crate::{MorphologyError, SomaConvention};

/// How the soma of an SWC file is to be read: as demanded, or else as its points tell.
pub(crate) fn convention(
    tree: &PointTree,
    demanded: Option<SomaConvention>,
) -> Result<SomaConvention, MorphologyError> {
    let points = tree.soma_points().len();
    let at_root = tree.is_soma(tree.root());
    let Some(convention) = demanded else {
        return Ok(match points {
            0 => SomaConvention::Absent,
            1 if at_root => SomaConvention::SinglePoint,
            3 if is_neuromorpho(tree) => SomaConvention::ThreePoint,
            _ => SomaConvention::Chain,
        });
    };
    let fits = match convention {
        SomaConvention::SinglePoint => at_root && points == 1,
        SomaConvention::ThreePoint => points == 3 && outer_points(tree).is_some(),
        SomaConvention::Chain => points >= 2 || points == 1 && !at_root,
        SomaConvention::Absent => points == 0,
        SomaConvention::Contour | SomaConvention::ContourStack => false,
    };
    if fits { Ok(convention) } else { Err(MorphologyError::Soma { convention, points }) }
}

/// The two soma points that hang on the root, if there are just these and nothing of the soma beyond.
fn outer_points(tree: &PointTree) -> Option<[usize; 2]> {
    let mut outer = tree.is_soma(tree.root()).then(|| tree.soma_children(tree.root()))?;
    let pair = [outer.next()?, outer.next()?];
    outer.next().is_none().then_some(pair)
}

/// A single point as NeuroMorpho writes it: the root and two points beside it, of equal diameter, which together lie
/// a diameter away from it, and carry nothing.
fn is_neuromorpho(tree: &PointTree) -> bool {
    // NEURON's tolerance of the distances, relative to the diameter.
    const TOLERANCE: f64 = 0.01;
    let Some(outer) = outer_points(tree) else { return false };
    let centre = tree.record(tree.root());
    let distance = |point: usize| {
        let position = tree.record(point).position_um;
        let [dx, dy, dz] = std::array::from_fn(|i| position[i] - centre.position_um[i]);
        (dx * dx + dy * dy + dz * dz).sqrt()
    };
    let equal = |point: usize| tree.record(point).diameter_um == centre.diameter_um;
    let apart: f64 = outer.into_iter().map(distance).sum();
    outer.into_iter().all(|point| equal(point) && tree.children(point).is_empty())
        && (1.0 - apart / centre.diameter_um).abs() < TOLERANCE
}
