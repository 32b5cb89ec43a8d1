"""The program of heaviside.js with PyTorch: python3 pytorch.py <threads>"""

import json
import sys
import time

begun = time.perf_counter()
import torch  # noqa: E402

imported = time.perf_counter()
torch.set_num_threads(int(sys.argv[1]))
started = time.perf_counter()


def layer(inputs, units):
    weights = torch.arange(inputs * units, dtype=torch.float64).sin().div(30).float().reshape(inputs, units)
    return [weights.requires_grad_(), torch.zeros(units, requires_grad=True)]


parameters = layer(784, 32) + layer(32, 10)
optimizer = torch.optim.SGD(parameters, lr=0.1)
h = torch.relu(torch.full((1, 784), 0.5) @ parameters[0] + parameters[1])
loss = torch.nn.functional.cross_entropy(h @ parameters[2] + parameters[3], torch.tensor([3]))
loss.backward()
optimizer.step()
value = loss.item()
stepped = time.perf_counter()
print(
    json.dumps(
        {
            "import": 1000 * (imported - begun),
            "backend's start": 1000 * (started - imported),
            "first step": 1000 * (stepped - started),
            "import to step": 1000 * (stepped - begun),
            "loss": value,
        }
    ),
    flush=True,
)
