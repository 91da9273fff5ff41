use std::io::{self, Write};
use std::path::Path;

use apical::core::Traces;

use super::manifest::Manifest;
use super::model::Signal;
use crate::command::counted;

/// Writes to standard output what was found, and where.
pub(super) fn write(manifest: &Manifest<'_>, potentials: &Traces, out: &Path) -> io::Result<()> {
    let ids: Vec<&str> = manifest.electrodes.iter().map(|electrode| electrode.id).collect();
    let mut stdout = io::stdout().lock();
    writeln!(
        stdout,
        "{} ({}), {} from {}",
        counted(ids.len(), "electrode"),
        manifest.probe,
        counted(potentials.times_ms().len(), "sample"),
        match manifest.parameters.from {
            Signal::Currents => "membrane currents",
            Signal::Voltages => "voltages",
        }
    )?;
    let [lowest, highest] = extremes(potentials);
    for (what, peak) in [("lowest", lowest), ("highest", highest)] {
        let (value_uv, id) = (significant(1e3 * peak.potential_mv), ids[peak.electrode]);
        writeln!(stdout, "{what} {value_uv} µV, at electrode {id}, {} ms", peak.time_ms)?;
    }
    let gains = manifest.electrodes.iter().map(|electrode| electrode.noise_gain);
    let (least, most) = (gains.clone().fold(f64::INFINITY, f64::min), gains.fold(0.0, f64::max));
    writeln!(
        stdout,
        "noise gain {} to {} mV/mV: what independent noise in all voltages becomes",
        significant(least),
        significant(most)
    )?;
    let arrays = manifest.arrays.iter().map(|array| array.name.as_str());
    for name in arrays.chain(["potentials.svg", "electrodes.json", "manifest.json"]) {
        writeln!(stdout, "wrote {}", out.join(name).display())?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Peak {
    potential_mv: f64,
    electrode: usize,
    time_ms: f64,
}

/// The lowest and the highest potential.
fn extremes(potentials: &Traces) -> [Peak; 2] {
    let times_ms = potentials.times_ms();
    let peak = |(index, &potential_mv): (usize, &f64)| Peak {
        potential_mv,
        electrode: index / times_ms.len(),
        time_ms: times_ms[index % times_ms.len()],
    };
    let mut peaks = potentials.values().iter().enumerate().map(peak);
    let none = Peak { potential_mv: 0.0, electrode: 0, time_ms: 0.0 };
    let first = peaks.next().unwrap_or(none);
    peaks.fold([first; 2], |[lowest, highest], peak| {
        [
            if peak.potential_mv < lowest.potential_mv { peak } else { lowest },
            if peak.potential_mv > highest.potential_mv { peak } else { highest },
        ]
    })
}

/// A number to three digits.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if magnitude < -4.0 {
        return format!("{value:.2e}");
    }
    format!("{value:.*}", (2.0 - magnitude).max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits() {
        for (value, expected) in
            [(-123.44, "-123"), (0.012_34, "0.0123"), (4.5, "4.50"), (0.0, "0"), (2e-9, "2.00e-9")]
        {
            assert_eq!(significant(value), expected);
        }
    }
}
