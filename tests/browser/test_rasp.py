"""RASP-L in a page: its answers and selections are those of `progtx_core.rasp`."""

import inspect

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parts import live_ch10

from progtx_core import rasp
from progtx_core.rasp import programs

pytestmark = pytest.mark.browser
NAMES = {name: getattr(rasp, name) for name in dir(rasp) if name[0] != "_"}
NAMES |= {"START": programs.START, "GO": programs.GO, "END": programs.END}


@pytest.fixture
def js(page):
    page.goto("about:blank")
    page.add_script_tag(content=f"(() => {{{live_ch10.script()}\nwindow.live = live;}})()")
    return page


def in_page(js, cases):
    script = """(cases) => cases.map(([program, x]) => {
      try {
        const { value, seen } = live.run(program, x);
        return [value, seen.map(({ matrix, word }) => [matrix, word])];
      } catch (error) {
        return error.message;
      }
    })"""
    return js.evaluate(script, [[program, list(x)] for program, x in cases])


def in_python(program, x):
    """The same text, run by Python; its last line is the answer."""
    *lines, last = program.splitlines()
    names = NAMES | {"x": x}
    with rasp.record_selections() as seen:
        exec("\n".join([*lines, f"answer = {last}"]), names)
    return [names["answer"].tolist(), [[s.matrix.tolist(), s.used_by] for s in seen]]


# Programs that are drawn ------------------------------------------------------------

SMALL = st.integers(-3, 9)
OF_ONE = st.sampled_from(
    ["v + 1", "v - 2", "-v", "v % 3", "v // 2", "v == 1", "not v", "2 * v - 1"]
)
CHOSEN = st.sampled_from(
    ["v > 2 and v != 4", "v >= 1 or v < -2", "(v <= 3) * v", "v == START", "3 - v % -4"]
)
OF_TWO = st.sampled_from(
    ["v + w", "v - w", "v < w", "v == w or v > 3", "w - 2 * v", "v and w", "not v == w"]
)
OF_PAIRS = st.sampled_from(
    ["k < q", "k == q + 1", "(k > q) & (q != 2)", "(k == 0) | (k >= q)", "k % 3 == q % 3"]
)
predicates = st.one_of(
    st.sampled_from(["equals", "always"]), OF_PAIRS.map("lambda k, q: {}".format)
)
SELECTIONS = ("num_prev", "has_seen", "firsts", "lasts", "index_select", "induct")


@st.composite
def lines(draw):
    """A program of up to five lines, each of one word that was drawn."""
    known, written = ["x"], []
    for number in range(draw(st.integers(1, 5))):
        a, b, c = (draw(st.sampled_from(known)) for _ in range(3))
        small, default = draw(SMALL), draw(st.sampled_from(["", ", default=-7"]))
        reduction = draw(st.sampled_from(["", ", reduction='max'", ', reduction="min"']))
        pair = f"select({a}, {b}, {draw(predicates)})"
        calls = [
            f"full({a}, {small})",
            f"indices({a})",
            f"tok_map({a}, lambda v: {draw(OF_ONE | CHOSEN)})",
            f"seq_map({a}, {b}, lambda v, w: {draw(OF_TWO)})",
            f"where({a}, {b}, {c})",
            f"sel_width({pair})",
            f"sel_width(select({a}, {b}, {draw(predicates)}, causal=False))",
            f"aggr_{draw(st.sampled_from(['mean', 'max', 'min']))}({pair}, {c}{default})",
            f"rasp.kqv({a}, {b}, {c}, {draw(predicates)}{default}{reduction})",
            f"shift_right({a}, {abs(small)}{default})",
            f"{draw(st.sampled_from(SELECTIONS))}({a}, {b}{default})",
            f"induct_kqv({a}, {b}, {c}, offset={abs(small) % 3})",
            f"{draw(st.sampled_from(['cumsum', 'maximum', 'minimum', 'mode']))}({a})",
            f"{draw(st.sampled_from(['argmax', 'argmin', 'first_true']))}({a})",
            f"mode({a}, counted={b})",
        ]
        call = draw(st.sampled_from(calls))
        if "num_prev" in call or "has_seen" in call:  # they take no default
            call = call.replace(", default=-7", "")
        written.append(f"y{number} = {call}")
        known.append(f"y{number}")
    written.append(f"tok_map({known[-1]}, lambda v: v)")
    return "\n".join(written)


sequences = st.lists(SMALL, min_size=1, max_size=7)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cases=st.lists(st.tuples(lines(), sequences), min_size=8, max_size=8))
def test_drawn_programs_answer_and_select_as_in_python(js, cases):
    NAMES["rasp"] = rasp
    for (program, x), found in zip(cases, in_page(js, cases), strict=True):
        assert found == in_python(program, x), (program, x)


def test_every_word_of_the_page_is_one_of_the_package_and_takes_the_same(js):
    takes = js.evaluate("live.TAKES")
    wanted = {n for n, f in NAMES.items() if inspect.isfunction(f)}
    wanted -= {"decode", "to_text", "record_selections", "equals", "always"}
    assert takes.keys() == wanted
    for name, word in takes.items():
        parameters = inspect.signature(NAMES[name]).parameters
        assert [p for p, _ in word["params"]] == list(parameters), name
        free = [p for p in parameters.values() if p.default is not p.empty]
        assert word["least"] == len(parameters) - len(free), name


def test_the_programs_that_are_offered_run_as_in_python(js):
    for one in live_ch10.PROGRAMS.values():
        x = js.evaluate("(text) => live.read(text)", one["x"])
        (found,) = in_page(js, [(one["code"], x)])
        assert found == in_python(one["code"], x)


ERRORS = {
    "": "write a line such as",
    "x + 1": "line 1: sequences are calculated with by tok_map and seq_map",
    "\n\nfoo(x)": "line 3: there is no foo",
    "alert(1)": "line 1: there is no alert",
    "constructor(x)": "line 1: there is no constructor",
    "tok_map(x)": "line 1: tok_map needs function, a function of one number",
    "tok_map(x, lambda v: v +)": "line 1: something is missing at “)”",
    "tok_map(x, lambda v: v": "line 1: “)” is missing at the end",
    "tok_map(x, lambda v, w: v)": "must be a function of one number",
    "tok_map(x, lambda v: y)": "line 1: a function of numbers knows its own names",
    "tok_map(x, lambda v: 0 < v < 3)": "line 1: compare two at a time",
    "tok_map(x, lambda v: v % 0)": "line 1: division by zero",
    "tok_map(x, lambda v: v $ 1)": "line 1: what is “$”?",
    "select(x, x, equals)": "line 1: the answer is a selection",
    "select(x, x, lambda k, q: k and q)": "line 1: in a predicate write & and |",
    "sel_width(x)": "line 1: selection of sel_width must be a selection",
    "y": "line 1: nothing is called y",
    "indices": "line 1: indices is to be called: indices(…)",
    "a = x\nx\nx": "line 3: the line before gives the answer already",
    "full(x, x)": "line 1: constant of full must be a whole number",
    "kqv(x, x, x, equals, reduction='sum')": "line 1: reduction is mean, max or min",
    "shift_right(x, 1, n=2)": "line 1: n of shift_right is given twice",
    "tok_map(x, lambda v: v * 9007199254740993)": "line 1: a number is larger than 2^53",
}


def test_errors_are_one_line_and_say_where(js):
    for program, said in ERRORS.items():
        (found,) = in_page(js, [(program, [3, 1, 3])])
        assert isinstance(found, str) and said in found and "\n" not in found, program


# The page ---------------------------------------------------------------------------


def write(shown, tmp_path):
    live_ch10.show([3, 1, 3], "what is selected")
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown[0][0]['text/html']}")
    return path.as_uri()


@pytest.fixture
def opened(page, tmp_path, shown):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(write(shown, tmp_path))
    yield page
    assert errors == []


def answer(page):
    return page.locator(".rasp-values tr").last.inner_text().split()[1:]


def test_an_edited_program_is_run_drawn_and_judged(opened):
    code, goals = opened.get_by_label("program", exact=True), opened.locator("li")
    assert answer(opened) == ["-9", "3", "1", "4", "1"]
    assert opened.locator(".rasp-heat").count() == 1
    assert opened.locator(".rasp-on").count() == 4
    code.fill("tok_map(has_seen(x, x), lambda v: v)")
    assert "the answer is 0 0; yours is 1 1" in goals.first.inner_text()
    code.fill("tok_map(num_prev(x, x), lambda n: n > 1)")
    assert answer(opened) == ["0", "0", "0", "1", "0"]
    assert "Solved." in goals.first.inner_text()
    assert "Solved." not in goals.last.inner_text()
    code.fill("tok_map(num_prev(x, x), lambda n: n >")
    assert "line 1: something is missing" in opened.inner_text("[role=alert]")
    code.fill(
        "before = shift_right(x, 1, default=-9)\n"
        "index_select(x, lasts(before, x), default=-1)"
    )
    assert "Solved." in goals.last.inner_text()
    assert "Solved." in goals.first.inner_text()  # once solved, solved


def test_a_sequence_is_read_and_continued(opened):
    opened.get_by_label("example program").select_option("count up")
    field = opened.get_by_label("the sequence x")
    for wanted in ("3", "4", "5", "6", "EoS"):
        assert answer(opened)[-1] == wanted
        opened.get_by_role("button", name="Append the last answer").click()
    assert field.input_value() == "SoS 3 6 > 3 4 5 6 EoS"
    field.fill("3 b")
    assert "“b” is no whole number" in opened.inner_text("[role=alert]")


def test_without_scripts_the_picture_stays(browser, tmp_path, shown):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(write(shown, tmp_path))
    assert plain.get_by_alt_text("what is selected").bounding_box()["width"] > 100
    context.close()


def test_a_phone_has_room_for_it(browser, tmp_path, shown):
    context = browser.new_context(viewport={"width": 380, "height": 700}, has_touch=True)
    narrow = context.new_page()
    narrow.goto(write(shown, tmp_path))
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 380
    context.close()
