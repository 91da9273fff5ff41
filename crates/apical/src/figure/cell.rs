use apical_core::{CompartmentId, Region};
use apical_morphology::{CompartmentTree, Point};
use svg::node::element::{Circle, Group, Path, path::Data};

use super::axis::{INK, TEXT_PX, line, px, round_down, text};
use super::color;
use super::color_bar::color_bar;

/// Thinnest line that still shows its color, px.
const THINNEST_PX: f64 = 0.7;

/// A rectangle on the page, px.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The neuron seen along z, its compartments colored by path distance, `marked` ones as dots. None where no compartment
/// has a place in space.
pub(super) fn draw(
    tree: &CompartmentTree,
    marked: &[CompartmentId],
    farthest_um: f64,
    panel: Panel,
) -> Option<Group> {
    let outlines = Outlines::new(tree);
    let view = Projection::new(outlines.discs(), panel)?;
    let bar = scale_bar(view.px_per_um, panel, 0.3 * panel.width.min(panel.height));
    Some(colored(tree, &outlines, marked, farthest_um, &view).add(bar))
}

/// The same, without a scale, where it is seen.
pub(super) fn colored(
    tree: &CompartmentTree,
    outlines: &Outlines<'_>,
    marked: &[CompartmentId],
    farthest_um: f64,
    view: &Projection,
) -> Group {
    let color = |id| color::sequential(tree.compartment(id).path_distance_um / farthest_um);
    let mut dots = Group::new().set("stroke", "white").set("stroke-width", 1);
    for &id in marked {
        let Some(points) = outlines.course(id) else { continue };
        let (x, y) = view.at(points[points.len() / 2]);
        dots = dots.add(Circle::new().set("cx", x).set("cy", y).set("r", 4).set("fill", color(id)));
    }
    Group::new().add(outlines.lines(view, color)).add(dots)
}

/// The largest path distance, µm.
pub(super) fn farthest_um(tree: &CompartmentTree) -> f64 {
    let distances = tree.compartments().iter().map(|c| c.path_distance_um);
    distances.fold(f64::MIN_POSITIVE, f64::max)
}

/// What its colors mean.
pub(super) fn distance_bar(panel: Panel, farthest_um: f64) -> Group {
    color_bar("path-distance", panel, farthest_um, "Path distance from soma (µm)", 44.0)
}

/// The courses of those compartments that have a place in space.
pub(super) struct Outlines<'a> {
    tree: &'a CompartmentTree,
    courses: Vec<(CompartmentId, Vec<[f64; 2]>)>,
}

impl<'a> Outlines<'a> {
    pub(super) fn new(tree: &'a CompartmentTree) -> Self {
        let courses = tree.iter().filter_map(|(id, _)| Some((id, outline(tree, id)?))).collect();
        Self { tree, courses }
    }

    fn course(&self, id: CompartmentId) -> Option<&[[f64; 2]]> {
        let (_, points) = self.courses.iter().find(|(other, _)| *other == id)?;
        Some(points)
    }

    /// Discs within which everything is, by center and radius, µm.
    pub(super) fn discs(&self) -> impl Iterator<Item = ([f64; 2], f64)> {
        self.courses.iter().flat_map(|(id, points)| {
            let radius_um = 0.5 * self.tree.compartment(*id).diameter_um;
            points.iter().map(move |&point| (point, radius_um))
        })
    }

    /// A line for each compartment, as wide as it is.
    pub(super) fn lines(
        &self,
        view: &Projection,
        color: impl Fn(CompartmentId) -> String,
    ) -> Group {
        let mut group = Group::new()
            .set("fill", "none")
            .set("stroke-linecap", "round")
            .set("stroke-linejoin", "round");
        for (id, points) in &self.courses {
            let mut data = Data::new();
            for (i, &point) in points.iter().enumerate() {
                let at = view.at(point);
                data = if i == 0 { data.move_to(at) } else { data.line_to(at) };
            }
            let compartment = self.tree.compartment(*id);
            let width_px = (compartment.diameter_um * view.px_per_um).max(THINNEST_PX);
            let mut path = Path::new()
                .set("d", data)
                .set("stroke", color(*id))
                .set("stroke-width", px(width_px));
            if self.tree.region(compartment.section) == Region::Soma {
                // Round ends would double the length of a cylinder as thick as long.
                path = path.set("stroke-linecap", "butt");
            }
            group = group.add(path);
        }
        group
    }
}

/// A scale of lengths below a panel.
pub(super) fn scale_bar(px_per_um: f64, panel: Panel, longest_px: f64) -> Group {
    let length_um = round_down(longest_px / px_per_um);
    let y = panel.top + panel.height + 16.0;
    let right = panel.left + length_um * px_per_um;
    Group::new().add(line([panel.left, y], [right, y], INK, 2.0)).add(text(
        format!("{length_um} µm"),
        [panel.left, y + 14.0],
        "start",
        TEXT_PX,
    ))
}

/// The compartment's course in x and y, µm: its ends and the points between them.
fn outline(tree: &CompartmentTree, id: CompartmentId) -> Option<Vec<[f64; 2]>> {
    let compartment = tree.compartment(id);
    let [start, end] = compartment.ends_um?;
    let points = tree.morphology().section(compartment.section).points();
    let from_um = compartment.index as f64 * compartment.length_um;
    let to_um = from_um + compartment.length_um;
    let mut course = vec![[start[0], start[1]]];
    let mut arc_um = 0.0;
    let mut previous: Option<&Point> = None;
    for point in points {
        arc_um += previous.map_or(0.0, |before| before.distance_um(point));
        if from_um < arc_um && arc_um < to_um {
            let [x, y, _] = point.position_um();
            course.push([x, y]);
        }
        previous = Some(point);
    }
    course.push([end[0], end[1]]);
    Some(course)
}

/// Fits a drawing into a panel, y upwards.
pub(super) struct Projection {
    center_um: [f64; 2],
    center_px: [f64; 2],
    pub(super) px_per_um: f64,
}

impl Projection {
    /// Fits discs, given by center and radius. None without any or without extent.
    pub(super) fn new(discs: impl Iterator<Item = ([f64; 2], f64)>, panel: Panel) -> Option<Self> {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for (center, radius) in discs {
            low = std::array::from_fn(|i| low[i].min(center[i] - radius));
            high = std::array::from_fn(|i| high[i].max(center[i] + radius));
        }
        let px_per_um = (panel.width / (high[0] - low[0])).min(panel.height / (high[1] - low[1]));
        (px_per_um.is_finite() && px_per_um > 0.0).then(|| Self {
            center_um: std::array::from_fn(|i: usize| 0.5 * (low[i] + high[i])),
            center_px: [panel.left + 0.5 * panel.width, panel.top + 0.5 * panel.height],
            px_per_um,
        })
    }

    pub(super) fn at(&self, point: [f64; 2]) -> (f64, f64) {
        let [x, y] = std::array::from_fn(|i| (point[i] - self.center_um[i]) * self.px_per_um);
        (px(self.center_px[0] + x), px(self.center_px[1] - y))
    }
}

/// What a compartment is, for a reader: `trunk, 412 µm`.
pub(super) fn label(tree: &CompartmentTree, id: CompartmentId) -> String {
    let compartment = tree.compartment(id);
    match tree.region(compartment.section) {
        Region::Soma => Region::Soma.to_string(),
        region => format!("{region}, {:.0} µm", compartment.path_distance_um),
    }
}

#[cfg(test)]
mod tests {
    use apical_morphology::{CompartmentTree, MaxLength, default_cell};

    use super::*;

    #[test]
    fn fills_its_panel_and_stays_inside() {
        let panel = Panel { left: 10.0, top: 20.0, width: 300.0, height: 500.0 };
        let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
        let outlines: Vec<_> = tree.iter().filter_map(|(id, _)| outline(&tree, id)).collect();
        assert_eq!(outlines.len(), 640, "all but the stub axon, which has no place");
        let discs = outlines.iter().flatten().map(|&point| (point, 0.0));
        let view = Projection::new(discs, panel).unwrap();
        let points: Vec<_> = outlines.iter().flatten().map(|&point| view.at(point)).collect();
        let least = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
        let most = points.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
        // Coordinates are rounded to 0.01 px. The cell is taller than wide.
        assert!((least - 20.0).abs() <= 0.01 && (most - 520.0).abs() <= 0.01, "{least} {most}");
        assert!(points.iter().all(|p| (9.99..=310.01).contains(&p.0)));
    }

    /// The outlines of a section's compartments follow one another without gaps, as long as the section.
    #[test]
    fn outlines_join() {
        let tree = CompartmentTree::new(default_cell(), &MaxLength::default()).unwrap();
        let apical = tree.apical_origin().unwrap().section();
        let outlines: Vec<_> =
            tree.compartments_of(apical).map(|id| outline(&tree, id).unwrap()).collect();
        for pair in outlines.windows(2) {
            assert_eq!(pair[0].last(), pair[1].first());
        }
    }

    #[test]
    fn a_neuron_without_place_is_not_drawn() {
        use apical_core::SectionType;
        use apical_morphology::{Morphology, Section, SectionShape};
        let shape = SectionShape::Cylinder { length_um: 20.0, diameter_um: 20.0 };
        let soma = Section::new(SectionType::Soma, shape, None);
        let tree =
            CompartmentTree::new(Morphology::new(vec![soma]).unwrap(), &MaxLength::default())
                .unwrap();
        let panel = Panel { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
        assert!(draw(&tree, &[], 1.0, panel).is_none());
    }
}
