use apical_core::{SectionId, SectionType};

use crate::precision::eight_digits;
use crate::swc::parse::Record;
use crate::swc::tree::PointTree;
use crate::{
    Attachment, ImportWarning, ImportWarningKind, MorphologyError, Point, Section, SectionShape,
    SomaConvention,
};

/// The sections of the tree, in order of the lines of their first points; an error if the root has no length.
pub(super) fn build(
    tree: &PointTree,
    soma: SomaConvention,
    warnings: &mut Vec<ImportWarning>,
) -> Result<Vec<Section>, MorphologyError> {
    let mut builder =
        Builder { tree, soma, drafts: Vec::new(), todo: Vec::new(), scattered: Vec::new() };
    builder.grow_root(warnings)?;
    builder.grow_all(warnings);
    builder.attach_further_trees();
    builder.grow_all(warnings);
    builder.warn_of_scattered(warnings);
    Ok(builder.finish())
}

/// What a section starts with besides its own points.
#[derive(Clone, Copy, Debug)]
enum Beginning {
    /// The point it grows from.
    Copy(usize),
    /// The place of the point it grows from, with the diameter of its own first point.
    Place(usize),
    /// Nothing, or the above where it would have one point only.
    Wire(usize),
}

/// A section that is still to be traced.
#[derive(Clone, Copy, Debug)]
struct Sprout {
    first: usize,
    /// Index among the drafts.
    parent: usize,
    x: f64,
    beginning: Beginning,
    /// Whether a branch point at the very start is run through.
    through: bool,
}

struct Draft {
    first: usize,
    own: Vec<usize>,
    points: Vec<Point>,
    parent: Option<(usize, f64)>,
    through: bool,
}

struct Builder<'a> {
    tree: &'a PointTree,
    soma: SomaConvention,
    drafts: Vec<Draft>,
    todo: Vec<Sprout>,
    /// Points whose run does not go on with the next line.
    scattered: Vec<usize>,
}

impl Builder<'_> {
    fn grow_root(&mut self, warnings: &mut Vec<ImportWarning>) -> Result<(), MorphologyError> {
        let root = self.tree.root();
        if matches!(self.soma, SomaConvention::SinglePoint | SomaConvention::ThreePoint) {
            let mut soma = vec![root];
            soma.extend(self.tree.soma_children(root));
            self.grow_point_soma(soma);
            return Ok(());
        }
        let own = self.run(root, true);
        let mut points: Vec<Point> = own.iter().map(|&point| self.tree.point(point)).collect();
        if own.len() == 1 {
            points = self.cylinder();
        } else if length_um(&points) == 0.0 {
            let Record { line, id, .. } = *self.tree.record(root);
            if own.len() < self.tree.soma_points().len() || !self.tree.is_soma(root) {
                return Err(MorphologyError::NoLength { line, id });
            }
            warnings.push(self.warning(root, |id| ImportWarningKind::ZeroLength { id }));
            self.grow_point_soma(own);
            return Ok(());
        }
        self.add(Draft { first: root, own, points, parent: None, through: true });
        Ok(())
    }

    /// The soma that is a cylinder around one point: all neurites attach to its middle.
    fn grow_point_soma(&mut self, soma: Vec<usize>) {
        let root = self.tree.root();
        let points = self.cylinder();
        if soma.iter().enumerate().any(|(place, &point)| point != root + place) {
            self.scattered.push(root);
        }
        for &point in &soma {
            for &first in self.tree.children(point) {
                if self.tree.is_soma(first) {
                    continue;
                }
                let directly = self.soma == SomaConvention::SinglePoint && first == root + 1;
                self.todo.push(Sprout {
                    first,
                    parent: self.drafts.len(),
                    x: 0.5,
                    beginning: Beginning::Wire(root),
                    through: !directly,
                });
            }
        }
        self.drafts.push(Draft { first: root, own: soma, points, parent: None, through: true });
    }

    fn attach_further_trees(&mut self) {
        let holds_soma = |draft: &Draft| draft.own.iter().any(|&point| self.tree.is_soma(point));
        let somata = self.drafts.iter().enumerate().filter(|(_, draft)| holds_soma(draft));
        let Some((parent, _)) = somata.min_by_key(|(_, draft)| draft.first) else { return };
        let from = self.drafts[parent].own[0];
        for &first in self.tree.further_roots() {
            let beginning = Beginning::Wire(from);
            self.todo.push(Sprout { first, parent, x: 0.5, beginning, through: true });
        }
    }

    fn grow_all(&mut self, warnings: &mut Vec<ImportWarning>) {
        while let Some(sprout) = self.todo.pop() {
            let own = self.run(sprout.first, sprout.through);
            let own_points = own.iter().map(|&point| self.tree.point(point));
            let from = |point: usize| self.tree.point(point).without_source_id();
            let diameter_um = self.tree.point(own[0]).diameter_um();
            let start = match sprout.beginning {
                Beginning::Copy(point) => Some(from(point)),
                Beginning::Wire(_) if own.len() > 1 => None,
                Beginning::Place(point) | Beginning::Wire(point) => {
                    Some(from(point).with_diameter_um(diameter_um))
                }
            };
            if own.len() == 1 && sprout.x == 0.0 && matches!(sprout.beginning, Beginning::Wire(_)) {
                warnings.push(self.warning(own[0], |id| ImportWarningKind::OnePoint { id }));
            }
            let points: Vec<Point> = start.into_iter().chain(own_points).collect();
            if length_um(&points) > 0.0 {
                let parent = Some((sprout.parent, sprout.x));
                let Sprout { first, through, .. } = sprout;
                self.add(Draft { first, own, points, parent, through });
            } else {
                warnings.push(self.warning(own[0], |id| ImportWarningKind::ZeroLength { id }));
                self.pass_on(&sprout, &own);
            }
        }
    }

    /// The own points of a section that starts here.
    fn run(&mut self, first: usize, through: bool) -> Vec<usize> {
        let mut own = vec![first];
        let mut at = first;
        while let Some(next) = self.next_of_run(at, through && at == first) {
            if next != at + 1 {
                self.scattered.push(at);
            }
            own.push(next);
            at = next;
        }
        if through && own.len() == 1 && self.neuron_joins(first) {
            self.scattered.push(first);
        }
        own
    }

    /// Whether NEURON runs through a branch point at the start of a neurite into what the next line holds, be it of
    /// another type or of another branch.
    fn neuron_joins(&self, point: usize) -> bool {
        let alike = |other: usize| self.tree.record(other).code == self.tree.record(point).code;
        match *self.tree.children(point) {
            [first, .., last] => first != point + 1 || alike(last) && !alike(first),
            _ => false,
        }
    }

    fn warn_of_scattered(&self, warnings: &mut Vec<ImportWarning>) {
        if let Some(&first) = self.scattered.iter().min() {
            let points = self.scattered.len();
            let kind = |id| ImportWarningKind::ScatteredRun { id, points };
            warnings.push(self.warning(first, kind));
        }
    }

    fn next_of_run(&self, at: usize, through: bool) -> Option<usize> {
        let alike = |other: usize| self.tree.record(other).code == self.tree.record(at).code;
        if self.tree.is_soma(at) {
            let mut children = self.tree.soma_children(at);
            let first = children.next();
            return first.filter(|_| through || children.next().is_none());
        }
        match *self.tree.children(at) {
            [child] if alike(child) => Some(child),
            // As in NEURON, branches of other types end the run only if the last branch is one.
            [first, .., last] if through && alike(first) && alike(last) => Some(first),
            _ => None,
        }
    }

    /// Adds the section and the sprouts of its points.
    fn add(&mut self, draft: Draft) {
        let parent = self.drafts.len();
        let is_root = draft.parent.is_none();
        let last = draft.own.len() - 1;
        for (place, &point) in draft.own.iter().enumerate() {
            let soma_branches = self.tree.soma_children(point).count() > 1;
            let code = |point: usize| self.tree.record(point).code;
            let ends_otherwise =
                self.tree.children(point).last().is_some_and(|&child| code(child) != code(point));
            let next = draft.own.get(place + 1);
            for (order, &first) in self.tree.children(point).iter().enumerate() {
                if next == Some(&first) {
                    continue;
                }
                let leaves_soma = self.tree.is_soma(point) && !self.tree.is_soma(first);
                let x = if is_root && place == 0 {
                    0.0
                } else if leaves_soma {
                    if place == last { 1.0 } else { 0.5 }
                } else if place == 0 && draft.through && (last > 0 || order > 0 && ends_otherwise) {
                    0.0
                } else {
                    1.0
                };
                let beginning = if !leaves_soma {
                    Beginning::Copy(point)
                } else if x == 0.5 || soma_branches {
                    Beginning::Wire(point)
                } else {
                    Beginning::Place(point)
                };
                self.todo.push(Sprout { first, parent, x, beginning, through: leaves_soma });
            }
        }
        self.drafts.push(draft);
    }

    /// What grows from a section without length grows from its parent.
    fn pass_on(&mut self, sprout: &Sprout, own: &[usize]) {
        for (place, &point) in own.iter().enumerate() {
            for &first in self.tree.children(point) {
                if own.get(place + 1) == Some(&first) {
                    continue;
                }
                let through = self.tree.is_soma(point) && !self.tree.is_soma(first);
                let beginning =
                    if through { Beginning::Place(point) } else { Beginning::Copy(point) };
                self.todo.push(Sprout { first, beginning, through, ..*sprout });
            }
        }
    }

    fn finish(mut self) -> Vec<Section> {
        let mut order: Vec<usize> = (0..self.drafts.len()).collect();
        order.sort_by_key(|&draft| self.drafts[draft].first);
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new;
        }
        let section = |&old: &usize| {
            let draft = &mut self.drafts[old];
            let code = self.tree.record(draft.first).code;
            let attachment = draft
                .parent
                .map(|(parent, x)| Attachment { parent: SectionId::new(place[parent]), x });
            let points = std::mem::take(&mut draft.points);
            Section::new(SectionType::from_swc(code), SectionShape::Points(points), attachment)
        };
        order.iter().map(section).collect()
    }

    fn cylinder(&self) -> Vec<Point> {
        let centre = self.tree.point(self.tree.root());
        let record = self.tree.record(self.tree.root());
        cylinder_along_x(centre, record.position_um, record.diameter_um)
    }

    fn warning(&self, point: usize, kind: impl Fn(i64) -> ImportWarningKind) -> ImportWarning {
        let record = self.tree.record(point);
        ImportWarning { line: Some(record.line), kind: kind(record.id) }
    }
}

fn length_um(points: &[Point]) -> f64 {
    points.windows(2).map(|pair| pair[0].distance_um(&pair[1])).sum()
}

/// A cylinder along x, as long as thick, around a point, whose coordinates and diameter as yet unrounded are given.
pub(super) fn cylinder_along_x(
    centre: Point,
    position_um: [f64; 3],
    diameter_um: f64,
) -> Vec<Point> {
    let [x, y, z] = position_um;
    let end = |x: f64| Point::new([x, y, z].map(eight_digits), centre.diameter_um());
    let radius_um = diameter_um / 2.0;
    vec![end(x - radius_um), centre, end(x + radius_um)]
}
