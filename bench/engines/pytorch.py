"""PyTorch as an engine of the bench: answers the requests of protocol.ts, one JSON object a line.

Two variants of a training step. "autograd" is the program that people write: autograd, cross_entropy and torch.optim.SGD.
"by hand" is the fastest form we know: no autograd, results written into arrays that are kept, and the momentum folded
into the weight gradient's product, v = 0.9 v + h^T d in one call. Inputs come as files (handover.ts).
"""

import json
import os
import re
import sys
import time

# Standard output carries answers alone, whatever a library likes to say there.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


class UserError(Exception):
    """A mistake that is the user's to mend: its message says it all."""


def array(given, name):
    """The tensor of a handed-over file."""
    described = given["arrays"][name]
    values = numpy.fromfile(described["file"], dtype=described["dtype"]).reshape(described["shape"])
    return torch.from_numpy(values)


def kernel(run, result, given):
    """A session around one call that fills `result`. Returns (evidence, run)."""

    def evidence():
        run()
        return result.reshape(-1)[torch.tensor(given["samples"])].tolist()

    return evidence, run


def gemm(task, given, _by_hand):
    a, b = array(given, "a"), array(given, "b")
    c = torch.empty(task["m"], task["n"])
    return kernel(lambda: torch.mm(a, b, out=c), c, given)


def elementwise(task, given, _by_hand):
    y = torch.empty(task["count"])
    if task["kind"] == "uniform":
        return kernel(y.uniform_, y, given)
    x = array(given, "x")
    return kernel(lambda: torch.sigmoid(x, out=y), y, given)


def training_step(task, given, by_hand):
    weights = [array(given, f"weights{layer}") for layer in range(len(task["units"]) - 1)]
    make = step_by_hand if by_hand else usual_step
    step = make(weights, array(given, "x"), array(given, "labels").long(), task["stochastic"], given["momentum"])
    return lambda: [step(rate) for rate in given["rates"]], lambda: step(given["timedRate"])


def step_by_hand(weights, x, labels, stochastic, momentum):
    """One step by hand: every result has its array, nothing is allocated but the ten logits of each example."""
    batch, layers = len(x), len(weights)
    biases = [torch.zeros(w.shape[1]) for w in weights]
    velocities = [torch.zeros_like(w) for w in weights]
    bias_velocities = [torch.zeros_like(b) for b in biases]
    signals = [x] + [torch.empty(batch, w.shape[1]) for w in weights]
    rates_of_fire = [torch.empty_like(h) for h in signals]
    deltas = [torch.empty_like(h) for h in signals]
    target = torch.nn.functional.one_hot(labels, weights[-1].shape[1]).float()

    def fire(a, p):
        torch.sigmoid(a, out=p)
        torch.lt(a.uniform_(), p, out=a)

    def step(rate):
        for layer in range(layers):
            a = torch.addmm(biases[layer], signals[layer], weights[layer], out=signals[layer + 1])
            if layer < layers - 1:
                fire(a, rates_of_fire[layer + 1]) if stochastic else a.relu_()
        log_p = torch.log_softmax(signals[layers], 1)
        loss = torch.nn.functional.nll_loss(log_p, labels)
        delta = log_p.exp_().sub_(target).mul_(1 / batch)
        for layer in reversed(range(layers)):
            h = signals[layer]
            if layer > 0:
                below = torch.mm(delta, weights[layer].t(), out=deltas[layer])
                if stochastic:
                    torch.ops.aten.sigmoid_backward(below, rates_of_fire[layer], grad_input=below)
                else:
                    torch.ops.aten.threshold_backward(below, h, 0, grad_input=below)
            torch.addmm(velocities[layer], h.t(), delta, beta=momentum, out=velocities[layer])
            weights[layer].add_(velocities[layer], alpha=-rate)
            bias_velocities[layer].mul_(momentum).add_(delta.sum(0))
            biases[layer].add_(bias_velocities[layer], alpha=-rate)
            if layer > 0:
                delta = below
        return loss.item()

    return without_gradients(step)


def usual_step(weights, x, labels, stochastic, momentum):
    """One step as its manual teaches it."""

    class Fire(torch.autograd.Function):
        """A unit that fires with probability sigmoid(a); its gradient is that of sigmoid, straight through the draw."""

        @staticmethod
        def forward(context, a):
            p = torch.sigmoid(a)
            context.save_for_backward(p)
            return torch.bernoulli(p)

        @staticmethod
        def backward(context, gradient):
            (p,) = context.saved_tensors
            return gradient * p * (1 - p)

    activation = Fire.apply if stochastic else torch.relu
    weights = [torch.nn.Parameter(w) for w in weights]
    biases = [torch.nn.Parameter(torch.zeros(w.shape[1])) for w in weights]
    optimizer = torch.optim.SGD(weights + biases, lr=1, momentum=momentum)

    def step(rate):
        optimizer.param_groups[0]["lr"] = rate
        h = x
        for layer, (w, b) in enumerate(zip(weights, biases)):
            h = torch.addmm(b, h, w)
            if layer < len(weights) - 1:
                h = activation(h)
        loss = torch.nn.functional.cross_entropy(h, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def without_gradients(run):
    def guarded(*arguments):
        with torch.inference_mode():
            return run(*arguments)

    return guarded


def forward(task, given, _by_hand):
    """Class scores at the initial weights: one product and one activation a layer, as one writes it."""
    weights = [array(given, f"weights{layer}") for layer in range(len(task["units"]) - 1)]
    biases = [torch.zeros(w.shape[1]) for w in weights]
    x = array(given, "x")

    def scores():
        h = x
        for layer, (w, b) in enumerate(zip(weights, biases)):
            h = torch.addmm(b, torch.relu(h) if layer > 0 else h, w)
        return h

    run = without_gradients(scores)
    return lambda: run().reshape(-1).tolist(), run


def estimated_step(task, given, _by_hand):
    """A training step whose hidden layer an estimator trains."""
    from pytorch_estimators import session

    return session(task["estimator"], {name: array(given, name) for name in given["arrays"]}, given)


def conditional(task, given, _by_hand):
    """A layer of blocks behind gates, in the form that was asked for."""
    from pytorch_conditional import session

    return session(task["form"], {name: array(given, name) for name in given["arrays"]}, given["samplesOf"])


def conv(task, given, _by_hand):
    """A convolutional network, in inference or in training, in the form that was asked for."""
    from pytorch_conv import session

    return session(task, {name: array(given, name) for name in given["arrays"]}, given)


def recurrent(task, given, by_hand):
    """A recurrent layer, in inference or in training."""
    from pytorch_recurrent import session

    return session(task, {name: array(given, name) for name in given["arrays"]}, given, by_hand)


def spiking(task, given, _by_hand):
    """The recurrent product of a spiking layer, in the form that was asked for."""
    from pytorch_spiking import session

    arrays = {name: array(given, name) for name in given["arrays"]}
    return session(task["form"], arrays, given["samples"], given["decay"])


SESSIONS = {
    "gemm": gemm,
    "step": training_step,
    "forward": forward,
    "sigmoid": elementwise,
    "uniform": elementwise,
    "estimator": estimated_step,
    "conditional": conditional,
    "conv": conv,
    "recurrent": recurrent,
    "spiking": spiking,
}

# How the work of each variant is written.
WRITTEN = {
    "autograd": "autograd and torch.optim.SGD",
    "by hand": "steps by hand, in place",
    "without autograd": "backward pass by hand",
}


class Engine:
    def start(self, ask):
        global numpy, torch
        try:
            import numpy
            import torch
        except ImportError as error:
            raise UserError(f"{error}; apt-get install python3-torch libopenblas0-openmp") from error
        torch.set_num_threads(ask["threads"])
        torch.manual_seed(1)
        torch.set_flush_denormal(True)
        self.runs = {}
        self.by_hand = ask["variant"] == "by hand"
        written = WRITTEN[ask["variant"]]
        return {"threads": torch.get_num_threads(), "note": f"PyTorch {torch.__version__}, {blas()}, {written}"}

    def open(self, ask):
        form = ask.get("form", "")
        task = {**ask["task"], "form": form}
        if task["kind"] not in SESSIONS:
            raise UserError(f"PyTorch has no workload {task['kind']}")
        evidence, self.runs[form] = SESSIONS[task["kind"]](task, ask["given"], self.by_hand)
        return {"evidence": evidence()}

    def slice(self, ask):
        """Whole runs, at least one, each complete before the next begins."""
        run = self.runs[ask.get("form", "")]
        start = time.perf_counter()
        runs = 0
        while True:
            run()
            runs += 1
            elapsed = time.perf_counter() - start
            if elapsed >= ask["seconds"]:
                return {"work": runs, "seconds": elapsed}

    def usage(self, _ask):
        return {"cpuSeconds": time.process_time()}

    def close(self, _ask):
        self.runs = {}
        return {}


def blas():
    """The library of matrix products that was really loaded, where the system tells."""
    torch.mm(torch.ones(2, 2), torch.ones(2, 2))
    try:
        with open("/proc/self/maps") as maps:
            files = {line.split()[-1] for line in maps if re.search(r"blas|mkl", line.split()[-1])}
    except OSError:
        files = set()
    named = sorted(f"{os.path.basename(os.path.dirname(f))}/{os.path.basename(f)}" for f in files if "blasp" in f)
    return named[0] if named else ("MKL" if torch.backends.mkl.is_available() else "its own BLAS")


def main():
    engine = Engine()
    for line in sys.stdin:
        request = json.loads(line)
        reply = {"id": request["id"]}
        try:
            reply["answer"] = getattr(engine, request["kind"])(request["ask"])
        except Exception as error:  # whatever happens is the asker's to hear
            user = isinstance(error, UserError)
            reply.update(error=str(error) if user else f"{type(error).__name__}: {error}", user=user)
        print(json.dumps(reply), file=answers, flush=True)


main()
