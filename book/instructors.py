"""What instructors need, made from the chapters: `python book/instructors.py WHAT`.

    student    notebooks without solutions and answers, and without outputs
    solutions  notebooks in which every exercise is solved
    slides     one HTML file a chapter: a slide for each heading; arrow keys turn pages
    nbgrader   student notebooks whose exercises nbgrader grades, one point each

Chapters may be named by number behind it; `--out DIR` says where to (build/WHAT). Nothing
is executed, and what is made needs no network.
"""

import argparse
import html
import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from progtx_core import files
from progtx_core.__main__ import REFUSED
from progtx_core.tools import execution

SOLUTION = re.compile(r"```python\n(.*?)```", re.DOTALL)
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
CHECK = re.compile(r"^check\(.*\)$", re.MULTILINE)
GRADER = {"schema_version": 3, "locked": False, "task": False}


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def student(notebook):
    """Without what is folded: solutions, answers, what to look for."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = FOLDED.sub("", cell.source).strip()
            cell.metadata.pop("tags", None)
    kept = [cell for cell in notebook.cells if cell.source]
    notebook.cells = [without_outputs(cell) for cell in kept]
    return notebook


def solutions(notebook):
    """Every stub gives way to its solution; texts stay as they are."""
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None]):
        if "exercise" in tags(cell):
            cell.source = SOLUTION.search(after.source).group(1).rstrip()
    notebook.cells = [without_outputs(cell) for cell in notebook.cells]
    return notebook


def nbgrader(notebook):
    """Student notebooks with the cells' roles as nbgrader's metadata says them."""
    cells = []
    for cell in student(notebook).cells:
        cells.append(cell)
        if "exercise" not in tags(cell):
            continue
        call = CHECK.findall(cell.source)[-1]
        number, answer = re.match(r'check\("([\d.]+)", (\w+)', call).groups()
        name = f"exercise-{number.replace('.', '-')}"
        cell.metadata.nbgrader = {
            **GRADER,
            "grade_id": name,
            "solution": True,
            "grade": False,
        }
        graded = nbformat.v4.new_code_cell(
            "from progtx_core.tools.checkers.judge import judged\n\n"
            + call.replace("check(", "said = judged(", 1)
            + '\nassert said == "correct", said'
        )
        about = {"grade_id": f"{name}-test", "solution": False, "grade": True, "points": 1}
        graded.metadata.nbgrader = {**GRADER, "locked": True, **about}
        cells.append(graded)
    notebook.cells = cells
    return notebook


def without_outputs(cell):
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


# Slides ---------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; font: 1.25rem/1.45 system-ui, sans-serif;
  scroll-snap-type: y proximity }}
section {{ min-height: 100vh; box-sizing: border-box; padding: 3vh 8vw;
  scroll-snap-align: start; border-bottom: 1px solid #8884 }}
img {{ max-width: 100%; max-height: 75vh; background: white }}
pre {{ font-size: 0.95rem; overflow-x: auto; background: #8881; padding: 0.6rem }}
table {{ border-collapse: collapse }} td, th {{ padding: 0.2rem 0.8rem; text-align: left }}
</style><body>{slides}<script>
addEventListener("keydown", (event) => {{
  const step = {{ ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }}[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...document.querySelectorAll("section")];
  const at = all.findIndex((one) => one.getBoundingClientRect().bottom > innerHeight / 2);
  all[Math.min(all.length - 1, Math.max(0, at + step))].scrollIntoView();
}});
</script></body></html>"""


def slides(notebook, title: str) -> str:
    """A chapter as one page: a section for each heading, code that is folded left out."""
    from markdown_it import MarkdownIt

    text = MarkdownIt("commonmark", {"html": True}).enable("table")
    sections: list[list[str]] = [[]]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts = re.split(r"(?m)^(?=#{1,3} )", cell.source)
            for part in filter(str.strip, parts):
                if part.startswith("#") and sections[-1]:
                    sections.append([])
                sections[-1].append(text.render(part))
        elif not {"setup", "solution", "parameters"} & set(tags(cell)):
            if "hide-input" not in tags(cell):
                sections[-1].append(f"<pre>{html.escape(cell.source)}</pre>")
            sections[-1] += [drawn(output, text) for output in cell.outputs]
    filled = "".join(f"<section>{''.join(parts)}</section>" for parts in sections if parts)
    return PAGE.format(title=html.escape(title), slides=filled)


def drawn(output, text) -> str:
    """An output as HTML: its picture, its text, its Markdown."""
    data = output.get("data", {})
    if picture := data.get("image/png"):
        alt = html.escape(data.get("text/plain", ""), quote=True)
        return f'<img src="data:image/png;base64,{picture}" alt="{alt}">'
    if "text/markdown" in data:
        return text.render(data["text/markdown"])
    if output.get("output_type") == "stream":
        return f"<pre>{html.escape(output['text'])}</pre>"
    return data.get("text/html", "")


MAKERS = {"student": student, "solutions": solutions, "nbgrader": nbgrader}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[*MAKERS, "slides"])
    parser.add_argument("chapters", nargs="*", help="number or name (default: all)")
    parser.add_argument("--out", type=Path, help="a folder (default: build/WHAT)")
    options = parser.parse_args(arguments)
    wanted = [execution.find(c) for c in options.chapters] or execution.chapters()
    out = options.out or Path("build") / options.what
    out.mkdir(parents=True, exist_ok=True)
    for chapter in wanted:
        if options.what == "slides":
            executed = nbformat.read(chapter.notebook, as_version=4)
            path, made = out / f"{chapter.name}.html", slides(executed, chapter.title)
        else:
            notebook = MAKERS[options.what](deepcopy(chapter.read()))
            made = nbformat.writes(notebook) + "\n"
            folder = out / chapter.name if options.what == "nbgrader" else out
            folder.mkdir(exist_ok=True)
            path = folder / f"{chapter.name}.ipynb"
        files.write_atomically(path, made)
        print(path)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except REFUSED as error:
        sys.exit(f"error: {error}")
