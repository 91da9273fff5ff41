use crate::Point;

/// The number that NEURON keeps of a coordinate or a diameter that it computed from float32 values: it passes them on
/// as text of eight significant digits. ([`Point`](crate::Point) then keeps the nearest float32.)
pub(crate) fn eight_digits(value: f64) -> f64 {
    format!("{value:.7e}").parse().unwrap_or(value)
}

/// A point as NEURON gets it from its Neurolucida reader, which computes in float64.
pub(crate) fn neuron_point(position_um: [f64; 3], diameter_um: f64) -> Point {
    Point::new(position_um.map(eight_digits), eight_digits(diameter_um))
}

/// The nearest float32, infinite beyond its range.
pub(crate) fn float32(value: f64) -> f64 {
    f64::from(value as f32)
}

#[cfg(test)]
mod tests {
    use super::{eight_digits, float32};

    /// Pairs of a number in a file and the coordinate that NEURON 9.0.2 makes of it, chosen where rounding to float32
    /// alone gives another one.
    #[test]
    fn numbers_are_those_of_neuron() {
        for (written, kept) in [
            (13.6490137414, 13.649014472961426),
            (0.0146675041206, 0.014667503535747528),
            (-103.359694009, -103.35970306396484),
            (0.0517412110862 * 2.0, 0.1034824326634407),
        ] {
            assert_eq!(float32(eight_digits(float32(written))), kept);
            assert_ne!(float32(written), kept);
        }
    }

    #[test]
    fn keeping_again_changes_nothing() {
        let mut value = 1.0e-3_f32;
        while value < 1.0e4 {
            let once = float32(eight_digits(f64::from(value)));
            assert_eq!(float32(eight_digits(once)), once);
            value *= 1.000_37;
        }
    }
}
