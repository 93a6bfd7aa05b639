"""Sphinx extension: the directive `modules`, all modules of a room from their docstrings.

A page of book/api/ says which room it is about; what the room holds is read from its
files, so that no page names a module that is gone or misses a new one.
"""

from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]


class Modules(SphinxDirective):
    """A section for the package or module named, and one for each module in it."""

    required_arguments = 1

    def run(self):
        section = nodes.container()
        for name in modules(self.arguments[0]):
            # What a package passes on is described where it is written.
            text = (
                f"## {name.removeprefix('progtx_core.')}\n\n```{{eval-rst}}\n"
                f".. automodule:: {name}\n   :members:\n   :ignore-module-all:\n```\n"
            )
            lines = StringList(text.splitlines(), source=f"modules of {name}")
            self.state.nested_parse(lines, self.content_offset, section, match_titles=True)
        self.env.note_dependency(__file__)
        return section.children


def modules(room):
    """The names of a package and of all modules in it that can be imported."""
    place = ROOT.joinpath(*room.split("."))
    if place.with_suffix(".py").exists():
        return [room]
    parts = [path.relative_to(ROOT).with_suffix("").parts for path in place.rglob("*.py")]
    names = {".".join(parts[: -1 if parts[-1] == "__init__" else None]) for parts in parts}
    return sorted(names)


def setup(app):
    app.add_directive("modules", Modules)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
