"""PyTorch's side of `cargo xtask bench-torch`: the multitask networks, written to be fast.

    python torch_networks.py FOLDER THREADS

answers each line of its input, a request in JSON, by a line of JSON. Every request names a network, whose weights and
numbers to check are in FOLDER/NETWORK.safetensors, and its numbers of synapses and of voltages:

    {"do": "check", ...}                                       largest differences from what the file says
    {"do": "infer", "how": HOW, "batch": B, "seconds": S, ...} ms of a step, the median of those that S seconds hold
    {"do": "train", "batch": B, "seconds": S, ...}             the same of a training step: one target a window

HOW is window (the whole window at every step) or streaming (the products of all convolutions with what came before are
kept). Towers are batched products, the first layer of those that see the same is one; the temporal networks of a mixture
are computed side by side; the weight norm is folded before inference; events are sums of rows of the weight when
streaming, which is faster than a product with their matrix.
"""

import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

WINDOW = 100
EVENT_PROBABILITY = 0.012
DROPOUT = 0.2


def load(path):
    """The tensors of a safetensors file."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data, "<f4", (end - start) // 4, start)
        tensors[name] = torch.from_numpy(values.copy()).reshape(entry["shape"])
    return tensors


class Network:
    """Of the weights of one file, in the layout that apical has them."""

    def __init__(self, tensors, synapses):
        self.check = {name[6:]: x for name, x in tensors.items() if name.startswith("check.")}
        self.weights = {name: x for name, x in tensors.items() if not name.startswith("check.")}
        self.closed = self.check.pop("closed", None)
        self.is_mixture = "gate.weight" in self.weights
        self.blocks = 1 + max(int(name.split(".")[1]) for name in self.weights if name.startswith("temporal."))
        self.groups, _, self.inputs, self.taps = self.weights["temporal.0.first.direction"].shape
        self.synapses = synapses
        self.tasks = self.weights["tower.first.bias"].shape[0]

    def fold(self, block, layer):
        """The weight of a convolution, [groups, outputs, inputs, taps], and its bias."""
        gain, direction, bias = (self.weights[f"temporal.{block}.{layer}.{part}"] for part in ("gain", "direction", "bias"))
        norm = direction.flatten(2).norm(dim=2)
        return direction * (gain / norm)[:, :, None, None], bias

    def folded(self):
        """For every block its two convolutions and its skip as weights of conv1d, groups beside each other."""
        blocks = []
        for block in range(self.blocks):
            layers = []
            for layer in ("first", "second"):
                weight, bias = self.fold(block, layer)
                layers.append((weight.flatten(0, 1), bias.flatten()))
            skip = self.weights[f"temporal.{block}.skip.weight"]
            bias = self.weights[f"temporal.{block}.skip.bias"]
            layers.append((skip.flatten(0, 1)[:, :, None], bias.flatten()))
            blocks.append(layers)
        return blocks

    def encode(self, x, blocks, dropout=0.0):
        """Windows [batch, inputs, time] -> [batch, groups, channels * time], the time fastest."""
        batch = x.shape[0]
        for block, (first, second, skip) in enumerate(blocks):
            groups = self.groups if block > 0 else 1
            pad = (self.taps - 1) << block
            drop = lambda y: F.dropout(y, dropout) if dropout else y
            h = drop(torch.sigmoid(F.conv1d(F.pad(x, (pad, 0)), *first, dilation=1 << block, groups=groups)))
            h = drop(torch.sigmoid(F.conv1d(F.pad(h, (pad, 0)), *second, dilation=1 << block, groups=self.groups)))
            x = torch.sigmoid(h + F.conv1d(x, *skip, groups=groups))
        return x.reshape(batch, self.groups, -1)

    def decode(self, encoded):
        """[batch, groups, width] -> [batch, tasks]."""
        w = self.weights
        batch = encoded.shape[0]
        tasks, units = w["tower.first.bias"].shape
        if not self.is_mixture:
            first = w["tower.first.weight"].reshape(-1, tasks * units)
            x = torch.addmm(w["tower.first.bias"].flatten(), encoded[:, 0], first)
            x = x.reshape(batch, tasks, units).transpose(0, 1)
        else:
            experts = torch.relu(encoded[:, :-1] + w["expert.bias"])
            kernel = w["gate.weight"].flatten(1)
            logits = torch.addmm(w["gate.bias"].flatten(), encoded[:, -1], kernel)
            logits = logits.reshape(batch, tasks, -1)
            if self.closed is not None:
                logits = logits + self.closed
            mixtures = torch.bmm(logits.softmax(2), experts) + w["task.bias"][:, None]
            x = torch.baddbmm(w["tower.first.bias"][:, None], mixtures.transpose(0, 1), w["tower.first.weight"])
        x = F.elu(x)
        x = F.elu(torch.baddbmm(w["tower.second.bias"][:, None], x, w["tower.second.weight"]))
        x = torch.baddbmm(w["tower.third.bias"][:, None], x, w["tower.third.weight"])
        return x[:, :, 0].t()

    def stream(self, batch):
        return Stream(self, batch)


class Stream:
    """A network that goes on by one millisecond at a time, over its true past."""

    def __init__(self, network, batch):
        self.network = network
        groups, taps = network.groups, network.taps
        self.layers = []
        for block in range(network.blocks):
            skip = network.weights[f"temporal.{block}.skip.weight"]
            for layer in ("first", "second"):
                weight, bias = network.fold(block, layer)
                outputs = weight.shape[1]
                # [groups, inputs, taps * outputs], beside the first the skip
                weight = weight.permute(0, 2, 3, 1).flatten(2)
                if layer == "first":
                    weight = torch.cat([weight, skip.transpose(1, 2)], 2)
                sums = torch.zeros(groups, batch, 1 + ((taps - 1) << block), outputs)
                self.layers.append([weight.contiguous(), bias[:, None], sums, 1 << block])
        self.skip_bias = [network.weights[f"temporal.{block}.skip.bias"][:, None] for block in range(network.blocks)]
        entry = self.layers[0][0].transpose(0, 1).flatten(1)
        self.synaptic, self.dense = entry[: network.synapses].contiguous(), entry[network.synapses :].contiguous()
        channels = self.layers[-1][2].shape[3]
        self.recent = torch.zeros(batch, groups, channels, WINDOW)

    def finish(self, layer, products):
        """Adds products [groups, batch, taps * outputs] to the sums that they belong to; the sum that is complete."""
        _, bias, sums, dilation = self.layers[layer]
        groups, batch, _, outputs = sums.shape
        sums[:, :, ::dilation] += products.reshape(groups, batch, -1, outputs).flip(2)
        y = torch.sigmoid(sums[:, :, 0] + bias)
        self.layers[layer][2] = F.pad(sums[:, :, 1:], (0, 0, 0, 1))
        return y

    def advance(self, synapses, offsets, numbers):
        """Events as indices of synapses and the start of each sample; numbers [batch, voltages] -> [batch, tasks]."""
        groups = self.network.groups
        products = F.embedding_bag(synapses, self.synaptic, offsets, mode="sum")
        if numbers is not None:
            products = torch.addmm(products, numbers, self.dense)
        products = products.reshape(products.shape[0], groups, -1).transpose(0, 1)
        for block in range(self.network.blocks):
            width = self.network.taps * self.layers[2 * block][2].shape[3]
            inner = self.finish(2 * block, products[:, :, :width])
            inner = self.finish(2 * block + 1, torch.bmm(inner, self.layers[2 * block + 1][0]))
            y = torch.sigmoid(inner + products[:, :, width:] + self.skip_bias[block])
            if block + 1 < self.network.blocks:
                products = torch.bmm(y, self.layers[2 * block + 2][0])
        self.recent = torch.cat([self.recent[:, :, :, 1:], y.permute(1, 0, 2)[:, :, :, None]], 3)
        return self.network.decode(self.recent.flatten(2))


class Loss(torch.nn.Module):
    """What is trained, with its weights as parameters."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.names = list(network.weights)
        self.values = torch.nn.ParameterList([torch.nn.Parameter(x.clone()) for x in network.weights.values()])

    def forward(self, x, target, dropout):
        network = self.network
        network.weights = dict(zip(self.names, self.values))
        y = network.decode(network.encode(x, network.folded(), dropout))
        spike = network.tasks - 2
        voltage = torch.arange(network.tasks) != spike
        loss = F.mse_loss(y[:, voltage], target[:, voltage])
        return loss + F.binary_cross_entropy_with_logits(y[:, spike], target[:, spike])


def trainer(network):
    kept = network.weights
    loss = Loss(network)
    adam = torch.optim.Adam(loss.parameters(), lr=1e-3, weight_decay=1e-4, fused=True)

    def step(x, target, dropout=DROPOUT):
        adam.zero_grad(set_to_none=True)
        value = loss(x, target, dropout)
        value.backward()
        adam.step()
        network.weights = kept
        return value.item()

    return step


def random_times(network, batch, times):
    """Dense events [batch, times, synapses] of 0 and 1, and voltages [batch, times, numbers]."""
    events = (torch.rand(batch, times, network.synapses) < EVENT_PROBABILITY).float()
    return events, torch.randn(batch, times, network.inputs - network.synapses)


def as_windows(events, numbers):
    return torch.cat([events, numbers], 2).transpose(1, 2).contiguous()


def as_bags(events):
    """Indices and offsets of events [batch, synapses], as many times as they count."""
    rows, synapses = events.nonzero(as_tuple=True)
    counts = events[rows, synapses].long()
    per_row = torch.zeros(len(events), dtype=torch.long).index_add_(0, rows, counts)
    return synapses.repeat_interleave(counts), torch.cumsum(per_row, 0) - per_row


def median_ms(step, seconds):
    """Of steps in so many seconds, at least five, after one that is not counted."""
    step()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times))


@torch.inference_mode()
def infer(network, how, batch, seconds):
    torch.manual_seed(1)
    if how == "window":
        x, blocks = as_windows(*random_times(network, batch, WINDOW)), network.folded()
        return median_ms(lambda: network.decode(network.encode(x, blocks)), seconds)
    events, numbers = random_times(network, batch, 16)
    inputs = [(*as_bags(events[:, t]), numbers[:, t].contiguous()) for t in range(16)]
    if network.inputs == network.synapses:
        inputs = [(*bags, None) for *bags, _ in inputs]
    stream, at = network.stream(batch), iter(range(1 << 60))
    return median_ms(lambda: stream.advance(*inputs[next(at) % 16]), seconds)


def train(network, batch, seconds):
    torch.manual_seed(1)
    x = as_windows(*random_times(network, batch, WINDOW))
    target = (torch.rand(batch, network.tasks) < 0.5).float()
    step = trainer(network)
    return median_ms(lambda: step(x, target), seconds)


def differences(network):
    """Of outputs after the times of the file, windows and streaming, and of the losses of two training steps."""
    events, numbers = network.check["events"], network.check["numbers"]
    outputs, losses = network.check["outputs"], network.check["losses"]
    x = as_windows(events, numbers)
    largest = lambda y: float((y - outputs).abs().max())
    with torch.inference_mode():
        found = {"window": largest(network.decode(network.encode(x, network.folded())))}
        stream = network.stream(len(events))
        for t in range(events.shape[1]):
            y = stream.advance(*as_bags(events[:, t]), numbers[:, t].contiguous() if numbers.shape[2] else None)
        found["streaming"] = largest(y)
    step = trainer(network)
    target = network.check["targets"]
    found["training"] = max(abs(step(x, target, 0.0) / float(loss) - 1) for loss in losses)
    return found


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(int(sys.argv[2]))
    networks = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["network"]
        if name not in networks:
            networks = {name: Network(load(folder / f"{name}.safetensors"), request["synapses"])}
        network = networks[name]
        if request["do"] == "check":
            answer = differences(network)
        elif request["do"] == "infer":
            answer = {"ms": infer(network, request["how"], request["batch"], request["seconds"])}
        else:
            answer = {"ms": train(network, request["batch"], request["seconds"])}
        answer["version"] = torch.__version__
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
