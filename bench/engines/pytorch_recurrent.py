"""A recurrent layer in PyTorch, for the workload `recurrent` of the bench: its outputs in inference, or a training step with Adam.

Two variants of each. "autograd" is the program that people write: nn.LSTM, cross_entropy, torch.optim.Adam. "by hand" is the fastest form
that we found: the input's products for all steps at once, gates side by side so that a call serves all of them, results in arrays that
are kept, and the weights' gradients as one product over all steps, where autograd adds up one for each step.
"""

import torch

NEURONS = ("input", "forget", "candidate", "output")
BETAS, EPSILON = (0.9, 0.999), 1e-8


def side_by_side(arrays, part, order=NEURONS):
    return torch.cat([arrays[f"{neuron}.{part}"] for neuron in order], -1).contiguous()


def as_usual(arrays):
    """(outputs, step) as the manual teaches it."""
    x = arrays["x"].transpose(0, 1).contiguous()
    labels = arrays["labels"].long()
    layer = torch.nn.LSTM(x.shape[2], arrays["input.bias"].shape[0])
    head = torch.nn.Linear(layer.hidden_size, arrays["head.bias"].shape[0])
    with torch.no_grad():
        layer.weight_ih_l0.copy_(side_by_side(arrays, "input").t())
        layer.weight_hh_l0.copy_(side_by_side(arrays, "recurrent").t())
        layer.bias_ih_l0.copy_(side_by_side(arrays, "bias"))
        layer.bias_hh_l0.zero_()
        head.weight.copy_(arrays["head.weight"].t())
        head.bias.copy_(arrays["head.bias"])
    # Its second bias is redundant: both would move, and the layer learn twice as fast as everyone else's.
    layer.bias_hh_l0.requires_grad_(False)
    parameters = [p for p in [*layer.parameters(), *head.parameters()] if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1, betas=BETAS, eps=EPSILON, foreach=True)

    def outputs():
        with torch.inference_mode():
            return layer(x)[0]

    def step(rate):
        optimizer.param_groups[0]["lr"] = rate
        loss = torch.nn.functional.cross_entropy(head(layer(x)[0][-1]), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return outputs, step


class ByHand:
    """The layer with its derivative written out. Gates lie in the order i, f, o, g: one sigmoid serves three."""

    def __init__(self, arrays):
        order = ("input", "forget", "output", "candidate")
        self.x = arrays["x"].transpose(0, 1).contiguous()
        self.labels = arrays["labels"].long()
        self.w, self.u, self.b = (side_by_side(arrays, part, order) for part in ("input", "recurrent", "bias"))
        self.v, self.d = arrays["head.weight"].contiguous(), arrays["head.bias"]
        length, batch, inputs = self.x.shape
        units = self.u.shape[0]
        self.rows = self.x.view(length * batch, inputs)
        self.a = torch.empty(length, batch, 4 * units)
        self.h, self.c = torch.zeros(length + 1, batch, units), torch.zeros(length + 1, batch, units)
        self.squashed = torch.empty(length, batch, units)
        self.da = torch.empty_like(self.a)
        self.dh, self.dc, self.part = (torch.empty(batch, units) for _ in range(3))
        # Views of each step are made once: a call that makes one costs as much as the small product.
        self.sent, self.back = ([self.views(a[t], units) for t in range(length)] for a in (self.a, self.da))
        self.hs, self.cs, self.ss = list(self.h), list(self.c), list(self.squashed)
        self.target = torch.nn.functional.one_hot(self.labels, self.d.shape[0]).float()
        parameters = [self.w, self.u, self.b, self.v, self.d]
        for p in parameters:
            p.grad = torch.empty_like(p)
        self.optimizer = torch.optim.Adam(parameters, lr=1, betas=BETAS, eps=EPSILON, foreach=True)

    @staticmethod
    def views(a, units):
        """All four neurons, those that are sigmoids, i, f, o and g."""
        return a, a[:, : 3 * units], *(a[:, k * units : (k + 1) * units] for k in range(4))

    def outputs(self):
        flat = self.a.view(len(self.rows), -1)
        torch.addmm(self.b, self.rows, self.w, out=flat)
        for t, (a, gates, i, f, o, g) in enumerate(self.sent):
            a.addmm_(self.hs[t], self.u)
            gates.sigmoid_()
            g.tanh_()
            torch.mul(f, self.cs[t], out=self.cs[t + 1]).addcmul_(i, g)
            torch.tanh(self.cs[t + 1], out=self.ss[t])
            torch.mul(o, self.ss[t], out=self.hs[t + 1])
        return self.h[1:]

    def backward(self, delta):
        aten = torch.ops.aten
        dh, dc, part = self.dh, self.dc.zero_(), self.part
        torch.mm(delta, self.v.t(), out=dh)
        u_turned = self.u.t()
        for t in reversed(range(len(self.sent))):
            _, gates, i, f, o, g = self.sent[t]
            da, dgates, di, df, do, dg = self.back[t]
            torch.mul(dh, self.ss[t], out=do)
            torch.mul(dh, o, out=part)
            aten.tanh_backward(part, self.ss[t], grad_input=part)
            dc.add_(part)
            torch.mul(dc, g, out=di)
            torch.mul(dc, self.cs[t], out=df)
            torch.mul(dc, i, out=dg)
            aten.sigmoid_backward(dgates, gates, grad_input=dgates)
            aten.tanh_backward(dg, g, grad_input=dg)
            dc.mul_(f)
            torch.mm(da, u_turned, out=dh)
        flat = self.da.view(len(self.rows), -1)
        torch.mm(self.rows.t(), flat, out=self.w.grad)
        torch.mm(self.h[:-1].view(len(self.rows), -1).t(), flat, out=self.u.grad)
        torch.sum(flat, 0, out=self.b.grad)

    def step(self, rate):
        self.optimizer.param_groups[0]["lr"] = rate
        last = self.outputs()[-1]
        log_p = torch.log_softmax(torch.addmm(self.d, last, self.v), 1)
        loss = torch.nn.functional.nll_loss(log_p, self.labels)
        delta = log_p.exp_().sub_(self.target).mul_(1 / len(last))
        torch.mm(last.t(), delta, out=self.v.grad)
        torch.sum(delta, 0, out=self.d.grad)
        self.backward(delta)
        self.optimizer.step()
        return loss.item()


def without_gradients(run):
    def guarded(*arguments):
        with torch.no_grad():
            return run(*arguments)

    return guarded


def session(task, arrays, given, by_hand):
    """(evidence, run): sampled outputs, or the losses of the first steps; a run of what the task times."""
    if by_hand:
        layer = ByHand(arrays)
        outputs, step = without_gradients(layer.outputs), without_gradients(layer.step)
    else:
        outputs, step = as_usual(arrays)
    if task["pass"] == "step":
        return lambda: [step(rate) for rate in given["rates"]], lambda: step(given["timedRate"])
    samples = (torch.tensor(given["samplesOf"][name]) for name in ("step", "example", "unit"))
    at = tuple(samples)
    return lambda: outputs()[at].tolist(), outputs
