"""LFPykit's side of the comparison with apical.

    python run_lfpykit.py compare FOLDER    reads cases.json, writes a file of float64 for every model
    python run_lfpykit.py time FOLDER       reads time.json, prints one line of JSON

A model's file has the values of all cases, one after the other; of each case, pairs of row and column, column fastest; of
each pair, its values. The file NAME-exact.npy has those of the pairs that a case lists, from the formulas in fifty digits.
"""

import contextlib
import io
import json
import pathlib
import sys
import time
import warnings

import lfpykit
import numpy as np
from lfpykit import eegmegcalc

import exact_potentials as exact


class Case:
    """Arrays in place of lists."""

    def __init__(self, case, seed):
        self.ends_um = np.array(case["ends_um"])
        self.diameters_um = np.array(case["diameters_um"])
        self.electrodes_um = np.array(case["electrodes_um"])
        self.isotropic = case["isotropic_s_per_m"]
        self.anisotropic = case["anisotropic_s_per_m"]
        self.contacts = case["contacts"]
        self.head = {key: np.array(value) for key, value in case["head"].items()}
        self.slice = Slice(case["slice"])
        self.volumes = {key: np.array(value) for key, value in case["volumes"].items() if key != "edges_um"}
        self.edges_um = [np.array(edges) for edges in case["volumes"]["edges_um"]]
        self.exact = case["exact"]
        self.seed = seed
        self.contact_points_um = None

    def cell(self, which=slice(None)):
        x, y, z = np.moveaxis(self.ends_um[which], -1, 0)
        return lfpykit.CellGeometry(x=x, y=y, z=z, d=self.diameters_um[which])


class Slice:
    """Compartments and electrodes in a slice."""

    def __init__(self, inputs):
        for key, value in inputs.items():
            setattr(self, key, np.array(value) if isinstance(value, list) else value)

    cell = Case.cell

    def matrix(self, cell, places_um, method):
        x, y, z = places_um.T
        made = lfpykit.RecMEAElectrode(
            cell,
            sigma_T=self.tissue_s_per_m,
            sigma_S=self.saline_s_per_m,
            sigma_G=self.glass_s_per_m if method == "pointsource" else 0.0,
            h=self.thickness_um,
            z_shift=self.array_z_um,
            steps=self.steps,
            x=x,
            y=y,
            z=z,
            method=method,
        )
        return made.get_transformation_matrix()

    def root_as_point(self):
        """An electrode near some of the compartments, which LFPykit has no rule for, is asked for each, twice."""
        rows = []
        for place in self.on_array_um[:, None]:
            try:
                rows.append(self.matrix(self.cell(), place, "root_as_point")[0])
            except ValueError:
                pairs = [[column] if column == 0 else [column] * 2 for column in range(len(self.ends_um))]
                rows.append([self.matrix(self.cell(pair), place, "root_as_point")[0, -1] for pair in pairs])
        return np.array(rows)


def laminar(case):
    layers_um = case.volumes["layers_um"]
    radii_um = np.full(len(layers_um), case.volumes["radius_um"])
    return lfpykit.LaminarCurrentSourceDensity(case.cell(), z=layers_um, r=radii_um).get_transformation_matrix()


def volumetric(case):
    x, y, z = case.edges_um
    return lfpykit.VolumetricCurrentSourceDensity(case.cell(), x=x, y=y, z=z).get_transformation_matrix()


def class_of_sources(name, case):
    x, y, z = case.electrodes_um.T
    return getattr(lfpykit, name)(case.cell(), x=x, y=y, z=z, sigma=case.isotropic).get_transformation_matrix()


def electrode(cell, places_um, sigma, method):
    x, y, z = places_um.T
    made = lfpykit.RecExtElectrode(cell, sigma=sigma, x=x, y=y, z=z, method=method)
    return made.get_transformation_matrix()


def sources(method, is_anisotropic, case):
    """An electrode that LFPykit refuses for one of the compartments is asked for each."""
    sigma = case.anisotropic if is_anisotropic else case.isotropic
    rows = []
    for place in case.electrodes_um[:, None]:
        try:
            rows.append(electrode(case.cell(), place, sigma, method)[0])
        except RuntimeError:
            rows.append([one_source(method, sigma, case, place, column) for column in range(len(case.ends_um))])
    return np.array(rows)


def one_source(method, sigma, case, place, column):
    if method == "root_as_point" and column > 0:
        method = "linesource"
    try:
        return electrode(case.cell(slice(column, column + 1)), place, sigma, method)[0, 0]
    except RuntimeError:
        return np.nan


def contacts(case):
    np.random.seed(case.seed)
    x, y, z = np.array(case.contacts["positions_um"]).T
    made = lfpykit.RecExtElectrode(
        case.cell(),
        sigma=case.isotropic,
        x=x,
        y=y,
        z=z,
        N=np.array(case.contacts["normals"]),
        r=case.contacts["radius_um"],
        n=case.contacts["points"],
        method="linesource",
    )
    matrix = made.get_transformation_matrix()
    case.contact_points_um = made.recorded_points
    return matrix


def infinite(case):
    away_um = case.head["electrodes_um"] - case.head["dipole_um"]
    return eegmegcalc.InfiniteVolumeConductor(case.isotropic).get_transformation_matrix(away_um)


def four_sphere(case):
    head = case.head
    made = eegmegcalc.FourSphereVolumeConductor(
        head["electrodes_um"], radii=head["radii_um"], sigmas=head["sigmas_s_per_m"], iter_factor=1e-16
    )
    return made.get_transformation_matrix(head["dipole_um"])


def magnetic(name, case):
    made = getattr(eegmegcalc, name)(case.head["sensors_um"])
    return made.calculate_B(np.eye(3), case.head["dipole_um"])


# Every model's matrix, and its exact values at a row and column where some are asked for.
MODELS = {
    "point": (lambda case: class_of_sources("PointSourcePotential", case), None),
    "line": (lambda case: class_of_sources("LineSourcePotential", case), exact.line),
    "root_as_point": (lambda case: sources("root_as_point", False, case), exact.line),
    "point_anisotropic": (lambda case: sources("pointsource", True, case), None),
    "line_anisotropic": (lambda case: sources("linesource", True, case), exact.line_anisotropic),
    "root_as_point_anisotropic": (lambda case: sources("root_as_point", True, case), exact.root_as_point_anisotropic),
    "contacts": (contacts, exact.contact),
    "slice_point": (
        lambda case: case.slice.matrix(case.slice.cell(), case.slice.inside_um, "pointsource"),
        exact.slice_point,
    ),
    "slice_line": (
        lambda case: case.slice.matrix(case.slice.cell(), case.slice.on_array_um, "linesource"),
        exact.slice_line,
    ),
    "slice_root_as_point": (lambda case: case.slice.root_as_point(), exact.slice_root_as_point),
    "laminar": (laminar, exact.laminar),
    "volumetric": (volumetric, exact.volumetric),
    "dipole_moment": (lambda case: lfpykit.CurrentDipoleMoment(case.cell()).get_transformation_matrix().T, None),
    "infinite": (infinite, None),
    "four_sphere": (four_sphere, exact.four_sphere),
    "infinite_magnetic": (lambda case: magnetic("InfiniteHomogeneousVolCondMEG", case), None),
    "spherical_magnetic": (lambda case: magnetic("SphericallySymmetricVolCondMEG", case), None),
}


def save(path, parts):
    np.save(path, np.concatenate([np.ravel(part) for part in parts] or [[]]).astype("<f8"))


def compare(folder):
    inputs = json.loads((folder / "cases.json").read_text())
    cases = [Case(case, inputs["seed"] + index) for index, case in enumerate(inputs["cases"])]
    for name, (matrix, exact_value) in MODELS.items():
        start_s = time.perf_counter()
        save(folder / f"{name}.npy", [matrix(case) for case in cases])
        pairs = [(case, *pair) for case in cases for pair in case.exact[name]]
        save(folder / f"{name}-exact.npy", [exact_value(*pair) for pair in pairs])
        sys.stderr.write(f"    {name}: {time.perf_counter() - start_s:.1f} s, {len(pairs)} in fifty digits\n")
    save(folder / "contact_points.npy", [case.contact_points_um for case in cases])
    probes(folder, inputs["seed"])


def probes(folder, seed):
    """Probes of random sizes, in random places: the file, and where their contacts are."""
    try:
        import probeinterface
    except ImportError:
        return
    rng = np.random.default_rng(seed)
    for ndim in (2, 3):
        group = probeinterface.ProbeGroup()
        for probe in made_probes(probeinterface, rng):
            probe.rotate_contacts(rng.uniform(0, 360))
            if ndim == 3:
                probe = probe.to_3d(axes="xz")
                probe.rotate(theta=rng.uniform(0, 360), center=[0, 0, 0], axis=rng.normal(size=3))
            probe.move(rng.uniform(-500, 500, size=ndim))
            group.add_probe(probe)
        probeinterface.write_probeinterface(folder / f"probes-{ndim}d.json", group)
        save(folder / f"probes-{ndim}d.npy", [contacts_of(probe) for probe in group.probes])


def made_probes(probeinterface, rng):
    shapes = [
        {"contact_shapes": "circle", "contact_shape_params": {"radius": 6.5}},
        {"contact_shapes": "square", "contact_shape_params": {"width": 11.0}},
        {"contact_shapes": "rect", "contact_shape_params": {"width": 9.0, "height": 17.0}},
    ]
    for shape in shapes:
        yield probeinterface.generate_tetrode(r=rng.uniform(5, 30))
        yield probeinterface.generate_linear_probe(
            num_elec=int(rng.integers(2, 40)), ypitch=rng.uniform(5, 60), **shape
        )
        yield probeinterface.generate_multi_columns_probe(
            num_columns=int(rng.integers(1, 5)),
            num_contact_per_column=int(rng.integers(1, 20)),
            xpitch=rng.uniform(20, 60),
            ypitch=rng.uniform(20, 60),
            **shape,
        )


def contacts_of(probe):
    """Place, and radius times normal and zeros, or half of each side, of every contact."""
    rows = []
    for place, axes, shape, size in zip(
        probe.contact_positions, probe.contact_plane_axes, probe.contact_shapes, probe.contact_shape_params
    ):
        place, u, v = (np.pad(vector, (0, 3 - probe.ndim)) for vector in (place, *axes))
        if shape == "circle":
            sides = np.cross(u, v) * size["radius"], np.zeros(3)
        else:
            sides = u * size["width"] / 2, v * size.get("height", size["width"]) / 2
        rows.append(np.concatenate([place, *sides]))
    return np.array(rows)


def measure(folder):
    """Processor time of one call of every operation, after one that is not counted."""
    setup = json.loads((folder / "time.json").read_text())
    cells = []
    for geometry in setup["geometries"]:
        x, y, z = np.moveaxis(np.array(geometry["ends_um"]), -1, 0)
        cells.append(lfpykit.CellGeometry(x=x, y=y, z=z, d=np.array(geometry["diameters_um"])))
    times_s = []
    for operation in setup["operations"]:
        model = operation["model"]
        is_anisotropic = model == "line_anisotropic"
        sigma = setup["anisotropic_s_per_m"] if is_anisotropic else setup["isotropic_s_per_m"]
        method = {"point": "pointsource", "root_as_point": "root_as_point"}.get(model, "linesource")
        x, y, z = np.array(setup["electrodes_um"][str(operation["electrodes"])]).T
        cell = cells[operation["size"]]
        made = lfpykit.RecExtElectrode(cell, sigma=sigma, x=x, y=y, z=z, method=method)
        call = made.get_transformation_matrix
        if operation["is_applied"]:
            matrix = call()
            currents_na = np.sin(np.arange(cell.totnsegs * setup["times"])).reshape(cell.totnsegs, -1)
            call = lambda: matrix @ currents_na  # noqa: E731
        times_s.append(repeat(call, setup["shortest_s"]))
    return {"version": lfpykit.__version__, "cpu_s": times_s}


def repeat(call, shortest_s):
    call()
    calls, start_s = 0, time.process_time()
    while True:
        call()
        calls += 1
        taken_s = time.process_time() - start_s
        if taken_s >= shortest_s:
            return taken_s / calls


def main():
    task, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    warnings.simplefilter("ignore")
    # LFPykit prints what it adjusts.
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        measured = measure(folder) if task == "time" else compare(folder)
    if measured:
        sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
