use std::collections::HashSet;

use apical_core::{CompartmentId, CompartmentTable, CoreError, Trial};
use serde::{Deserialize, Serialize};

use crate::EvalError;
use crate::error::check_shape;

/// Which compartments of trials are looked at, in which order: C of those that their layout has.
///
/// ```
/// use apical_core::CompartmentId;
/// use apical_eval::Columns;
///
/// let columns = Columns::new(4, vec![CompartmentId::new(2), CompartmentId::new(0)])?;
/// assert_eq!(columns.of(&[-70.0, -71.0, -72.0, -73.0]), [-72.0, -70.0]);
/// # Ok::<(), apical_eval::EvalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Columns {
    parts: Parts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    layout_compartments: usize,
    compartments: Vec<CompartmentId>,
}

impl Columns {
    /// Some compartments of a layout that has `layout_compartments`.
    ///
    /// # Errors
    ///
    /// [`EvalError::Empty`] for none, [`CoreError::Compartment`] for one that the layout does not have,
    /// [`EvalError::CompartmentTwice`].
    pub fn new(
        layout_compartments: usize,
        compartments: Vec<CompartmentId>,
    ) -> Result<Self, EvalError> {
        Parts { layout_compartments, compartments }.try_into()
    }

    /// Soma and dendrites, which have synapses or the output; axons and what is not known are left out.
    ///
    /// # Errors
    ///
    /// [`EvalError::Empty`] if there are none.
    pub fn soma_and_dendrites(table: &CompartmentTable) -> Result<Self, EvalError> {
        let kept = table.iter().filter(|(_, record)| {
            let section_type = record.section_type;
            section_type.is_dendrite() || section_type == apical_core::SectionType::Soma
        });
        Self::new(table.len(), kept.map(|(id, _)| id).collect())
    }

    /// C.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.compartments.len()
    }

    /// Never: there is at least one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.compartments.is_empty()
    }

    /// The compartments, as the layout numbers them.
    #[must_use]
    pub fn compartments(&self) -> &[CompartmentId] {
        &self.parts.compartments
    }

    /// Number of compartments of the layout.
    #[must_use]
    pub fn layout_compartments(&self) -> usize {
        self.parts.layout_compartments
    }

    /// The values of these compartments, `[C]`, of one for each of the layout's.
    ///
    /// # Panics
    ///
    /// If there are fewer values than the layout has compartments.
    #[must_use]
    pub fn of<T: Copy>(&self, values: &[T]) -> Vec<T> {
        self.parts.compartments.iter().map(|id| values[id.index()]).collect()
    }

    /// The rows of these compartments.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] for a table of another number of compartments than the layout has.
    pub fn table(&self, table: &CompartmentTable) -> Result<CompartmentTable, EvalError> {
        check_shape("compartments of the table", self.layout_compartments(), table.len())?;
        let records = self.parts.compartments.iter().filter_map(|&id| table.get(id));
        Ok(CompartmentTable::new(records.cloned().collect()))
    }

    /// The voltages that are predicted one step ahead, those at 1, 2, …, T ms, mV, `[T × C]`.
    ///
    /// # Errors
    ///
    /// [`CoreError::Shape`] for a trial of another layout.
    pub fn targets(&self, trial: &Trial) -> Result<Vec<f32>, EvalError> {
        self.check(trial)?;
        let rows = trial.voltage_mv.chunks_exact(self.layout_compartments()).skip(1);
        Ok(rows.flat_map(|row| self.of(row)).collect())
    }

    /// Refuses a trial of another layout.
    pub(crate) fn check(&self, trial: &Trial) -> Result<(), EvalError> {
        let expected = (trial.bins() + 1) * self.layout_compartments();
        check_shape("voltages [(bins + 1) × compartments]", expected, trial.voltage_mv.len())
    }
}

impl TryFrom<Parts> for Columns {
    type Error = EvalError;

    fn try_from(parts: Parts) -> Result<Self, EvalError> {
        if parts.compartments.is_empty() {
            return Err(EvalError::Empty { what: "the list of compartments" });
        }
        let compartments = parts.layout_compartments;
        let mut seen = HashSet::new();
        for &compartment in &parts.compartments {
            if compartment.index() >= compartments {
                let what = "a column";
                return Err(CoreError::Compartment { what, compartment, compartments }.into());
            }
            if !seen.insert(compartment) {
                return Err(EvalError::CompartmentTwice { compartment });
            }
        }
        Ok(Self { parts })
    }
}

impl From<Columns> for Parts {
    fn from(columns: Columns) -> Self {
        columns.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_a_layout_does_not_have() {
        let columns =
            |ids: &[usize]| Columns::new(3, ids.iter().copied().map(CompartmentId::new).collect());
        assert!(columns(&[2, 0]).is_ok());
        assert!(matches!(columns(&[]), Err(EvalError::Empty { .. })));
        assert!(matches!(columns(&[3]), Err(EvalError::Core(CoreError::Compartment { .. }))));
        let compartment = CompartmentId::new(1);
        assert_eq!(columns(&[1, 0, 1]), Err(EvalError::CompartmentTwice { compartment }));
        let text = serde_json::to_string(&columns(&[2, 0]).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<Columns>(&text).unwrap(), columns(&[2, 0]).unwrap());
        assert!(serde_json::from_str::<Columns>(&text.replace('2', "3")).is_err());
    }
}
