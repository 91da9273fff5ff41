"""Files of probeinterface for the tests of apical-extracellular.

    python xtask/peers/make_probes.py FOLDER

Writes the probes, as probeinterface writes them, and golden.json, which says what made them and holds their SHA-256.
Needs probeinterface 0.4.2.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import probeinterface
from probeinterface import (
    ProbeGroup,
    generate_linear_probe,
    generate_multi_columns_probe,
    generate_tetrode,
    write_probeinterface,
)
from probeinterface.neuropixels_tools import build_neuropixels_probe


def probes():
    """File names and what is written to them."""
    yield "tetrode.probe", generate_tetrode(r=12.5)

    linear = generate_linear_probe(
        num_elec=8,
        ypitch=50,
        contact_shapes="rect",
        contact_shape_params={"width": 10, "height": 20},
    )
    linear.annotate(name="linear")
    linear.annotate_contacts(impedance=np.array([1.0] * 7 + [np.nan]))
    yield "linear_rectangles.probe", linear

    neuropixels = build_neuropixels_probe("NP1000").get_slice(np.arange(24))
    neuropixels.set_device_channel_indices(np.arange(24)[::-1])
    yield "neuropixels.probe", neuropixels

    turned = generate_tetrode(r=20).to_3d(axes="xz")
    turned.move([100, 200, 300])
    turned.rotate(theta=30, center=[0, 0, 0], axis=[0, 1, 0])
    turned.set_contact_ids(["a", "b", "c", "d"])
    yield "turned_3d.probe", turned

    group = ProbeGroup()
    group.add_probe(generate_tetrode(r=10), probe_id="left")
    columns = generate_multi_columns_probe(
        num_columns=2,
        num_contact_per_column=3,
        xpitch=30,
        ypitch=40,
        y_shift_per_column=[0, 20],
        contact_shapes="square",
        contact_shape_params={"width": 12},
    )
    columns.rotate_contacts(45)
    columns.move([250, 0])
    group.add_probe(columns, probe_id="right")
    yield "group.probe", group


def main():
    folder = Path(sys.argv[1])
    files = {}
    for name, probe in probes():
        # probeinterface insists on the ending .json.
        written = folder / "probe.json"
        write_probeinterface(written, probe)
        written.rename(folder / name)
        files[name] = {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
    golden = {
        "tool": "probeinterface",
        "version": probeinterface.__version__,
        "command": f"python xtask/peers/make_probes.py {folder.as_posix()}",
        "files": files,
    }
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
