"""Sphinx extension: the directive `modules`, all modules of a room from their docstrings.

A page of book/api/ says which room it is about; what the room holds is read from its
files, so that no page names a module that is gone or misses a new one.
"""

import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]


class Modules(SphinxDirective):
    """What a package says of itself, and a section for each module in it."""

    required_arguments = 1

    def run(self):
        self.env.note_dependency(__file__)
        found = nodes.container()  # the page's own heading stands above the package
        for name in modules(self.arguments[0]):
            self.env.note_dependency(str(file_of(name)))
            is_the_room = name == self.arguments[0] and file_of(name).name == "__init__.py"
            section = found if is_the_room else self.section(name)
            # What a package passes on is described where it is written.
            text = (
                f"```{{eval-rst}}\n.. automodule:: {name}\n"
                "   :members:\n   :ignore-module-all:\n```\n"
            )
            lines = StringList(text.splitlines(), source=f"modules of {name}")
            self.state.nested_parse(lines, self.content_offset, section)
            if section is not found:
                found += section
        return found.children

    def section(self, module):
        """An empty section with the module's name as its heading."""
        short = module.removeprefix("progtx_core.")
        section = nodes.section(names=[nodes.fully_normalize_name(short)])
        section += nodes.title(short, short)
        self.state.document.note_implicit_target(section, section)
        return section


def file_of(name):
    """Where a module or a package is written."""
    place = ROOT.joinpath(*name.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def modules(room):
    """The names of a package and of all modules in it; of a module, its own."""
    if file_of(room).name != "__init__.py":
        return [room]
    found = [path.relative_to(ROOT) for path in file_of(room).parent.rglob("*.py")]
    names = {".".join(path.with_suffix("").parts) for path in found}
    return sorted(name.removesuffix(".__init__") for name in names)


def keep_sentences(app, what, name, obj, options, lines):
    """A property's docstring as it is: Napoleon takes what precedes a colon for a type."""
    if what == "property":
        app.env.temp_data[f"docstring of {name}"] = list(lines)


def restore_sentences(app, what, name, obj, options, lines):
    """The other half; and `Config`s, which reStructuredText would not take."""
    lines[:] = app.env.temp_data.pop(f"docstring of {name}", lines)
    lines[:] = [re.sub(r"(?<!`)(`[^`\s][^`]*`)(?=\w)", r"\1\\ ", line) for line in lines]


def readable_defaults(app, what, name, obj, options, signature, returned):
    """Defaults in a form that Sphinx reads, and that is the same in every build."""
    if signature:
        signature = re.sub(r"<(?:function|class) '?([\w.]+)[^>]*>", r"\1", signature)
        return re.sub(r"<[^<>]*>", "...", signature), returned


def setup(app):
    app.add_directive("modules", Modules)
    # Napoleon has priority 500.
    app.connect("autodoc-process-docstring", keep_sentences, priority=400)
    app.connect("autodoc-process-docstring", restore_sentences, priority=600)
    app.connect("autodoc-process-signature", readable_defaults)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
