"""The changes: another comparison, sign, connective or constant at one place of a module."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Mutant", "apply", "find_mutants"]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CONNECTIVES: dict[type[ast.boolop], type[ast.boolop]] = {ast.And: ast.Or, ast.Or: ast.And}
# What no test of behaviour sees by what the program tells: options of a dataclass, which save
# memory or stop what no code tries; how strong, large and far in front a mark is drawn.
_UNSEEN = frozenset(
    ("frozen", "slots", "linestyle", "linewidth", "linewidths", "lw", "elinewidth", "capsize",
     "capthick", "markersize", "ms", "markeredgewidth", "fontsize", "labelsize", "zorder", "alpha",
     "handletextpad", "handlelength", "pad_edge")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module.

    Attributes
    ----------
    file : str
        By its path in the repository.
    line, column, end_line, end_column : int
        The span that is replaced: lines from 1, columns in bytes of UTF-8 from 0.
    old, new : str
        What stood there and what stands there instead.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    old: str
    new: str

    @property
    def name(self) -> str:
        """``analysis/estimators/signs.py:55: a < b → a <= b``."""
        return f"{self.file}:{self.line}: {' '.join(self.old.split())} → {self.new}"


def find_mutants(file: str, source: str) -> list[Mutant]:
    """Return every mutant of a module, in order of place.

    Annotations, docstrings, ``__all__``, options of dataclasses, the look of marks in a drawing and
    what stands inside f-strings are left alone: no test of behaviour could see the first five,
    and Python 3.11 does not say where the last stand.
    """
    found = []
    for node in _walk(ast.parse(source)):
        old = ast.get_source_segment(source, node) or ""
        span = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        found += [Mutant(file, *span, old, _write(changed)) for changed in _changes(node)]
    return sorted(found, key=lambda mutant: (mutant.line, mutant.column, mutant.new))


def _write(node: ast.expr | ast.stmt) -> str:
    text = ast.unparse(node)
    plain = isinstance(node, ast.stmt | ast.Constant) and not text.startswith("-")
    return text if plain else f"({text})"


def _walk(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield the nodes that may be changed."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "type_params"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr):
                continue
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue  # a docstring, or the words below a constant
            if _is_for_readers(node) or _is_unseen(node):
                continue
            if isinstance(node, ast.expr | ast.stmt):
                yield node
            yield from _walk(node)


def _is_for_readers(node: ast.AST) -> bool:
    """Whether a statement is there for type checkers or readers of the module alone."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Name) and each.id == "__all__" for each in node.targets)
    return False


def _is_unseen(node: ast.AST) -> bool:
    """Whether an argument is a constant that changes nothing which is told.

    ``strict=True`` of a ``zip`` asserts what holds by construction.
    """
    if not isinstance(node, ast.keyword) or not isinstance(node.value, ast.Constant | ast.Tuple):
        return False
    asserts = isinstance(node.value, ast.Constant) and node.value.value is True
    return node.arg in _UNSEEN or (node.arg == "strict" and asserts)


def _changes(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """Yield a node with each change that its kind can have."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                changed = copy.deepcopy(node)
                changed.ops[place] = other()
                yield changed
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(_CONNECTIVES[type(node.op)](), node.values)
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS and not _is_text(node):
        yield ast.BinOp(node.left, _OPERATIONS[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in _OPERATIONS:
        yield ast.AugAssign(node.target, _OPERATIONS[type(node.op)](), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node)


def _is_text(node: ast.BinOp) -> bool:
    """Whether an operation joins texts, of which a minus would fail at once."""
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def _other_constants(node: ast.Constant) -> Iterator[ast.Constant]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 1.5 if node.value else 1.0)


def apply(mutant: Mutant, source: str) -> str:
    """Return the source of a module with the change made."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    first, last = mutant.line - 1, mutant.end_line - 1
    head, tail = lines[first][: mutant.column], lines[last][mutant.end_column :]
    changed = [*lines[:first], head + mutant.new.encode() + tail, *lines[last + 1 :]]
    return b"".join(changed).decode()
