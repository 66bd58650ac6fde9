"""The small expression language of mappings.

Python's own parser reads it, but nothing of Python runs: each allowed node becomes a function of
columns, anything else is refused with its position. Arithmetic is on exact decimals; texts are
read as numbers where a number is needed; no value (an empty field) in arithmetic and functions
gives no value, and counts as false in a condition.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Context, Decimal, DecimalException, localcontext
from typing import Any

from shopx_store.importing import values
from shopx_store.importing.expressions import Columns, Expression, ExpressionError, Run, attributed
from shopx_store.importing.functions import FUNCTIONS, Function, ValueType, guarded
from shopx_store.importing.vectors import Fault, Vector, combine

MAX_LENGTH = 2_000
MAX_DEPTH = 40


def parse(source: str | float | Decimal | bool) -> Expression:
    """Compile an expression; a number or truth value stands for itself.

    Raises:
        ExpressionError: It is not of the language.
    """
    if isinstance(source, bool):
        return _literal(source, str(source).lower())
    if isinstance(source, int | float | Decimal):
        return _literal(Decimal(str(source)), str(source))
    text = source.strip()
    if not text:
        raise ExpressionError("an empty expression; leave the field out instead")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        where = f" at character {error.offset}" if isinstance(error, SyntaxError) else ""
        raise ExpressionError(
            f"not an expression{where}: {text!r}. A column whose name has blanks is written"
            " col('Its name'), a fixed text 'in quotes'"
        ) from None
    return _Compiler(text).compile(tree.body, 0)


def _literal(value: Any, text: str) -> Expression:
    kinds = {str: ValueType.TEXT, Decimal: ValueType.NUMBER, bool: ValueType.TRUTH}
    return Expression(
        text=text,
        kind=kinds.get(type(value), ValueType.ANY),
        columns=frozenset(),
        run=lambda columns: Vector.constant(value, columns.size),
        literal=value,
    )


_ARITHMETIC: dict[type[ast.operator], tuple[Callable[..., Any], Context]] = {
    ast.Add: (operator.add, values.EXACT),
    ast.Sub: (operator.sub, values.EXACT),
    ast.Mult: (operator.mul, values.EXACT),
    ast.Div: (operator.truediv, values.DIVISION),
}
_COMPARISONS: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class _Compiler:
    def __init__(self, text: str) -> None:
        self._text = text

    def compile(self, node: ast.expr, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"nested more than {MAX_DEPTH} deep")
        for kind, method in self._METHODS.items():
            if isinstance(node, kind):
                result: Expression = method(self, node, depth + 1)
                return result
        raise self._error(node, "is not part of the expression language")

    def _error(self, node: ast.expr, what: str) -> ExpressionError:
        part = ast.get_source_segment(self._text, node) or self._text
        return ExpressionError(f"{part!r} (character {node.col_offset + 1}) {what}")

    def _made(self, node: ast.expr, kind: ValueType, run: Run, *parts: Expression) -> Expression:
        text = ast.get_source_segment(self._text, node) or self._text
        columns = frozenset[str]().union(*(part.columns for part in parts))
        lookups = frozenset[tuple[str, str]]().union(*(part.lookups for part in parts))
        sought = frozenset[tuple[str, str | None]]().union(*(part.sought for part in parts))
        return Expression(text, kind, columns, run, lookups=lookups, sought=sought)

    def _constant(self, node: ast.Constant, _depth: int) -> Expression:
        text = ast.get_source_segment(self._text, node) or ""
        value = node.value
        if isinstance(value, bool) or value is None or isinstance(value, str):
            return _literal(value, text)
        if isinstance(value, int | float):
            try:
                # From its text: 0.1 is a tenth here, not the double nearest to it.
                return _literal(Decimal(text.replace("_", "")), text)
            except DecimalException:
                raise self._error(node, "is no decimal number") from None
        raise self._error(node, "is neither text nor number")

    def _name(self, node: ast.Name, _depth: int) -> Expression:
        return self._column(node.id)

    @staticmethod
    def _column(name: str) -> Expression:
        return Expression(
            text=name,
            kind=ValueType.ANY,
            columns=frozenset({name}),
            run=lambda columns: columns.vectors[name],
            column=name,
        )

    def _unary(self, node: ast.UnaryOp, depth: int) -> Expression:
        inner = self.compile(node.operand, depth)
        if isinstance(node.op, ast.Not):
            truth = self._need(node.operand, inner, ValueType.TRUTH)
            negate = guarded(operator.not_, strict=False)
            return self._made(node, ValueType.TRUTH, lambda c: truth(c).map(negate), inner)
        number = self._need(node.operand, inner, ValueType.NUMBER)
        if isinstance(node.op, ast.USub):
            # copy_negate never rounds, unlike the operator, which follows the context.
            minus = guarded(Decimal.copy_negate, strict=True)
            return self._made(node, ValueType.NUMBER, lambda c: number(c).map(minus), inner)
        if isinstance(node.op, ast.UAdd):
            return self._made(node, ValueType.NUMBER, number, inner)
        raise self._error(node, "is not part of the expression language")

    def _binary(self, node: ast.BinOp, depth: int) -> Expression:
        if type(node.op) not in _ARITHMETIC:
            raise self._error(node, "uses an operator other than + - * /")
        function, context = _ARITHMETIC[type(node.op)]
        left, right = self.compile(node.left, depth), self.compile(node.right, depth)
        runs = [
            self._need(side, made, ValueType.NUMBER)
            for side, made in ((node.left, left), (node.right, right))
        ]
        careful = guarded(_explained(function), strict=True)

        def run(columns: Columns) -> Vector:
            operands = [operand(columns) for operand in runs]
            with localcontext(context):
                try:
                    return combine(function, operands)
                except (TypeError, DecimalException):
                    # Some row has no value or a fault: the same again, row by row.
                    return combine(careful, operands)

        return self._made(node, ValueType.NUMBER, run, left, right)

    def _compare(self, node: ast.Compare, depth: int) -> Expression:
        if len(node.ops) != 1:
            raise self._error(node, "compares more than two things; join comparisons by `and`")
        op, other = node.ops[0], node.comparators[0]
        left = self.compile(node.left, depth)
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(node, left, other, negate=isinstance(op, ast.NotIn))
        right = self.compile(other, depth)
        if isinstance(op, ast.Is | ast.IsNot):
            if not (isinstance(other, ast.Constant) and other.value is None):
                raise self._error(node, "uses `is` with something other than None")
            expected = isinstance(op, ast.Is)

            def is_none(value: Any) -> Any:
                return value if type(value) is Fault else (value is None) == expected

            return self._made(node, ValueType.TRUTH, lambda c: left.run(c).map(is_none), left)
        kind = _common_kind(left.kind, right.kind)
        runs = [self._need(node.left, left, kind), self._need(other, right, kind)]
        compare = guarded(_comparison(_COMPARISONS[type(op)]), strict=True)

        def run(columns: Columns) -> Vector:
            return combine(compare, [operand(columns) for operand in runs])

        return self._made(node, ValueType.TRUTH, run, left, right)

    def _membership(
        self, node: ast.Compare, left: Expression, other: ast.expr, *, negate: bool
    ) -> Expression:
        if not isinstance(other, ast.Tuple | ast.List) or not other.elts:
            raise self._error(node, "needs a list of literals after `in`, such as ('A', 'B')")
        literals = [self.compile(item, 0) for item in other.elts]
        kinds = {item.kind for item in literals}
        if any(item.columns for item in literals) or len(kinds) != 1:
            raise self._error(other, "must be literals of one kind")
        members = frozenset(item.literal for item in literals)
        value = self._need(node.left, left, kinds.pop())
        inside = guarded(lambda item: (item in members) != negate, strict=True)
        return self._made(node, ValueType.TRUTH, lambda c: value(c).map(inside), left)

    def _boolean(self, node: ast.BoolOp, depth: int) -> Expression:
        parts = [self.compile(item, depth) for item in node.values]
        runs = [
            self._need(item, part, ValueType.TRUTH)
            for item, part in zip(node.values, parts, strict=True)
        ]
        # The operand that decides alone: a false one in `and`, a true one in `or`.
        decisive = isinstance(node.op, ast.Or)

        def decide(*operands: Any) -> Any:
            for operand in operands:
                if type(operand) is Fault or (operand is True) == decisive:
                    return operand if type(operand) is Fault else decisive
            return not decisive

        def run(columns: Columns) -> Vector:
            return combine(decide, [part(columns) for part in runs])

        return self._made(node, ValueType.TRUTH, run, *parts)

    def _conditional(self, node: ast.IfExp, depth: int) -> Expression:
        test, then, other = (
            self.compile(item, depth) for item in (node.test, node.body, node.orelse)
        )
        truth = self._need(node.test, test, ValueType.TRUTH)
        kind = then.kind if then.kind == other.kind else ValueType.ANY

        def choose(condition: Any, chosen: Any, otherwise: Any) -> Any:
            if condition is True:
                return chosen
            return condition if type(condition) is Fault else otherwise

        def run(columns: Columns) -> Vector:
            return combine(choose, [truth(columns), then.run(columns), other.run(columns)])

        return self._made(node, kind, run, test, then, other)

    def _call(self, node: ast.Call, depth: int) -> Expression:
        if not isinstance(node.func, ast.Name):
            raise self._error(node, "is not a call of a function by name")
        if node.keywords or any(isinstance(item, ast.Starred) for item in node.args):
            raise self._error(node, "passes arguments in another way than one by one")
        name = node.func.id
        if name == "col":
            return self._col(node)
        if name == "lookup":
            return self._lookup(node, depth)
        function = FUNCTIONS.get(name)
        if function is None:
            known = ", ".join(sorted([*FUNCTIONS, "col", "lookup"]))
            raise self._error(node.func, f"is no function; there are {known}")
        return self._apply(node, function, [self.compile(item, depth) for item in node.args])

    def _col(self, node: ast.Call) -> Expression:
        if len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            name = node.args[0].value
            if isinstance(name, str):
                return self._column(name)
        raise self._error(node, "must name one column in quotes")

    def _lookup(self, node: ast.Call, depth: int) -> Expression:
        """The value of a column, in the row of another input that has a key."""
        match node.args:
            case [ast.Name(id=name), key, ast.Constant(value=str(column))]:
                pass
            case _:
                raise self._error(node, "must be lookup(an input, a key, 'a column of the input')")
        made = self.compile(key, depth)
        text = self._need(key, made, ValueType.TEXT)

        def run(columns: Columns) -> Vector:
            table = columns.tables[name][column]
            return text(columns).map(lambda key: key if type(key) is Fault else table.get(key))

        part = replace(
            made,
            lookups=made.lookups | {(name, column)},
            sought=made.sought | {(name, made.column)},
        )
        return self._made(node, ValueType.ANY, run, part)

    def _apply(self, node: ast.Call, function: Function, parts: list[Expression]) -> Expression:
        most = len(function.parameters)
        if len(parts) < most - function.optional or (len(parts) > most and not function.variadic):
            raise self._error(node, f"has {len(parts)} arguments, which is not what it takes")
        kinds = function.parameters + function.parameters[-1:] * (len(parts) - most)
        first_literal = most - function.literals
        literals = parts[first_literal:] if function.literals else []
        if any(part.columns or part.literal is None for part in literals):
            raise self._error(node, "needs literals as its last arguments")
        for part, kind in zip(literals, kinds[first_literal:], strict=False):
            if part.kind != kind:
                raise self._error(node, f"has {part.text}, where a {kind} is needed")
        parts = parts[:first_literal] if function.literals else parts
        try:
            made = function.make(*(part.literal for part in literals))
        except ValueError as error:
            raise self._error(node, f"is wrong: {error}") from None
        runs = [
            self._need(item, part, kind)
            for item, part, kind in zip(node.args, parts, kinds, strict=False)
        ]
        if function.lenient:
            made = _lenient(made, [n for n, part in enumerate(parts) if part.literal is None])
        call = guarded(made, strict=function.strict)
        column = parts[0].column if len(parts) == 1 else None
        call = attributed(call, column)

        def run(columns: Columns) -> Vector:
            return combine(call, [part(columns) for part in runs])

        result = function.result
        if result is ValueType.ANY and len({part.kind for part in parts}) == 1:
            result = parts[0].kind
        return self._made(node, result, run, *parts)

    def _need(self, node: ast.expr, expression: Expression, kind: ValueType) -> Run:
        """The expression as a kind; refused where it can never be one."""
        never = {
            (ValueType.TIME, ValueType.NUMBER),
            (ValueType.NUMBER, ValueType.TIME),
            (ValueType.TRUTH, ValueType.NUMBER),
            (ValueType.TRUTH, ValueType.TIME),
            (ValueType.TIME, ValueType.TRUTH),
            (ValueType.TEXT, ValueType.TRUTH),
        }
        text_as_number = (
            (expression.kind, kind) == (ValueType.TEXT, ValueType.NUMBER)
            and isinstance(expression.literal, str)
            and not isinstance(values.to_number(expression.literal), Decimal)
        )
        if (expression.kind, kind) in never or text_as_number:
            hint = "; texts are joined by concat()" if expression.kind is ValueType.TEXT else ""
            raise self._error(node, f"is a {expression.kind}, where a {kind} is needed{hint}")
        return expression.as_kind(kind)

    _METHODS: Mapping[type[ast.expr], Callable[..., Expression]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.Compare: _compare,
        ast.BoolOp: _boolean,
        ast.IfExp: _conditional,
        ast.Call: _call,
    }


def _lenient(function: Callable[..., Any], decisive: list[int]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        if decisive and all(arguments[n] is None for n in decisive):
            return None
        return function(*arguments)

    return call


def _explained(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(left: Decimal, right: Decimal) -> Any:
        if function is operator.truediv and not right:
            return Fault("division by zero", left)
        try:
            return function(left, right)
        except DecimalException:
            return Fault("more digits than an amount can have", left)

    return call


def _common_kind(left: ValueType, right: ValueType) -> ValueType:
    for kind in (ValueType.NUMBER, ValueType.TIME, ValueType.TEXT):
        if kind in (left, right):
            return kind
    return ValueType.ANY


def _comparison(compare: Callable[..., Any]) -> Callable[..., Any]:
    def call(left: Any, right: Any) -> Any:
        if type(left) is not type(right):
            # One side read from a typed column, the other from text.
            left, right = values.to_text(left), values.to_text(right)
        try:
            return compare(left, right)
        except TypeError:
            return Fault("a time with an offset compared with a local one", left)

    return call
