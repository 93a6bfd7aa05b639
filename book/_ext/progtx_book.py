"""Sphinx extension: brings the executed notebooks into the book, with what they measured.

Notebooks come from ../notebooks, which carry their outputs, or from the folder
that PROGTX_NOTEBOOKS names (`make book` executes into it). The `_toc.yml` of
Jupyter Book reaches no file outside book/, so they are copied to book/chapters/. The
ledger of claims is written beside them, the recorded results to book/_static/dashboard/.
"""

import json
import os
from pathlib import Path

import progtx_fresh
from progtx_words import link_words

from progtx_core.tools.compare import write_dashboard

BOOK = Path(__file__).resolve().parents[1]
CHAPTERS = BOOK / "chapters"


def setup(app):
    # Priority 1: before the table of contents looks for the files.
    app.connect("config-inited", bring_chapters, priority=1)
    app.connect("config-inited", show_results)
    app.connect("config-inited", set_buttons, priority=900)
    app.connect("html-page-context", keep_scripts, priority=900)
    app.connect("build-finished", bring_scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def bring_chapters(app, config):
    """Copy the notebooks to book/chapters/ and write the ledger beside them."""
    source = Path(os.environ.get("PROGTX_NOTEBOOKS") or BOOK.parent / "notebooks")
    found = sorted(source.glob("[0-9][0-9]_*.ipynb"))
    found = [path for path in found if not path.stem.endswith(".failed")]
    if not found:
        raise FileNotFoundError(f"{source} holds no executed chapter")
    notebooks = {path.stem: json.loads(path.read_text("utf-8")) for path in found}
    CHAPTERS.mkdir(exist_ok=True)
    for old in CHAPTERS.glob("*.ipynb"):
        if old.stem not in notebooks:
            old.unlink()
    for name, notebook in notebooks.items():
        describe_pictures(notebook)
        link_pages(notebook)
        link_words(notebook)
        write_if_changed(CHAPTERS / f"{name}.ipynb", json.dumps(notebook))
    write_if_changed(CHAPTERS / "claims.md", ledger(notebooks))


def describe_pictures(notebook):
    """Give every picture the text that stands in for it, where MyST-NB looks for it."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            said = output.get("metadata", {}).get("image/png", {})
            if said.get("alt"):
                width = f"{said['width']}px" if said.get("width") else "auto"
                image = {"alt": said["alt"], "width": width}
                cell["metadata"]["mystnb"] = {"image": image}


def link_pages(notebook):
    """Links to pages of the book, as they are seen from notebooks/, seen from chapters/."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            cell["source"] = text.replace("](../book/", "](../")


def show_results(app, config):
    """The dashboard of what is recorded, which a page of the book shows."""
    write_dashboard(BOOK / "_static" / "dashboard")


def keep_scripts(app, pagename, templatename, context, doctree):
    """Each script once, and none of thebe, which would run cells on a server.

    Jupyter Book adds every file of _static/ to every page, those of MathJax a second time,
    and the settings of thebe twice: a page would begin with two errors.
    """
    kept = []
    for script in context["script_files"]:
        name = str(getattr(script, "filename", script) or "")
        body = str(getattr(script, "attributes", {}).get("body") or "")
        again = "mathjax" in name and "defer" not in getattr(script, "attributes", {})
        if not (again or "thebe" in name.lower() or "THEBE" in body):
            kept.append(script)
    context["script_files"] = kept


def bring_scripts(app, error):
    """The JavaScript of the pages that can be touched, to live/ beside the pages."""
    if error is None and app.builder.format == "html":
        target = Path(app.outdir) / "live"
        target.mkdir(exist_ok=True)
        for script in sorted((BOOK / "live").glob("*.js")):
            write_if_changed(target / script.name, script.read_text("utf-8"))


def ledger(notebooks):
    """The claims of all chapters as one Markdown page, from the executed notebooks."""
    lines = [
        "# Claims ledger",
        "",
        "Every number that the text relies on is guarded by a claim: a statement, "
        "a measured value, and a bound. Running a chapter with its default "
        "parameters judges its claims, and a claim that does not hold stops the "
        "run. The values below were measured by the runs whose outputs this book "
        "shows. They differ a little between machines; the bounds do not.",
        "",
        "*Fresh seeds*: the chapter was run again with twenty seeds that it never "
        "used (`python book/fresh_seeds.py`). Told is in how many of these runs the "
        "claim held, and from what to what it measured. A dash is a claim that no "
        "seed can change, or one of a chapter that was not run so yet.",
    ]
    for name, notebook in notebooks.items():
        claims = progtx_fresh.claims(notebook)
        lines += ["", f"## [{title(notebook)}]({name}.ipynb)", ""]
        record = notebook["metadata"].get("progtx", {})
        if "seconds" in record:
            held = sum(claim["verdict"] == "holds" for claim in claims)
            lines += [
                f"{held} of {len(claims)} claims hold. "
                f"The run took {record['seconds']:.0f} seconds.",
                "",
            ]
        lines += ["| claim | measured | bound | verdict | fresh seeds |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        measured = progtx_fresh.read(name)
        lines += [row(claim, measured) for claim in claims]
    return "\n".join(lines) + "\n"


def row(claim, measured):
    bounds = [
        f"{sign} {claim[key]:g}"
        for sign, key in (("≥", "at_least"), ("≤", "at_most"))
        if claim[key] is not None
    ]
    statement = claim["statement"].replace("|", "\\|").replace("_", "\\_")
    return (
        f"| {statement} | {claim['value']:.4g} | {' and '.join(bounds)} "
        f"| {claim['verdict']} "
        f"| {progtx_fresh.in_words(progtx_fresh.judged(claim, measured))} |"
    )


def title(notebook):
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("# "):
            return source.splitlines()[0][2:]
    raise ValueError("a chapter begins with a heading")


def write_if_changed(path, text):
    # An unchanged file keeps its time stamp, so that Sphinx does not read it again.
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, encoding="utf-8")


def set_buttons(app, config):
    """Edit and launch buttons, where repository.url in _config.yml is set."""
    options = dict(config.html_theme_options)
    if options.get("repository_url"):
        options["use_repository_button"] = True
        options["use_issues_button"] = True
        options["launch_buttons"] = {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        }
        config.html_theme_options = options
