use apical_eval::{EvalError, Table};

use super::expert_columns;
use crate::ApicalError;

/// More experts have too many orders to go through.
const MOST_EXPERTS: usize = 8;

/// How far two trainings agree on which compartments trust which expert, from their tables `experts`: experts have no order, so
/// that of the second is the one that fits best.
///
/// The table `expert_agreement` has one row: `mean_difference` of weights, from 0 to 2 over the experts of a compartment;
/// `chance_difference`, its mean over all orders of experts; and the adjusted Rand index of who trusts which expert most
/// (Hubert & Arabie 1985, doi:10.1007/BF01908075): 1 where both divide compartments alike, 0 where they agree by chance.
///
/// # Errors
///
/// [`ApicalError::OtherExperts`] for networks of other tasks, another number of experts, or more than eight.
pub fn expert_agreement(one: &Table, other: &Table) -> Result<Table, ApicalError> {
    let [a, b] = [weights(one), weights(other)];
    let experts = a.first().map_or(0, Vec::len);
    let is_same = |row: &Vec<f64>| row.len() == experts;
    let is_one_of = (1..=MOST_EXPERTS).contains(&experts);
    if a.len() != b.len() || !is_one_of || !a.iter().chain(&b).all(is_same) {
        let [experts, others] = [&a, &b].map(|rows| rows.first().map_or(0, Vec::len));
        let tasks = [a.len(), b.len()];
        return Err(ApicalError::OtherExperts { tasks, experts: [experts, others] });
    }
    let tasks = a.len() as f64;
    // mean difference of each expert of one from each of the other
    let difference = |i: usize, j: usize| -> f64 {
        a.iter().zip(&b).map(|(a, b)| (a[i] - b[j]).abs()).sum::<f64>() / tasks
    };
    let costs: Vec<Vec<f64>> =
        (0..experts).map(|i| (0..experts).map(|j| difference(i, j)).collect()).collect();
    let mut orders = Vec::new();
    permutations(&mut (0..experts).collect(), 0, &mut |order| {
        orders.push(order.iter().enumerate().map(|(i, &j)| costs[i][j]).sum::<f64>());
    });
    let least = orders.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = orders.iter().sum::<f64>() / orders.len() as f64;
    let most = |rows: &[Vec<f64>]| rows.iter().map(|row| greatest(row)).collect::<Vec<_>>();
    let [most_a, most_b] = [most(&a), most(&b)];
    table(a.len(), experts, [least, mean, adjusted_rand(&most_a, &most_b, experts)])
        .map_err(ApicalError::from)
}

fn table(tasks: usize, experts: usize, found: [f64; 3]) -> Result<Table, EvalError> {
    let names =
        ["compartments", "experts", "mean_difference", "chance_difference", "adjusted_rand_index"];
    let mut table = Table::new("expert_agreement", &names);
    let mut cells = vec![tasks.into(), experts.into()];
    cells.extend(found.map(apical_eval::Cell::from));
    table.push(cells)?;
    Ok(table)
}

/// Weights of the compartments.
fn weights(table: &Table) -> Vec<Vec<f64>> {
    let names = expert_columns(table);
    let rows = table.rows.iter().filter(|row| table.number(row, "task").is_some());
    rows.map(|row| names.iter().filter_map(|name| table.number(row, name)).collect()).collect()
}

fn greatest(weights: &[f64]) -> usize {
    let places = 0..weights.len();
    places.max_by(|&i, &j| weights[i].total_cmp(&weights[j])).unwrap_or_default()
}

fn permutations(order: &mut Vec<usize>, from: usize, with: &mut impl FnMut(&[usize])) {
    if from + 1 >= order.len() {
        return with(order);
    }
    for k in from..order.len() {
        order.swap(from, k);
        permutations(order, from + 1, with);
        order.swap(from, k);
    }
}

/// Of two divisions into so many parts; 1 where each has one part alone.
fn adjusted_rand(a: &[usize], b: &[usize], parts: usize) -> f64 {
    let mut counts = vec![vec![0.0; parts]; parts];
    for (&i, &j) in a.iter().zip(b) {
        counts[i][j] += 1.0;
    }
    let pairs = |n: f64| 0.5 * n * (n - 1.0);
    let both: f64 = counts.iter().flatten().map(|&n| pairs(n)).sum();
    let of_a: f64 = counts.iter().map(|row| pairs(row.iter().sum())).sum();
    let of_b: f64 = (0..parts).map(|j| pairs(counts.iter().map(|row| row[j]).sum())).sum();
    let by_chance = of_a * of_b / pairs(a.len() as f64).max(1.0);
    let most = 0.5 * (of_a + of_b);
    if most - by_chance > 0.0 { (both - by_chance) / (most - by_chance) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experts(rows: &[[f64; 3]]) -> Table {
        let mut table = Table::new("experts", &["task", "expert_0", "expert_1", "expert_2"]);
        for (task, row) in rows.iter().enumerate() {
            let cells = row.iter().map(|&weight| weight.into());
            table.push(std::iter::once(task.into()).chain(cells).collect()).unwrap();
        }
        // the spike is no compartment
        table.push(vec!["spike".into(), 1.0.into(), 0.0.into(), 0.0.into()]).unwrap();
        table
    }

    #[test]
    fn experts_in_another_order_agree() {
        let rows = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.0, 0.1, 0.9]];
        let moved = rows.map(|[a, b, c]| [c, a, b]);
        let found = expert_agreement(&experts(&rows), &experts(&moved)).unwrap();
        let number = |name| found.number(&found.rows[0], name).unwrap();
        assert!(number("mean_difference") < 1e-12);
        assert!(number("chance_difference") > 0.5);
        assert!((number("adjusted_rand_index") - 1.0).abs() < 1e-12);
        assert_eq!(number("compartments"), 4.0);
    }

    /// Two halves and two other halves: 4 of 8 pairs that are together in one are so in the other, 24 / 28 × 12 / 28 × 28 by
    /// chance.
    #[test]
    fn divisions_that_cross_agree_by_chance_or_less() {
        let a = vec![0, 0, 0, 0, 1, 1, 1, 1];
        let b = vec![0, 0, 1, 1, 0, 0, 1, 1];
        let (both, of_each, all) = (4.0, 12.0, 28.0);
        let by_chance = of_each * of_each / all;
        let expected = (both - by_chance) / (of_each - by_chance);
        assert!((adjusted_rand(&a, &b, 2) - expected).abs() < 1e-12);
        assert_eq!(adjusted_rand(&a, &a, 2), 1.0);
    }

    #[test]
    fn other_networks_are_refused() {
        let two = experts(&[[1.0, 0.0, 0.0]; 2]);
        let error = expert_agreement(&two, &experts(&[[1.0, 0.0, 0.0]; 3])).unwrap_err();
        assert!(error.to_string().contains('3'), "{error}");
        assert!(expert_agreement(&two, &Table::new("experts", &["task"])).is_err());
    }
}
