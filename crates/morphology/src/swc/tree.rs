use std::collections::HashMap;

use crate::precision::eight_digits;
use crate::swc::parse::Record;
use crate::{DisconnectedTrees, ImportWarning, ImportWarningKind, MorphologyError, Point};

/// SWC type of the soma.
pub(crate) const SOMA: i32 = 1;

/// The points of a file as a tree; points are named by their place in the file.
#[derive(Debug)]
pub(crate) struct PointTree {
    records: Vec<Record>,
    /// Children of point i, in order of lines: `children[first_child[i]..first_child[i + 1]]`.
    children: Vec<usize>,
    first_child: Vec<usize>,
    root: usize,
    /// Roots of further trees, to be attached to the soma.
    further: Vec<usize>,
}

impl PointTree {
    pub(super) fn new(
        mut records: Vec<Record>,
        disconnected: DisconnectedTrees,
        warnings: &mut Vec<ImportWarning>,
    ) -> Result<Self, MorphologyError> {
        let (parents, roots) = parents(&records, warnings)?;
        let (first_child, children) = children(&parents);
        let order = parents_first(&records, &parents, &roots, &first_child, &children)?;
        give_radii(&mut records, &parents, &order, warnings)?;
        let mut tree = Self { records, children, first_child, root: roots[0], further: Vec::new() };
        tree.choose_root(&roots, disconnected, warnings)?;
        Ok(tree)
    }

    /// The point that the sections grow from.
    pub(crate) const fn root(&self) -> usize {
        self.root
    }

    pub(super) fn further_roots(&self) -> &[usize] {
        &self.further
    }

    pub(crate) fn children(&self, point: usize) -> &[usize] {
        &self.children[self.first_child[point]..self.first_child[point + 1]]
    }

    pub(crate) fn soma_children(&self, point: usize) -> impl Iterator<Item = usize> + '_ {
        self.children(point).iter().copied().filter(|&child| self.is_soma(child))
    }

    pub(crate) fn is_soma(&self, point: usize) -> bool {
        self.records[point].code == SOMA
    }

    pub(crate) fn record(&self, point: usize) -> &Record {
        &self.records[point]
    }

    /// The soma points of the tree of the root.
    pub(crate) fn soma_points(&self) -> Vec<usize> {
        self.members(self.root).into_iter().filter(|&point| self.is_soma(point)).collect()
    }

    /// The point as it is kept in sections.
    pub(super) fn point(&self, point: usize) -> Point {
        let record = &self.records[point];
        Point::new(record.position_um.map(eight_digits), eight_digits(record.diameter_um))
            .with_source_id(record.id)
    }

    /// All points of the tree of this root, parents first.
    fn members(&self, root: usize) -> Vec<usize> {
        let mut members = vec![root];
        let mut next = 0;
        while let Some(&point) = members.get(next) {
            members.extend(self.children(point));
            next += 1;
        }
        members
    }

    fn choose_root(
        &mut self,
        roots: &[usize],
        disconnected: DisconnectedTrees,
        warnings: &mut Vec<ImportWarning>,
    ) -> Result<(), MorphologyError> {
        if roots.len() == 1 {
            return Ok(());
        }
        let trees: Vec<Vec<usize>> = roots.iter().map(|&root| self.members(root)).collect();
        let soma_of = |tree: &Vec<usize>| tree.iter().copied().find(|&p| self.is_soma(p));
        let somata: Vec<Option<usize>> = trees.iter().map(soma_of).collect();
        let main = somata.iter().position(Option::is_some);
        self.root = roots[main.unwrap_or_default()];
        for (index, tree) in trees.iter().enumerate() {
            let root = roots[index];
            if root == self.root {
                continue;
            }
            let Record { line, id, .. } = self.records[root];
            let kind = match (disconnected, somata[index], main) {
                (DisconnectedTrees::Drop, ..) => {
                    ImportWarningKind::DroppedTree { id, points: tree.len() }
                }
                (DisconnectedTrees::Refuse, ..) | (DisconnectedTrees::Attach, _, None) => {
                    return Err(MorphologyError::DisconnectedTree { line, id });
                }
                (DisconnectedTrees::Attach, Some(soma), _) => {
                    let Record { line, id, .. } = self.records[soma];
                    return Err(MorphologyError::SecondSoma { line, id });
                }
                (DisconnectedTrees::Attach, None, Some(main)) => {
                    self.further.push(root);
                    let soma = somata[main].unwrap_or(self.root);
                    let distance_um = self.point(root).distance_um(&self.point(soma));
                    ImportWarningKind::AttachedTree { id, distance_um }
                }
            };
            warnings.push(ImportWarning { line: Some(line), kind });
        }
        Ok(())
    }
}

/// The parent of every point, and the points without.
fn parents(
    records: &[Record],
    warnings: &mut Vec<ImportWarning>,
) -> Result<(Vec<Option<usize>>, Vec<usize>), MorphologyError> {
    let mut places = HashMap::with_capacity(records.len());
    for (place, Record { line, id, .. }) in records.iter().enumerate() {
        if let Some(first) = places.insert(*id, place) {
            let first_line = records[first].line;
            return Err(MorphologyError::DuplicateId { line: *line, id: *id, first_line });
        }
    }
    let mut parents = Vec::with_capacity(records.len());
    let mut roots = Vec::new();
    for (place, &Record { line, id, parent, .. }) in records.iter().enumerate() {
        let mut warn = |kind| warnings.push(ImportWarning { line: Some(line), kind });
        let found = places.get(&parent).copied();
        match (parent, found) {
            (-1, _) => roots.push(place),
            (0, None) => {
                warn(ImportWarningKind::ParentZero { id });
                roots.push(place);
            }
            (_, None) => return Err(MorphologyError::MissingParent { line, id, parent }),
            (_, Some(found)) if found > place => {
                warn(ImportWarningKind::ForwardReference { id, parent });
            }
            _ => {}
        }
        parents.push(found);
    }
    Ok((parents, roots))
}

/// First children and children of every point, in order of lines.
fn children(parents: &[Option<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut first_child = vec![0; parents.len() + 1];
    for &parent in parents.iter().flatten() {
        first_child[parent + 1] += 1;
    }
    for point in 0..parents.len() {
        first_child[point + 1] += first_child[point];
    }
    let mut free = first_child.clone();
    let mut children = vec![0; free[parents.len()]];
    for (point, &parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            children[free[parent]] = point;
            free[parent] += 1;
        }
    }
    (first_child, children)
}

/// All points such that parents come before their children; an error if some descend from themselves.
fn parents_first(
    records: &[Record],
    parents: &[Option<usize>],
    roots: &[usize],
    first_child: &[usize],
    children: &[usize],
) -> Result<Vec<usize>, MorphologyError> {
    let mut order = Vec::with_capacity(records.len());
    order.extend(roots);
    let mut next = 0;
    while let Some(&point) = order.get(next) {
        order.extend(&children[first_child[point]..first_child[point + 1]]);
        next += 1;
    }
    if order.len() < records.len() {
        let mut reached = vec![false; records.len()];
        order.iter().for_each(|&point| reached[point] = true);
        // Upwards from a point that no root leads to, the first point met again is on the loop.
        let mut at = reached.iter().position(|&reached| !reached);
        while let Some(point) = at.filter(|&point| !reached[point]) {
            reached[point] = true;
            at = parents[point];
        }
        let Record { line, id, .. } = records[at.unwrap_or_default()];
        return Err(MorphologyError::PointLoop { line, id });
    }
    Ok(order)
}

/// A point without a radius takes its parent's.
fn give_radii(
    records: &mut [Record],
    parents: &[Option<usize>],
    order: &[usize],
    warnings: &mut Vec<ImportWarning>,
) -> Result<(), MorphologyError> {
    for &point in order {
        let Record { line, id, diameter_um, .. } = records[point];
        if diameter_um > 0.0 {
            continue;
        }
        let Some(parent) = parents[point] else {
            return Err(MorphologyError::NoRadius { line, id });
        };
        let diameter_um = records[parent].diameter_um;
        records[point].diameter_um = diameter_um;
        warnings.push(ImportWarning {
            line: Some(line),
            kind: ImportWarningKind::ZeroRadius { id, used_um: diameter_um / 2.0 },
        });
    }
    Ok(())
}
