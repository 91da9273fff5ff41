use std::fmt::Write as _;
use std::io::Write;

use apical_core::{SectionId, SectionType};

use super::sections::cylinder_along_x;
use crate::{Attachment, Morphology, MorphologyError, Point, Section};

/// Writes a morphology as SWC such that [`read_swc`](crate::read_swc) and NEURON read its sections again.
///
/// Points, lengths and areas are kept (coordinates read from a file to the last bit, others to the eight digits that
/// reading keeps; the ends of a single-point soma to float32), attachments electrically: what starts at the 0 end of a section may come back on the place that this
/// end is attached to. Sections come back in depth-first order. A section that is the only one on the end of another
/// of its type becomes one with it: SWC cannot tell them apart. A point may be written twice, or added in the middle of
/// a soma of two points, so that neurites find the place they are attached to.
///
/// What SWC cannot say is listed in the result: a branch that starts with another diameter than its parent ends with, as
/// in Neurolucida files, will start with its parent's, which changes area and resistance up to its second point.
///
/// # Errors
///
/// [`MorphologyError::NoCoordinates`] for a cylinder that has no place in space, [`MorphologyError::NotInSwc`] for an
/// attachment that SWC cannot express (inside a dendrite, or across a gap between dendrites),
/// [`MorphologyError::Write`] if writing fails.
///
/// # Example
///
/// ```
/// use apical_morphology::{ImportOptions, read_swc, write_swc};
///
/// let file = b"1 1 0 0 0 5 -1\n2 3 0 10 0 1 1\n3 3 0 30 0 0.75 2\n";
/// let mut written = Vec::new();
/// write_swc(&read_swc(file, &ImportOptions::default())?.morphology, &mut written)?;
/// assert!(written.ends_with(file));
/// # Ok::<(), apical_morphology::MorphologyError>(())
/// ```
pub fn write_swc(
    morphology: &Morphology,
    mut writer: impl Write,
) -> Result<Vec<DiameterStep>, MorphologyError> {
    let mut out = Writer::new(morphology);
    // From last to first: what is to be written next is the last.
    let mut todo = vec![morphology.root()];
    while let Some(id) = todo.pop() {
        out.section(id)?;
        todo.extend(out.children_in_order(id).into_iter().rev());
    }
    writer.write_all(out.text.as_bytes()).map_err(MorphologyError::Write)?;
    Ok(out.steps)
}

/// A section whose first diameter is not that of its parent's end, and is lost in SWC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiameterStep {
    /// The section.
    pub section: SectionId,
    /// Diameter where the parent ends, with which the section will start, µm.
    pub parent_diameter_um: f64,
    /// Diameter with which the section starts, µm.
    pub diameter_um: f64,
}

/// What was written of a section.
#[derive(Clone, Debug, Default)]
struct Written {
    /// Ids of its points; the first may be the point that it grows from.
    ids: Vec<i64>,
    /// Place of its first own point.
    own: usize,
    /// Id of the point that it grows from.
    parent: i64,
    /// A neurite on the soma.
    on_soma: bool,
    /// A soma or root written as one point.
    as_point: bool,
    /// Diameter of the point that it grows from, where its own is another, µm.
    step_from_um: Option<f64>,
}

struct Writer<'a> {
    morphology: &'a Morphology,
    children: Vec<Vec<SectionId>>,
    written: Vec<Written>,
    last_id: i64,
    text: String,
    steps: Vec<DiameterStep>,
}

impl<'a> Writer<'a> {
    fn new(morphology: &'a Morphology) -> Self {
        Self {
            morphology,
            children: morphology.children(),
            written: vec![Written::default(); morphology.sections().len()],
            last_id: 0,
            text: "# id type x y z radius parent\n".to_owned(),
            steps: Vec::new(),
        }
    }

    fn section(&mut self, id: SectionId) -> Result<(), MorphologyError> {
        let section = self.morphology.section(id);
        if section.points().is_empty() {
            return Err(MorphologyError::NoCoordinates { section: self.morphology.name(id) });
        }
        let code = section.section_type().swc();
        let (mut written, points) = match section.attachment() {
            None if self.is_point(id) => {
                let ids = vec![self.point(code, section.points()[1], -1)];
                self.written[id.index()] =
                    Written { ids, as_point: true, parent: -1, ..Written::default() };
                return Ok(());
            }
            None => (Written { parent: -1, ..Written::default() }, section.points().to_vec()),
            Some(attachment) => (self.place(id, attachment)?, section.points().to_vec()),
        };
        let points = self.with_middle(id, points);
        if let Some(parent_diameter_um) = written.step_from_um {
            let diameter_um = points[0].diameter_um();
            self.steps.push(DiameterStep { section: id, parent_diameter_um, diameter_um });
        }
        let mut parent = written.parent;
        if written.own == 1 {
            written.ids.push(parent);
        }
        for &point in &points[written.own..] {
            parent = self.point(code, point, parent);
            written.ids.push(parent);
        }
        self.written[id.index()] = written;
        Ok(())
    }

    fn point(&mut self, code: i32, point: Point, parent: i64) -> i64 {
        self.last_id += 1;
        let [x, y, z] = point.position_um().map(|c| c as f32);
        let radius_um = point.diameter_um() as f32 / 2.0;
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{} {code} {x} {y} {z} {radius_um} {parent}", self.last_id);
        self.last_id
    }

    /// Whether the root is a cylinder that reading makes of a single point, and all its children fit.
    fn is_point(&self, root: SectionId) -> bool {
        let section = self.morphology.section(root);
        let &[_, centre, _] = section.points() else { return false };
        let cylinder = cylinder_along_x(centre, centre.position_um(), centre.diameter_um());
        // The ends were rounded from the centre before it was rounded itself: two steps of float32.
        let step_um = 2.0
            * f64::from(f32::EPSILON)
            * cylinder[0].position_um()[0].abs().max(cylinder[2].position_um()[0].abs());
        let alike = |(a, b): (&Point, &Point)| {
            let [a_um, b_um] = [a.position_um(), b.position_um()];
            (a_um[0] - b_um[0]).abs() <= step_um
                && a_um[1..] == b_um[1..]
                && a.diameter_um() == b.diameter_um()
        };
        if !section.points().iter().zip(&cylinder).all(alike) {
            return false;
        }
        let mut children = self.children[root.index()].iter().map(|&c| self.morphology.section(c));
        // What comes right after a single point is read otherwise.
        if self.children[root.index()].first().is_some_and(|&first| self.begins_with_fork(first)) {
            return false;
        }
        if is_soma(section) {
            return children.all(|c| !is_soma(c) && at(c, 0.5));
        }
        let leaves_type = children.clone().any(|c| c.section_type() != section.section_type());
        (leaves_type || children.len() == 0)
            && children.all(|c| at(c, 0.0) && c.points().first().is_some_and(|p| same(p, &centre)))
    }

    /// The points of a section, with one in the middle if neurites are attached there and it has but its ends.
    fn with_middle(&self, id: SectionId, mut points: Vec<Point>) -> Vec<Point> {
        let in_middle =
            |&c: &SectionId| self.attachment(c).is_some_and(|attachment| attachment.x == 0.5);
        if let [from, to] = points[..]
            && is_soma(self.morphology.section(id))
            && self.children[id.index()].iter().any(in_middle)
        {
            let [a, b] = [from.position_um(), to.position_um()];
            let position_um = std::array::from_fn(|i| f64::midpoint(a[i], b[i]));
            let diameter_um = f64::midpoint(from.diameter_um(), to.diameter_um());
            points.insert(1, Point::new(position_um, diameter_um));
        }
        points
    }

    /// The point that a section grows from, and whether its first point is its own.
    fn place(&self, id: SectionId, attachment: Attachment) -> Result<Written, MorphologyError> {
        let section = self.morphology.section(id);
        let start = &section.points()[0];
        let Attachment { mut parent, mut x } = attachment;
        loop {
            let found = &self.written[parent.index()];
            let below = self.morphology.section(parent);
            let leaves_soma = is_soma(below) && !is_soma(section);
            let own = |own: usize, parent: i64| Written {
                own,
                parent,
                on_soma: leaves_soma,
                ..Written::default()
            };
            if found.as_point {
                let copied = !leaves_soma || self.begins_with_fork(id);
                return Ok(own(usize::from(copied), found.ids[0]));
            }
            let root = below.attachment().is_none();
            let (end, end_id) = if x == 1.0 {
                (below.points().last(), found.ids.last())
            } else {
                (below.points().first(), found.ids.first())
            };
            let (Some(end), Some(&end_id)) = (end, end_id) else { break };
            if leaves_soma && x == 0.5 {
                let here = |point: &Point| point.position_um() == start.position_um();
                let inner = below.points().iter().enumerate().skip(1).rev().skip(1);
                return Ok(match inner.rev().find(|(_, point)| here(point)).map(|(at, _)| at) {
                    Some(place) if self.begins_with_fork(id) => own(1, found.ids[place]),
                    _ => own(0, found.ids[found.ids.len() / 2]),
                });
            } else if leaves_soma && (x == 1.0 || root && x == 0.0) {
                if self.soma_goes_on(parent, x) && !self.begins_with_fork(id) {
                    return Ok(own(0, end_id));
                } else if start.position_um() == end.position_um() {
                    return Ok(own(usize::from(!self.needs_its_start(id)), end_id));
                }
                break;
            } else if x == 1.0 || root && x == 0.0 {
                let fits = start.position_um() == end.position_um()
                    && (x == 1.0 || self.goes_on(parent, start));
                if fits {
                    let step_from_um = (!same(start, end)).then_some(end.diameter_um());
                    return Ok(Written { step_from_um, ..own(1, end_id) });
                }
                break;
            } else if x != 0.0 {
                break;
            }
            if found.on_soma {
                let first = &below.points()[found.own];
                if same(start, first) {
                    if self.can_fork_at_start(parent) {
                        return Ok(own(1, found.ids[found.own]));
                    } else if found.own == 0 {
                        let on_soma = true;
                        return Ok(Written { on_soma, ..own(0, found.parent) });
                    }
                    break;
                }
            }
            // The 0 end of a section is the place that it is attached to.
            let Some(next) = below.attachment() else { break };
            Attachment { parent, x } = next;
        }
        Err(MorphologyError::NotInSwc {
            section: self.morphology.name(id),
            parent: self.morphology.name(attachment.parent),
            x: attachment.x,
        })
    }

    /// Whether a neurite that begins with the place of a soma's end has to be written with it, lest it come back
    /// otherwise.
    fn needs_its_start(&self, id: SectionId) -> bool {
        let points = self.morphology.section(id).points();
        if points[0].diameter_um() != points[1].diameter_um() {
            return true;
        }
        let branches = self.children[id.index()].iter().filter(|&&c| self.is_at(c, 1.0)).count();
        points.len() == 2 && branches > 0 && !self.stops_at_start(id)
    }

    /// Whether a neurite with one own point is read as such with one branch on its far end, others at its start.
    fn stops_at_start(&self, id: SectionId) -> bool {
        let points = self.morphology.section(id).points();
        let branches = self.children[id.index()].iter().filter(|&&c| self.is_at(c, 1.0)).count();
        let last = self.children_in_order(id).last().copied();
        points.len() == 2 && branches == 1 && last.is_some_and(|last| !self.alike(id, last))
    }

    /// The children as they are written: a branch on the far end comes next; of those on the 0 end, the last decides
    /// whether the run goes on.
    fn children_in_order(&self, id: SectionId) -> Vec<SectionId> {
        let mut children = self.children[id.index()].clone();
        let goes_on = !self.forks_at_end(id) && !self.written[id.index()].as_point;
        if !is_soma(self.morphology.section(id)) {
            children.sort_by_key(|&c| (!self.is_at(c, 1.0), self.alike(id, c) == goes_on));
        }
        children
    }

    fn alike(&self, id: SectionId, other: SectionId) -> bool {
        let [a, b] = [id, other].map(|id| self.morphology.section(id).section_type());
        a == b
    }

    /// Whether such branches at its start demand that it has but one own point.
    fn begins_with_fork(&self, id: SectionId) -> bool {
        self.forks_at_end(id) && self.stops_at_start(id)
    }

    /// Whether something attached to the 0 end of a section of two points starts from the second.
    fn forks_at_end(&self, id: SectionId) -> bool {
        let &[_, end] = self.morphology.section(id).points() else { return false };
        let starts_at_end = |child: &Section| {
            at(child, 0.0) && child.points().first().is_some_and(|start| same(start, &end))
        };
        self.children[id.index()].iter().any(|&c| starts_at_end(self.morphology.section(c)))
    }

    /// Whether branches at the first own point of a neurite come back at its 0 end.
    fn can_fork_at_start(&self, id: SectionId) -> bool {
        let written = &self.written[id.index()];
        let own = written.ids.len() - written.own;
        let after_point_soma =
            written.ids[written.own] == 2 && self.written[self.morphology.root().index()].as_point;
        if own == 1 {
            return self.stops_at_start(id);
        }
        let first = &self.morphology.section(id).points()[written.own];
        !after_point_soma && self.goes_on(id, first)
    }

    /// Whether a run goes on past its first own point, this, although something starts there.
    fn goes_on(&self, id: SectionId, start: &Point) -> bool {
        let starts_here = |&&child: &&SectionId| {
            let points = self.morphology.section(child).points();
            self.is_at(child, 0.0) && points.first().is_some_and(|point| same(point, start))
        };
        let mut branches = self.children[id.index()].iter().filter(starts_here);
        is_soma(self.morphology.section(id)) || branches.any(|&branch| self.alike(id, branch))
    }

    /// Whether more of the soma grows from this end of a soma's section.
    fn soma_goes_on(&self, id: SectionId, x: f64) -> bool {
        let is_soma = |&c: &SectionId| is_soma(self.morphology.section(c)) && self.is_at(c, x);
        self.children[id.index()].iter().any(is_soma)
    }

    fn is_at(&self, id: SectionId, x: f64) -> bool {
        at(self.morphology.section(id), x)
    }

    fn attachment(&self, id: SectionId) -> Option<Attachment> {
        self.morphology.section(id).attachment()
    }
}

fn at(section: &Section, x: f64) -> bool {
    section.attachment().is_some_and(|attachment| attachment.x == x)
}

fn is_soma(section: &Section) -> bool {
    section.section_type() == SectionType::Soma
}

fn same(a: &Point, b: &Point) -> bool {
    a.position_um() == b.position_um() && a.diameter_um() == b.diameter_um()
}
