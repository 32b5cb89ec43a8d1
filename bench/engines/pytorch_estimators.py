"""Gradient estimators for a layer of binary units as one writes them in PyTorch, for the subject `estimators` of the bench.

Each takes pre-activations a [B, H], draws uniform numbers u = draw() [B, H] as often as it needs, and calls the rest of the network,
rest(h) -> losses [B], or [K B] for K copies of the batch. It gives the losses [B] whose gradient is the estimate.
"""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

TEMPERATURE = 0.5
SAMPLES = 4


def attach(loss, a, gradient):
    """The loss, with a gradient of our own with respect to a."""
    surrogate = (gradient.detach() * a).sum(1)
    return loss + surrogate - surrogate.detach()


def sigmoid(a, _draw, rest, _state):
    return rest(torch.sigmoid(a))


def straight_through(a, draw, rest, _state):
    h = (draw() < torch.sigmoid(a)).float()
    return rest(h + a - a.detach())


def straight_through_gumbel(a, draw, rest, _state):
    u = draw()
    z = torch.sigmoid((a - torch.logit(u)) / TEMPERATURE)
    h = (z > 0.5).float()
    return rest(h + z - z.detach())


def moving_average(a, draw, rest, state):
    h = (draw() < torch.sigmoid(a)).float()
    loss = rest(h)
    log_probability = -binary_cross_entropy_with_logits(a, h, reduction="none").sum(1)
    surrogate = (loss.detach() - state["mean"]) * log_probability
    state["mean"] = 0.9 * state["mean"] + 0.1 * loss.detach().mean()
    return loss + surrogate - surrogate.detach()


def leave_one_out(a, draw, rest, _state):
    p = torch.sigmoid(a).detach()
    samples = [(draw() < p).float() for _ in range(SAMPLES)]
    loss = rest(samples[0])
    with torch.no_grad():
        others = rest(torch.cat(samples[1:])).reshape(SAMPLES - 1, -1)
        losses = torch.cat([loss.detach()[None], others])
        centred = losses - losses.mean(0)
        gradient = sum(f[:, None] * (h - p) for f, h in zip(centred, samples)) / (SAMPLES - 1)
    return attach(loss, a, gradient)


def disarm(a, draw, rest, _state):
    u = draw()
    p = torch.sigmoid(a).detach()
    h, twin = (u < p).float(), (1 - u < p).float()
    loss = rest(h)
    with torch.no_grad():
        difference = loss.detach() - rest(twin)
        gradient = difference[:, None] / 2 * (h - twin) * torch.sigmoid(a.abs())
    return attach(loss, a, gradient)


ESTIMATORS = {
    "sigmoid": sigmoid,
    "straight-through": straight_through,
    "straight-through-gumbel": straight_through_gumbel,
    "score-function-moving-average": moving_average,
    "leave-one-out": leave_one_out,
    "disarm": disarm,
}


def session(name, arrays, given):
    """(evidence, run): the loss and samples of the gradient with the noise that is given; one step with noise of its own."""
    estimate = ESTIMATORS[name]
    x, labels = arrays["x"], arrays["labels"].long()
    w0, w1 = (torch.nn.Parameter(arrays[f"weights{layer}"]) for layer in range(2))
    b0, b1 = (torch.nn.Parameter(torch.zeros(w.shape[1])) for w in (w0, w1))
    parameters = [w0, b0, w1, b1]
    optimizer = torch.optim.SGD(parameters, lr=given["timedRate"], momentum=given["momentum"])

    def rest(h):
        scores = torch.addmm(b1, h, w1)
        return cross_entropy(scores, labels.repeat(len(h) // len(labels)), reduction="none")

    def mean_loss(draw, state):
        a = torch.addmm(b0, x, w0)
        return estimate(a, lambda: draw(a), rest, state).mean()

    def evidence():
        noise = iter(arrays[f"noise{i}"] for i in range(SAMPLES))
        loss = mean_loss(lambda _: next(noise), {"mean": torch.tensor(given["baseline"])})
        gradients = torch.autograd.grad(loss, [w0, w1])
        entries = [g.reshape(-1)[torch.tensor(at)].tolist() for g, at in zip(gradients, given["entries"])]
        return [loss.item(), *entries[0], *entries[1]]

    state = {"mean": torch.tensor(0.0)}

    def run():
        loss = mean_loss(torch.rand_like, state)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return evidence, run
