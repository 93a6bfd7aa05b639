"""The different beginnings of some strings: all that a causal model has to compute."""

import torch

from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.types import Batch, Spec


class Prefixes:
    """One node for each different beginning; what it sees is what leads to it.

    In a causal model a step depends on what stands before it only, so strings that
    begin alike share that beginning's numbers. All strings of 8 bits have 2048 steps,
    but 510 beginnings.

    features: (d_features, nodes, 1) of the last step of each beginning
    depth: (nodes,), its position; counts: (n_classes, nodes), how often which answer
        is asked for there
    seen: for each position, the first node that sees so far, and the nodes of that
        position that it and those after it see (nodes are in the order of depth)

    >>> from progtx_core.types import Batch
    >>> bits = torch.tensor([[0, 0], [0, 1], [1, 1]])
    >>> tree = Prefixes(Batch(bits, bits), Spec(2, seq_len=2, d_vocab=2, per_position=True))
    >>> tree.depth.tolist(), [(first, nodes.tolist()) for first, nodes in tree.seen]
    ([0, 0, 1, 1, 1], [(0, [0, 1, 0, 0, 1]), (2, [2, 3, 4])])
    """

    def __init__(self, batch: Batch, spec: Spec, dtype=torch.float32) -> None:
        features = as_features(batch.inputs, spec)  # (batch, seq, d_features)
        real = padding_mask(batch.inputs, spec)
        if real is None:
            real = torch.ones(features.shape[:2], dtype=torch.bool)
        n_strings, seq, _ = features.shape
        self.n_answers = int(batch.mask.sum())
        node_of = torch.zeros(n_strings, seq, dtype=torch.long)
        lasts, depths, path, first = [], [], [], 0
        for t in range(seq):
            rows = real[:, t].nonzero().flatten()
            if len(rows) == 0:
                break
            same = beginnings(batch.inputs[rows, : t + 1])
            n_nodes = int(same.max()) + 1
            node_of[rows, t] = first + same
            # Any string that begins so will do to say what the node looks like.
            one = torch.empty(n_nodes, dtype=torch.long).scatter_(0, same, rows)
            lasts.append(features[one, t])
            depths.append(torch.full((n_nodes,), t))
            path.append(node_of[one])  # (nodes here, seq), filled as far as t
            first += n_nodes
        self.features = torch.cat(lasts).T.to(dtype).unsqueeze(2)
        self.depth = torch.cat(depths)
        path = torch.cat(path)
        firsts = [int((self.depth < s).sum()) for s in range(len(depths))]
        self.seen = [(first, path[first:, s]) for s, first in enumerate(firsts)]
        counts = torch.zeros(spec.n_classes, len(self), dtype=torch.double)
        asked = batch.mask & real
        places = batch.targets[asked], node_of[asked]
        self.counts = counts.index_put_(places, torch.ones((), dtype=torch.double), True)

    def __len__(self) -> int:
        return len(self.depth)


def beginnings(strings: torch.Tensor) -> torch.Tensor:
    """A number for each string, the same for equal ones: (batch,) from 0."""
    return torch.unique(strings, dim=0, return_inverse=True)[1]
