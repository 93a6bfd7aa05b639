"""Checkers of chapter 8, training step by step."""

import numpy as np

from progtx_core.tools.checkers.judge import array, exercise, near, require

FINE, HIGH, LOW = "as it should be", "learning rate too high", "learning rate too low"
FEW, MASK, SHUFFLED = "too few examples", "mask is broken", "answers shuffled"
CURVES = {"A": FEW, "B": HIGH, "C": SHUFFLED, "D": FINE, "E": MASK, "F": LOW}
SEEN = {  # what each of these curves shows, without its name
    FEW: "training and validation part",
    HIGH: "the loss jumps about from update to update, and falls little",
    SHUFFLED: "the loss drops to one level and is flat from there on",
    FINE: "both curves fall together, fastest and furthest of all",
    MASK: "both curves fall together, but another panel's do so sooner and further",
    LOW: "both curves fall smoothly to the end, and far too slowly",
}


@exercise("8.1", "a dictionary with a name for each letter from A to F")
def curves(answer):
    require(isinstance(answer, dict), "give a dictionary: a name for each letter")
    given = {letter: answer.get(letter) for letter in CURVES}
    missing = ", ".join(letter for letter, name in given.items() if name is None)
    require(not missing, f"there is no name yet for {missing}")
    for letter, name in given.items():
        known = isinstance(name, str) and name in SEEN
        require(known, f"{letter}: {str(name)[:40]!r} is none of the six names")
    twice = [name for name in SEEN if list(given.values()).count(name) > 1]
    require(not twice, f"{twice[:1]} stands under two letters, and each name under one")
    wrong = [letter for letter, name in given.items() if name != CURVES[letter]]
    seen = SEEN[CURVES[(wrong or "A")[0]]]
    require(not wrong, f"{len(wrong)} are not right; look again at {wrong[:1]}: {seen}")


@exercise("8.2", "a function of (n_examples, batch_size, epochs)")
def updates(answer):
    for n, size, passes in ((8000, 64, 20), (800, 7, 5), (10, 10, 1), (99, 10, 3)):
        last = "the last batch is left out if it is not full"
        traps = {
            f"{last}: it is counted": passes * -(-n // size),
            f"{last}: in each epoch, not once at the end": passes * n // size,
            f"whole batches only: {last}": passes * n / size,
            "that is one epoch: multiply by their number": n // size,
        }
        made = answer(n, size, passes)
        near(f"updates({n}, {size}, {passes})", made, passes * (n // size), traps)


@exercise("8.3", "a function of (row)")
def spread(answer):
    rows = [0.25] * 4, [0.7, 0.2, 0.1], [0.5, 0.5, 0.0, 0.0], [1.0, 0.0, 0.0]
    for row in rows:
        p = np.array([weight for weight in row if weight > 0])
        entropy, n = -(p * np.log(p)).sum(), len(row)
        name, made = f"spread({row})", answer(list(row))
        if 0.0 in row and isinstance(made, float | np.ndarray | np.floating):
            hint = "it is NaN: a weight of 0 gives 0 · log 0, which is NaN; leave it out"
            require(not np.isnan(made).any(), f"{name}: {hint}")
        made = array(name, made, ())
        traps = {
            "it is the entropy: divide by that of a row that is even": entropy,
            "divide by the logarithm of the length, not by the length": entropy / n,
            "it is the wrong way round: 0 is one key alone": 1 - entropy / np.log(n),
            "weights of 0 count for the length as well": entropy / np.log(max(2, len(p))),
            "1 less the greatest weight is another measure": 1 - max(row),
        }
        near(name, made, entropy / np.log(n), traps)


@exercise("8.4", "a function of (accuracies, losses)")
def best(answer):
    for accuracies, losses, want in (
        ([0.2, 0.9, 0.8], [2.0, 0.5, 0.1], 1),
        ([0.9, 0.7, 0.9], [0.2, 0.1, 0.4], 0),
        ([0.5, 0.8, 0.9, 0.9], [0.1, 0.2, 0.9, 0.4], 3),
    ):
        made = array("what best returns", answer(list(accuracies), list(losses)), ())
        said, least = f"of accuracies {accuracies} with losses {losses}", np.argmin(losses)
        worse = "that has the lowest loss; accuracy comes first"
        require(want == least or made != least, f"{said}: {worse}")
        top = [i for i, a in enumerate(accuracies) if a == max(accuracies)]
        equal = f"{said} two are equal: take the lower loss"
        require(made == want or made not in top, equal)
        require(made != max(accuracies), f"{said}: give the index, not the accuracy")
        require(made == want, f"{said} keep number {want} (from 0), not {float(made):g}")
