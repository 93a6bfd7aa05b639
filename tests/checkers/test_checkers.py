"""Every exercise: other right forms pass, and each wrong answer gets its hint."""

import importlib.util
import re
from pathlib import Path

import pytest

from progtx_core.__main__ import main
from progtx_core.tools import execution
from progtx_core.tools.checkers import check, judge, progress

CHAPTERS = {chapter.name: chapter for chapter in execution.chapters()}
CALL = re.compile(r'^check\("([\d.]+)", ([\w.]+)', re.MULTILINE)


def answers(chapter):
    """The table beside this file, `ch06.py`: RIGHT and WRONG, by exercise."""
    path = Path(__file__).with_name(f"ch{chapter:02d}.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exercises():
    """The number of every checked exercise, as the chapters ask for it."""
    for name, chapter in CHAPTERS.items():
        for cell in chapter.read().cells:
            if "exercise" in cell.metadata.get("tags", []):
                for number, _ in CALL.findall(cell.source):
                    assert number.partition(".")[0] == str(int(name[:2])), number
                    yield number


NUMBERS = sorted(exercises(), key=lambda number: [int(n) for n in number.split(".")])
TABLES = {n: answers(n) for n in {int(number.partition(".")[0]) for number in NUMBERS}}
every_exercise = pytest.mark.parametrize("number", NUMBERS)


def of(number, which):
    return getattr(TABLES[int(number.partition(".")[0])], which).get(number, [])


def raises(*given):
    raise RuntimeError("of the answer")


# What nobody's exercise asks for; a checker says so, whatever it is.
NONSENSE = [
    None,
    ...,
    float("nan"),
    float("inf"),
    "text",
    b"",
    [],
    {},
    object(),
    int,
    lambda: None,
    lambda *given, **named: None,
    lambda *given: float("nan"),
    lambda *given: [float("nan")] * 3,
    lambda *given: "text",
    lambda *given: given,
    raises,
    (raises, raises),
    (None, None),
]


@every_exercise
def test_nonsense_is_refused_in_one_line(number):
    for answer in NONSENSE:
        said = judge.judged(number, answer)
        assert said.startswith("not yet: "), answer
        assert "\n" not in said and len(said) < 400, said


@every_exercise
def test_wrong_answers_get_their_hint(number):
    for answer, hint in of(number, "WRONG"):
        said = judge.judged(number, answer)
        assert said.startswith("not yet: ") and hint in said, (hint, said)


@every_exercise
def test_other_forms_of_a_right_answer_pass(number):
    for answer in of(number, "RIGHT"):
        assert judge.judged(number, answer) == "correct"


@every_exercise
def test_enough_answers_were_tried(number):
    hints = [hint for _, hint in of(number, "WRONG")]
    assert len(hints) >= 4 and len(set(hints)) >= 3
    assert len(of(number, "RIGHT")) >= 1


def test_the_table_is_long():
    assert sum(len(of(number, "WRONG")) for number in NUMBERS) >= 150
    assert len(NUMBERS) >= 3 * len(CHAPTERS)


def test_an_exercise_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="no exercise '99.1'"):
        check("99.1", 1)


def test_an_answer_that_breaks_says_where():
    def broken(*given):
        return 1 / 0

    said = judge.judged("6.3", broken)
    assert "ZeroDivisionError at 'return 1 / 0'" in said


def test_solved_exercises_are_kept_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PROGTX_SCRATCH", str(tmp_path))
    check("6.3", None)
    assert progress.solved() == {}
    for _ in range(2):
        check("6.3", of("6.3", "RIGHT")[0])
    assert list(progress.solved()) == ["6.3"]
    page = progress.write_page(tmp_path / "page" / "exercises.html").read_text("utf-8")
    assert "1 of " in page and page.count("<tr><td>6.3</td>") == 1
    progress.path().write_text("{damaged")
    assert progress.solved() == {}
    assert capsys.readouterr().out.count("correct") == 2


def test_every_exercise_of_every_chapter_is_on_the_list():
    listed = {one.number for found in progress.exercises().values() for one in found}
    assert set(NUMBERS) <= listed
    assert len(progress.exercises()) == len(CHAPTERS)


def test_the_command_lists_them_and_names_its_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PROGTX_SCRATCH", str(tmp_path))
    assert main(["exercises"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CHAPTERS) + 1
    assert Path(lines[-1]).is_file()
