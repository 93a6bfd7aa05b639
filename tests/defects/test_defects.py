"""The list of defects fits the files as they are, and a sample of them is made."""

import ast
import os
import subprocess
import sys
from functools import cache

import pytest

from progtx_core.tools import paths
from tests.defects import defects

DEFECTS = defects.read()


@cache
def text_of(file):
    return (paths.ROOT / file).read_text("utf-8")


@cache
def names_in(file):
    """Functions and classes of a file; those of classes as well."""
    kinds = ast.FunctionDef | ast.ClassDef
    return {n.name for n in ast.walk(ast.parse(text_of(file))) if isinstance(n, kinds)}


def test_names_of_defects_tell_them_apart():
    places = [(defect.file, defect.name) for defect in DEFECTS]
    assert len(set(places)) == len(places)
    assert len(DEFECTS) >= 45


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_can_be_made_and_its_test_is_there(defect):
    changed = defect.made_in(text_of(defect.file))
    if defect.file.endswith(".py"):
        ast.parse(changed)
    file, test = defect.killer.split("[")[0].split("::")
    assert test.split(".")[-1] in names_in(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# a.py\n\nsome\n- x\n+ x\n= t", "'some' is not complete"),
        ("# a.py\n\nsome\n- x\n+ y", "'some' is not complete"),
        ("some\n- x\n+ y\n= t", "'some' is not complete"),
    ],
)
def test_an_entry_that_is_not_complete_is_named(tmp_path, text, message):
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        defects.read(path)


def test_a_defect_without_its_place_is_named():
    defect = defects.Defect("some", "a.py", "x", "y", "t")
    for text, times in (("", 0), ("x x", 2)):
        with pytest.raises(ValueError, match=f"'some': 'x' stands {times} times in a.py"):
            defect.made_in(text)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no forks")
def test_a_sample_of_the_defects_is_seen_each_by_its_test():
    """`python -m tests.defects` makes all of them."""
    command = [sys.executable, "-m", "tests.defects", "--sample", "16"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "16 killed of 16" in done.stdout
