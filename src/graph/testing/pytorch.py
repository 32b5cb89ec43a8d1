"""PyTorch's convolutions and pooling in float64 on numbers that a formula gives: outputs and gradients, as JSON.

/usr/bin/python3 src/graph/testing/pytorch.py --write brings pytorch.json up to date; without it the JSON is printed. A number as the
first argument draws that many cases of each kind, from another seed than the fixture's.
"""

import json
import math
import random
import sys
from pathlib import Path

import torch
import torch.nn.functional as F


def numbers(seed, *shape):
    """Numbers on ±1, no two alike; pytorch.test.ts has the same formula."""
    size = math.prod(shape)
    return torch.tensor([math.sin(seed + 1.7 * k) for k in range(size)], dtype=torch.float64).reshape(shape)


def drawn(rng):
    pair = lambda most: [rng.randint(1, most), rng.randint(1, most)]
    size, dilation, stride = pair(3), pair(2), pair(3)
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    padding = [rng.randint(0, 2), rng.randint(0, 2)]
    input = [max(r - 2 * p, 1) + rng.randint(0, 4) for r, p in zip(reach, padding)]
    return {"batch": rng.randint(1, 2), "input": input, "size": size, "stride": stride, "dilation": dilation, "padding": padding}


def result(case, inputs, run):
    """Outputs [B, H, W, C], and the gradient of a weighted sum of them with respect to each input."""
    for x in inputs:
        x.requires_grad_()
    y = run(*inputs)
    (y * numbers(300, *y.shape)).sum().backward()
    flat = lambda t: t.detach().flatten().tolist()
    return {**case, "outputs": flat(y), "gradients": [flat(x.grad) for x in inputs]}


first = lambda x: x.permute(0, 3, 1, 2)
last = lambda y: y.permute(0, 2, 3, 1)


def convolution(rng):
    case = {"op": "conv2d", **drawn(rng), "groups": rng.randint(1, 3)}
    channels, features = case["groups"] * rng.randint(1, 2), case["groups"] * rng.randint(1, 3)
    case |= {"channels": channels, "features": features}
    options = {key: case[key] for key in ("stride", "dilation", "padding", "groups")}
    inputs = [
        numbers(100, case["batch"], *case["input"], channels),
        numbers(200, *case["size"], channels // case["groups"], features),
    ]
    return result(case, inputs, lambda x, w: last(F.conv2d(first(x), w.permute(3, 2, 0, 1).contiguous(), **options)))


def transposed(rng):
    case = {"op": "conv2dTranspose", **drawn(rng), "groups": rng.randint(1, 3), "padding": [0, rng.randint(0, 1)]}
    case |= {"size": [max(k, 2) for k in case["size"]], "input": [n + 1 for n in case["input"]]}
    channels, features = case["groups"] * rng.randint(1, 2), case["groups"] * rng.randint(1, 3)
    more = [rng.randint(0, min(s, d) - 1) if min(s, d) > 1 else rng.randint(0, s - 1) for s, d in zip(case["stride"], case["dilation"])]
    options = {key: case[key] for key in ("stride", "dilation", "padding", "groups")}
    inputs = [
        numbers(100, case["batch"], *case["input"], features),
        numbers(200, *case["size"], channels // case["groups"], features),
    ]

    def run(y, w):
        # [rows, columns, channels / groups, features] as PyTorch has it: [features, channels / groups, rows, columns].
        return last(F.conv_transpose2d(first(y), w.permute(3, 2, 0, 1).contiguous(), output_padding=more, **options))

    made = result(case, inputs, run)
    shape = run(*[x.detach() for x in inputs]).shape
    return {**made, "channels": channels, "features": features, "output": list(shape[1:3])}


def pool(rng):
    case = {"op": rng.choice(["maxPool", "avgPool"]), **drawn(rng), "channels": rng.randint(1, 3)}
    case["padding"] = [min(p, k // 2) for p, k in zip(case["padding"], case["size"])]
    case["input"] = [n + 4 for n in case["input"]]
    if case["op"] == "avgPool":
        case["dilation"] = [1, 1]
    options = {key: case[key] for key in ("stride", "padding")}
    inputs = [numbers(100, case["batch"], *case["input"], case["channels"])]

    def run(x):
        if case["op"] == "avgPool":
            return last(F.avg_pool2d(first(x), case["size"], count_include_pad=False, **options))
        return last(F.max_pool2d(first(x), case["size"], dilation=case["dilation"], **options))

    return result(case, inputs, run)


if __name__ == "__main__":
    count = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 0
    rng = random.Random(count or 5)
    cases = [make(rng) for make in (convolution, transposed, pool) for _ in range(count or 12)]
    text = json.dumps({"torch": torch.__version__, "cases": cases}) + "\n"
    if "--write" in sys.argv:
        Path(__file__).with_suffix(".json").write_text(text)
    else:
        print(text)
