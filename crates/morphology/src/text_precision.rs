use crate::Point;

impl Point {
    /// A point as NEURON gets it from its importers: the values pass through text of eight significant digits before they
    /// are rounded to float32.
    pub(crate) fn from_text_precision(position_um: [f64; 3], diameter_um: f64) -> Self {
        Self::new(position_um.map(eight_digits), eight_digits(diameter_um))
    }
}

fn eight_digits(value: f64) -> f64 {
    format!("{value:.7e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_eight_digits() {
        assert_eq!(eight_digits(-123_456.789_012), -123_456.79);
        assert_eq!(eight_digits(0.000_012_345_678_912), 0.000_012_345_679);
        assert_eq!(eight_digits(0.0), 0.0);
        assert_eq!(eight_digits(14.5), 14.5);
    }
}
