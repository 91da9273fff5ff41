/// Middles of boxes one below the other, as near as can be to where each wants to be (least squares): `wanted` are in order,
/// neighbors at least `step` apart, all from `range[0]` to `range[1]`, which hold them all.
pub(super) fn stacked(wanted: &[f64], step: f64, range: [f64; 2]) -> Vec<f64> {
    // Without the steps, what is left is to be in order: neighbors that are not share their mean.
    let mut pools: Vec<(f64, usize)> = Vec::with_capacity(wanted.len());
    for (k, &place) in wanted.iter().enumerate() {
        let mut pool = (place - k as f64 * step, 1);
        while let Some(last) = pools.pop_if(|last| last.0 >= pool.0) {
            let count = last.1 + pool.1;
            let sum = last.0 * last.1 as f64 + pool.0 * pool.1 as f64;
            pool = (sum / count as f64, count);
        }
        pools.push(pool);
    }
    let room = range[1] - wanted.len().saturating_sub(1) as f64 * step;
    let places = pools.iter().flat_map(|&(place, count)| std::iter::repeat_n(place, count));
    places.enumerate().map(|(k, place)| place.min(room).max(range[0]) + k as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::stacked;

    #[test]
    fn those_with_room_stay_and_others_share() {
        assert_eq!(stacked(&[10.0, 50.0], 20.0, [0.0, 100.0]), [10.0, 50.0]);
        assert_eq!(stacked(&[50.0, 50.0, 50.0], 20.0, [0.0, 100.0]), [30.0, 50.0, 70.0]);
        assert_eq!(stacked(&[0.0, 48.0, 52.0], 20.0, [5.0, 100.0]), [5.0, 40.0, 60.0]);
        assert_eq!(stacked(&[90.0, 95.0, 99.0], 20.0, [0.0, 100.0]), [60.0, 80.0, 100.0]);
        assert!(stacked(&[], 20.0, [0.0, 100.0]).is_empty());
    }
}
