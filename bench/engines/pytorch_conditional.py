"""A layer of blocks behind gates in PyTorch, forward and backward, for the workload `conditional` of the bench.

y = sum_k g_k relu(x W_k^T) V_k with gates of 0 or 1, and from dL/dy the gradients at x, W and V. Three ways of doing it, all without
autograd, which none of them would gain from: `dense` works every block out for every example and multiplies by the gates, `loop`
takes the open rows of one block after the other, `padded` takes them for all blocks at once in batched products as long as the
fullest block. Which rows a block has is worked out before: it is no part of the time.
"""

import torch


def rows_of(gates):
    """The examples that open each block."""
    return [column.nonzero().squeeze(1) for column in gates.t()]


def dense(x, gates, w, v, dy):
    """Weights as they lie best for it: w [input, units], v [units, output]."""
    blocks, width, inputs = w.shape
    w = w.reshape(-1, inputs).t().contiguous()
    v = v.reshape(blocks * width, -1)
    mask = gates.repeat_interleave(width, 1)

    def run():
        h = torch.relu(x @ w) * mask
        dh = (dy @ v.t()) * (h > 0).float()
        return h @ v, dh @ w.t(), x.t() @ dh, h.t() @ dy

    def canonical(y, dx, dw, dv):
        return y, dx, dw.t(), dv

    return run, canonical


def loop(x, gates, w, v, dy):
    """Weights by blocks: w [blocks, input, width], v [blocks, width, output]."""
    w = w.permute(0, 2, 1).contiguous()
    lists = rows_of(gates)

    def run():
        y, dx = torch.zeros_like(dy), torch.zeros_like(x)
        dw, dv = torch.zeros_like(w), torch.zeros_like(v)
        for k, rows in enumerate(lists):
            if len(rows) == 0:
                continue
            xs, dys = x.index_select(0, rows), dy.index_select(0, rows)
            h = torch.relu(xs @ w[k])
            y.index_add_(0, rows, h @ v[k])
            dh = (dys @ v[k].t()) * (h > 0).float()
            torch.mm(h.t(), dys, out=dv[k])
            torch.mm(xs.t(), dh, out=dw[k])
            dx.index_add_(0, rows, dh @ w[k].t())
        return y, dx, dw, dv

    return run, by_units


def padded(x, gates, w, v, dy):
    """Every block has as many rows as the fullest; those too many read and write a row of zeros behind the last example."""
    blocks, width, inputs = w.shape
    batch, outputs = dy.shape
    w = w.permute(0, 2, 1).contiguous()
    lists = rows_of(gates)
    most = max(len(rows) for rows in lists)
    places = torch.full((blocks, most), batch)
    for k, rows in enumerate(lists):
        places[k, : len(rows)] = rows
    places = places.reshape(-1)
    x_padded, dy_padded = (torch.cat([a, torch.zeros(1, a.shape[1])]) for a in (x, dy))
    w_turned, v_turned = w.transpose(1, 2), v.transpose(1, 2)

    def run():
        y, dx = torch.zeros(batch + 1, outputs), torch.zeros(batch + 1, inputs)
        xs = x_padded.index_select(0, places).view(blocks, most, inputs)
        dys = dy_padded.index_select(0, places).view(blocks, most, outputs)
        h = torch.relu(torch.bmm(xs, w))
        y.index_add_(0, places, torch.bmm(h, v).view(-1, outputs))
        dh = torch.bmm(dys, v_turned) * (h > 0).float()
        dv = torch.bmm(h.transpose(1, 2), dys)
        dw = torch.bmm(xs.transpose(1, 2), dh)
        dx.index_add_(0, places, torch.bmm(dh, w_turned).view(-1, inputs))
        return y[:batch], dx[:batch], dw, dv

    return run, by_units


def by_units(y, dx, dw, dv):
    """Gradients of weights that lie by blocks, in the layout of the inputs."""
    return y, dx, dw.transpose(1, 2), dv


FORMS = {"dense": dense, "loop": loop, "padded": padded}


def session(form, arrays, samples):
    """(evidence, run): the sampled entries of the output and of the three gradients; one pass, forward and backward."""
    make, canonical = FORMS[form](*(arrays[name] for name in ("x", "gates", "weight", "out", "dy")))

    def run():
        with torch.inference_mode():
            return make()

    def evidence():
        found = zip(canonical(*run()), (samples[name] for name in ("y", "dx", "dweight", "dout")))
        return [value for result, at in found for value in result.reshape(-1)[torch.tensor(at)].tolist()]

    return evidence, run
