use std::fs;
use std::path::Path;

use apical_extracellular::{ExtracellularError, Probe};

use super::read_matrix;
use crate::ApicalError;

/// Reads electrodes, in µm, in the coordinates of the reconstruction. The extension tells the format:
///
/// - `.json`: of probeinterface. Several probes become one, the contact `a` of the first of them `0:a`.
/// - `.npy`: points, `[electrodes, 3]`, float32 or float64.
/// - `.csv`, `.txt`: points, a line `x,y,z` each, parted by commas, semicolons or space. The first line may be a header,
///   and what follows a `#` is a comment.
///
/// Points are called by their index.
///
/// # Errors
///
/// [`ApicalError`] naming the file if it cannot be read or has another extension or shape, with the line of what is no
/// place.
pub fn read_electrodes(path: &Path) -> Result<Probe, ApicalError> {
    let about = |source| ApicalError::Electrodes { path: path.to_owned(), source };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let positions_um = match extension.to_ascii_lowercase().as_str() {
        "json" => {
            return joined(&Probe::from_probeinterface(&text(path)?).map_err(about)?)
                .map_err(about);
        }
        "npy" => rows(path)?,
        "csv" | "txt" => places(path)?,
        _ => return Err(ApicalError::ElectrodeFormat { path: path.to_owned() }),
    };
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let probe = Probe::points(&positions_um).map_err(about)?;
    Ok(probe.named(name.unwrap_or_default()))
}

fn text(path: &Path) -> Result<String, ApicalError> {
    fs::read_to_string(path).map_err(ApicalError::io(path))
}

/// All contacts as those of one probe.
fn joined(probes: &[Probe]) -> Result<Probe, ExtracellularError> {
    if let [probe] = probes {
        return Ok(probe.clone());
    }
    let names: Vec<&str> = probes.iter().map(Probe::name).collect();
    let ids = probes
        .iter()
        .enumerate()
        .flat_map(|(index, probe)| probe.ids().iter().map(move |id| format!("{index}:{id}")));
    let electrodes = probes.iter().flat_map(|probe| probe.electrodes().iter().cloned());
    Probe::new(names.join(", "), ids.collect(), electrodes.collect())
}

fn rows(path: &Path) -> Result<Vec<[f64; 3]>, ApicalError> {
    let matrix = read_matrix(path)?;
    if matrix.columns != 3 {
        return Err(ApicalError::NpyShape {
            path: path.to_owned(),
            found: vec![matrix.rows as u64, matrix.columns as u64],
            expected: "[electrodes, 3]",
        });
    }
    Ok(matrix.values.as_chunks().0.to_vec())
}

fn places(path: &Path) -> Result<Vec<[f64; 3]>, ApicalError> {
    let text = text(path)?;
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate().filter_map(|(k, line)| {
        let content = line.split('#').next().unwrap_or_default().trim();
        (!content.is_empty()).then_some((k + 1, content))
    });
    let mut places_um = Vec::new();
    for (first, (line, content)) in lines.enumerate().map(|(k, line)| (k == 0, line)) {
        let numbers: Vec<Option<f64>> = fields(content).map(|field| field.parse().ok()).collect();
        match numbers[..] {
            [Some(x), Some(y), Some(z)] if [x, y, z].iter().all(|value| value.is_finite()) => {
                places_um.push([x, y, z]);
            }
            // A header is all words.
            _ if first && numbers.iter().all(Option::is_none) => {}
            _ => {
                let found = content.to_owned();
                return Err(ApicalError::ElectrodeLine { path: path.to_owned(), line, found });
            }
        }
    }
    Ok(places_um)
}

/// What commas, semicolons or else space part.
fn fields(line: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    if line.contains([',', ';']) {
        Box::new(line.split([',', ';']).map(str::trim))
    } else {
        Box::new(line.split_whitespace())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, content: &str) -> Result<Probe, ApicalError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        read_electrodes(&path)
    }

    #[test]
    fn lines_of_places() {
        let expected = [[30.0, 0.0, -1.5], [1e2, 2.0, 3.0]];
        for (name, content) in [
            ("sites.csv", "x,y,z\n30,0,-1.5\n1e2, 2, 3\n"),
            ("sites.txt", "# a comment\n\n30 0\t-1.5  # the soma\r\n100 2 3"),
            ("SITES.CSV", "\u{feff}x (µm);y;z\n30;0;-1.5\n100;2;3\n"),
        ] {
            let probe = read(name, content).unwrap();
            let places_um: Vec<_> =
                probe.electrodes().iter().map(|electrode| electrode.position_um()).collect();
            assert_eq!(places_um, expected, "{name}");
            assert_eq!(probe.ids(), ["0", "1"]);
            assert_eq!(probe.name().to_lowercase(), "sites");
        }
    }

    #[test]
    fn errors_say_the_line() {
        for (content, expected) in [
            ("x,y,z\n1,2,3\n1,2\n", 3),
            ("1,2,3\n\n1,b,3\n", 3),
            ("1,2,nan\n", 1),
            ("x,y,3\n1,2,3\n", 1),
            ("1,2,3\nx,y,z\n", 2),
            ("1,2,3,4\n", 1),
        ] {
            match read("sites.csv", content) {
                Err(ApicalError::ElectrodeLine { line, .. }) => assert_eq!(line, expected),
                other => panic!("{content}: {other:?}"),
            }
        }
        let none = read("sites.csv", "x,y,z\n");
        assert!(matches!(
            none,
            Err(ApicalError::Electrodes { source: ExtracellularError::NoContacts, .. })
        ));
        assert!(matches!(read("sites.dat", "1,2,3"), Err(ApicalError::ElectrodeFormat { .. })));
    }

    #[test]
    fn probes_of_a_file_become_one() {
        let tetrode = Probe::from_description("tetrode", [0.0; 3]).unwrap();
        let six = Probe::six_around([0.0; 3]).unwrap();
        let one = read("one.json", &Probe::to_probeinterface(std::slice::from_ref(&six))).unwrap();
        assert_eq!(one, six);
        let both = read("two.json", &Probe::to_probeinterface(&[tetrode.clone(), six])).unwrap();
        assert_eq!(both.electrodes().len(), 10);
        assert_eq!(both[3], tetrode[3]);
        assert_eq!(both.index_of("1:0"), Some(4));
        let wrong = read("wrong.json", "{}").unwrap_err().to_string();
        assert!(wrong.contains("wrong.json") && wrong.contains("specification"), "{wrong}");
    }
}
