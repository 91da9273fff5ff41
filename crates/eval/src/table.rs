use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

use crate::EvalError;
use crate::error::check_shape;

/// A table of results, for people, and for programs as comma-separated values or, by serde, as JSON.
///
/// ```
/// use apical_eval::Table;
///
/// let mut table = Table::new("regions", &["region", "compartments", "mse_mv2"]);
/// table.push(vec!["soma".into(), 1_usize.into(), 0.25.into()])?;
/// table.push(vec!["basal, all".into(), 262_usize.into(), None.into()])?;
/// assert_eq!(table.to_csv(), "region,compartments,mse_mv2\nsoma,1,0.25\n\"basal, all\",262,\n");
/// # Ok::<(), apical_eval::EvalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Table {
    /// What it is of; a file's name without its ending.
    pub name: String,
    /// Names of columns, with units.
    pub columns: Vec<String>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// What is in a place of a [`Table`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Cell {
    /// A name.
    Text(String),
    /// A number of things.
    Count(usize),
    /// A quantity; one that is not finite is shown as nothing.
    Number(f64),
    /// Nothing, where there is no such quantity.
    Nothing,
}

impl Table {
    /// Without rows.
    #[must_use]
    pub fn new(name: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { name: name.to_owned(), columns, rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`](apical_core::CoreError::Shape) for one of another length.
    pub fn push(&mut self, row: Vec<Cell>) -> Result<(), EvalError> {
        check_shape("cells of a row", self.columns.len(), row.len())?;
        self.rows.push(row);
        Ok(())
    }

    /// The place of a column in every row.
    #[must_use]
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// The rows that have these texts in these columns.
    ///
    /// ```
    /// use apical_eval::Table;
    ///
    /// let mut table = Table::new("spikes", &["predictor", "mode", "f1"]);
    /// table.push(vec!["network".into(), "one step".into(), 0.75.into()])?;
    /// table.push(vec!["network".into(), "free".into(), 0.5.into()])?;
    /// let found: Vec<_> = table.rows_with(&[("predictor", "network"), ("mode", "free")]).collect();
    /// assert_eq!(found.len(), 1);
    /// assert_eq!(table.number(found[0], "f1"), Some(0.5));
    /// # Ok::<(), apical_eval::EvalError>(())
    /// ```
    pub fn rows_with<'a, 'b>(
        &'a self,
        texts: &'b [(&'b str, &'b str)],
    ) -> impl Iterator<Item = &'a [Cell]> + use<'a, 'b> {
        let has = |row: &[Cell], column: &str, text: &str| {
            let cell = self.place(column).and_then(|place| row.get(place));
            matches!(cell, Some(Cell::Text(found)) if found == text)
        };
        self.rows
            .iter()
            .map(Vec::as_slice)
            .filter(move |row| texts.iter().all(|(column, text)| has(row, column, text)))
    }

    /// The number in a column of a row of the table; none where there is none.
    #[must_use]
    pub fn number(&self, row: &[Cell], column: &str) -> Option<f64> {
        row.get(self.place(column)?)?.number()
    }

    /// Comma-separated values (RFC 4180, lines ended by `\n`), the names of columns first; numbers have the digits that give
    /// the same number when read.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = String>| {
            for (place, cell) in cells.enumerate() {
                if place > 0 {
                    text.push(',');
                }
                if cell.contains([',', '"', '\n', '\r']) {
                    // writing to a string never fails
                    let _ = write!(text, "\"{}\"", cell.replace('"', "\"\""));
                } else {
                    text.push_str(&cell);
                }
            }
            text.push('\n');
        };
        line(&mut self.columns.iter().cloned());
        for row in &self.rows {
            line(&mut row.iter().map(Cell::to_string));
        }
        text
    }
}

impl Cell {
    /// The quantity or count, where it is one.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Nothing => None,
        }
    }
}

/// In full; nothing for [`Cell::Nothing`].
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.pad(text),
            Self::Count(count) => count.fmt(f),
            Self::Number(number) if number.is_finite() => number.fmt(f),
            Self::Number(_) | Self::Nothing => f.pad(""),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Nothing }
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_quotes_are_doubled() {
        let mut table = Table::new("t", &["a", "b"]);
        table.push(vec![(0.1 + 0.2).into(), "say \"so\"".into()]).unwrap();
        table.push(vec![f64::NAN.into(), Cell::Count(3)]).unwrap();
        let csv = table.to_csv();
        assert_eq!(csv, "a,b\n0.30000000000000004,\"say \"\"so\"\"\"\n,3\n");
        let json = serde_json::to_string(&table.rows).unwrap();
        assert_eq!(json, r#"[[0.30000000000000004,"say \"so\""],[null,3]]"#);
        assert_eq!(serde_json::from_str::<Vec<Vec<Cell>>>(&json).unwrap(), table.rows);
        assert!(table.push(vec![Cell::Nothing]).is_err());
    }
}
