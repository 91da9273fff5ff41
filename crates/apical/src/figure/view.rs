use apical_extracellular::Electrode;

use super::axis::px;
use super::cell::Outlines;

/// How far beyond the neuron electrodes are shown, as a share of its larger extent.
const BEYOND: f64 = 0.3;

/// Where an electrode is seen.
pub(super) fn place(electrode: &Electrode) -> [f64; 2] {
    let [x, y, _] = electrode.position_um();
    [x, y]
}

/// What of the plane is seen, µm.
pub(super) struct View {
    low: [f64; 2],
    high: [f64; 2],
}

impl View {
    /// The neuron, and electrodes that are not far from it; all of them where there is none.
    pub(super) fn new(outlines: &Outlines<'_>, electrodes: &[Electrode]) -> Self {
        let mut cell = Self { low: [f64::INFINITY; 2], high: [f64::NEG_INFINITY; 2] };
        outlines.discs().for_each(|(center, radius)| cell.include(center, radius));
        let extent = cell.extent().into_iter().fold(0.0, f64::max);
        let near = Self {
            low: cell.low.map(|low| low - BEYOND * extent),
            high: cell.high.map(|high| high + BEYOND * extent),
        };
        let places = || electrodes.iter().map(place);
        let none_is_near = !places().any(|place| near.contains(place));
        // A dot and half a line's width, about.
        let margin = 0.01 * extent.max(1.0);
        for place in places().filter(|&place| none_is_near || near.contains(place)) {
            cell.include(place, margin);
        }
        cell
    }

    fn include(&mut self, center: [f64; 2], radius: f64) {
        self.low = std::array::from_fn(|i| self.low[i].min(center[i] - radius));
        self.high = std::array::from_fn(|i| self.high[i].max(center[i] + radius));
    }

    pub(super) fn contains(&self, place: [f64; 2]) -> bool {
        (0..2).all(|i| (self.low[i]..=self.high[i]).contains(&place[i]))
    }

    /// Width and height, none where nothing is seen.
    fn extent(&self) -> [f64; 2] {
        std::array::from_fn(|i| (self.high[i] - self.low[i]).max(0.0))
    }

    /// Width on the page, px, within a width and height there.
    pub(super) fn width_px(&self, within_px: [f64; 2]) -> f64 {
        let [width, height] = self.extent();
        let px_per_um = (within_px[0] / width).min(within_px[1] / height);
        if px_per_um.is_finite() { px(width * px_per_um) } else { within_px[0] }
    }

    /// Discs that span it, as a projection takes them.
    pub(super) fn corners(&self) -> impl Iterator<Item = ([f64; 2], f64)> {
        [self.low, self.high].into_iter().map(|corner| (corner, 0.0))
    }
}
