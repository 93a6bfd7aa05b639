"""The built book: one page a chapter, nothing missing, nothing broken."""

import sys

import pytest

from progtx_core.tools import execution, paths

# One built book serves them all, those in a browser too.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("book")]
NAMES = [chapter.name for chapter in execution.chapters()]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_for_every_chapter_with_its_pictures(html, name):
    page = (html / "chapters" / f"{name}.html").read_text("utf-8")
    assert "Traceback" not in page
    pictures = page.count("<img")
    assert pictures >= 3
    assert page.count('alt="../_images') == 0, "a picture without a text"
    assert "text/plain" not in page


def test_every_page_of_the_contents_is_there(html):
    for page in ("intro", "notation", "glossary", "bibliography", "chapters/claims"):
        assert "Traceback" not in (html / f"{page}.html").read_text("utf-8")
    assert (html / "_static" / "mathjax" / "tex-mml-chtml.js").exists()


def test_the_ledger_holds_every_claim(html):
    page = (html / "chapters" / "claims.html").read_text("utf-8")
    for name in NAMES:
        assert f"{name}.html" in page
    assert "logistic regression solves trend_sign on every seed" in page
    assert page.count("<td><p>holds</p></td>") >= 10


def test_the_intro_shows_measured_sentences(html):
    page = (html / "intro.html").read_text("utf-8")
    for name in NAMES[:6]:
        assert f"Rung {int(name[:2])}, " in page


def test_a_folder_without_chapters_is_an_error(build, tmp_path):
    done = build(tmp_path / "out", PROGTX_NOTEBOOKS=str(tmp_path))
    assert done.returncode != 0
    assert "holds no executed chapter" in done.stdout + done.stderr


@pytest.fixture
def link():
    """The extension's function, on the texts of some cells."""
    sys.path.append(str(paths.ROOT / "book" / "_ext"))
    from progtx_words import link_words, words

    assert {"residual stream", "head", "attention dilution"} <= set(words())

    def linked(*texts):
        cells = [{"cell_type": "markdown", "source": text} for text in texts]
        link_words({"cells": cells})
        return [cell["source"] for cell in cells]

    return linked


def test_a_word_is_linked_where_it_is_used_first(link):
    first, second = link("The residual\nstream goes on.", "The residual stream again.")
    assert first == "The {term}`residual stream <residual stream>` goes on."
    assert second == "The residual stream again."
    assert link("Two Heads are better.") == ["Two {term}`Heads <head>` are better."]


@pytest.mark.parametrize(
    "text",
    [
        "# The residual stream",
        "`residual stream`",
        "```\nresidual stream\n```",
        "$residual stream$",
        "[residual stream](x.md)",
        "<b title='residual stream'>",
        "| residual stream |",
        "**residual stream**",
    ],
)
def test_a_word_stays_as_it_is_elsewhere(link, text):
    assert link(text) == [text]


def test_pages_link_to_the_glossary(html):
    page = (html / "chapters" / "06_transformer.html").read_text("utf-8")
    assert 'href="../glossary.html#term-residual-stream"' in page
