"""What chapters claim of recorded tables is judged again, from the committed tables.

Of a chapter only the statements are executed that such a claim depends on. So a number
that is changed in a table is seen without a training.
"""

import ast
import symtable
from functools import cache

import nbformat
import pytest

from progtx_core.tools import execution
from progtx_core.tools.claims import METADATA_KEY

CHAPTERS = {chapter.name: chapter for chapter in execution.chapters()}
SLOW = {"fit", "train", "at_a_glance", "ask"}  # calls that take long, or look elsewhere
# How many claims of tables that need no training each chapter has.
N_CLAIMS = {
    "05_positions": 9,
    "06_transformer": 15,
    "07_scoreboard": 11,
    "08_training_step_by_step": 5,
    "09_pattern_search_vs_adam": 17,
    "11_counting": 16,
    "12_extending": 37,
}


@cache
def statements(name):
    """The top-level statements of a chapter."""
    cells = [cell for cell in CHAPTERS[name].read().cells if cell.cell_type == "code"]
    return ast.parse("\n".join(cell.source for cell in cells)).body


def calls(node):
    """The names of the functions and methods that a statement calls."""
    found = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    return {getattr(f, "attr", getattr(f, "id", "")) for f in found}


def scopes(table):
    yield table
    for child in table.get_children():
        yield from scopes(child)


def reads(node):
    """The names of the chapter that a statement needs."""
    top, *inner = scopes(symtable.symtable(ast.unparse(node), "cell", "exec"))
    found = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    found |= {s.get_name() for t in inner for s in t.get_symbols() if s.is_global()}
    own = ast.walk(node.target) if isinstance(node, ast.For) else ()
    return found - {part.id for part in own if isinstance(part, ast.Name)}


def makes(node):
    """The names of the chapter that a statement defines."""
    top = symtable.symtable(ast.unparse(node), "cell", "exec")
    made = (s for s in top.get_symbols() if s.is_assigned() or s.is_imported())
    return {s.get_name() for s in made}


def fills(node):
    """The names of what a statement changes in place: d[key] = …, d.append(…)."""
    for part in ast.walk(node):
        stored = isinstance(getattr(part, "ctx", None), ast.Store)
        called = isinstance(part, ast.Attribute) and part.attr in ("append", "update")
        if (stored or called) and isinstance(getattr(part, "value", None), ast.Name):
            yield part.value.id


def needed(body, last):
    """The statements that the last one depends on, and itself, in order."""
    kept, wanted = [body[last]], reads(body[last])
    for node in reversed(body[:last]):
        if wanted & (makes(node) | set(fills(node))) and "check" not in calls(node):
            kept.append(node)
            # A loop may leave a name as it was; anything else makes it anew.
            wanted -= set() if isinstance(node, ast.For) else makes(node)
            wanted |= reads(node)
    return kept[::-1]


def of_tables(name):
    """The statements to execute for all claims of tables that need no training."""
    body, kept = statements(name), []
    for number, node in enumerate(body):
        if "check" in calls(node) and "recorded:" in ast.unparse(node):
            nodes = needed(body, number)
            if not any(calls(one) & SLOW for one in nodes):
                kept += nodes
    return [node for node in body if node in kept]


def claims_in(outputs):
    """Claim to measured value, from metadata."""
    found = [each[METADATA_KEY] for each in outputs if METADATA_KEY in each]
    return {claim["statement"]: claim["value"] for claim in found}


@pytest.mark.parametrize("name", N_CLAIMS)
def test_tables_still_say_what_the_chapter_claims_and_shows(name, shown):
    names = dict(execution.defaults_of(name))  # otherwise nothing would be judged
    for node in of_tables(name):
        exec(compile(ast.Module([node], []), name, "exec"), names)  # raises ClaimFailed
    assert not names["claims"].why_not
    now = claims_in(keywords.get("metadata", {}) for _, keywords in shown)
    assert len(now) == N_CLAIMS[name]
    notebook = nbformat.read(CHAPTERS[name].notebook, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    then = claims_in(output.get("metadata", {}) for output in outputs)
    assert now == pytest.approx({statement: then[statement] for statement in now})
