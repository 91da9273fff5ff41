//! Times of somatic spikes.
//!
//! Published are times rounded to float16, by up to 2 ms at 6 s, and the soma voltage that they were found in, 8 samples a
//! millisecond, rounded to float16 as well. The rule, samples above −25 mV that exceed both neighbors, was applied before
//! rounding: afterwards a peak may be two equal samples, or none.

use half::f16;

/// Threshold of the published rule, mV.
const THRESHOLD_MV: f32 = -25.0;

/// Why times cannot be had.
#[derive(Debug, PartialEq)]
pub(super) enum Mismatch {
    /// A published time, by number, that is before the previous one or outside the simulation.
    Time(usize),
    /// A peak at this time, ms, was not published.
    Unpublished(f64),
}

/// Times of all published spikes, ms, and how many of them could not be found in the voltage and are rounded.
///
/// A peak is that of a published spike if its time rounds to the published one. Rounding is monotonic: it makes no peak, and
/// where samples are equal one of them was the largest; the first is taken.
pub(super) fn spike_times_ms(
    soma_mv: &[f32],
    samples_per_ms: usize,
    published_ms: &[f16],
) -> Result<(Vec<f64>, usize), Mismatch> {
    let time_ms = |sample: usize| sample as f64 / samples_per_ms as f64;
    // By way of float32, which holds an eighth of a millisecond for half an hour, since the conversion from float64 is not
    // rounded alike on every processor.
    let rounded_ms = |sample: usize| f16::from_f32(time_ms(sample) as f32);
    let end_ms = rounded_ms(soma_mv.len());
    let mut previous = f16::ZERO;
    for (index, &ms) in published_ms.iter().enumerate() {
        // in this form, so that NaN is refused
        if !(ms >= previous && ms <= end_ms) {
            return Err(Mismatch::Time(index));
        }
        previous = ms;
    }
    let mut times_ms = Vec::with_capacity(published_ms.len());
    let mut rounded = 0;
    let mut rest = published_ms.iter().peekable();
    let peaks = if samples_per_ms == 1 { Vec::new() } else { peaks(soma_mv) };
    for samples in peaks {
        while let Some(&ms) = rest.next_if(|&&ms| ms < rounded_ms(samples.start)) {
            times_ms.push(ms.to_f64());
            rounded += 1;
        }
        let exact = rest.peek().and_then(|ms| samples.clone().find(|&s| rounded_ms(s) == **ms));
        let sample = exact.ok_or_else(|| Mismatch::Unpublished(time_ms(samples.start)))?;
        rest.next();
        times_ms.push(time_ms(sample));
    }
    for ms in rest {
        times_ms.push(ms.to_f64());
        rounded += 1;
    }
    // Of two spikes that round to the same time, only one may have been found.
    times_ms.sort_by(f64::total_cmp);
    Ok((times_ms, rounded))
}

/// Samples that are equal and exceed those before and after.
fn peaks(trace_mv: &[f32]) -> Vec<std::ops::Range<usize>> {
    let mut end = 0;
    let equal: Vec<_> = trace_mv
        .chunk_by(|a, b| a == b)
        .map(|run| {
            let start = end;
            end += run.len();
            (start..end, run[0])
        })
        .collect();
    let is_peak = |before: f32, v: f32, after: f32| v > THRESHOLD_MV && v > before && v > after;
    equal
        .windows(3)
        .filter(|runs| is_peak(runs[0].1, runs[1].1, runs[2].1))
        .map(|runs| runs[1].0.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Peaks at 8 samples a millisecond, of given lengths, at given samples.
    fn trace(samples: usize, peaks: &[(usize, usize)]) -> Vec<f32> {
        let mut trace = vec![-70.0; samples];
        for &(first, length) in peaks {
            trace[first..first + length].fill(20.0);
        }
        trace
    }

    fn published(times_ms: &[f64]) -> Vec<f16> {
        times_ms.iter().map(|&ms| f16::from_f64(ms)).collect()
    }

    #[test]
    fn times_are_those_of_the_voltage() {
        // 5001.375 ms is 5000 as float16; of two equal samples that round to the same time the first is taken
        let trace = trace(48_000, &[(80, 1), (40_011, 1), (41_000, 2)]);
        let times = published(&[10.0, 5001.375, 5125.125]);
        assert_eq!(times[1].to_f64(), 5000.0);
        let found = spike_times_ms(&trace, 8, &times).unwrap();
        assert_eq!(found, (vec![10.0, 5001.375, 5125.0], 0));
    }

    #[test]
    fn spikes_that_rounding_hid_are_kept() {
        let trace = trace(48_000, &[(40_011, 1)]);
        let found = spike_times_ms(&trace, 8, &published(&[100.0, 5001.375, 5500.0])).unwrap();
        assert_eq!(found, (vec![100.0, 5001.375, 5500.0], 2));
        // two within the same rounded time, of which one is hidden
        let found = spike_times_ms(&trace, 8, &published(&[4999.0, 5001.375])).unwrap();
        assert_eq!(found, (vec![5000.0, 5001.375], 1));
        // without a resolution that could tell more, all are
        let found = spike_times_ms(&trace[..6000], 1, &published(&[100.0, 5000.0])).unwrap();
        assert_eq!(found, (vec![100.0, 5000.0], 2));
    }

    #[test]
    fn peaks_that_rounding_made_equal_count_once() {
        // the second of the equal samples was the largest: 2049.0 rounds down, 2049.125 up
        let trace = trace(48_000, &[(2049 * 8, 2)]);
        assert_eq!(f16::from_f64(2049.0).to_f64(), 2048.0);
        let found = spike_times_ms(&trace, 8, &published(&[2049.125])).unwrap();
        assert_eq!(found, (vec![2049.125], 0));
    }

    #[test]
    fn refuses_what_contradicts_itself() {
        let trace = trace(800, &[(80, 1)]);
        let times = |times: &[f64]| spike_times_ms(&trace, 8, &published(times));
        assert_eq!(times(&[]), Err(Mismatch::Unpublished(10.0)));
        assert_eq!(times(&[11.0]), Err(Mismatch::Unpublished(10.0)));
        assert_eq!(times(&[10.0, 9.0]), Err(Mismatch::Time(1)));
        assert_eq!(times(&[10.0, 101.0]), Err(Mismatch::Time(1)));
        assert_eq!(times(&[f64::NAN]), Err(Mismatch::Time(0)));
        assert_eq!(times(&[-1.0]), Err(Mismatch::Time(0)));
        // neither below the threshold nor at an end is there a peak
        let flat = [-10.0, -30.0, -26.0, -30.0, -10.0];
        assert_eq!(spike_times_ms(&flat, 8, &[]), Ok((vec![], 0)));
    }
}
