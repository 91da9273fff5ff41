//! Tables that trainings leave.

use std::fs;
use std::path::Path;

use crate::Outcome;

/// Steps and the numbers of a column of a table, where there are any.
pub(crate) fn column(path: &Path, name: &str) -> Outcome<Vec<(f64, f64)>> {
    let table = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut lines = table.lines();
    let mut names = lines.next().unwrap_or_default().split(',');
    let place = names.position(|known| known == name);
    let place = place.ok_or_else(|| format!("{}: no column `{name}`", path.display()))?;
    let numbers = lines.filter_map(|line| {
        let mut fields = line.split(',');
        let step = fields.clone().next()?.parse().ok()?;
        Some((step, fields.nth(place)?.parse().ok()?))
    });
    Ok(numbers.collect())
}
