use apical_core::{SectionId, SectionType};

use super::parser::{Branch, Document, FilePoint, Outline, Tree};
use crate::contour::{contour_points, stack_point};
use crate::precision::neuron_point;
use crate::{
    Attachment, DisconnectedTrees, Format, Import, ImportOptions, ImportReport, ImportWarning,
    ImportWarningKind, Morphology, MorphologyError, Point, Section, SectionShape, SomaConvention,
};

/// Fewer points do not outline a soma.
const MIN_OUTLINE_POINTS: usize = 3;
/// A tree may start so far outside the bounding box of the soma's outline, µm.
const OUTLINE_MARGIN_UM: f64 = 0.5;
/// Coordinates that differ by less are the same place, µm: how exactly NEURON's interpreter compares.
const SAME_PLACE_UM: f64 = 1e-11;

/// Sections from what the file holds.
pub(super) fn build(
    document: Document,
    options: &ImportOptions,
) -> Result<Import, MorphologyError> {
    let Document { outlines, trees, warnings } = document;
    let mut builder = Builder {
        disconnected: options.disconnected,
        sections: Vec::new(),
        boxes: Vec::new(),
        warnings,
    };
    let soma_points = outlines.iter().map(|outline| outline.points.len()).sum();
    let soma = builder.soma(&outlines)?;
    if let Some(convention) = options.soma.filter(|&demanded| demanded != soma) {
        return Err(MorphologyError::Soma { convention, points: soma_points });
    }
    for tree in &trees {
        if builder.belongs(tree)? {
            builder.tree(tree)?;
        }
    }
    let Builder { sections, mut warnings, .. } = builder;
    if sections.is_empty() {
        return Err(MorphologyError::NoPoints);
    }
    warnings.sort_by_key(|warning| warning.line);
    let report = ImportReport { format: Format::NeurolucidaAsc, soma, warnings };
    Ok(Import { morphology: Morphology::new(sections)?, report })
}

struct Builder {
    disconnected: DisconnectedTrees,
    /// The soma first, if there is one.
    sections: Vec<Section>,
    /// Bounding boxes in x and y of the soma's outlines; none without a soma.
    boxes: Vec<Bounds>,
    warnings: Vec<ImportWarning>,
}

/// Where the branches that grow from a branch start.
#[derive(Clone, Copy, Default)]
struct BranchEnd {
    /// The section they attach to; none: as the tree itself does.
    section: Option<usize>,
    position_um: Option<[f64; 3]>,
    diameter_um: Option<f64>,
}

impl Builder {
    fn warn(&mut self, line: usize, kind: ImportWarningKind) {
        self.warnings.push(ImportWarning { line: Some(line), kind });
    }

    fn soma(&mut self, outlines: &[Outline]) -> Result<SomaConvention, MorphologyError> {
        let mut shapes: Vec<Vec<[f64; 3]>> = Vec::new();
        let mut first_line = None;
        for &Outline { line, ref points } in outlines {
            if points.len() < MIN_OUTLINE_POINTS {
                self.warn(line, ImportWarningKind::ShortOutline { points: points.len() });
                continue;
            }
            let shape: Vec<[f64; 3]> = points.iter().map(|point| point.position_um).collect();
            let bounds = Bounds::of(&shape);
            // An outline that overlaps the one before is of the same soma.
            if self.boxes.last().is_some_and(|last| !last.overlaps(&bounds)) {
                if self.disconnected != DisconnectedTrees::Drop {
                    let id = source_id(points[0].line);
                    return Err(MorphologyError::SecondSoma { line, id });
                }
                self.warn(line, ImportWarningKind::DroppedSoma);
                continue;
            }
            first_line.get_or_insert(line);
            self.boxes.push(bounds);
            shapes.push(shape);
        }
        let Some(line) = first_line else { return Ok(SomaConvention::Absent) };
        let outline_error = |problem| MorphologyError::SomaOutline { line, problem };
        let (convention, points) = match shapes.as_slice() {
            [shape] => (SomaConvention::Contour, contour_points(shape).map_err(outline_error)?),
            stack => {
                let points = stack.iter().map(|shape| stack_point(shape)).collect();
                (SomaConvention::ContourStack, points)
            }
        };
        if !has_length(&points) {
            return Err(outline_error("has no extent"));
        }
        self.sections.push(Section::new(SectionType::Soma, SectionShape::Points(points), None));
        Ok(convention)
    }

    /// Whether a tree is of this neuron: it starts at the soma, or is the first where there is no soma, or is attached.
    fn belongs(&mut self, tree: &Tree) -> Result<bool, MorphologyError> {
        let mut points = tree.branches.iter().flat_map(|branch| &branch.points);
        let Some(&FilePoint { line, position_um, .. }) = points.next() else { return Ok(false) };
        let connected = if self.boxes.is_empty() {
            self.sections.is_empty()
        } else {
            self.boxes.iter().any(|bounds| bounds.contains(position_um))
        };
        if connected {
            return Ok(true);
        }
        let id = source_id(line);
        match self.disconnected {
            DisconnectedTrees::Drop => {
                let points = 1 + points.count();
                self.warn(line, ImportWarningKind::DroppedTree { id, points });
                Ok(false)
            }
            DisconnectedTrees::Attach if !self.boxes.is_empty() => {
                let start = neuron_point(position_um, 0.0);
                let soma = self.sections.first().and_then(|soma| soma.points().first());
                let distance_um = soma.map_or(0.0, |soma| soma.distance_um(&start));
                self.warn(line, ImportWarningKind::AttachedTree { id, distance_um });
                Ok(true)
            }
            _ => Err(MorphologyError::DisconnectedTree { line, id }),
        }
    }

    fn tree(&mut self, tree: &Tree) -> Result<(), MorphologyError> {
        let soma = self.boxes.first().map(|_| Attachment { parent: SectionId::new(0), x: 0.5 });
        let mut ends: Vec<BranchEnd> = Vec::with_capacity(tree.branches.len());
        for branch in &tree.branches {
            let origin = branch.parent.map(|parent| ends[parent]).unwrap_or_default();
            let mut end = origin;
            let points = self.points(branch, &mut end)?;
            let points = self.with_length(branch, points, soma.is_none());
            if let Some(points) = points {
                let parent = origin.section.map(SectionId::new);
                let attachment = parent.map(|parent| Attachment { parent, x: 1.0 }).or(soma);
                end.section = Some(self.sections.len());
                let shape = SectionShape::Points(points);
                self.sections.push(Section::new(tree.section_type, shape, attachment));
            }
            ends.push(end);
        }
        Ok(())
    }

    /// The points of a section; none if it has no length, unless it is the root, which becomes a cylinder then.
    fn with_length(
        &mut self,
        branch: &Branch,
        points: Vec<Point>,
        without_soma: bool,
    ) -> Option<Vec<Point>> {
        if has_length(&points) {
            return Some(points);
        }
        let first = branch.points.first()?;
        let id = source_id(first.line);
        self.warn(first.line, ImportWarningKind::ZeroLength { id });
        (without_soma && branch.parent.is_none()).then(|| {
            let copied = points.first().map_or(0.0, Point::diameter_um);
            let diameter_um = positive_diameter(first).unwrap_or(copied);
            let [x, y, z] = first.position_um;
            let [start, middle, end] = [-0.5, 0.0, 0.5]
                .map(|along| neuron_point([x + along * diameter_um, y, z], diameter_um));
            vec![start, middle.with_source_id(id), end]
        })
    }

    /// The points of a branch, after a copy of where it grows from unless it repeats that place itself.
    fn points(
        &mut self,
        branch: &Branch,
        end: &mut BranchEnd,
    ) -> Result<Vec<Point>, MorphologyError> {
        let Some(first) = branch.points.first() else {
            self.warn(branch.line, ImportWarningKind::EmptyBranch);
            return Ok(Vec::new());
        };
        let origin = end.position_um.filter(|origin| !same_place(origin, &first.position_um));
        let mut points = Vec::with_capacity(branch.points.len() + 1);
        for (index, point) in branch.points.iter().enumerate() {
            let diameter_um = match positive_diameter(point) {
                Some(diameter_um) => diameter_um,
                None => self.repair(branch, index, end.diameter_um)?,
            };
            if let Some(origin) = origin.filter(|_| points.is_empty()) {
                points.push(neuron_point(origin, diameter_um));
            }
            end.position_um = Some(point.position_um);
            end.diameter_um = Some(diameter_um);
            points.push(
                neuron_point(point.position_um, diameter_um).with_source_id(source_id(point.line)),
            );
        }
        Ok(points)
    }

    /// A diameter for a point without a positive one; `before_um` is the one before it on the path to the root.
    fn repair(
        &mut self,
        branch: &Branch,
        index: usize,
        before_um: Option<f64>,
    ) -> Result<f64, MorphologyError> {
        let FilePoint { line, diameter_um: found_um, .. } = branch.points[index];
        let flipped = found_um.filter(|found| (-found) as f32 > 0.0).map(|found| -found);
        let before = before_um.filter(|_| index > 0);
        let after = || branch.points[index + 1..].iter().find_map(positive_diameter);
        let used_um = flipped
            .or(before)
            .or_else(after)
            .or(before_um)
            .ok_or(MorphologyError::NoDiameter { line })?;
        self.warn(line, ImportWarningKind::RepairedDiameter { found_um, used_um });
        Ok(used_um)
    }
}

/// Points are known by their lines.
fn source_id(line: usize) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

/// The diameter if it is still positive as float32.
fn positive_diameter(point: &FilePoint) -> Option<f64> {
    point.diameter_um.filter(|&diameter_um| diameter_um as f32 > 0.0)
}

fn same_place(a: &[f64; 3], b: &[f64; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= SAME_PLACE_UM)
}

fn has_length(points: &[Point]) -> bool {
    points.windows(2).any(|pair| pair[0].distance_um(&pair[1]) > 0.0)
}

/// A bounding box in x and y.
struct Bounds {
    min_um: [f64; 2],
    max_um: [f64; 2],
}

impl Bounds {
    fn of(points: &[[f64; 3]]) -> Self {
        let mut bounds = Self { min_um: [f64::INFINITY; 2], max_um: [f64::NEG_INFINITY; 2] };
        for point in points {
            for (min, value) in bounds.min_um.iter_mut().zip(point) {
                *min = min.min(*value);
            }
            for (max, value) in bounds.max_um.iter_mut().zip(point) {
                *max = max.max(*value);
            }
        }
        bounds
    }

    fn overlaps(&self, other: &Self) -> bool {
        (0..2).all(|axis| {
            self.min_um[axis] <= other.max_um[axis] && other.min_um[axis] <= self.max_um[axis]
        })
    }

    fn contains(&self, position_um: [f64; 3]) -> bool {
        (0..2).all(|axis| {
            (self.min_um[axis] - OUTLINE_MARGIN_UM..=self.max_um[axis] + OUTLINE_MARGIN_UM)
                .contains(&position_um[axis])
        })
    }
}
