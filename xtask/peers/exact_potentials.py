"""Potentials of lines, in slices too, and of a dipole in four spheres, and shares of lines in fifty digits.

Written down from the integrals and from the conditions at the interfaces, not from either program. An electrode within the
radius of a compartment is moved as both programs say that they do.
"""

import mpmath
import numpy as np
from mpmath import mpf

mpmath.mp.dps = 50
# Nearer to the axis, an electrode has no direction from it (µm).
ON_THE_AXIS_UM = mpf("1e-8")
# Nearer to the middle, neither.
IN_THE_MIDDLE_UM = mpf("1e-4")
# Terms of a series below this share of its sum are left out.
SMALLEST_TERM = mpf("1e-30")
# Images in a slice weaker than this are left out.
SMALLEST_IMAGE = mpf("1e-20")


def vector(values):
    return [mpf(float(value)) for value in values]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def norm(a):
    return mpmath.sqrt(dot(a, a))


def difference(a, b):
    return [x - y for x, y in zip(a, b)]


def mean_inverse_distance(a, b, length):
    """Over a line, from the distances to its ends."""
    if length == 0:
        return 1 / a
    return mpmath.log((a + b + length) / (a + b - length)) / length


def compartment(case, column):
    start, end = (vector(place) for place in case.ends_um[column])
    return start, end, mpf(float(case.diameters_um[column])) / 2


def line_at(case, place, column):
    """In an isotropic medium, kept out of the endless cylinder around the axis."""
    return mean_of_line(*compartment(case, column), place) / (4 * mpmath.pi * mpf(case.isotropic))


def mean_of_line(start, end, radius, place):
    extent, away = difference(end, start), difference(place, start)
    length = norm(extent)
    if length == 0:
        return 1 / max(norm(away), radius)
    along = dot(away, extent) / length
    across = mpmath.sqrt(max(dot(away, away) - along**2, radius**2))
    return mean_inverse_distance(mpmath.hypot(along, across), mpmath.hypot(along - length, across), length)


def mean_of_point(start, end, radius, place):
    middle = [(a + b) / 2 for a, b in zip(start, end)]
    return 1 / max(norm(difference(place, middle)), radius)


def line(case, row, column):
    return float(line_at(case, vector(case.electrodes_um[row]), column))


def contact(case, row, column):
    points = case.contact_points_um[row]
    return float(sum(line_at(case, vector(point), column) for point in points) / len(points))


def slice_point(case, row, column):
    return in_slice(case.slice, case.slice.inside_um[row], mpf(case.slice.glass_s_per_m), column, mean_of_point)


def slice_line(case, row, column):
    return in_slice(case.slice, case.slice.on_array_um[row], mpf(0), column, mean_of_line)


def slice_root_as_point(case, row, column):
    mean = mean_of_point if column == 0 else mean_of_line
    return in_slice(case.slice, case.slice.on_array_um[row], mpf(0), column, mean)


def in_slice(slab, place, glass, column, mean):
    """The sum of images as written down, one after the other. Those by more than one reflection have no thickness."""
    tissue, saline = mpf(slab.tissue_s_per_m), mpf(slab.saline_s_per_m)
    h, bottom = mpf(slab.thickness_um), mpf(slab.array_z_um)
    to_saline, to_glass = (tissue - saline) / (tissue + saline), (tissue - glass) / (tissue + glass)
    x, y, z = vector(place)
    z -= bottom
    start, end, radius = compartment(slab, column)

    def seen(height, thickness=mpf(0)):
        return mean(start, end, thickness, [x, y, bottom + height])

    total = seen(z, radius) + to_saline * seen(2 * h - z, radius) + to_glass * seen(-z, radius)
    weight, n = to_saline * to_glass, 1
    while abs(weight) > SMALLEST_IMAGE:
        there = to_saline * seen(2 * (n + 1) * h - z) + to_glass * seen(-2 * n * h - z)
        total += weight * (there + seen(2 * n * h + z) + seen(-2 * n * h + z))
        weight *= to_saline * to_glass
        n += 1
    return float(total / (4 * mpmath.pi * tissue))


def laminar(case, row, column):
    """The share between two heights, by the volume."""
    low, high = vector(case.volumes["layers_um"][row])
    shares = share_between(*(mpf(float(end[2])) for end in case.ends_um[column]), low, high)
    return float((shares[1] - shares[0]) / (mpmath.pi * mpf(float(case.volumes["radius_um"])) ** 2 * (high - low)))


def volumetric(case, row, column):
    """The share in a box."""
    cells = np.unravel_index(row, [len(edges) - 1 for edges in case.edges_um])
    start, end = (vector(place) for place in case.ends_um[column])
    shares = []
    for a, b, edges, cell in zip(start, end, case.edges_um, cells):
        shares.append(share_between(a, b, *vector(edges[cell : cell + 2])))
    return float(max(min(last for _, last in shares) - max(first for first, _ in shares), mpf(0)))


def share_between(start, end, low, high):
    """Of a line from one value to another, from where to where it is between two."""
    if start == end:
        return (mpf(0), mpf(1)) if low <= start < high else (mpf(0), mpf(0))
    shares = sorted((edge - start) / (end - start) for edge in (low, high))
    return tuple(min(max(share, mpf(0)), mpf(1)) for share in shares)


def root_as_point_anisotropic(case, row, column):
    """The middle of the first compartment, from which the electrode is moved away."""
    if column > 0:
        return line_anisotropic(case, row, column)
    start, end, radius = compartment(case, column)
    away = difference(vector(case.electrodes_um[row]), [(x + y) / 2 for x, y in zip(start, end)])
    distance = norm(away)
    if distance < IN_THE_MIDDLE_UM:
        away = [radius, mpf(0), mpf(0)]
    elif distance < radius:
        away = [x * radius / distance for x in away]
    x, y, z = vector(case.anisotropic)
    square = y * z * away[0] ** 2 + x * z * away[1] ** 2 + x * y * away[2] ** 2
    return float(1 / (4 * mpmath.pi * mpmath.sqrt(square)))


def line_anisotropic(case, row, column):
    """Kept off the line from end to end, then stretched by 1/√σ along each axis."""
    start, end, radius = compartment(case, column)
    extent, away = difference(end, start), difference(vector(case.electrodes_um[row]), start)
    square = dot(extent, extent)
    part = min(max(dot(away, extent) / square, mpf(0)), mpf(1)) if square > 0 else mpf(0)
    nearest = [part * x for x in extent]
    off = difference(away, nearest)
    distance = norm(off)
    if distance < radius:
        if distance < ON_THE_AXIS_UM:
            x, y, z = extent
            off = [mpf(0), z, -y] if abs(x) <= ON_THE_AXIS_UM else [-y, x, mpf(0)]
            # Of a point, along x.
            off = off if norm(off) > 0 else [mpf(1), mpf(0), mpf(0)]
        away = [n + radius / norm(off) * o for n, o in zip(nearest, off)]
    sigma = vector(case.anisotropic)
    scale = [1 / mpmath.sqrt(s) for s in sigma]
    extent, away = ([x * s for x, s in zip(v, scale)] for v in (extent, away))
    mean = mean_inverse_distance(norm(away), norm(difference(away, extent)), norm(extent))
    return float(mean / (4 * mpmath.pi * mpmath.sqrt(mpmath.fprod(sigma))))


def four_sphere(case, row, _):
    """The potential for each component of the moment, degree by degree.

    In a shell, the potential of degree n is A·(r/R)ⁿ + B·(R/r)ⁿ⁺¹. It starts at the scalp, where no current leaves, and goes
    inwards by continuity of potential and current; the dipole's part in the inner sphere says how large it is.
    """
    radii, sigmas = vector(case.head["radii_um"]), vector(case.head["sigmas_s_per_m"])
    dipole, place = vector(case.head["dipole_um"]), vector(case.head["electrodes_um"][row])
    z0, r = norm(dipole), norm(place)
    up, out = [x / z0 for x in dipole], [x / r for x in place]
    c = dot(up, out)
    shell = next((k for k, radius in enumerate(radii) if r <= radius), 3)
    along = across = magnitude = mpf(0)
    before, value, slope_before, slope = mpf(1), c, mpf(0), mpf(1)
    n = 1
    while True:
        factor = degree(n, radii, sigmas, shell, z0, r)
        along += factor * n * value
        across += factor * slope
        term = abs(factor) * n
        magnitude += term
        if term < SMALLEST_TERM * magnitude:
            break
        before, value = value, ((2 * n + 1) * c * value - n * before) / (n + 1)
        slope_before, slope = slope, slope_before + (2 * n + 1) * before
        n += 1
    beside = difference(out, [c * x for x in up])
    return [float((along * u + across * b) / (4 * mpmath.pi * sigmas[0])) for u, b in zip(up, beside)]


def degree(n, radii, sigmas, shell, z0, r):
    """What degree n of the potential is at r; z₀ⁿ⁻¹/rⁿ⁺¹ in an endless medium."""
    rising, falling = mpf(1), mpf(n) / (n + 1)
    found = None
    for k in (3, 2, 1):
        if k == shell:
            found = rising * (r / radii[k]) ** n + falling * (radii[k] / r) ** (n + 1)
        inner = radii[k - 1] / radii[k]
        up, down = rising * inner**n, falling * inner ** -(n + 1)
        value, current = up + down, sigmas[k] * (n * up - (n + 1) * down)
        if k > 1:
            rising = (value * (n + 1) + current / sigmas[k - 1]) / (2 * n + 1)
            falling = value - rising
    direct = z0 ** (n - 1) / radii[0] ** (n + 1)
    size = (2 * n + 1) * sigmas[0] * direct / (n * sigmas[0] * value - current)
    if shell == 0:
        image = size * value - direct
        return image * (r / radii[0]) ** n + z0 ** (n - 1) / r ** (n + 1)
    return size * found
