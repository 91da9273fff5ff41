use std::collections::HashSet;

use apical_core::{CompartmentId, TrialLayout};
use serde::{Deserialize, Serialize};

use crate::SurrogateError;
use crate::error::check_parameter;

/// What one output of a network is about: the millisecond that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Task {
    /// The voltage of a compartment at its end.
    Voltage(CompartmentId),
    /// The logit of the probability that a somatic spike comes within it.
    Spike,
}

/// The outputs of a network, in order.
///
/// ```
/// use apical_core::CompartmentId;
/// use apical_surrogate::{Task, TaskTable};
///
/// let soma = CompartmentId::new(0);
/// let tasks = TaskTable::new(vec![Task::Spike, Task::Voltage(soma)])?;
/// assert_eq!(tasks.compartments(), [soma]);
/// assert_eq!(tasks.spike(), Some(0));
/// assert!(TaskTable::new(vec![Task::Spike, Task::Spike]).is_err());
/// # Ok::<(), apical_surrogate::SurrogateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Task>", into = "Vec<Task>")]
pub struct TaskTable {
    tasks: Vec<Task>,
}

impl TaskTable {
    /// These tasks.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Task`] for one that is there twice, [`SurrogateError::Parameter`] for none.
    pub fn new(tasks: Vec<Task>) -> Result<Self, SurrogateError> {
        check_parameter(!tasks.is_empty(), "tasks", 0.0, "at least 1")?;
        let mut seen = HashSet::new();
        match tasks.iter().enumerate().find(|(_, task)| !seen.insert(**task)) {
            Some((index, &task)) => {
                Err(SurrogateError::Task { index, task, what: "is there already" })
            }
            None => Ok(Self { tasks }),
        }
    }

    /// The tasks of Verhellen et al. 2024: all dendritic compartments, the spike, the soma. 641 with 639 compartments.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Task`] if the soma is a dendrite.
    pub fn verhellen2024(layout: &TrialLayout) -> Result<Self, SurrogateError> {
        let dendrites = layout.compartments.dendritic().map(Task::Voltage);
        Self::new(dendrites.chain([Task::Spike, Task::Voltage(layout.soma)]).collect())
    }

    /// In order.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// Their number.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Never: there is at least one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The compartments whose voltages are predicted, in order of tasks.
    #[must_use]
    pub fn compartments(&self) -> Vec<CompartmentId> {
        let compartment = |task: &Task| match *task {
            Task::Voltage(compartment) => Some(compartment),
            Task::Spike => None,
        };
        self.tasks.iter().filter_map(compartment).collect()
    }

    /// Which task is the spike, if one is.
    #[must_use]
    pub fn spike(&self) -> Option<usize> {
        self.tasks.iter().position(|task| *task == Task::Spike)
    }

    /// Refuses tasks that a neuron does not have.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Task`] with the first.
    pub fn check(&self, layout: &TrialLayout) -> Result<(), SurrogateError> {
        let beyond = |task: &Task| match *task {
            Task::Voltage(compartment) => compartment.index() >= layout.compartments.len(),
            Task::Spike => false,
        };
        match self.tasks.iter().position(beyond) {
            Some(index) => {
                let task = self.tasks[index];
                Err(SurrogateError::Task {
                    index,
                    task,
                    what: "is not a compartment of the neuron",
                })
            }
            None => Ok(()),
        }
    }
}

impl TryFrom<Vec<Task>> for TaskTable {
    type Error = SurrogateError;

    fn try_from(tasks: Vec<Task>) -> Result<Self, SurrogateError> {
        Self::new(tasks)
    }
}

impl From<TaskTable> for Vec<Task> {
    fn from(table: TaskTable) -> Self {
        table.tasks
    }
}
