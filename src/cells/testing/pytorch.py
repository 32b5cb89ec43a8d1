"""PyTorch's recurrent layers in float64 on weights that a formula gives: outputs and gradients, as JSON.

/usr/bin/python3 src/cells/testing/pytorch.py --write brings pytorch.json up to date; without it the JSON is printed.
"""

import json
import math
import sys
from pathlib import Path

import torch

INPUTS, UNITS, BATCH, STEPS = 2, 3, 2, 4


def numbers(seed, *shape):
    """Numbers on ±0.8, no two alike; pytorch.test.ts has the same formula."""
    size = math.prod(shape)
    return torch.tensor([0.8 * math.sin(seed + 1.7 * k) for k in range(size)], dtype=torch.float64).reshape(shape)


def layer(make, neurons, inner_bias=()):
    """The layer's outputs [T, B, H], and the gradient of a weighted sum of them for each parameter of ours."""
    own, seed = {}, 1
    for neuron in neurons:
        shapes = {"input": (INPUTS, UNITS), "recurrent": (UNITS, UNITS)}
        if neuron in inner_bias:
            shapes["recurrent-bias"] = (UNITS,)
        for part, shape in {**shapes, "bias": (UNITS,)}.items():
            own[f"{neuron}.{part}"] = numbers(seed, *shape).requires_grad_()
            seed += 1
    zeros = torch.zeros(UNITS, dtype=torch.float64)
    weights = {
        "weight_ih_l0": torch.cat([own[f"{n}.input"].T for n in neurons]),
        "weight_hh_l0": torch.cat([own[f"{n}.recurrent"].T for n in neurons]),
        "bias_ih_l0": torch.cat([own[f"{n}.bias"] for n in neurons]),
        "bias_hh_l0": torch.cat([own.get(f"{n}.recurrent-bias", zeros) for n in neurons]),
    }
    x = numbers(100, STEPS, BATCH, INPUTS)
    module = make().double()
    with torch.no_grad():
        for name, value in weights.items():
            getattr(module, name).copy_(value)
    outputs, _ = module(x)
    (outputs * numbers(200, STEPS, BATCH, UNITS)).sum().backward()
    # What comes from zeros alone is no parameter of ours.
    ours = {name: value for name, value in weights.items() if value.requires_grad}
    theirs = [getattr(module, name).grad for name in ours]
    gradients = torch.autograd.grad(list(ours.values()), list(own.values()), theirs)
    flat = lambda t: t.detach().flatten().tolist()
    return {"outputs": flat(outputs), "gradients": {name: flat(g) for name, g in zip(own, gradients)}}


def results():
    nn = torch.nn
    gates = ("input", "forget", "candidate", "output")
    return {
        "lstm": layer(lambda: nn.LSTM(INPUTS, UNITS), gates),
        "gru": layer(lambda: nn.GRU(INPUTS, UNITS), ("reset", "update", "candidate"), ("candidate",)),
        "rnn": layer(lambda: nn.RNN(INPUTS, UNITS), ("unit",)),
        "rnn relu": layer(lambda: nn.RNN(INPUTS, UNITS, nonlinearity="relu"), ("unit",)),
    }


if __name__ == "__main__":
    text = json.dumps({"torch": torch.__version__, **results()}, indent=1) + "\n"
    if "--write" in sys.argv:
        Path(__file__).with_suffix(".json").write_text(text)
    else:
        print(text)
