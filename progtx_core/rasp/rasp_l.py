"""Whether a program keeps to RASP-L: read from its source, without running it.

Positions and counts of them grow with the input, and a transformer that has seen short
inputs knows nothing of larger ones. So a program may only compare positions, take the
next or the one before, and select by them; and it is a fixed number of operations. A
comparison with fixed numbers (`n == 1 or n == 3`) passes, though it holds no further.

Source: Zhou et al., "What algorithms can transformers learn?", 2024, section 4.
"""

import ast
import builtins
import inspect
import itertools
import textwrap
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from progtx_core.rasp import library, primitives

# What an expression may be, the strongest last: a constant, numbers from the input, a
# matrix of `select`, positions or whatever depends on how many there are.
CONSTANT, TOKEN, SELECTION, POSITION = range(4)
COUNTS = ("indices", "sel_width", "cumsum", "num_prev", "aggr_mean")
FINDS = ("firsts", "lasts", "first_true", "argmax", "argmin")
GIVES = dict.fromkeys(COUNTS + FINDS, POSITION) | {"select": SELECTION}
GIVES |= dict.fromkeys(("full", "has_seen", "equals", "always"), TOKEN)
LANGUAGE = (primitives.__name__, library.__name__)
# A function of numbers uses nothing that keeps a state from one position to the next.
BUILTINS = (int, bool, abs, min, max)
STATELESS = (int, bool, float, str, tuple, list, dict, set, range)

CALCULATES = "a position or count may only be compared, or changed by 1"
BRANCHES = "a program is a fixed number of steps, without if or loop"


@dataclass(frozen=True)
class Violation:
    """Where a program is not RASP-L, by its line in the file, and why."""

    function: str
    line: int
    code: str
    why: str

    def __str__(self) -> str:
        return f"{self.function}, line {self.line}: {self.code}: {self.why}"


def violations(program: FunctionType) -> list[Violation]:
    """Where a program does more than RASP-L allows; empty if it keeps to it.

    Raises ValueError if there is no source, as of what is typed into a Python prompt.

    >>> from progtx_core.rasp import programs
    >>> print(violations(programs.parity)[0].why)
    a position or count may only be compared, or changed by 1
    """
    found: list[Violation] = []
    read(program, itertools.repeat(TOKEN), {}, found)
    return list(dict.fromkeys(found))


def read(program, args, named, found: list, callers=(), of_numbers=False) -> int:
    """Add to `found`; the kind that a function returns, by the kinds of its arguments."""
    try:
        lines, first = inspect.getsourcelines(program)
    except (OSError, TypeError):
        raise ValueError(f"no source of {program!r}: define it in a file") from None
    nodes = ast.walk(ast.parse(textwrap.dedent("".join(lines))))
    node = next(n for n in nodes if isinstance(n, ast.FunctionDef | ast.Lambda))
    names = inspect.signature(program).parameters
    kinds = dict.fromkeys(names, CONSTANT) | dict(zip(names, args, strict=False)) | named
    reader = Reader(program, first - 1, kinds, found, (*callers, program), of_numbers)
    if isinstance(node, ast.Lambda):
        return reader.kind(node.body)
    reader.statements(node.body)
    return reader.returned


@dataclass
class Reader:
    """What is known of a function while it is read: of what kind each name is."""

    program: Any
    offset: int
    kinds: dict[str, int]
    found: list[Violation]
    callers: tuple  # functions that led here
    of_numbers: bool  # whether it maps single numbers, and so may choose between them
    returned: int = CONSTANT

    def reject(self, node: ast.AST, why: str, kind: int = TOKEN) -> int:
        """Note a violation; go on as if the node were of this kind."""
        line, code = self.offset + getattr(node, "lineno", 1), ast.unparse(node)
        why = (
            BRANCHES if isinstance(node, ast.If | ast.IfExp | ast.For | ast.While) else why
        )
        name = self.program.__name__
        self.found.append(Violation(name, line, code.splitlines()[0], why))
        return kind

    def statements(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)]):
                    # Of the branches of an `if`, which only numbers have, the strongest.
                    before = self.kinds.get(name, CONSTANT) if self.of_numbers else CONSTANT
                    self.kinds[name] = max(before, self.kind(node.value))
                case ast.Assign(targets=[ast.Tuple(elts=to)], value=ast.Tuple(elts=values)):
                    kinds = [self.kind(value) for value in values]
                    self.kinds |= dict(zip(map(ast.unparse, to), kinds, strict=True))
                case ast.Return(value=ast.expr() as value):
                    self.returned = max(self.returned, self.kind(value))
                case ast.If(test=test) if self.of_numbers:
                    self.kind(test)
                    self.statements([*node.body, *node.orelse])
                case ast.Expr(value=ast.Constant()):
                    pass  # a docstring
                case _:
                    self.reject(node, "a program only assigns, calls and returns")

    def kind(self, *nodes: ast.AST) -> int:
        """The kind of an expression, the strongest of several."""
        if len(nodes) != 1:
            return max(map(self.kind, nodes), default=CONSTANT)
        match node := nodes[0]:
            case ast.Constant() | ast.operator() | ast.unaryop() | ast.expr_context():
                return CONSTANT
            case ast.Name(id=name) if name in self.kinds:
                return self.kinds[name]
            case ast.Name() | ast.Attribute() if type(self.look_up(node)) in STATELESS:
                return CONSTANT
            case ast.UnaryOp() | ast.BinOp() | ast.Subscript():
                return self.arithmetic(node)
            case ast.Compare(left=left, comparators=others):
                return min(TOKEN, self.kind(left, *others))
            case ast.BoolOp(values=parts):
                return self.kind(*parts)
            case ast.Call():
                return self.call(node)
            case ast.Tuple() | ast.List() | ast.IfExp() if self.of_numbers:
                return self.kind(*ast.iter_child_nodes(node))
        return self.reject(node, "not part of the language")

    def arithmetic(self, node: ast.AST) -> int:
        """A position may be changed by 1, and no more; a selection not at all."""
        kind = self.kind(*ast.iter_child_nodes(node))
        match node:
            case ast.Subscript() if not self.of_numbers:  # those may read a table
                return self.reject(node, "not part of the language")
            case _ if kind == SELECTION:
                return self.reject(
                    node, "a selection is aggregated or counted, not changed"
                )
            case ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.Constant(value=1)):
                return kind
            case ast.BinOp(op=ast.Add(), left=ast.Constant(value=1)) | ast.UnaryOp(
                ast.Not()
            ):
                return kind
        return self.reject(node, CALCULATES, kind) if kind == POSITION else kind

    def call(self, node: ast.Call) -> int:
        """A call of the language, or of another function."""
        function: Any = self.look_up(node.func)
        named = {str(keyword.arg): keyword.value for keyword in node.keywords}
        if getattr(function, "__module__", "") not in LANGUAGE:
            args = [self.kind(part) for part in node.args]
            kinds = {name: self.kind(part) for name, part in named.items()}
            return self.inner(node, args, kinds, function)
        given = inspect.signature(function).bind_partial(*node.args, **named).arguments
        mapped = given.pop("function", given.pop("predicate", None))
        kinds = {name: self.kind(part) for name, part in given.items()}
        name = function.__name__
        if mapped is not None:  # of the first two arguments, or the only one
            kind = self.mapped(mapped, list(kinds.values())[:2])
            if name in ("tok_map", "seq_map"):
                return kind
        if "causal" in given:
            self.reject(node, "a position may not look at what comes after it")
        if name == "kqv":
            name = f"aggr_{getattr(given.get('reduction'), 'value', 'mean')}"
        # What is not in the table returns some of the numbers that it is given.
        source = ("values",) if "values" in kinds else ("keys", "x", "y")
        return GIVES.get(name, max(kinds.get(part, TOKEN) for part in source))

    def inner(self, node: ast.AST, args: list[int], named: dict, function: Any) -> int:
        """What a function outside of the language makes of values of these kinds."""
        if function in BUILTINS and self.of_numbers:
            wrong = function is abs and POSITION in args
            return self.reject(node, CALCULATES) if wrong else max(args, default=CONSTANT)
        if getattr(function, "__module__", "") in LANGUAGE:
            return TOKEN  # a predicate such as `equals`
        if not inspect.isfunction(function):
            return self.reject(node, "not a function of the language, nor a program in it")
        if function in self.callers:
            return self.reject(node, "a program that calls itself has no end of steps")
        return read(function, args, named, self.found, self.callers, self.of_numbers)

    def mapped(self, node: ast.AST, kinds: list[int]) -> int:
        """What a function of single numbers makes of numbers of these kinds."""
        numbers = replace(self, of_numbers=True)
        if not isinstance(node, ast.Lambda):
            return numbers.inner(node, kinds, {}, self.look_up(node))
        numbers.kinds = dict(zip([a.arg for a in node.args.args], kinds, strict=False))
        names = {a.id for a in ast.walk(node.body) if isinstance(a, ast.Name)}
        if names & (self.kinds.keys() - numbers.kinds):
            return self.reject(node, "a function of numbers may not read a sequence")
        return numbers.kind(node.body)

    def look_up(self, node: ast.AST) -> Any:
        """What a name stands for where the program was written; None if unknown."""
        if isinstance(node, ast.Attribute):
            return getattr(self.look_up(node.value), node.attr, None)
        if isinstance(node, ast.Name) and node.id not in self.kinds:
            closure = inspect.getclosurevars(self.program).nonlocals
            return (vars(builtins) | self.program.__globals__ | closure).get(node.id)
        return None
