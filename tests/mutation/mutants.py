"""Makes the mutants of a module: its source with one operator, constant or statement changed.

Invariants: a mutant is told by its line's text and its change, not by a number, so that what is
written about it stays true when lines move.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.Pow: ast.Mult,
}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One changed module.

    Attributes:
        line: of the change.
        text: of that line, without its indentation.
        change: what it was and what it is now.
        lines: all lines of what changed.
        code: the changed module, compiled.
    """

    line: int
    text: str
    change: str
    lines: range
    code: CodeType

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others, wherever its line moves."""
        return self.text, self.change


def mutants_of(source: str, path: str) -> list[Mutant]:
    """All mutants of the module with this source and path, in the order of its lines."""
    texts, tree, found = source.splitlines(), ast.parse(source), []
    for node, parent, field, position, new in list(_changes(tree)):
        ast.copy_location(new, node)
        ast.fix_missing_locations(new)
        _put(parent, field, position, new)
        code = compile(tree, path, "exec")
        _put(parent, field, position, node)
        change = f"{_short(node)} -> {_short(new)}"
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        found.append(Mutant(node.lineno, texts[node.lineno - 1].strip(), change, lines, code))
    return sorted(found, key=lambda one: one.line)


def _put(parent: ast.AST, field: str, position: int | None, node: ast.AST) -> None:
    if position is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[position] = node


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else text[:87] + "..."


def _changes(
    tree: ast.Module,
) -> Iterator[tuple[ast.expr | ast.stmt, ast.AST, str, int | None, ast.expr | ast.stmt]]:
    """Each node that can change, where it stands, and what it would be."""
    for parent in _walk(tree):
        for field, value in ast.iter_fields(parent):
            if _is_left_out(parent, field):
                continue
            children = value if isinstance(value, list) else [value]
            for position, child in enumerate(children):
                if not isinstance(child, ast.expr | ast.stmt):
                    continue
                for new in _variants(child, parent, field):
                    yield child, parent, field, position if isinstance(value, list) else None, new


_LEFT_OUT = {"decorator_list", "annotation", "returns", "type_params", "bases"}


def _is_left_out(parent: ast.AST, field: str) -> bool:
    """Annotations, decorators, what a class is made with, and types in brackets."""
    if field in _LEFT_OUT or (field == "keywords" and isinstance(parent, ast.ClassDef)):
        return True
    return (isinstance(parent, ast.Subscript) and field == "slice") and not isinstance(
        parent.slice, ast.Constant | ast.Slice | ast.UnaryOp | ast.BinOp
    )


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, without annotations, decorators and type aliases."""
    yield tree
    for field, value in ast.iter_fields(tree):
        if _is_left_out(tree, field):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_declaration(child):
                continue
            yield from _walk(child)


def _is_declaration(node: ast.AST) -> bool:  # noqa: PLR0911 - one for each kind
    """Imports, ``__all__``, type variables and aliases: what holds no behaviour."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Raise):
        return True  # that an error is raised is tested; its words are not
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation) in {"TypeAlias", "ClassVar"}
    if isinstance(node, ast.Assign):
        if ast.unparse(node.targets[0]) in {"__all__", "__slots__", "__match_args__"}:
            return True
        return isinstance(node.value, ast.Call) and ast.unparse(node.value.func).endswith("TypeVar")
    return False


def _variants(  # noqa: PLR0912 - one for each kind of node
    node: ast.expr | ast.stmt, parent: ast.AST, field: str
) -> Iterator[ast.expr | ast.stmt]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            changed = copy.deepcopy(node)
            changed.ops = [COMPARISONS[type(op)]()]
            yield changed
        case ast.BoolOp(op=op, values=values):
            changed = copy.deepcopy(node)
            changed.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield changed
            for left_out in range(len(values)):
                rest = [value for index, value in enumerate(values) if index != left_out]
                yield copy.deepcopy(rest[0] if len(rest) == 1 else ast.BoolOp(op, rest))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield copy.deepcopy(operand)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield copy.deepcopy(operand)
        case ast.BinOp(op=op) if type(op) in ARITHMETIC and not _is_union(node):
            changed = copy.deepcopy(node)
            changed.op = ARITHMETIC[type(op)]()
            yield changed
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            changed = copy.deepcopy(node)
            changed.func = ast.Name(FUNCTIONS[name], ast.Load())
            yield changed
        case ast.IfExp():
            changed = copy.deepcopy(node)
            changed.test = ast.UnaryOp(ast.Not(), changed.test)
            yield changed
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.AugAssign(op=op) if type(op) in ARITHMETIC:
            changed = copy.deepcopy(node)
            changed.op = ARITHMETIC[type(op)]()
            yield changed
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case _:
            pass
    # A whole condition that is neither of the above.
    is_condition = field == "test" and isinstance(parent, ast.If | ast.While)
    if is_condition and isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
        yield ast.UnaryOp(ast.Not(), copy.deepcopy(node))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_union(node: ast.BinOp) -> bool:
    """Whether ``A | B`` is a type: a name in capitals or ``None`` on a side."""
    return isinstance(node.op, ast.BitOr) and any(
        _is_none(side) or ast.unparse(side).rpartition(".")[2][:1].isupper()
        for side in (node.left, node.right)
    )
