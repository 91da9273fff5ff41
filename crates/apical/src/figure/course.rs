use svg::node::element::path::Data;

use super::axis::Scale;

/// The trace's line: every sample, or the extremes of each half pixel where there are more.
pub(super) fn course(times_ms: &[f64], values: &[f64], time: &Scale, scale: &Scale) -> Data {
    let bins = (2.0 * (time.to[1] - time.to[0])).max(1.0) as usize;
    let samples: Vec<usize> = if values.len() <= 2 * bins {
        (0..values.len()).collect()
    } else {
        extremes(values, values.len().div_ceil(bins))
    };
    let mut data = Data::new();
    for (i, &sample) in samples.iter().enumerate() {
        let at = (time.at(times_ms[sample]), scale.at(values[sample]));
        data = if i == 0 { data.move_to(at) } else { data.line_to(at) };
    }
    data
}

/// Indices of the least and the greatest value of each run of `bin` values, in order, and of the last value.
fn extremes(values: &[f64], bin: usize) -> Vec<usize> {
    let mut indices = Vec::new();
    for (k, chunk) in values.chunks(bin).enumerate() {
        let by_value = |a: &usize, b: &usize| chunk[*a].total_cmp(&chunk[*b]);
        let least = (0..chunk.len()).min_by(by_value);
        let greatest = (0..chunk.len()).max_by(by_value);
        let mut pair: Vec<usize> = least.into_iter().chain(greatest).map(|i| k * bin + i).collect();
        pair.sort_unstable();
        pair.dedup();
        indices.extend(pair);
    }
    if let Some(last) = values.len().checked_sub(1)
        && indices.last() != Some(&last)
    {
        indices.push(last);
    }
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_extreme_is_lost() {
        let mut values = vec![0.0; 1000];
        values[417] = 5.0;
        values[418] = -3.0;
        let kept: Vec<f64> = extremes(&values, 100).iter().map(|&i| values[i]).collect();
        assert!(kept.len() <= 21);
        assert!(kept.contains(&5.0) && kept.contains(&-3.0));
    }
}
