"""Small changes of code, as a slip makes them: an operator, a number, a line left out.

Docstrings, type hints, defaults of arguments, texts, what is raised and `__str__` are left
as they are: no result depends on them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# What each is replaced by: the nearest other bound, and the opposite.
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.RShift: ast.LShift,
}
PAIRS = [("min", "max"), ("amin", "amax"), ("argmin", "argmax"), ("any", "all")]
OTHERS = dict(PAIRS) | {b: a for a, b in PAIRS}
UNTOUCHED = (ast.JoinedStr, ast.arguments, ast.Raise)
SILENT = ("__str__", "__repr__")
MARK = "¦"


class Mutant(NamedTuple):
    """A change of a file; function: the line on which the one around it begins."""

    file: str
    line: int
    function: int
    before: str
    after: str
    start: int  # bytes
    end: int
    around: str  # the lines of the change, with a mark in its place

    def __str__(self) -> str:
        change = f"{MARK}{self.before} -> {self.after}{MARK}"
        return f"{self.file}: {' '.join(self.around.replace(MARK, change).split())}"

    def made_in(self, text: str) -> str:
        """The text of the file with the change."""
        old = text.encode()
        return (old[: self.start] + self.after.encode() + old[self.end :]).decode()


def of_file(path: Path, name: str) -> list[Mutant]:
    """All mutants of the functions of a file."""
    text = path.read_text("utf-8")
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for function in functions(ast.parse(text)):
        first = min([function, *function.decorator_list], key=lambda n: n.lineno).lineno
        for statement in function.body:
            for node, after in changes(statement):
                start = starts[node.lineno - 1] + node.col_offset
                end = starts[node.end_lineno - 1] + node.end_col_offset
                before = text.encode()[start:end].decode()
                lines = text.encode()[starts[node.lineno - 1] : starts[node.end_lineno]]
                last = len(lines) - (starts[node.end_lineno] - end)
                around = lines[: node.col_offset].decode() + MARK + lines[last:].decode()
                at = name, node.lineno, first
                found.append(Mutant(*at, before, after, start, end, around))
    return found


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Every function, those inside others by themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name not in SILENT:
            yield node


def changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Every part of a statement that can be changed, and what it becomes."""
    if isinstance(node, ast.expr):
        yield from ((node, f"({ast.unparse(new)})") for new in other_expressions(node))
    elif isinstance(node, ast.stmt):
        yield from ((node, new) for new in other_statements(node))
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield node.test, f"(not ({ast.unparse(node.test)}))"
    hint = getattr(node, "annotation", None)
    for child in ast.iter_child_nodes(node):
        # Functions come by themselves; zip(strict=True) guards what is always so.
        inner = isinstance(child, ast.FunctionDef) or getattr(child, "arg", "") == "strict"
        if not inner and child is not hint and not isinstance(child, UNTOUCHED):
            yield from changes(child)


def other_statements(node: ast.stmt) -> Iterator[str]:
    """What may stand in the place of a statement."""
    match node:
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield "return None"
        case ast.Break():
            yield "continue"
        case ast.Continue():
            yield "break"
        case ast.AugAssign():
            if type(node.op) in ARITHMETIC:
                op = ARITHMETIC[type(node.op)]()
                yield ast.unparse(ast.AugAssign(node.target, op, node.value))
            yield "pass"
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "pass"


def other_expressions(node: ast.expr) -> Iterator[ast.expr]:
    """What may stand in the place of an expression."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for i, op in enumerate(ops):
                for new in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:i], new(), *ops[i + 1 :]], others)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant({0: 1, 1: 0}.get(value, value + 1))
        case ast.Call(func=ast.Name(id=name), args=a, keywords=k) if name in OTHERS:
            yield ast.Call(ast.Name(OTHERS[name]), a, k)
        case ast.Call(func=ast.Attribute(attr=name) as f, args=a, keywords=k):
            if name in OTHERS:
                yield ast.Call(ast.Attribute(f.value, OTHERS[name]), a, k)
