"""Whatever is typed wrongly, or lies there damaged, is one line, and nothing is lost.

Each case is a command in a small checkout, with a file of it damaged first where that is
the case, and a word that the line must hold. Nothing may be executed or trained: a bad
input is found before that. Nothing may be written, and nothing that was there may change.
"""

# ruff: noqa: E501  # a case a line

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progtx_core import files
from progtx_core.__main__ import main
from progtx_core.tools import paths, recorded
from progtx_core.tools.execution import Chapter
from progtx_core.tools.experiments import benchmarks, grid, store, table
from progtx_core.tools.experiments.store import DONE, ROW, STATUS, TRIAL, TrialFolder
from progtx_core.tools.experiments.trial import digest

CHAPTER = """
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 98. A chapter for tests

# %% tags=["parameters"]
steps: int = 3  # updates
rate: float = 0.5  # of learning
word: str = "one"  # said
loud: bool = False  # or not

# %%
print(steps, rate, word, loud)
""".lstrip()
PLAN = "chapter: '98'\ngrid:\n  steps: [1, 2]\n  rate: [0.1]\n"
ROW_TEXT = "any_positive,max_pooling,0,1.0,0.1,0.9,0.2,34,600,2.5,2,2026-01-01"
TABLE = f"{','.join(benchmarks.COLUMNS)}\n{ROW_TEXT}\n"
RECORD = "model,task,seed,classes,accuracy,loss,seconds,date,version\nm,t,0,2,1.0,0.1,2.0,2026,1\n"
KEY = digest("a trial")
SWEEP = {"swept": ["steps"], "trials": [KEY]}
TRIAL_TOLD = {"chapter": "98_small", "columns": {"steps": 1}, "files": []}
DONE_STATUS = {"state": DONE, "attempts": 1, "seconds": 2.0, "error": ""}
DIGITS, LONG = "9" * 5000, "x" * 100_000
CASES: dict[str, tuple] = {}


def case(label, command, word, **damaged):
    """A command as it would be typed; damaged: contents of files, by PLACES."""
    assert label not in CASES, label
    CASES[label] = command if isinstance(command, list) else command.split(), word, damaged


PLACES = {
    "plan": "plan.yaml",
    "profile": "notebooks/profiles/fast.yaml",
    "source": "notebooks/98_small.py",
    "second": "notebooks/98_other.py",
    "notebook": "notebooks/98_small.ipynb",
    "benchmarks": "runs/benchmarks.csv",
    "sweep": "runs/98_small/sweep.json",
    "record": "results/scoreboard.csv",
}

# What is typed -------------------------------------------------------------------------

CHAPTERS = ("99", "²", "1.5", "98.txt", "-", "notebooks", "98_smal", "0", LONG, "é", "98 ")
VALUES = {
    "steps": ("2.5", "true", "many", "1e3", "1:10", "0x10", "[1", "", "²", "1 000", "nan"),
    "rate": ("fast", "nan", "inf", "-inf", "1:10", "true", "[0.1]", "", "0,1", "1e400"),
    "loud": ("1", "yes", "on", "maybe", "", "0.0"),
}
for name in CHAPTERS:
    case(f"run {name[:20]}", ["run", name], "chapter")
    case(f"sweep {name[:20]}", ["sweep", name, "--dry-run"], "chapter")
for name, values in VALUES.items():
    for value in (*values, DIGITS, "'", "!!python/object:os.system {}", "&a [*a]"):
        typed = f"{name}={value}"
        case(f"run -p {typed[:40]}", ["run", "98", "-p", typed], name)
        case(f"sweep -p {typed[:40]}", ["sweep", "98", "--dry-run", "-p", typed], name)
for typed in ("rate=0,1", "rate=1:10", "steps=1:10"):
    del CASES[f"sweep -p {typed}"]  # several values
for typed, word in (("steps", "name=value"), ("=3", "name=value"), ("stepz=3", "steps")):
    case(f"run -p {typed}", ["run", "98", "-p", typed], word)
    case(f"sweep -p {typed}", ["sweep", "98", "--dry-run", "-p", typed], word)
for what in ("run 98", "sweep 98 --dry-run"):
    case(f"{what} twice", f"{what} -p steps=1 -p steps=2", "twice")
    case(f"{what} profile", f"{what} --profile fsat", "fast")
    case(f"{what} profile outside", f"{what} --profile ../../plan", "profile")
case("run --update -p", "run 98 --update -p steps=1", "--update")
for span in ("0:3000000000", "0:1000000000000", "5:5", "9:1", "1:2:0", f"0:{DIGITS}"):
    case(f"span {span[:20]}", f"sweep 98 --dry-run -p steps={span}", "steps")
case("too many trials", "sweep 98 --dry-run -p steps=0:9999 -p rate=0:9999", "trials")
for option, values in {
    "--workers": ("-2", "0", "1000000000", "many", DIGITS),
    "--retries": ("-1", "1.5", DIGITS),
    "--timeout": ("-1", "0", "nan", "inf", "1e400", "soon"),
    "--name": ("", "..", "a/b", ".", "/tmp", "x" * 300),
}.items():
    for value in values:
        for ask in ("--dry-run", "--status"):
            typed = ["sweep", "98", ask, option, value]
            case(f"{ask} {option} {value[:30]}", typed, option.lstrip("-"))
for both in ("--dry-run --status", "--status --collect", "--dry-run --collect"):
    case(f"sweep {both}", f"sweep 98 {both}", "--dry-run")
for value in ("0/3", "4/3", "1/0", "-1/3", "1", "1/2/3", "a/b", "1.5/2", "", DIGITS):
    case(f"--shard {value[:20]}", ["sweep", "98", "--dry-run", "--shard", value], "--shard")
case(
    "plan and --profile", "sweep plan.yaml --dry-run --profile fast", "YAML file", plan=PLAN
)
for typed in ("word=\udcff", "word=a\0b", 'word="\udcff"'):
    case(f"run -p {typed!r}", ["run", "98", "-p", typed], "word")
    case(f"sweep -p {typed!r}", ["sweep", "98", "--dry-run", "-p", typed], "word")
for command, word in {
    "run --bogus": "--bogus",
    "run 98 -p": "-p",
    "sweep": "CHAPTER",
    "compare": "TASK",
    "record": "NAME",
    "bogus": "bogus",
    "": "COMMAND",
}.items():
    case(f"typed '{command}'", command, word)
case("collect nothing", "sweep 98 --collect", "holds no sweep")
case("plan is not there", "sweep none.yaml", "none.yaml")
case("plan and -p", "sweep plan.yaml -p steps=1", "YAML file", plan=PLAN)
for what, word in {
    "trend_sing": "trend_sign",
    "trend_sign max_poolin": "max_pooling",
    "trend_sign --steps 0": "steps",
    "trend_sign --seeds 0": "seeds",
    "trend_sign --seeds 3000000000": "seeds",
    "trend_sign max_pooling --batch-size 1000000000000": "batch_size",
    "trend_sign max_pooling --n-samples 1000000000000": "n_samples",
    "trend_sign --batch-size 0": "batch_size",
    "trend_sign --learning-rate 0": "learning_rate",
    "trend_sign --learning-rate nan": "learning_rate",
    "trend_sign --learning-rate 1e400": "learning_rate",
    "trend_sign --n-samples 0": "n_samples",
    "trend_sign --tracker wandb2": "wandb",
    "trend_sign --tracker jsonl --wandb-mode bogus": "mode",
    "parity max_pooling": "answer a position",
}.items():
    case(f"compare {what}", f"compare {what} --out runs", word)
NUMBERS = ("many", "1.5", "-1", "", "1e3", "9" * 30, DIGITS)
for option in ("--seeds", "--steps", "--batch-size", "--n-samples", "--seed"):
    for value in NUMBERS:
        typed = ["compare", "trend_sign", "max_pooling", "--out", "runs", option, value]
        case(f"compare {option} {value[:40]}", typed, option.rpartition("-")[2])
for value in (*NUMBERS, "0", "3000000000"):
    typed = ["record", "scoreboard", "--out", "results/scoreboard.csv", "--seeds", value]
    case(f"record --seeds {value[:40]}", typed, "seeds")
for value in ("fast", "", "-1", "inf"):
    case(
        f"compare --learning-rate '{value}'",
        ["compare", "trend_sign", "max_pooling", "--learning-rate", value],
        "learning",
    )
for what in ("report trend_sing max_pooling", "report trend_sign max_poolin"):
    case(what, what, "there is no")
case("report of nothing", "report trend_sign max_pooling", "no training")
case("record bogus", "record scorebord", "scoreboard")

# Files that are damaged, foreign, or edited by hand ------------------------------------

BYTES = {
    "UTF-16": PLAN.encode("utf-16"),
    "Latin-1": b"chapter: '98'  # caf\xe9",
    "NUL bytes": b"\0" * 100,
    "binary": bytes(range(256)),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "a folder": None,
    "a pipe": "pipe",
}
TEXTS = {
    "empty": "",
    "a list": "[1, 2]",
    "a number": "5",
    "cut off": '{"a": [1, ',
    "brackets": "[" * 20_000,
    "a web page": "<!DOCTYPE html><html><body>404</body></html>",
}
COMMANDS = {
    "plan": ("sweep plan.yaml --dry-run", "plan.yaml"),
    "profile": ("run 98 --profile fast", "fast"),
    "benchmarks": ("dashboard --runs runs", "benchmarks.csv"),
    "sweep": ("sweep 98 --collect", "sweep.json"),
    "record": ("record scoreboard --out results/scoreboard.csv", "scoreboard.csv"),
    "source": ("run 98", "98_small"),
}
for place, (command, word) in COMMANDS.items():
    for kind, content in (BYTES | TEXTS).items():
        valid = {  # as an empty file, or one of another name
            "profile": ("empty",),
            "source": ("a folder", "a pipe"),
            "benchmarks": (),
        }
        if kind not in valid.get(place, ()):
            case(f"{place}: {kind}", command, word, **{place: content})

for kind in BYTES | {"cut off": "", "brackets": "", "a web page": ""}:
    content = (BYTES | TEXTS)[kind]
    case(f"sweep of a source: {kind}", "sweep 98 --dry-run", "98_small.py", source=content)
    if kind in BYTES:
        case(f"list a source: {kind}", "list", "98_small.py", source=content)
    known = "compare trend_sign max_pooling", "benchmarks.csv"
    case(f"compare beside: {kind}", *known, benchmarks=content)
for kind, content in (BYTES | TEXTS).items():
    case(f"notebook: {kind}", "sweep 98 --dry-run", "98_small.ipynb", notebook=content)
for told in ("null", '"x"', "[]", "{}}"):
    text = f'{{"cells": [], "metadata": {told}}}'
    case(
        f"notebook metadata: {told}", "sweep 98 --dry-run", "98_small.ipynb", notebook=text
    )
for told in ("NaN", "Infinity", "-Infinity", "1e999", '"abc"', "null", "-1", "[1]", "true"):
    text = f'{{"cells": [], "metadata": {{"progtx": {{"seconds": {told}}}}}}}'
    case(f"notebook seconds: {told}", "sweep 98 --dry-run", "98_small.ipynb", notebook=text)

PLANS = {
    "no chapter": ("grid: {steps: [1]}", "chapter"),
    "chapter 1.5": ("chapter: 1.5", "chapter"),
    "chapter a list": ("chapter: [98]", "chapter"),
    "chapter twice": ("chapter: '98'\nchapter: '98'", "twice"),
    "a part twice": ("chapter: '98'\ngrid: {steps: 1}\ngrid: {steps: 5}", "twice"),
    "a parameter twice": ("chapter: '98'\ngrid: {steps: 1, steps: 5}", "twice"),
    "a part unknown": ("chapter: '98'\ngird: {steps: [1]}", "grid"),
    "a parameter unknown": ("chapter: '98'\ngrid: {stepz: [1]}", "steps"),
    "grid a list": ("chapter: '98'\ngrid: [1]", "grid"),
    "no value": ("chapter: '98'\ngrid: {steps: []}", "steps"),
    "null": ("chapter: '98'\ngrid: {steps: }", "steps"),
    "a mapping for a value": ("chapter: '98'\ngrid: {steps: {a: 1}}", "steps"),
    "a list in a list": ("chapter: '98'\ngrid: {steps: [[1]]}", "steps"),
    "a fraction": ("chapter: '98'\ngrid: {steps: [1.5]}", "steps"),
    "sexagesimal": ("chapter: '98'\ngrid: {steps: ['1:10']}", "steps"),
    "digits": (f"chapter: '98'\ngrid: {{steps: [{DIGITS}]}}", "steps"),
    "unequal": ("chapter: '98'\nzip: {steps: [1, 2], rate: [0.1]}", "equally long"),
    "in two parts": ("chapter: '98'\ngrid: {steps: [1]}\nzip: {steps: [1]}", "steps"),
    "a tab": ("chapter: '98'\n\tgrid: {}", "plan.yaml"),
    "no YAML": ("chapter: [", "plan.yaml"),
    "two documents": ("chapter: '98'\n---\nchapter: '98'", "plan.yaml"),
    "an alias of itself": ("chapter: '98'\ngrid: &g {steps: *g}", "plan.yaml"),
    "an unknown alias": ("chapter: '98'\ngrid: {steps: *x}", "plan.yaml"),
    "a bomb": (
        "a: &a0 [x]\n" + "\n".join(f"b{i}: &a{i + 1} [{f'*a{i},' * 9}]" for i in range(9)),
        "plan.yaml",
    ),
    "draws alone": ("chapter: '98'\nrandom: {draws: 3}", "random"),
    "no draws": ("chapter: '98'\nrandom: {rate: {log: [0.1, 1]}}", "draws"),
    "many draws": (
        "chapter: '98'\nrandom: {draws: 300000000, rate: {log: [1, 2]}}",
        "draws",
    ),
    "draws a text": ("chapter: '98'\nrandom: {draws: a, rate: {log: [1, 2]}}", "draws"),
    "seed below zero": (
        "chapter: '98'\nrandom: {draws: 2, seed: -1, rate: {log: [1, 2]}}",
        "seed",
    ),
    "uniform of truths": (
        "chapter: '98'\nrandom: {draws: 2, rate: {uniform: [false, true]}}",
        "rate",
    ),
    "log of zero": ("chapter: '98'\nrandom: {draws: 2, rate: {log: [0, 1]}}", "rate"),
    "higher first": ("chapter: '98'\nrandom: {draws: 2, rate: {uniform: [2, 1]}}", "rate"),
    "unknown way": ("chapter: '98'\nrandom: {draws: 2, rate: {normal: [0, 1]}}", "rate"),
    "profile": ("chapter: '98'\nprofile: fsat", "fast"),
    "profile a list": ("chapter: '98'\nprofile: [fast]", "fast"),
    "whole of fractions": (
        "chapter: '98'\nrandom: {draws: 2, steps: {whole: [0.5, 1.5]}}",
        "steps",
    ),
    "whole too large": (
        "chapter: '98'\nrandom: {draws: 2, steps: {whole: [0, 1e400]}}",
        "steps",
    ),
    "uniform to infinity": (
        "chapter: '98'\nrandom: {draws: 2, rate: {uniform: [0, inf]}}",
        "rate",
    ),
    "three ends": ("chapter: '98'\nrandom: {draws: 2, rate: {log: [1, 2, 3]}}", "rate"),
    "choice no list": ("chapter: '98'\nrandom: {draws: 2, rate: {choice: 5}}", "rate"),
    "drawn unknown": ("chapter: '98'\nrandom: {draws: 2, rat: {log: [1, 2]}}", "rate"),
    "a comma": ("chapter: '98'\ngrid: {word: 'up, truncated'}", "one value or several"),
}
for kind, (text, word) in PLANS.items():
    case(f"plan: {kind}", "sweep plan.yaml --dry-run", word, plan=text)
PROFILES = {
    "a list": ("[1]", "fast.yaml"),
    "a text": ("98_small: quick", "fast.yaml"),
    "twice": ("98_small: {steps: 1}\n98_small: {steps: 2}", "twice"),
    "another type": ("98_small: {steps: quick}", "steps"),
    "unknown": ("98_small: {stepz: 1}", "steps"),
    "object": ("98_small: !!python/object:os.system {}", "fast"),
}
for kind, (text, word) in PROFILES.items():
    if f"profile: {kind}" in CASES:
        del CASES[f"profile: {kind}"]
    case(f"profile: {kind}", "run 98 --profile fast", word, profile=text)
del CASES["profile: object"]  # a tag of a mapping without meaning: plain, and read as such
SOURCES = {
    "no literal": 'steps: int = 3 + len("a")  # updates',
    "a call": "steps: int = open('x')  # updates",
    "no annotation": "steps = 3",
    "no value": "steps: int",
    "an indent": "  steps: int = 3",
    "a tab": "\tsteps: int = 3",
    "no Python": "steps: int = = 3",
    "a name": "steps: int = other",
}
for kind, line in SOURCES.items():
    text = CHAPTER.replace("steps: int = 3  # updates", line)
    case(f"source: {kind}", "run 98", "parameters cell", source=text)
case("source: two of a number", "run 98", "98_other", second=CHAPTER)
case("source: no kernel", "run 98", "kernel", source=CHAPTER.replace("kernelspec", "k"))
for column, values in {
    "test_accuracy": ("7.5", "-0.1", "inf", "Infinity", "1e11", "x", "true"),
    "parameters": ("-5", "1.5", "x", "", "1e30"),
    "steps": ("-5", "x", "", "1e30"),
    "classes": ("0", "1", "-2", "x", ""),
    "seed": ("-1", "x", "1.5", ""),
    "seconds": ("-1", "x", "inf"),
    "test_loss": ("-1", "x", "inf"),
    "task": ("",),
    "model": ("",),
}.items():
    for value in values:
        cells = ROW_TEXT.split(",")
        cells[benchmarks.COLUMNS.index(column)] = value
        text = TABLE + ",".join(cells) + "\n"
        case(f"benchmarks: {column} {value}", "dashboard", "line 3", benchmarks=text)
case(
    "benchmarks: a cell less", "dashboard", "line 2", benchmarks=TABLE.replace(",0,1", ",1")
)
case("benchmarks: semicolons", "dashboard", "line 1", benchmarks=TABLE.replace(",", ";"))
case("benchmarks: twice", "dashboard", "seed", benchmarks=TABLE.replace("steps", "seed", 1))
case(
    "benchmarks: two columns of a name",
    "dashboard",
    "steps",
    benchmarks=TABLE.replace("steps", "steps,steps").replace(",600", ",600,7"),
)
case("benchmarks: renamed", "dashboard", "steps", benchmarks=TABLE.replace("steps", "step"))
for kind, text in {
    "semicolons": RECORD.replace(",", ";"),
    "a column renamed": RECORD.replace("accuracy", "acc"),
    "a class only": RECORD.replace(",2,1.0", ",1,1.0"),
    "accuracy above one": RECORD.replace(",1.0", ",7.5"),
    "a seed less": RECORD.replace("t,0", "t,"),
    "a version that is none": RECORD.replace("2026,1", "2026,x"),
    "a version less": RECORD.replace("2026,1", "2026,"),
}.items():
    case(f"record: {kind}", COMMANDS["record"][0], "scoreboard.csv", record=text)
for kind, content in {
    "leads out": SWEEP | {"trials": ["../../../etc"]},
    "numbers": SWEEP | {"trials": [1, 2]},
    "a text": SWEEP | {"trials": "all"},
    "without trials": {"swept": []},
    "without swept": {"trials": []},
    "no trials": SWEEP | {"trials": []},
    "a folder up": SWEEP | {"trials": [".."]},
}.items():
    case(f"sweep: {kind}", "sweep 98 --collect", "sweep.json", sweep=json.dumps(content))


def test_there_are_many_cases():
    assert len(CASES) >= 400


@pytest.fixture
def house(tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "profiles").mkdir(parents=True)
    (tmp_path / "notebooks" / "98_small.py").write_text(CHAPTER)
    (tmp_path / "notebooks" / "profiles" / "fast.yaml").write_text("98_small: {steps: 1}")
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(paths, "PROFILES", tmp_path / "notebooks" / "profiles")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr("progtx_core.__main__.unwind_when_killed", lambda: None)
    monkeypatch.chdir(tmp_path)

    def reached(*_, **__):
        pytest.fail("something was executed or trained")

    monkeypatch.setattr("progtx_core.tools.execution.execute", reached)
    monkeypatch.setattr("progtx_core.training.loop.update", reached)
    monkeypatch.setattr("progtx_core.tools.experiments.runner.Runner.run", reached)
    monkeypatch.setattr("progtx_core.tools.experiments.executors.on_dask", reached)
    monkeypatch.setattr("progtx_core.tools.experiments.executors.local", reached)
    return tmp_path


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.unlink()
    if content is None:
        path.mkdir()
    elif content == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def contents(folder):
    """All files with what is in them."""
    return {p: p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
@pytest.mark.parametrize("label", CASES)
def test_it_is_one_line_that_names_it_and_nothing_changes(house, label, capsys):
    command, word, damaged = CASES[label]
    for place, content in damaged.items():
        put(house / PLACES[place], content)
    before = contents(house)
    assert main(command) == 1
    seen = capsys.readouterr()
    (line,) = seen.err.strip().splitlines()
    assert line.startswith("error: ") and word in line and len(line) < 900, line
    assert contents(house) == before


# What is right is read as it was typed -------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("steps=010", 10),
        ("steps=-7", -7),
        ("steps=+7", 7),
        ("rate=1e-3", 0.001),
        ("rate=5", 5.0),
        ("rate=.25", 0.25),
        ("rate=1_0", 10.0),
        ("word=3", "3"),
        ("word=yes", "yes"),
        ("word=null", "null"),
        ('word="up, truncated"', "up, truncated"),
        ("word=1:10", "1:10"),
        ("word=a=b", "a=b"),
        ("loud=true", True),
        ("loud=True", True),
    ],
)
def test_a_value_is_read_by_the_type_of_its_parameter(house, typed, value, monkeypatch):
    given = []
    monkeypatch.setattr(
        "progtx_core.tools.execution.execute",
        lambda chapter, parameters, *_, **__: given.append(parameters) or chapter.source,
    )
    monkeypatch.setattr("progtx_core.tools.execution.Chapter.measured", "a moment")
    assert main(["run", "98", "-p", typed]) == 0
    name, _, text = typed.partition("=")
    assert given == [{name: value}]
    swept = grid.from_assignments("98", [typed]).lists()[name]
    (Path("plan.yaml")).write_text(f"chapter: 098\ngrid:\n  {name}: ['{text}']\n")
    planned = grid.from_file(Path("plan.yaml")).lists()[name]
    assert swept == planned == [value]
    assert type(swept[0]) is type(value)


def test_a_terminal_that_knows_ascii_only_is_served(house):
    (house / "notebooks" / "98_small.py").write_text(CHAPTER.replace("for tests", "für …"))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from progtx_core.tools import paths; import pathlib;"
            f"paths.NOTEBOOKS = pathlib.Path({str(house / 'notebooks')!r});"
            "from progtx_core.__main__ import main; raise SystemExit(main(['list']))",
        ],
        env=os.environ | {"PYTHONIOENCODING": "ascii", "LANG": "C"},
        cwd=paths.Path(__file__).parents[1],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert b"98_small   A chapter f?r ?" in done.stdout


@pytest.mark.slow  # processes
@pytest.mark.parametrize("command", ["doctor", "list", "sweep 01 -p seed=0:3 --dry-run"])
def test_a_reader_that_reads_nothing_is_no_error(tmp_path, command):
    """As in `… | head -0`: what was buffered cannot be written as Python ends."""
    begin, end = os.pipe()
    os.close(begin)
    typed = [sys.executable, "-m", "progtx_core", *command.split()]
    known = {n: v for n, v in os.environ.items() if n != "PYTHONUNBUFFERED"}
    known["PYTHONPATH"] = str(Path(__file__).parents[1])
    how = {"stderr": subprocess.PIPE, "env": known, "cwd": tmp_path}
    done = subprocess.run(typed, stdout=end, **how)
    os.close(end)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("name", ["IPYTHONDIR", "LOKY_MAX_CPU_COUNT", "PROGTX_SCRATCH"])
@pytest.mark.parametrize(
    "error", [OSError(2, "No such file", "/x/y"), ValueError("'/x/y'")]
)
def test_a_variable_of_the_environment_is_named(house, monkeypatch, capsys, name, error):
    def stumble():
        raise error

    monkeypatch.setattr("progtx_core.tools.execution.chapters", stumble)
    monkeypatch.setenv(name, "/x/y")
    assert main(["list"]) == 1
    assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        FloatingPointError("the loss is nan"),
        OverflowError("too large"),
        MemoryError(),
        SyntaxError("invalid", ("a.py", 1, 1, "x = = 1")),
        RecursionError("too deep"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no start"),
        ValueError("x" * 10_000 + "\nand a line more"),
    ],
)
def test_whatever_is_raised_is_one_line(house, monkeypatch, capsys, error):
    def stumble():
        raise error

    monkeypatch.setattr("progtx_core.tools.execution.chapters", stumble)
    assert main(["list"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert len("error: ") < len(line) < 900


# Files of a sweep that were edited: a damaged trial has not begun ----------------------


@pytest.mark.parametrize("name", [TRIAL, STATUS, ROW])
@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "5",
        '"a"',
        "null",
        '{"state": 5}',
        '{"state": "over"}',
        '{"state": "done", "seconds": "long"}',
        '{"state": "done", "seconds": null}',
        '{"attempts": -1}',
        '{"bogus": 1}',
        '{"columns": []}',
        '{"files": ["../../x"]}',
    ],
)
def test_a_damaged_file_of_a_trial_is_no_traceback(tmp_path, name, content):
    trial = TrialFolder(tmp_path / KEY)
    for file, told in ((TRIAL, TRIAL_TOLD), (STATUS, DONE_STATUS), (ROW, {"hits": 1.0})):
        trial.write(file, told)
    TrialFolder(tmp_path).write(table.PLAN, SWEEP)
    assert table.read(tmp_path).state.tolist() == [DONE]
    (trial.path / name).write_text(content)
    frame = table.read(tmp_path)
    assert len(frame) == 1 and frame.state[0] in ("done", "waiting")
    assert isinstance(trial.status().seconds, float | int)


# Readers, fed with anything ------------------------------------------------------------

READERS = {
    "plan": (grid.from_file, PLAN.encode()),
    "benchmarks": (benchmarks.read, TABLE.encode()),
    "record": (lambda path: recorded.read("scoreboard", path), RECORD.encode()),
    "notebook": (
        paths.record_of,
        json.dumps({"cells": [], "metadata": {"progtx": {"seconds": 1.5}}}).encode(),
    ),
    "source": (lambda path: Chapter(path).parameters, CHAPTER.encode()),
    "status": (
        lambda path: vars(
            TrialFolder(path.replace(path.with_name(STATUS)).parent).status()
        ),
        json.dumps(DONE_STATUS).encode(),
    ),
    "sweep": (
        lambda path: files.read_json(path, store.SCHEMAS[store.PLAN]),
        json.dumps(SWEEP).encode(),
    ),
}
N_FUZZED = int(os.environ.get("PROGTX_FUZZED", "60"))


@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=N_FUZZED,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_a_reader_of_anything_answers_or_refuses_in_one_line(house, name, data):
    read, good = READERS[name]
    where = data.draw(st.integers(0, len(good)))
    new = data.draw(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
    until = where + data.draw(st.integers(0, len(good)))
    path = house / "fuzzed"
    path.write_bytes(good[:where] + new + good[until:])
    try:
        read(path)
    except (ValueError, TypeError, FileNotFoundError) as refused:
        assert "\n" not in str(refused) and len(str(refused)) < 900


def test_the_good_files_are_read(house):
    for name, (read, good) in READERS.items():
        path = house / name
        path.write_bytes(good)
        assert len(read(path).trials() if name == "plan" else read(path)) > 0
