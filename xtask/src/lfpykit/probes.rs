//! Probes that probeinterface makes and writes, as `Probe` reads them.

use std::path::Path;

use apical_extracellular::{Contact, Electrode, Probe};

use super::compare::Row;
use super::read_npy;
use crate::Outcome;
use crate::workspace::text;

/// Place, and radius times normal and zeros, or half of each side.
const VALUES: usize = 9;

/// One row, or none if the script found no probeinterface.
pub(super) fn compare(folder: &Path) -> Outcome<Option<Row>> {
    let mut row = Row::new("probeinterface, contacts");
    for dimensions in ["2d", "3d"] {
        let file = folder.join(format!("probes-{dimensions}.json"));
        if !file.is_file() {
            println!("skipped: there is no Python package `probeinterface`");
            return Ok(None);
        }
        let json = std::fs::read_to_string(&file).map_err(text)?;
        let theirs = read_npy(&file.with_extension("npy"))?;
        let mut theirs = theirs.chunks_exact(VALUES);
        for (index, probe) in Probe::from_probeinterface(&json).map_err(text)?.iter().enumerate() {
            for (contact, electrode) in probe.electrodes().iter().enumerate() {
                let expected = theirs.next().ok_or("the file of probes has more contacts")?;
                let place = || format!("{dimensions}, probe {index}, contact {contact}");
                row.add(&values_um(electrode)?, expected, place);
            }
        }
        if theirs.next().is_some() {
            return Err("the file of probes has fewer contacts".to_owned());
        }
    }
    Ok(Some(row))
}

fn values_um(electrode: &Electrode) -> Outcome<Vec<f64>> {
    let shape = match electrode.contact() {
        Contact::Point => [[0.0; 3]; 2],
        Contact::Disc { radius_um, normal } => [normal.map(|x| x * radius_um), [0.0; 3]],
        Contact::Rectangle { half_sides_um } => half_sides_um,
        other => return Err(format!("a contact that is not compared: {other:?}")),
    };
    Ok([[electrode.position_um()].as_slice(), &shape].concat().concat())
}
