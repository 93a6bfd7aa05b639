"""Links the words of the glossary where a chapter uses them first."""

import re
from pathlib import Path

BOOK = Path(__file__).resolve().parents[1]
# They are everyday words as well, and stand in another sense as often.
EVERYDAY = {"block", "cell", "margin", "pass", "position", "split", "step", "task"}
# What is left as it is: fences, mathematics, code, links and roles, tags, headings, bold.
APART = re.compile(
    r"```.*?```|~~~.*?~~~|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]*`|!?\[[^\]]*\]\([^)]*\)"
    r"|<[^>\n]+>|^#.*?$|\*\*[^*]+\*\*|^\|.*?\|$",
    re.DOTALL | re.MULTILINE,
)


def words():
    """The words that are linked: entries of the glossary, a comma between two of them."""
    page = (BOOK / "glossary.md").read_text("utf-8")
    entries = re.search(r"```\{glossary\}\n(.*?)```", page, re.DOTALL).group(1)
    found = re.findall(r"^(\S.*)$", entries, re.MULTILINE)
    return [entry for entry in found if "," not in entry and entry not in EVERYDAY]


def link_words(notebook):
    """Make the first use of each word in the text of a notebook a link to its entry."""
    left = {
        word: re.compile(r"\b" + r"\s+".join(word.split()) + r"(?:s|es)?\b", re.IGNORECASE)
        for word in sorted(words(), key=len, reverse=True)
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = linked("".join(cell["source"]), left)


def linked(text, left):
    """The text with links; words that were found are taken out of `left`."""
    for word, pattern in list(left.items()):
        apart = [match.span() for match in APART.finditer(text)]
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(a < end and start < b for a, b in apart):
                shown = re.sub(r"\s+", " ", match.group())
                text = f"{text[:start]}{{term}}`{shown} <{word}>`{text[end:]}"
                del left[word]
                break
    return text
