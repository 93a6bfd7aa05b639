"""The different beginnings of some strings: all that a causal model has to compute."""

import torch
from progtx_core.models.inputs import as_features, padding_mask
from progtx_core.types import Batch, Spec


class Prefixes:
    """One node for each different beginning; what it sees is what leads to it.

    In a causal model strings that begin alike share that beginning's numbers. All strings
    of 8 bits have 2048 positions, but 510 beginnings.

    Attributes:
        features: (d_features, nodes, 1), of the last token of each beginning.
        depth: (nodes,), its position; nodes are in the order of depth.
        counts: (n_classes, nodes), how often which answer is asked for there.
        seen: by position, the first node that sees it, and which node of it each sees.

    >>> bits = torch.tensor([[0, 0], [0, 1], [1, 1]])
    >>> tree = Prefixes(Batch(bits, bits), Spec(2, seq_len=2, d_vocab=2, per_position=True))
    >>> tree.depth.tolist(), [(first, nodes.tolist()) for first, nodes in tree.seen]
    ([0, 0, 1, 1, 1], [(0, [0, 1, 0, 0, 1]), (2, [2, 3, 4])])
    """

    def __init__(self, batch: Batch, spec: Spec, dtype=torch.float32) -> None:
        features = as_features(batch.inputs, spec)  # (batch, seq, d_features)
        mask = padding_mask(batch.inputs, spec)
        if mask is None:
            mask = torch.ones(features.shape[:2], dtype=torch.bool)
        node_of = torch.zeros_like(mask, dtype=torch.long)  # (batch, seq)
        lasts, depths, paths, first = [], [], [], 0
        for t in range(mask.shape[1]):
            rows = mask[:, t].nonzero().flatten()
            if len(rows) == 0:
                break
            _, same = torch.unique(batch.inputs[rows, : t + 1], dim=0, return_inverse=True)
            n_nodes = int(same.max()) + 1
            node_of[rows, t] = first + same
            # Any string that begins so will do to say what the node looks like.
            one = torch.empty(n_nodes, dtype=torch.long).scatter_(0, same, rows)
            lasts.append(features[one, t])
            depths.append(torch.full((n_nodes,), t))
            paths.append(node_of[one])  # (nodes here, seq), filled as far as t
            first += n_nodes
        self.features = torch.cat(lasts).T.to(dtype).unsqueeze(2)
        self.depth, path = torch.cat(depths), torch.cat(paths)
        firsts = [int((self.depth < s).sum()) for s in range(len(depths))]
        self.seen = [(first, path[first:, s]) for s, first in enumerate(firsts)]
        asked = batch.mask & mask
        self.n_answers = int(batch.mask.sum())
        counts = torch.zeros(spec.n_classes, len(self), dtype=torch.double)
        places = batch.targets[asked], node_of[asked]
        self.counts = counts.index_put_(places, torch.ones((), dtype=torch.double), True)

    def __len__(self) -> int:
        return len(self.depth)
