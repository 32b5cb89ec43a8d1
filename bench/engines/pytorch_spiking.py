"""The recurrent product of a spiking layer in PyTorch, for the workload `spiking` of the bench: v = 0.9 v + z W, step after step.

`dense` multiplies the whole spike vector, the decay folded into the product. `gather` adds up the rows of W of the units that fired;
which they are is found before, and no part of the time.
"""

import torch


def dense(spikes, w, v, decay):
    steps = list(spikes)

    def run():
        v.zero_()
        for z in steps:
            v.addmm_(z, w, beta=decay)

    return run


def gather(spikes, w, v, decay):
    units = torch.nn.functional.embedding_bag
    steps = []
    for z in spikes:
        counts = z.sum(1).long()
        offsets = torch.cat([torch.zeros(1, dtype=torch.long), counts.cumsum(0)[:-1]])
        steps.append((z.nonzero()[:, 1].contiguous(), offsets))

    def run():
        v.zero_()
        for fired, offsets in steps:
            v.mul_(decay).add_(units(fired, w, offsets, mode="sum"))

    return run


FORMS = {"dense": dense, "gather": gather}


def session(form, arrays, samples, decay):
    """(evidence, run): the sampled last membranes; all steps."""
    v = torch.zeros(arrays["spikes"].shape[1:])
    steps = FORMS[form](arrays["spikes"], arrays["weight"], v, decay)

    def run():
        with torch.inference_mode():
            steps()

    def evidence():
        run()
        return v.reshape(-1)[torch.tensor(samples)].tolist()

    return evidence, run
