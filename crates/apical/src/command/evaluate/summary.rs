use std::io::{self, Write};
use std::path::Path;

use apical::eval::{Cell, Table};
use apical::evaluation::Evaluation;

/// What is looked at first.
pub(super) fn write(evaluation: &Evaluation, out: &Path) -> io::Result<()> {
    let mut to = io::stdout().lock();
    let trials = super::super::counted(evaluation.trials.len(), "trial");
    writeln!(to, "{trials}, from {} ms on", evaluation.first_ms)?;
    if let Some(table) = evaluation.table("regions") {
        writeln!(to, "\nexplained variance, %")?;
        matrix(&mut to, table, "region", "explained_variance", 100.0)?;
    }
    for (name, title, columns) in [
        (
            "spikes",
            "somatic spikes",
            &[
                "roc_auc",
                "average_precision",
                "f1",
                "gamma_2ms",
                "true_rate_hz",
                "predicted_rate_hz",
            ][..],
        ),
        (
            "calcium",
            "calcium spikes",
            &["true_events", "predicted_events", "precision", "recall", "duration_error_ms"],
        ),
    ] {
        if let Some(table) = evaluation.table(name) {
            writeln!(to, "\n{title}")?;
            list(&mut to, table, columns)?;
        }
    }
    if let Some(table) = evaluation.table("potentials") {
        writeln!(to, "\ncorrelation of potentials")?;
        matrix(&mut to, table, "electrode", "correlation", 1.0)?;
    }
    writeln!(to, "\nwrote {} tables to {}", evaluation.tables.len(), out.display())
}

/// A row for every way to predict, a column for every value of `across`.
fn matrix(
    to: &mut impl Write,
    table: &Table,
    across: &str,
    value: &str,
    factor: f64,
) -> io::Result<()> {
    let (Some(across), Some(value)) = (table.place(across), table.place(value)) else {
        return Ok(());
    };
    let mut names: Vec<String> = Vec::new();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for row in &table.rows {
        let (whose, name) = (whose(row), row[across].to_string());
        if !names.contains(&name) {
            names.push(name);
        }
        if rows.last().is_none_or(|(known, _)| *known != whose) {
            rows.push((whose, Vec::new()));
        }
        if let Some((_, cells)) = rows.last_mut() {
            cells.push(shown(&row[value], factor));
        }
    }
    line(to, "", &names)?;
    rows.iter().try_for_each(|(whose, cells)| line(to, whose, cells))
}

/// A row for every way to predict.
fn list(to: &mut impl Write, table: &Table, columns: &[&str]) -> io::Result<()> {
    line(to, "", &columns.iter().map(|name| name.replace('_', " ")).collect::<Vec<_>>())?;
    let places: Vec<usize> = columns.iter().filter_map(|name| table.place(name)).collect();
    for row in &table.rows {
        let cells: Vec<_> = places.iter().map(|&place| shown(&row[place], 1.0)).collect();
        line(to, &whose(row), &cells)?;
    }
    Ok(())
}

fn line(to: &mut impl Write, name: &str, cells: &[String]) -> io::Result<()> {
    write!(to, "  {name:<22}")?;
    for cell in cells {
        write!(to, " {cell:>11}")?;
    }
    writeln!(to)
}

/// Who predicts, and how.
fn whose(row: &[Cell]) -> String {
    format!("{}, {}", row[0], row[1])
}

fn shown(cell: &Cell, factor: f64) -> String {
    match cell {
        Cell::Number(number) => format!("{:.3}", number * factor),
        Cell::Nothing => "-".to_owned(),
        other => other.to_string(),
    }
}
