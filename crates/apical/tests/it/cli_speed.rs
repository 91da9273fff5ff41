//! `apical speed`
#![cfg(feature = "cli")]

use std::path::Path;

use crate::common::manifest;
use crate::common::training::{config, data, succeeds, train};

/// All sides at all batch sizes, with times that are times, and ratios that are theirs.
#[test]
fn all_sides_are_timed() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let network = folder.path().join("small");
    let config = config(&folder, r#"{"steps": 1}"#);
    assert!(train(&data, &network, Some(&config)).status().unwrap().success());
    let out = folder.path().join("speed");
    let line = "speed --batch-sizes 1,3 --seconds 0.001 --threads 2 --checkpoint";
    let paths = [&network, Path::new("--dataset"), &data, Path::new("--out"), &out];
    let text = succeeds(line, &paths);
    assert!(text.contains("small, 16 bits") && text.contains("simulation"), "{text}");
    let manifest = manifest(&out);
    let rows = manifest["tables"][0]["rows"].as_array().unwrap();
    let names: Vec<_> =
        rows.iter().map(|row| (row[0].as_str().unwrap(), row[3].as_u64().unwrap())).collect();
    let sides = ["simulation", "small", "small, 16 bits"];
    let expected: Vec<_> = [1, 3].into_iter().flat_map(|n| sides.map(|side| (side, n))).collect();
    assert_eq!(names, expected);
    for of_batch in rows.chunks(3) {
        let simulation_ms = of_batch[0][4].as_f64().unwrap();
        assert!(simulation_ms > 0.0);
        for row in of_batch {
            let (per_ms, times) = (row[4].as_f64().unwrap(), row[5].as_f64().unwrap());
            assert!((simulation_ms / per_ms - times).abs() < 1e-9 * times);
        }
    }
}
