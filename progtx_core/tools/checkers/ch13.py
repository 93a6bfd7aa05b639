"""Checkers of chapter 13, reruns."""

from unittest.mock import patch

from progtx_core.tools.checkers.judge import exercise, near, require

SWEPT = {"a": [1, 2], "b": [1, 2, 3], "c": [1, 2, 3, 4]}
PAIRED = {"d": [1, 2, 3], "e": [4, 5, 6]}


@exercise("13.1", "a function of (grid, zipped, n_draws)")
def runs(answer):
    for grid, zipped, n_draws, want, traps in (
        (SWEPT, {}, 0, 24, {"every combination is a run: multiply the lengths": 9}),
        ({}, PAIRED, 0, 3, {"lists in step are taken first with first: not combined": 9}),
        (SWEPT, PAIRED, 0, 72, {"lists in step are taken first with first": 216}),
        (SWEPT, {}, 5, 120, {"draws are combined with the rest: multiply": 29}),
        ({}, PAIRED, 1, 3, {"one draw is one choice": 4}),
        ({}, {}, 0, 1, {}),
    ):
        what = f"with {len(grid)} lists combined, {len(zipped)} in step, {n_draws} draws it"
        made = answer(dict(grid), dict(zipped), n_draws)
        empty = {"a part that is empty changes nothing: it counts as 1": 0}
        near(what, made, want, traps | empty, atol=0.1)


@exercise("13.2", "a function of (parameters, defaults)")
def name(answer):
    def named(parameters, salt=0):
        # Python's hash of a text has another salt in each process.
        with patch("builtins.hash", lambda _: salt):
            made = answer(dict(parameters), {"seed": 1, "depth": 2})
        require(made is not None, "it returns None: is a `return` missing?")
        require(
            isinstance(made, str), f"a folder's name is a text, not {type(made).__name__}"
        )
        return made

    one = {"steps": 100, "rate": 2}
    require(named(one) == named({"rate": 2, "steps": 100}), "the order changes the name")
    require(named(one) == named(one | {"seed": 1}), "a default value changes the name")
    require(named(one) == named(one, 1), "in another process the name is another one")
    for other, why in (
        (one | {"seed": 2}, "a value that is not its default must change it"),
        ({"steps": 100}, "another set of parameters must have another"),
        ({"steps": 2, "rate": 100}, "which parameter has which value must count"),
        ({"steps": 100, "pace": 2}, "the names of the parameters must count, too"),
        ({"steps": 1, "rate": 2}, "all digits of a value must count"),
        ({"steps": 100, "rate": "2"}, "a text and a number are different values"),
        (one | {"limit": None}, "None is a value, and 'limit' has no default"),
    ):
        require(named(one) != named(other), f"{one} and {other} have one name: {why}")
    many = {named({"steps": n, "rate": 2}) for n in range(3000)}
    require(len(many) == 3000, f"3000 runs have only {len(many)} names: keep more digits")
    long = {f"parameter {i}": "a/b: c" * 20 for i in range(20)}
    for sign in "/\\\0":
        require(sign not in named(long), f"a folder's name cannot hold {sign!r}")
    require(len(named(long)) <= 255, "many parameters make it longer than 255 letters")
    require(named(long) != named(long | {"z": 1}), "many parameters are truncated")


@exercise("13.3", "a function of runs")
def left(answer):
    all_runs = {
        f"{state}, {'locked' if locked else 'free'}": (state, locked)
        for state in ("done", "failed", "running", None)
        for locked in (True, False)
    }
    begun = answer(dict(all_runs))
    require(begun is not None, "it returns None: is a `return` missing?")
    begun = [*begun]
    unknown = next((run for run in begun if run not in all_runs), None)
    require(unknown is None, f"{str(unknown)[:40]!r} is no name of a run")
    require(len(begun) == len(set(begun)), "a run is begun twice at a time")
    again = "what is done is not done again"
    for run, hint in (
        ("done, free", again),
        ("done, locked", again),
        ("running, locked", "somebody is working on it: its lock is held"),
        ("failed, locked", "somebody is working on it: its lock is held"),
        ("None, locked", "somebody is beginning it: its lock is held"),
    ):
        require(run not in begun, f"'{run}' is begun: {hint}")
    for run, hint in (
        ("running, free", "who was working on it is dead"),
        ("failed, free", "what failed is tried again"),
        ("None, free", "nobody has begun it"),
    ):
        require(run in begun, f"'{run}' is not begun: {hint}")
