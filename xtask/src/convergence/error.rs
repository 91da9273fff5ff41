//! How far a run is from the reference run, and how that goes with the time step.

use super::experiment::Trajectory;

/// How far a run is from the reference run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errors {
    /// Root mean square of somatic voltage at whole milliseconds, mV.
    pub(super) soma_rms_mv: f64,
    /// Largest difference of the same, mV.
    pub(super) soma_largest_mv: f64,
    pub(super) spikes: usize,
    /// Whether the reference has as many.
    pub(super) same_spikes: bool,
    /// Mean absolute difference of spike times, ms; not a number where there are no spikes or other ones.
    pub(super) spike_time_ms: f64,
    /// Root mean square of the voltage at the distal apical site at whole milliseconds, mV.
    pub(super) distal_rms_mv: f64,
    /// Highest voltage at the distal apical site, mV; not a difference.
    pub(super) distal_peak_mv: f64,
}

impl Errors {
    pub(super) fn of(run: &Trajectory, reference: &Trajectory) -> Self {
        let soma = differences(&run.soma_mv, &reference.soma_mv);
        let distal = differences(&run.distal_mv, &reference.distal_mv);
        let spikes = run.spike_times_ms.len();
        let times = differences(&run.spike_times_ms, &reference.spike_times_ms);
        let same_spikes = spikes == reference.spike_times_ms.len();
        Self {
            soma_rms_mv: root_mean_square(&soma),
            soma_largest_mv: soma.iter().copied().fold(0.0, f64::max),
            spikes,
            same_spikes,
            // Without spikes 0/0.
            spike_time_ms: if same_spikes {
                times.iter().sum::<f64>() / spikes as f64
            } else {
                f64::NAN
            },
            distal_rms_mv: root_mean_square(&distal),
            distal_peak_mv: run.distal_peak_mv,
        }
    }
}

fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect()
}

fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

/// The exponent p of error ∝ dtᵖ: slope of the line of least squares through the logarithms.
pub(super) fn order(points: &[[f64; 2]]) -> f64 {
    let logs: Vec<[f64; 2]> = points.iter().map(|point| point.map(f64::ln)).collect();
    let mean: [f64; 2] =
        std::array::from_fn(|i| logs.iter().map(|log| log[i]).sum::<f64>() / logs.len() as f64);
    let products: f64 = logs.iter().map(|log| (log[0] - mean[0]) * (log[1] - mean[1])).sum();
    products / logs.iter().map(|log| (log[0] - mean[0]).powi(2)).sum::<f64>()
}

/// What lies between points (x, y), x ascending, on the lines between their logarithms; the outer lines go on.
pub(super) fn between(points: &[[f64; 2]], x: f64) -> f64 {
    let after = points.iter().position(|point| point[0] >= x).unwrap_or(points.len() - 1);
    let [from, to] =
        [points[after.max(1) - 1], points[after.max(1)]].map(|point| point.map(f64::ln));
    (from[1] + (x.ln() - from[0]) / (to[0] - from[0]) * (to[1] - from[1])).exp()
}

/// The longest time step up to which no step of the series (dt, error), dt ascending, has a larger error than this:
/// between the steps on the line between logarithms. None if the shortest has; the longest if none has.
pub(super) fn longest_within(points: &[[f64; 2]], error: f64) -> Option<f64> {
    let Some(beyond) = points.iter().position(|point| point[1].is_nan() || point[1] > error) else {
        return points.last().map(|point| point[0]);
    };
    let last = points[beyond.checked_sub(1)?];
    if points[beyond][1].is_nan() {
        return Some(last[0]);
    }
    Some(between(&[last, points[beyond]].map(|[dt, error]| [error, dt]), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trajectory(soma_mv: &[f64], spike_times_ms: &[f64]) -> Trajectory {
        Trajectory {
            soma_mv: soma_mv.to_vec(),
            distal_mv: soma_mv.to_vec(),
            distal_peak_mv: -10.0,
            spike_times_ms: spike_times_ms.to_vec(),
        }
    }

    #[test]
    fn errors_of_known_traces() {
        let reference = trajectory(&[-70.0, -60.0], &[1.0, 2.0]);
        let errors = Errors::of(&trajectory(&[-67.0, -64.0], &[1.5, 1.75]), &reference);
        assert!((errors.soma_rms_mv - 12.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!((errors.soma_largest_mv, errors.spike_time_ms), (4.0, 0.375));
        let other = Errors::of(&trajectory(&[-70.0, -60.0], &[1.0]), &reference);
        assert!(other.spike_time_ms.is_nan() && other.spikes == 1 && !other.same_spikes);
    }

    #[test]
    fn powers_are_found() {
        let square = [1.0, 2.0, 4.0].map(|dt: f64| [dt, 3.0 * dt * dt]);
        assert!((order(&square) - 2.0).abs() < 1e-12);
        assert!((between(&square, 3.0) - 27.0).abs() < 1e-12);
        assert!((between(&square, 8.0) - 192.0).abs() < 1e-9);
        assert!((longest_within(&square, 27.0).unwrap_or(f64::NAN) - 3.0).abs() < 1e-12);
        assert_eq!(longest_within(&square, 1.0), None);
        assert_eq!(longest_within(&square, 100.0), Some(4.0));
        assert_eq!(longest_within(&[[1.0, 2.0], [2.0, f64::NAN]], 3.0), Some(1.0));
    }
}
