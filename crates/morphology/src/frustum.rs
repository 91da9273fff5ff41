//! Integrals over a chain of frusta between two arc lengths.

use std::f64::consts::PI;

use crate::{Point, Section, SectionShape};

/// Integrals over an interval of arc length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Integrals {
    /// Lateral area, µm²: Σ π (r₁ + r₂) √(Δl² + (r₁ − r₂)²).
    pub(crate) area_um2: f64,
    /// ∫ diameter dl, µm².
    pub(crate) diameter_integral_um2: f64,
    /// ∫ dl / (π r²) = Σ Δl / (π r₁ r₂), 1/µm.
    pub(crate) axial_factor_per_um: f64,
}

/// A section as radius and position over arc length.
#[derive(Clone, Debug)]
pub(crate) struct Profile<'a> {
    points: &'a [Point],
    /// Arc length and radius of each point; of the two ends for a cylinder.
    stations: Vec<(f64, f64)>,
}

impl<'a> Profile<'a> {
    pub(crate) fn new(section: &'a Section) -> Self {
        let points = section.points();
        let stations = match section.shape() {
            SectionShape::Points(points) => {
                let mut arc_um = 0.0;
                let mut previous = None;
                points
                    .iter()
                    .map(|point| {
                        arc_um += previous.map_or(0.0, |p: &Point| p.distance_um(point));
                        previous = Some(point);
                        (arc_um, point.diameter_um() / 2.0)
                    })
                    .collect()
            }
            SectionShape::Cylinder { length_um, diameter_um } => {
                vec![(0.0, diameter_um / 2.0), (*length_um, diameter_um / 2.0)]
            }
        };
        Self { points, stations }
    }

    /// Length of the section, µm.
    pub(crate) fn length_um(&self) -> f64 {
        self.stations.last().map_or(0.0, |&(arc_um, _)| arc_um)
    }

    /// Integrals from one arc length to another, not smaller one.
    ///
    /// A step in diameter (two points at one place) is a ring that belongs to the interval which ends there, at the 0 end
    /// to the interval that begins there; as in NEURON.
    pub(crate) fn integrate(&self, from_um: f64, to_um: f64) -> Integrals {
        let mut sum = Integrals::default();
        let first = self.stations.partition_point(|&(arc_um, _)| arc_um < from_um);
        for pair in self.stations[first.saturating_sub(1)..].windows(2) {
            let [(arc1, radius1), (arc2, radius2)] = [pair[0], pair[1]];
            if arc1 > to_um {
                break;
            }
            let extent = arc2 - arc1;
            let (length, r1, r2) = if extent > 0.0 {
                let begin = arc1.max(from_um);
                let end = arc2.min(to_um);
                if end <= begin {
                    continue;
                }
                let radius_at = |arc: f64| {
                    let fraction = (arc - arc1) / extent;
                    radius1 * (1.0 - fraction) + radius2 * fraction
                };
                (end - begin, radius_at(begin), radius_at(end))
            } else {
                let inside = arc1 > from_um || (arc1 == 0.0 && from_um == 0.0);
                if !inside {
                    continue;
                }
                (0.0, radius1, radius2)
            };
            sum.area_um2 += PI * (r1 + r2) * length.hypot(r1 - r2);
            sum.diameter_integral_um2 += (r1 + r2) * length;
            sum.axial_factor_per_um += length / (PI * r1 * r2);
        }
        sum
    }

    /// Place in space at an arc length, by linear interpolation; none for a cylinder.
    pub(crate) fn position_um(&self, arc_um: f64) -> Option<[f64; 3]> {
        let last = self.points.len().checked_sub(1)?;
        let next = self.stations.partition_point(|&(arc, _)| arc <= arc_um);
        if next == 0 {
            return Some(self.points[0].position_um());
        }
        if next > last {
            return Some(self.points[last].position_um());
        }
        let (arc1, arc2) = (self.stations[next - 1].0, self.stations[next].0);
        let fraction = (arc_um - arc1) / (arc2 - arc1);
        let (a, b) = (self.points[next - 1].position_um(), self.points[next].position_um());
        Some(std::array::from_fn(|i| a[i] * (1.0 - fraction) + b[i] * fraction))
    }
}
