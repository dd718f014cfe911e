"""Mutations of a module: small changes of its syntax tree, each one a change that some test should notice.

One at a time: an arithmetic operator, a comparison, `and` for `or`, a `not` or a minus left out, a number, a truth
value or a word changed (in the default of an argument, too), a condition negated, always true or never true, `None`
returned. Sentences for readers (error messages, warnings, docstrings, anything with a space in it), annotations and
assertions (`strict=True` is one) stay as they are.
"""

import ast
import copy
from dataclasses import dataclass

OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
             ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
             ast.BitXor: ast.BitAnd, ast.MatMult: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift}
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
               ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
CONNECTIVES = {ast.And: ast.Or, ast.Or: ast.And}
SPOKEN = {"warn", "print", "_warn"}  # functions whose arguments are sentences for readers


@dataclass(frozen=True)
class Mutant:
    """In `module` (a path), within `function`, the statement `before` becomes `after`; `text` is all of the module."""

    module: str
    function: str
    lines: tuple  # first and last line of what was changed
    before: str
    after: str
    text: str

    @property
    def key(self):
        """What names the mutant wherever its lines are."""
        return f"{self.module}|{self.function}|{self.before}|{self.after}"


def mutants(module, text):
    """All mutants of a module's text, in the order of its lines; those that read alike are one."""
    tree, found = ast.parse(text), {}
    for node, statement, function in _places(tree, None, ""):
        before = _headline(statement)
        for changed in _changes(node):
            mutant = Mutant(module, function, (node.lineno, node.end_lineno), before,
                            _headline(_with(statement, node, changed)), _replaced(text, node, changed))
            if mutant.after != before:
                found.setdefault((mutant.key, mutant.text), mutant)
    return sorted(found.values(), key=lambda m: (m.lines, m.key))


def _places(node, statement, function):
    """Every node that may be changed, with the statement and the name of the function that it belongs to."""
    if isinstance(node, ast.stmt):
        statement = node
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert) or _is_spoken(node) or _is_strict(node):
        return
    if isinstance(node, ast.expr | ast.stmt | ast.arg):
        yield node, statement, function
    named = isinstance(node, ast.FunctionDef | ast.ClassDef)
    inner = f"{function}.{node.name}".lstrip(".") if named else function
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns") or _is_listed(node):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                within = inner if field == "body" or isinstance(child, ast.arguments) else function
                yield from _places(child, statement, within)


def _is_spoken(node):
    """Docstrings, and calls that speak to the reader."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or _is_spoken(node.value)
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in SPOKEN


def _is_strict(node):
    """That parts go together in pairs, with none left over: no value for which this is not so is expected."""
    return isinstance(node, ast.keyword) and node.arg == "strict" and getattr(node.value, "value", None) is True


def _is_listed(node):
    return isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets)


def _changes(node):
    """The nodes that may stand in the place of this one."""
    match node:
        case ast.BinOp() if type(node.op) in OPERATORS and not _is_text(node.left) and not _is_text(node.right):
            yield _set(node, op=OPERATORS[type(node.op)]())
        case ast.AugAssign() if type(node.op) in OPERATORS and not _is_text(node.value):
            yield _set(node, op=OPERATORS[type(node.op)]())
        case ast.Compare():
            for i, op in enumerate(node.ops):
                yield _set(node, ops=[*node.ops[:i], COMPARISONS[type(op)](), *node.ops[i + 1:]])
        case ast.BoolOp():
            yield _set(node, op=CONNECTIVES[type(node.op)]())
        case ast.UnaryOp() if isinstance(node.op, ast.Not | ast.USub):
            yield node.operand
        case ast.Constant():
            yield from _other_constant(node.value)
        case ast.Return() if node.value is not None and not _is_none(node.value):
            yield _set(node, value=ast.Constant(None))
    if isinstance(node, ast.If | ast.IfExp):
        yield from (_set(node, test=test) for test in _conditions(node.test))
    if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
        yield from (_set(node, test=test) for test in (_negated(node.test), ast.Constant(False)))
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        for i, part in enumerate(node.generators):
            for j, test in enumerate(part.ifs):
                for other in _conditions(test):
                    changed = copy.deepcopy(node)
                    changed.generators[i].ifs[j] = other
                    yield changed


def _conditions(test):
    yield from (_negated(test), ast.Constant(True), ast.Constant(False))


def _negated(test):
    already = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    return test.operand if already else ast.UnaryOp(ast.Not(), test)


def _other_constant(value):
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, float):
        yield ast.Constant(2 * value if value else 1.0)
    elif isinstance(value, str) and value and not any(c.isspace() for c in value):
        yield ast.Constant(value + "_")


def _is_text(node):
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def _set(node, **fields):
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


class _Exchange(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def _with(statement, node, changed):
    """A copy of the statement, without the statements in it, with one node exchanged."""
    if node is statement:
        return changed
    memo = {}
    whole = copy.deepcopy(_bare(statement), memo)
    return _Exchange(memo[id(node)], copy.deepcopy(changed)).visit(whole)


def _bare(statement):
    """A statement without the statements in it."""
    bodies = {"body": [ast.Pass()], "orelse": [], "finalbody": [], "handlers": []}
    return _set(statement, **{name: body for name, body in bodies.items() if hasattr(statement, name)})


def _headline(statement):
    """A statement on one line, without the statements in it."""
    return " ".join(ast.unparse(_bare(statement)).removesuffix("pass").split())


def _replaced(text, node, changed):
    """The module's text with the node's place taken by another; all that stands below keeps its line."""
    lines = text.encode().splitlines(keepends=True)
    if hasattr(node, "body") and isinstance(node, ast.If | ast.While):  # only the condition is exchanged
        node, changed = node.test, changed.test
    first, last = node.lineno - 1, node.end_lineno - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset:]
    new, fill = ast.unparse(changed), "\n" * (last - first)
    new = f"({new}{fill})" if isinstance(changed, ast.expr) else new + (f" \\{chr(10)}" * (last - first))
    return b"".join([*lines[:first], head, new.encode(), tail, *lines[last + 1:]]).decode()
