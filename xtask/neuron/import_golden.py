"""What NEURON makes of a folder of reconstructions, written as one JSON file.

    python xtask/neuron/import_golden.py FOLDER OUT.json

Reads every .swc and .asc file of FOLDER with NEURON's Import3D, each in a process of its own, and writes its sections:
name, SWC type, L (um), area (um2, one compartment), points as [x, y, z, diameter] (um; float32, shortest digits that
give it back), parent, place on the parent. A file that NEURON does not import has "refused" with the first line of
NEURON's complaint instead.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")

TYPES = {"soma": 1, "axon": 2, "dend": 3, "apic": 4}


def section_type(name):
    stem = name.split("[")[0]
    if stem in TYPES:
        return TYPES[stem]
    # dend_5: SWC type 5; minus_3: type -3.
    kind, _, number = stem.rpartition("_")
    return -int(number) if kind == "minus" else int(number)


def short(value):
    """The shortest decimal that gives this float32 back."""
    import numpy

    return float(str(numpy.float32(value)))


def import_one(path):
    from neuron import h

    h.load_file("stdlib.hoc")
    h.load_file("import3d.hoc")
    reader = h.Import3d_SWC_read() if path.suffix == ".swc" else h.Import3d_Neurolucida3()
    reader.quiet = 1
    reader.input(str(path))
    h.Import3d_GUI(reader, 0).instantiate(None)
    sections = []
    for section in h.allsec():
        section.nseg = 1
        parent = section.parentseg()
        points = range(section.n3d())
        sections.append(
            {
                "name": section.name(),
                "type": section_type(section.name()),
                "L": section.L,
                "area": sum(s.area() for s in section),
                "n3d": section.n3d(),
                "parent": parent and parent.sec.name(),
                "parent_x": parent and parent.x,
                "pts": [
                    [short(f(i)) for f in (section.x3d, section.y3d, section.z3d, section.diam3d)]
                    for i in points
                ],
            }
        )
    if not sections:
        raise RuntimeError("no sections")
    return sections


def complaint(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[0] if lines else "")


def run(path):
    command = [sys.executable, __file__, "--one", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    marked = [line for line in done.stdout.splitlines() if line.startswith("SECTIONS ")]
    if done.returncode == 0 and marked:
        return {"sections": json.loads(marked[0].removeprefix("SECTIONS "))}
    return {"refused": complaint(done.stderr + "\n" + done.stdout)}


def write(folder, out):
    from neuron import h

    files = sorted(p for p in folder.iterdir() if p.suffix in (".swc", ".asc"))
    version = h.nrnversion(5)
    entries = {}
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entries[path.name] = {"sha256": digest, **run(path)}
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
    head = {
        "tool": "NEURON",
        "version": version,
        "command": f"python xtask/neuron/import_golden.py {folder} {out}",
    }
    body = ",\n".join(lines)
    out.write_text(f"{json.dumps(head)[:-1]},\n\"files\": {{\n{body}\n}}}}\n")
    print(f"{out}: {len(files)} files")


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        print("SECTIONS " + json.dumps(import_one(pathlib.Path(sys.argv[2]))))
    else:
        write(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
