"""Whether a program keeps to RASP-L: read from its source, without running it.

Positions, and counts of places, grow with the length of the input. A transformer that
has seen short inputs knows nothing of larger ones. So RASP-L allows only three things
with them: compare them, take the next or the one before, use them to select. And a
program is a fixed number of steps: it does not loop over places, nor branch on what
stands there.

Source: Zhou et al., "What algorithms can transformers learn?", 2024, section 4.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from progtx_core.rasp import library, primitives

# What an expression may be: a number from the input, a position or count, a constant.
TOKEN, POSITION, CONSTANT = "token", "position", "constant"

# Returns positions or counts, whatever it is given.
MAKES_POSITIONS = {
    *("indices", "sel_width", "cumsum", "num_prev"),
    *("firsts", "lasts", "first_true", "argmax", "argmin"),
}
# Returns truth values or constants.
MAKES_TOKENS = {"full", "select", "has_seen"}
# Returns what these arguments are: their names, in the order of the call.
PASSES_ON = {
    "where": {"x", "y"},
    "kqv": {"values"},
    "aggr_mean": {"values"},
    "aggr_max": {"values"},
    "aggr_min": {"values"},
    "index_select": {"x"},
    "shift_right": {"x"},
    "maximum": {"x"},
    "minimum": {"x"},
    "mode": {"x"},
    "induct": {"keys"},
    "induct_kqv": {"values"},
}
MAPS = {"tok_map", "seq_map"}
KNOWN = MAKES_POSITIONS | MAKES_TOKENS | set(PASSES_ON) | MAPS | {"always", "equals"}


@dataclass(frozen=True)
class Breach:
    """A place where a program is not RASP-L: its line in the file, and why."""

    function: str
    line: int
    code: str
    why: str

    def __str__(self) -> str:
        return f"{self.function}, line {self.line}: {self.code}: {self.why}"


def breaches(program: Callable) -> list[Breach]:
    """Where a program does more than RASP-L allows; empty if it keeps to it.

    Raises ValueError where there is no source to read, as for what was typed into a
    plain Python prompt.

    >>> from progtx_core.rasp import programs
    >>> breaches(programs.count)
    []
    >>> print(breaches(programs.parity)[0].why)
    a position or count may only be compared, or changed by 1
    """
    reader = Reader(program)
    reader.read([TOKEN] * len(reader.parameters))
    return list(dict.fromkeys(reader.found))


class Reader:
    """Goes through the source of one function and keeps what kind each name is."""

    def __init__(self, program: Callable, calling: tuple[Callable, ...] = ()) -> None:
        try:
            lines, first = inspect.getsourcelines(program)
        except (OSError, TypeError):
            raise ValueError(
                f"no source of {program!r} to read: define the program in a file or "
                "in a notebook cell"
            ) from None
        tree = ast.parse(textwrap.dedent("".join(lines)))
        self.definition = next(
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.Lambda)
        )
        self.offset = first - 1
        self.parameters = [a.arg for a in self.definition.args.args]
        self.calling = (*calling, program)
        self.name = program.__name__
        self.names = inspect.getclosurevars(program)
        self.kinds: dict[str, str] = {}
        self.found: list[Breach] = []
        self.returned = TOKEN

    def read(self, kinds: list[str]) -> str:
        """Read the body, given the kinds of the parameters; the kind that it returns."""
        self.kinds = dict(zip(self.parameters, kinds, strict=False))
        if isinstance(self.definition, ast.Lambda):
            return self.kind(self.definition.body)
        for statement in self.definition.body:
            self.statement(statement)
        return self.returned

    def breach(self, node: ast.AST, why: str) -> None:
        line = self.offset + getattr(node, "lineno", 1)
        code = ast.unparse(node).splitlines()[0]
        self.found.append(Breach(self.name, line, code, why))

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr():
                self.kind(node.value)
            case ast.Assign(targets=[ast.Name(id=name)]):
                self.kinds[name] = self.kind(node.value)
            case ast.Return() if node.value is not None:
                self.returned = strongest(self.returned, self.kind(node.value))
            case ast.Pass() | ast.Assert():
                pass
            case ast.FunctionDef():
                self.breach(node, "define programs beside each other, not inside")
            case ast.If() | ast.For() | ast.While():
                self.breach(
                    node, "a program is a fixed number of steps, without if or loop"
                )
            case _:
                self.breach(node, "a program assigns names, calls functions and returns")

    def kind(self, node: ast.expr) -> str:
        match node:
            case ast.Constant() | ast.Attribute():
                return CONSTANT
            case ast.Name():
                return self.kinds.get(node.id, CONSTANT)
            case ast.UnaryOp():
                return self.arithmetic(node, [self.kind(node.operand)])
            case ast.BinOp():
                kinds = [self.kind(node.left), self.kind(node.right)]
                return self.arithmetic(node, kinds)
            case ast.Compare():
                for part in (node.left, *node.comparators):
                    self.kind(part)
                return TOKEN
            case ast.BoolOp():
                return strongest(*[self.kind(value) for value in node.values])
            case ast.IfExp():
                self.kind(node.test)
                return strongest(self.kind(node.body), self.kind(node.orelse))
            case ast.Call():
                return self.call(node)
            case ast.Lambda():
                return CONSTANT
        self.breach(node, "not part of the language")
        return TOKEN

    def arithmetic(self, node: ast.expr, kinds: list[str]) -> str:
        """A position may be changed by 1, and no more."""
        if POSITION not in kinds:
            return strongest(*kinds)
        by_one = (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Add | ast.Sub)
            and kinds[0] == POSITION
            and isinstance(node.right, ast.Constant)
            and node.right.value == 1
        )
        if not by_one:
            self.breach(node, "a position or count may only be compared, or changed by 1")
        return POSITION

    def call(self, node: ast.Call) -> str:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        named = [self.kind(k.value) for k in node.keywords]
        kinds = [self.kind(argument) for argument in node.args]
        function = self.look_up(node.func)
        home = getattr(function, "__module__", None)
        if name in ("int", "bool", "abs", "min", "max") and function in (None, *BUILTINS):
            strong = strongest(*kinds)
            if strong == POSITION and name == "abs":
                self.breach(
                    node, "a position or count may only be compared, or changed by 1"
                )
            return strong
        if home in (primitives.__name__, library.__name__) and name in KNOWN:
            return self.known(node, function, kinds)
        if function is None or home is None or not inspect.isfunction(function):
            self.breach(node, "not a function of the language, nor a program in it")
            return TOKEN
        if function in self.calling:
            self.breach(node, "a program that calls itself has no fixed number of steps")
            return TOKEN
        inner = Reader(function, self.calling)
        kind = inner.read([*kinds, *named])
        self.found += inner.found
        return kind

    def known(self, node: ast.Call, function: Callable, kinds: list[str]) -> str:
        """A call of a primitive or of the library."""
        name = function.__name__
        if name in MAPS:
            return self.mapped(node, node.args[-1], kinds[:-1])
        self.check_predicate(node, kinds)
        if name in MAKES_POSITIONS:
            return POSITION
        if name in MAKES_TOKENS:
            return TOKEN
        parameters = list(inspect.signature(function).parameters)
        given = dict(zip(parameters, kinds, strict=False))
        given |= {k.arg: self.kind(k.value) for k in node.keywords}
        return strongest(*(given.get(p, TOKEN) for p in PASSES_ON[name]))

    def check_predicate(self, node: ast.Call, kinds: list[str]) -> None:
        """A predicate is given a key and a query, which are the first two arguments."""
        for argument in node.args:
            if isinstance(argument, ast.Lambda):
                self.mapped(node, argument, kinds[:2])

    def mapped(self, node: ast.Call, function: ast.expr, kinds: list[str]) -> str:
        """What a function of numbers makes of numbers of these kinds."""
        if isinstance(function, ast.Lambda):
            inside = dict(self.kinds)
            self.kinds |= dict(
                zip([a.arg for a in function.args.args], kinds, strict=False)
            )
            kind = self.kind(function.body)
            self.kinds = inside
            return kind
        found = self.look_up(function)
        if not inspect.isfunction(found):
            self.breach(node, "the function of a map must be a lambda or a Python function")
            return TOKEN
        inner = Reader(found, self.calling)
        kind = inner.read(kinds)
        self.found += inner.found
        return kind

    def look_up(self, node: ast.expr):
        """What a name stands for where the program was written; None if unknown."""
        if isinstance(node, ast.Name):
            for names in (self.names.nonlocals, self.names.globals, self.names.builtins):
                if node.id in names:
                    return names[node.id]
        if isinstance(node, ast.Attribute):
            return getattr(self.look_up(node.value), node.attr, None)
        return None


BUILTINS = (int, bool, abs, min, max)


def strongest(*kinds: str) -> str:
    """POSITION if one of them is, else TOKEN if one is, else CONSTANT."""
    for kind in (POSITION, TOKEN):
        if kind in kinds:
            return kind
    return CONSTANT
