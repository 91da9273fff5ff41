//! Numbers on the command line.

pub(super) fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err("not a finite number".to_owned()),
    }
}

pub(super) fn positive(text: &str) -> Result<f64, String> {
    finite(text)
        .and_then(|value| if value > 0.0 { Ok(value) } else { Err("not above 0".to_owned()) })
}

/// A duration whose traces fit into memory: 1000 s of 642 compartments are 5 GB.
pub(super) fn duration(text: &str) -> Result<f64, String> {
    const LONGEST_MS: f64 = 1e6;
    positive(text).and_then(|value| {
        if value <= LONGEST_MS { Ok(value) } else { Err(format!("above {LONGEST_MS}")) }
    })
}

pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    finite(text).and_then(|value| if value >= 0.0 { Ok(value) } else { Err("below 0".to_owned()) })
}

pub(super) fn probability(text: &str) -> Result<f64, String> {
    finite(text).and_then(|value| {
        if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("not in 0 to 1".to_owned()) }
    })
}
