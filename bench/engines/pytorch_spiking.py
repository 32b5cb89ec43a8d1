"""A layer of spiking neurons in PyTorch, for the workload `spiking` of the bench: z = 1[v > threshold], v = 0.9 v + z W, step after step.

`dense` multiplies the whole spike vector, the decay folded into the product. `gather` adds up the rows of W of the units that fired.
"""

import torch


def dense(thresholds, w, v, decay):
    z = torch.empty_like(v)

    def run():
        v.zero_()
        for threshold in thresholds:
            torch.gt(v, threshold, out=z)
            v.addmm_(z, w, beta=decay)

    return run


def gather(thresholds, w, v, decay):
    units = torch.nn.functional.embedding_bag
    offsets = torch.zeros(len(v) + 1, dtype=torch.long)

    def run():
        v.zero_()
        for threshold in thresholds:
            fired = v > threshold
            torch.cumsum(fired.sum(1), 0, out=offsets[1:])
            v.mul_(decay).add_(units(fired.nonzero()[:, 1], w, offsets[:-1], mode="sum"))

    return run


FORMS = {"dense": dense, "gather": gather}


def session(form, arrays, samples, decay):
    """(evidence, run): the sampled last membranes; all steps."""
    thresholds = arrays["thresholds"]
    v = torch.zeros(thresholds.shape[1:])
    steps = FORMS[form](list(thresholds), arrays["weight"], v, decay)

    def run():
        with torch.inference_mode():
            steps()

    def evidence():
        run()
        return v.reshape(-1)[torch.tensor(samples)].tolist()

    return evidence, run
