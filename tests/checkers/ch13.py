"""Answers to the exercises of chapter 13: other right ones, wrong ones with their hint."""

import hashlib
import itertools
import json
import math


def by_product(grid, zipped, n_draws):
    rows = [*zip(*zipped.values())] or [()]
    return len([*itertools.product(*grid.values(), rows, range(n_draws or 1))])


def changed(parameters, defaults):
    here = sorted(parameters.items())
    return {k: v for k, v in here if k not in defaults or defaults[k] != v}


def digest(thing, digits=16):
    return hashlib.md5(json.dumps(thing).encode()).hexdigest()[:digits]


RIGHT = {
    "13.1": [by_product],
    "13.2": [
        lambda p, d: digest([*changed(p, d).items()]),
        lambda p, d: hashlib.sha1(repr(changed(p, d)).encode()).hexdigest(),
    ],
    "13.3": [
        lambda runs: {run for run in runs if runs[run][0] != "done" and not runs[run][1]},
        lambda runs: (r for r, (s, locked) in runs.items() if not locked and s != "done"),
    ],
}
WRONG = {
    "13.1": [
        (lambda g, z, n: sum(map(len, g.values())), "multiply the lengths"),
        (
            lambda g, z, n: math.prod(map(len, [*g.values(), *z.values()])) * (n or 1),
            "first with first",
        ),
        (lambda g, z, n: n * math.prod(map(len, g.values())), "changes nothing"),
        (
            lambda g, z, n: (
                math.prod(map(len, g.values())) * len(next(iter(z.values()), "1")) + n
            ),
            "draws are combined",
        ),
        (lambda g, z, n: math.prod(map(len, g.values())) * (n or 1), "should be 3"),
        (lambda g, z, n: None, "None"),
    ],
    "13.2": [
        (lambda p, d: "-".join(f"{k}={v}" for k, v in changed(p, d).items()), "a text and"),
        (lambda p, d: json.dumps(p), "order"),
        (lambda p, d: digest(sorted(p.items())), "default value"),
        (lambda p, d: str(hash(str(changed(p, d)))), "another process"),
        (lambda p, d: digest([*changed(p, d).values()]), "names of the parameters"),
        (lambda p, d: digest(sorted(map(str, changed(p, d).values()))), "which value"),
        (lambda p, d: digest(changed(p, d), 2), "more digits"),
        (lambda p, d: digest(changed(p, d), 4), "more digits"),
        (lambda p, d: str(len(changed(p, d))), "must"),
        (lambda p, d: json.dumps(changed(p, d)), "cannot hold '/'"),
        (lambda p, d: json.dumps(changed(p, d)).replace("/", ""), "longer than 255"),
        (lambda p, d: json.dumps(changed(p, d)).replace("/", "")[:90], "truncated"),
        (
            lambda p, d: digest(
                [*{k: v for k, v in sorted(p.items()) if d.get(k) != v}.items()]
            ),
            "None is a value",
        ),
        (lambda p, d: None, "None"),
        (lambda p, d: int(digest(changed(p, d)), 16), "not int"),
    ],
    "13.3": [
        (lambda runs: None, "None"),
        (lambda runs: [*runs], "done again"),
        (
            lambda runs: [r for r, (s, locked) in runs.items() if s != "done"],
            "lock is held",
        ),
        (lambda runs: [r for r, (s, locked) in runs.items() if not locked], "done again"),
        (lambda runs: [r for r, (s, _) in runs.items() if s is None], "lock is held"),
        (
            lambda runs: [r for r, (s, locked) in runs.items() if s is None and not locked],
            "is dead",
        ),
        (
            lambda runs: [
                r
                for r, (s, locked) in runs.items()
                if s in (None, "running") and not locked
            ],
            "tried again",
        ),
        (lambda runs: list(runs.values()), "no name of a run"),
    ],
}
