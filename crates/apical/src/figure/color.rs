/// Plasma (Smith & van der Walt), in eighths, without its bright end, which white paper swallows.
const RAMP: [[f64; 3]; 7] = [
    [13.0, 8.0, 135.0],
    [75.0, 3.0, 161.0],
    [125.0, 3.0, 168.0],
    [168.0, 34.0, 150.0],
    [203.0, 70.0, 121.0],
    [229.0, 107.0, 93.0],
    [248.0, 148.0, 65.0],
];

/// Colors that are told apart with any color vision (Okabe & Ito 2008).
pub(super) const CATEGORIES: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

/// The color of a fraction, 0 to 1, of a sequential scale.
pub(super) fn sequential(fraction: f64) -> String {
    let at = fraction.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let low = (at as usize).min(RAMP.len() - 2);
    let share = at - low as f64;
    let [r, g, b] = std::array::from_fn(|i| {
        (RAMP[low][i] * (1.0 - share) + RAMP[low + 1][i] * share).round() as u8
    });
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::sequential;

    #[test]
    fn ends_and_beyond() {
        assert_eq!(sequential(0.0), "#0d0887");
        assert_eq!(sequential(1.0), "#f89441");
        assert_eq!(sequential(7.0), sequential(1.0));
        assert_eq!(sequential(0.5), "#a82296");
    }
}
