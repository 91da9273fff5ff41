"""Compiles the project's NEURON mechanisms when needed and loads them."""

import os
import pathlib
import shutil
import subprocess
import sys

os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")

HERE = pathlib.Path(__file__).resolve().parent
MOD = HERE / "mod"
BUILD = HERE.parents[1] / "target" / "neuron"


def _nrnivmodl():
    """The compiler driver next to this python, else the one on PATH."""
    beside = pathlib.Path(sys.executable).parent / "nrnivmodl"
    found = str(beside) if beside.exists() else shutil.which("nrnivmodl")
    if found is None:
        raise SystemExit("nrnivmodl not found: install NEURON (pip install neuron==9.0.2)")
    return found


def _compiled(name, build, arguments):
    """The library `name` in the folder `build`, compiled there when a file of mod/ is newer."""
    newest = max(path.stat().st_mtime for path in MOD.glob("*.mod"))
    library = next(iter(sorted(build.glob(f"*/{name}.*"))), None)
    if library is not None and library.stat().st_mtime >= newest:
        return library
    build.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([_nrnivmodl(), *arguments, str(MOD)], cwd=build, capture_output=True, text=True)
    library = next(iter(sorted(build.glob(f"*/{name}.*"))), None)
    if done.returncode != 0 or library is None:
        raise SystemExit(f"nrnivmodl failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return library


def compile_mechanisms():
    """Compiles mod/*.mod into target/neuron when a file is newer than the library."""
    return _compiled("libnrnmech", BUILD, [])


def compile_for_coreneuron(native):
    """The same for CoreNEURON, with its default flags or with those that allow this machine's vector instructions."""
    if native:
        flags = "-O3 -march=native -mprefer-vector-width=512 -ffast-math"
        return _compiled("libcorenrnmech", BUILD.with_name("coreneuron-native"), ["-coreneuron", "-incflags", flags])
    return _compiled("libcorenrnmech", BUILD.with_name("coreneuron"), ["-coreneuron"])


_loaded = False


def load():
    """Returns NEURON's `h` with the project's mechanisms and the standard run library."""
    global _loaded
    from neuron import h

    if not _loaded:
        if not h.nrn_load_dll(str(compile_mechanisms())):
            raise SystemExit("NEURON could not load the compiled mechanisms")
        h.load_file("stdrun.hoc")
        h.load_file("import3d.hoc")
        _loaded = True
    return h


def versions():
    """Tool versions, for the metadata of golden data."""
    import neuron
    import numpy

    return {"neuron": neuron.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0]}
