"""Whether a program keeps to RASP-L: read from its source, without running it.

Positions, and counts of places, grow with the length of the input. A transformer that
has seen short inputs knows nothing of larger ones. So RASP-L allows only three things
with them: compare them, take the next or the one before, use them to select. And a
program is a fixed number of steps: it does not loop over places, nor branch on what
stands there.

What it cannot see: a comparison with fixed numbers (`n == 1 or n == 3`) is allowed, but
holds only as far as those numbers go.

Source: Zhou et al., "What algorithms can transformers learn?", 2024, section 4.
"""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from progtx_core.rasp import library, primitives
from progtx_core.rasp.kinds import (
    BUILTINS,
    CONSTANT,
    MAKES_POSITIONS,
    MAPS,
    PASSES_ON,
    POSITION,
    SELECTION,
    TOKEN,
    strongest,
)

CALCULATES = "a position or count may only be compared, or changed by 1"
BRANCHES = "a program is a fixed number of steps, without if or loop"


@dataclass(frozen=True)
class Violation:
    """A place where a program is not RASP-L: its line in the file, and why."""

    function: str
    line: int
    code: str
    why: str

    def __str__(self) -> str:
        return f"{self.function}, line {self.line}: {self.code}: {self.why}"


def violations(program: Callable) -> list[Violation]:
    """Where a program does more than RASP-L allows; empty if it keeps to it.

    Raises ValueError where there is no source to read, as for what was typed into a
    plain Python prompt.

    >>> from progtx_core.rasp import programs
    >>> violations(programs.count)
    []
    >>> print(violations(programs.parity)[0].why)
    a position or count may only be compared, or changed by 1
    """
    reader = Reader(program)
    reader.read([TOKEN] * len(reader.parameters))
    return list(dict.fromkeys(reader.found))


class Reader:
    """Goes through the source of one function and keeps of what kind each name is.

    of_numbers: it is a function of single numbers, which may choose between values
    """

    def __init__(self, program: Callable, calling: tuple = (), of_numbers=False) -> None:
        try:
            lines, first = inspect.getsourcelines(program)
        except (OSError, TypeError):
            raise ValueError(
                f"no source of {program!r} to read: define the program in a file or "
                "in a notebook cell"
            ) from None
        functions = ast.FunctionDef | ast.Lambda
        nodes = ast.walk(ast.parse(textwrap.dedent("".join(lines))))
        self.definition = next(node for node in nodes if isinstance(node, functions))
        self.program, self.offset = program, first - 1
        self.parameters = [a.arg for a in self.definition.args.args]
        self.calling, self.of_numbers = (*calling, program), of_numbers
        self.kinds: dict[str, str] = {}
        self.found: list[Violation] = []
        self.returned = CONSTANT

    def read(self, kinds: list[str]) -> str:
        """Read the body, given the kinds of the parameters; the kind that it returns."""
        self.kinds = dict(zip(self.parameters, kinds, strict=False))
        if isinstance(self.definition, ast.Lambda):
            return self.kind(self.definition.body)
        for statement in self.definition.body:
            self.statement(statement)
        return self.returned

    def breach(self, node: ast.AST, why: str) -> str:
        line = self.offset + getattr(node, "lineno", 1)
        code = ast.unparse(node).splitlines()[0]
        self.found.append(Violation(self.program.__name__, line, code, why))
        return TOKEN

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]):
                self.kinds[name] = self.kind(node.value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                kinds = [self.kind(value) for value in values]
                self.kinds |= {n.id: k for n, k in zip(names, kinds, strict=True)}
            case ast.Return() if node.value is not None:
                self.returned = strongest(self.returned, self.kind(node.value))
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass  # a docstring
            case ast.If() | ast.For() | ast.While():
                self.breach(node, BRANCHES)
            case _:
                self.breach(node, "a program assigns names, calls functions and returns")

    def kind(self, node: ast.expr) -> str:
        match node:
            case ast.Constant() | ast.Lambda():
                return CONSTANT
            case ast.Name():
                return self.kinds.get(node.id, CONSTANT)
            case ast.Attribute() if self.look_up(node) is not None:
                return CONSTANT
            case ast.UnaryOp():
                return self.arithmetic(node, [self.kind(node.operand)])
            case ast.BinOp():
                return self.arithmetic(node, [self.kind(node.left), self.kind(node.right)])
            case ast.Compare():
                return self.all_of([node.left, *node.comparators], TOKEN)
            case ast.BoolOp():
                return strongest(*[self.kind(value) for value in node.values])
            case ast.IfExp():
                if not self.of_numbers:
                    self.breach(node, BRANCHES)
                self.kind(node.test)
                return strongest(self.kind(node.body), self.kind(node.orelse))
            case ast.Call():
                return self.call(node)
        return self.breach(node, "not part of the language")

    def all_of(self, nodes: list[ast.expr], kind: str) -> str:
        for node in nodes:
            self.kind(node)
        return kind

    def arithmetic(self, node: ast.expr, kinds: list[str]) -> str:
        """A position may be changed by 1, and no more; a pattern not at all."""
        if SELECTION in kinds:
            return self.breach(node, "a selection is aggregated or counted, not changed")
        if POSITION not in kinds or isinstance(getattr(node, "op", None), ast.Not):
            return strongest(*kinds)
        code = ast.unparse(node)
        if not (code.endswith((" + 1", " - 1")) or code.startswith("1 + ")) or (
            not isinstance(node.op, ast.Add | ast.Sub)
        ):
            self.breach(node, CALCULATES)
        return POSITION

    def call(self, node: ast.Call) -> str:
        function = self.look_up(node.func)
        if function in BUILTINS and self.of_numbers:
            kind = strongest(*[self.kind(argument) for argument in node.args])
            if kind == POSITION and function is abs:
                self.breach(node, CALCULATES)
            return kind
        if not inspect.isfunction(function):
            return self.breach(node, "not a function of the language, nor a program in it")
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        given = inspect.signature(function).bind_partial(*node.args, **named).arguments
        if function.__module__ in (primitives.__name__, library.__name__):
            return self.known(node, function.__name__, given)
        if function in self.calling:
            return self.breach(node, "a program that calls itself has no end of steps")
        return self.inner(function, [self.kind(value) for value in given.values()])

    def inner(self, function: Callable, kinds: list[str], of_numbers=False) -> str:
        """Read another function that is called."""
        reader = Reader(function, self.calling, of_numbers or self.of_numbers)
        kind = reader.read(kinds)
        self.found += reader.found
        return kind

    def known(self, node: ast.Call, name: str, given: dict[str, ast.expr]) -> str:
        """A call of a primitive or of the library."""
        if name in MAPS:
            kinds = [self.kind(given[part]) for part in MAPS[name]]
            return self.mapped(node, given["function"], kinds)
        if "predicate" in given:
            kinds = [self.kind(given[part]) for part in ("keys", "queries")]
            self.mapped(node, given["predicate"], kinds)
        if "causal" in given:
            self.breach(node, "a place may not look at what comes after it")
        kinds = {part: self.kind(value) for part, value in given.items()}
        reduction = getattr(given.get("reduction"), "value", "mean")
        if name == "aggr_mean" or (name == "kqv" and reduction not in ("max", "min")):
            return POSITION  # a mean depends on how many there are
        if name in MAKES_POSITIONS:
            return POSITION
        if name == "select":
            return SELECTION
        return strongest(*(kinds.get(part, TOKEN) for part in PASSES_ON.get(name, ())))

    def mapped(self, node: ast.Call, function: ast.expr, kinds: list[str]) -> str:
        """What a function of single numbers makes of numbers of these kinds."""
        if isinstance(function, ast.Lambda):
            names = {a.id for a in ast.walk(function.body) if isinstance(a, ast.Name)}
            parameters = [a.arg for a in function.args.args]
            if names & (set(self.kinds) - set(parameters)):
                return self.breach(node, "a function of numbers may not read a sequence")
            outside = self.kinds, self.of_numbers
            self.kinds, self.of_numbers = dict(zip(parameters, kinds, strict=False)), True
            kind = self.kind(function.body) if POSITION in kinds else TOKEN
            self.kinds, self.of_numbers = outside
            return kind
        found = self.look_up(function)
        if POSITION not in kinds:
            return TOKEN  # of numbers from the input, any function may be taken
        if inspect.isfunction(found):
            return self.inner(found, kinds, of_numbers=True)
        return self.breach(node, CALCULATES)

    def look_up(self, node: ast.expr):
        """What a name stands for where the program was written; None if unknown."""
        if isinstance(node, ast.Name) and node.id not in self.kinds:
            nonlocals = inspect.getclosurevars(self.program).nonlocals
            for names in (nonlocals, self.program.__globals__, vars(builtins)):
                if node.id in names:
                    return names[node.id]
        if isinstance(node, ast.Attribute):
            return getattr(self.look_up(node.value), node.attr, None)
        return None
