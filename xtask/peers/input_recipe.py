"""The synaptic input recipe of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002) in NumPy.

    python input_recipe.py TREES.json OUTPUT.json SEED TRIALS DURATION_MS

TREES.json lists the compartments' lengths (um) of every tree. OUTPUT.json receives the statistics of every trial, the same that
`cargo xtask input-recipe` computes of apical's events. Written from the published description, as plainly as it can be: rates are
held, convolved as arrays and drawn bin by bin, with NumPy's generator.
"""

import json
import sys

import numpy as np

HOLD_MS = [25, 30, 35, 40, 45, 55, 60, 65, 70, 75, 80, 85, 90, 100, 150, 200, 300, 450]
SMOOTHING_MS = [25, 30, 35, 40, 50, 60, 80, 100, 150, 200, 300, 400, 500, 600]
LAGS_MS = [1, 20, 100, 300]


def jittered(choices, rng):
    return max(1, int(rng.choice(choices)) + int(40.0 * rng.random() - 20.0))


def trial(trees, duration, rng):
    """Spikes of one trial, [kind][tree] -> array [compartments, duration] of 0 and 1."""
    hold, sigma = jittered(HOLD_MS, rng), jittered(SMOOTHING_MS, rng)
    intervals = -(-duration // hold)
    x = np.arange(1 + 7 * sigma) - 3.5 * sigma
    kernel = np.exp(-0.5 * (x / sigma) ** 2)
    kernel /= kernel.sum()
    spikes = [[], []]
    for lengths in trees:
        lengths = np.asarray(lengths)
        share = (10.0 + lengths) / (10.0 + lengths).sum()
        excitatory = rng.uniform(0.0, 800.0, intervals)
        inhibitory = rng.uniform(np.maximum(0.0, excitatory - 600.0), excitatory + 200.0)
        for kind, total in enumerate([excitatory, inhibitory]):
            factor = rng.uniform(0.5, 1.5, (len(lengths), intervals))
            held = share[:, None] * factor * total[None, :] / 100.0
            rates = np.repeat(held, hold, axis=1)[:, :duration]
            rates = np.array([same(rate, kernel) for rate in rates])
            probability = rng.exponential(1.0, rates.shape) * rates
            spikes[kind].append(rng.random(rates.shape) < probability)
    return spikes


def same(rate, kernel):
    """The middle of the full convolution, as long as the rate."""
    size = 1 << int(np.ceil(np.log2(len(rate) + len(kernel))))
    full = np.fft.irfft(np.fft.rfft(rate, size) * np.fft.rfft(kernel, size), size)
    first = (len(kernel) - 1) // 2
    return np.maximum(full[first : first + len(rate)], 0.0)


def statistics(spikes, trees):
    """Those of one trial, by name."""
    named = {}
    counts = [[tree.sum(axis=0).astype(float) for tree in kind] for kind in spikes]
    for kind, kind_name in enumerate(["excitatory", "inhibitory"]):
        for tree, tree_name in enumerate(["basal", "apical"]):
            count = counts[kind][tree]
            named[f"{kind_name} spikes per ms, {tree_name}"] = count.mean()
            blocks = count[: len(count) // 100 * 100].reshape(-1, 100).sum(axis=1)
            named[f"variance of {kind_name} spikes in 100 ms, {tree_name}"] = blocks.var()
            lengths = np.asarray(trees[tree])
            per_compartment = spikes[kind][tree].sum(axis=1)
            total = max(per_compartment.sum(), 1)
            longer = lengths > np.median(lengths)
            named[f"share of the longer half in {kind_name} spikes, {tree_name}"] = (
                per_compartment[longer].sum() / total
            )
    total = counts[0][0] + counts[0][1]
    centered = total - total.mean()
    for lag in LAGS_MS:
        named[f"covariance of excitatory spikes {lag} ms apart"] = (
            centered[:-lag] * centered[lag:]
        ).mean()
    for tree, tree_name in enumerate(["basal", "apical"]):
        difference = counts[1][tree] - counts[0][tree]
        blocks = difference[: len(difference) // 100 * 100].reshape(-1, 100).sum(axis=1)
        named[f"inhibitory less excitatory spikes in 100 ms, {tree_name}"] = blocks.mean()
        named[f"variance of that, {tree_name}"] = blocks.var()
    return named


def main():
    trees_file, output, seed, trials, duration = sys.argv[1:6]
    with open(trees_file) as file:
        trees = json.load(file)
    rng = np.random.default_rng(int(seed))
    rows = [statistics(trial(trees, int(duration), rng), trees) for _ in range(int(trials))]
    columns = {name: [float(row[name]) for row in rows] for name in rows[0]}
    with open(output, "w") as file:
        json.dump({"numpy": np.__version__, "statistics": columns}, file)


if __name__ == "__main__":
    main()
