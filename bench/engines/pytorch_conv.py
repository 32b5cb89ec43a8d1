"""A convolutional network in PyTorch, for the workload `conv` of the bench: its class scores, or a training step with momentum.

The modules that people use, autograd, cross_entropy and torch.optim.SGD. Two forms: "channels first" is how tensors lie without asking,
"channels last" is PyTorch's other memory format. In inference there is a third: "frozen", compiled by torch.jit for inference, whose weights
are in oneDNN's own layout.
"""

import torch


def network(arrays, size):
    parameters = [arrays[f"parameter{i}"] for i in range(len(arrays) - 2)]
    stages = []
    for w, b in zip(parameters[:-4:2], parameters[1:-4:2]):
        layer = torch.nn.Conv2d(w.shape[1], w.shape[0], size, padding=size // 2)
        stages += [(layer, w, b), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    stages.append(torch.nn.Flatten())
    for w, b in ((parameters[-4], parameters[-3]), (parameters[-2], parameters[-1])):
        stages += [(torch.nn.Linear(*w.shape), w.t(), b), torch.nn.ReLU()]
    with torch.no_grad():
        for stage in stages:
            if isinstance(stage, tuple):
                layer, w, b = stage
                layer.weight.copy_(w)
                layer.bias.copy_(b)
    return torch.nn.Sequential(*(stage[0] if isinstance(stage, tuple) else stage for stage in stages[:-1]))


def session(task, arrays, given):
    """(evidence, run): all class scores, or the losses of the first steps; a run of what the task times."""
    model, x = network(arrays, task["size"]), arrays["x"]
    if task["form"] == "channels last":
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    if task["pass"] == "forward":
        model.eval()
        if task["form"] == "frozen":
            model = torch.jit.optimize_for_inference(torch.jit.script(model))

        def scores():
            with torch.no_grad():
                return model(x)

        for _ in range(3):
            scores()
        return lambda: scores().reshape(-1).tolist(), scores
    labels = arrays["labels"].long()
    optimizer = torch.optim.SGD(model.parameters(), lr=1, momentum=given["momentum"])

    def step(rate):
        optimizer.param_groups[0]["lr"] = rate
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return lambda: [step(rate) for rate in given["rates"]], lambda: step(given["timedRate"])
