"""Expressions: exact, strict, and unable to do anything but compute."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from shopx_store.importing import values
from shopx_store.importing.expression_compiler import parse
from shopx_store.importing.expressions import Columns, ExpressionError
from shopx_store.importing.functions import FUNCTIONS, ValueType
from shopx_store.importing.vectors import Fault, Vector


def evaluate(expression: str, kind: ValueType = ValueType.ANY, **row: Any) -> Any:
    """The expression's value for one row, in both ways that vectors hold it."""
    plain = Columns({name: Vector([value]) for name, value in row.items()}, 1)
    encoded = Columns({name: Vector([value], [0]) for name, value in row.items()}, 1)
    run = parse(expression).as_kind(kind)
    first, second = run(plain).rows()[0], run(encoded).rows()[0]
    if isinstance(first, Fault):
        assert (first.reason, first.column) == (second.reason, second.column)
    else:
        assert first == second
        assert type(first) is type(second)
    return first


D = Decimal
local = dt.datetime.fromisoformat


@pytest.mark.parametrize(
    ("expression", "row", "expected"),
    [
        pytest.param("a * b", {"a": "3", "b": "0.1"}, D("0.3"), id="texts-are-read-as-numbers"),
        pytest.param("0.1 + 0.2", {}, D("0.3"), id="literals-are-decimal"),
        pytest.param("sales - profit", {"sales": D(10), "profit": D("2.5")}, D("7.5"), id="cost"),
        pytest.param("-a", {"a": "1.50"}, D("-1.50"), id="negation"),
        pytest.param("+a", {"a": "1"}, D(1), id="plus"),
        pytest.param("a / 4", {"a": "1"}, D("0.25"), id="division"),
        pytest.param("a * b", {"a": None, "b": "1"}, None, id="no-value-stays-none"),
        pytest.param(
            "a * b",
            {"a": D("123456789012345.123456789"), "b": D("987654321098765.987654321")},
            D("121932631137021315224811503581.462290961112635269"),
            id="products-are-never-rounded",
        ),
        pytest.param("a if a > 5 else 5", {"a": "7"}, "7", id="if"),
        pytest.param("a if a > 5 else 5", {"a": "3"}, D(5), id="else"),
        pytest.param("1 if a > 5 else 0", {"a": None}, D(0), id="no-value-is-false"),
        pytest.param("a == 7", {"a": "7.0"}, True, id="numbers-compare-as-numbers"),
        pytest.param("a == '7'", {"a": "7.0"}, False, id="texts-compare-as-texts"),
        pytest.param("a == b", {"a": D(7), "b": "7"}, True, id="typed-with-text"),
        pytest.param("a != 'x'", {"a": "y"}, True, id="not-equal"),
        pytest.param("a <= 1", {"a": "1"}, True, id="at-most"),
        pytest.param("a in ('A', 'B')", {"a": "B"}, True, id="in"),
        pytest.param("a not in (1, 2)", {"a": "3"}, True, id="not-in-numbers"),
        pytest.param("a is None", {"a": None}, True, id="is-none"),
        pytest.param("a is not None", {"a": "x"}, True, id="is-not-none"),
        pytest.param("a > 1 and b > 1", {"a": "2", "b": None}, False, id="and-with-no-value"),
        pytest.param("a > 1 or b > 1", {"a": None, "b": "2"}, True, id="or-with-no-value"),
        pytest.param("not a", {"a": "no"}, True, id="words-for-truth"),
        pytest.param("coalesce(a, b, 'z')", {"a": None, "b": "y"}, "y", id="coalesce"),
        pytest.param("nullif(a, 'n/a')", {"a": "n/a"}, None, id="nullif-text"),
        pytest.param("nullif(a, 0)", {"a": "0.0"}, None, id="nullif-number"),
        pytest.param("nullif(a, '0')", {"a": D(0)}, None, id="nullif-typed-number"),
        pytest.param("concat(a, '-', b)", {"a": "x", "b": D("7.0")}, "x-7", id="concat"),
        pytest.param("concat(a, b)", {"a": "x", "b": None}, "x", id="concat-without-a-part"),
        pytest.param("concat(a, '-', b)", {"a": None, "b": None}, None, id="concat-of-nothing"),
        pytest.param(
            "time(a, '%Y-%m-%d %H:%M %Z')",
            {"a": "2024-07-01 00:30 UTC"},
            dt.datetime(2024, 7, 1, 0, 30, tzinfo=dt.UTC),
            id="zone-by-name",
        ),
        pytest.param(
            "time(a, '%Y-%m-%d %H:%M GMT')",
            {"a": "2024-07-01 00:30 GMT"},
            dt.datetime(2024, 7, 1, 0, 30, tzinfo=dt.UTC),
            id="zone-in-the-format",
        ),
        pytest.param("startswith(a, 'C')", {"a": "C1"}, True, id="startswith"),
        pytest.param("startswith(a, 'C')", {"a": None}, None, id="startswith-without-a-value"),
        pytest.param("endswith(a, '1')", {"a": D(11)}, True, id="endswith-of-a-number"),
        pytest.param("contains(a, 'b')", {"a": "abc"}, True, id="contains"),
        pytest.param("upper(a)", {"a": " ab "}, "AB", id="upper"),
        pytest.param("lower(a)", {"a": "AB"}, "ab", id="lower"),
        pytest.param("left(a, 2)", {"a": "abc"}, "ab", id="left"),
        pytest.param("right(a, 2)", {"a": "abc"}, "bc", id="right"),
        pytest.param("split(a, '/', 2)", {"a": "x / y"}, "y", id="split"),
        pytest.param("split(a, '/', 3)", {"a": "x/y"}, None, id="split-beyond-the-end"),
        pytest.param("replace(a, '-', '')", {"a": "1-2"}, "12", id="replace"),
        pytest.param("abs(a)", {"a": "-2"}, D(2), id="abs"),
        pytest.param("round(a, 2)", {"a": "2.345"}, D("2.35"), id="round-half-up"),
        pytest.param("round(a, 2)", {"a": "-2.345"}, D("-2.35"), id="round-away-from-zero"),
        pytest.param("round(a)", {"a": "2.5"}, D(3), id="round-to-a-whole"),
        pytest.param("float4(a)", {"a": "0.05000000074505806"}, D("0.05"), id="float4"),
        pytest.param("float4(a)", {"a": "9.80000019"}, D("9.8"), id="float4-printed-short"),
        pytest.param("number(a)", {"a": "1e3"}, D("1E+3"), id="exponent"),
        pytest.param("text(a)", {"a": D("17850.0")}, "17850", id="number-as-text"),
        pytest.param("time(a, '%d.%m.%Y')", {"a": "31.12.2024"}, local("2024-12-31"), id="time"),
        pytest.param("time(a)", {"a": "2024-12-31T10:00"}, local("2024-12-31T10:00"), id="iso"),
        pytest.param(
            "epoch(a)", {"a": "1.5"}, dt.datetime(1970, 1, 1, 0, 0, 1, 500000, dt.UTC), id="epoch"
        ),
        pytest.param("time(a) < time('2025-01-01')", {"a": "2024-12-31"}, True, id="times-compare"),
        pytest.param("col('a b') * 2", {"a b": "2"}, D(4), id="column-with-a-blank"),
        pytest.param("1_000", {}, D(1000), id="grouped-literal"),
    ],
)
def test_value(expression: str, row: dict[str, Any], expected: Any) -> None:
    """Each form of expression computes what it says."""
    assert evaluate(expression, **row) == expected


@pytest.mark.parametrize(
    ("expression", "row", "reason", "column"),
    [
        pytest.param("a * 2", {"a": "x"}, "no number", "a", id="no-number"),
        pytest.param("a * 2", {"a": ""}, "empty, where a number is needed", "a", id="empty"),
        pytest.param("a * 2", {"a": "NaN"}, "not a number (NaN)", "a", id="nan"),
        pytest.param("a * 2", {"a": "Infinity"}, "not a finite number", "a", id="infinity"),
        pytest.param("a * 2", {"a": "1,5"}, "no number", "a", id="decimal-comma"),
        pytest.param("a * 2", {"a": "1_0"}, "no number", "a", id="pythons-underscores"),
        pytest.param("a * 2", {"a": "\uff11"}, "no number", "a", id="digits-of-another-script"),
        pytest.param("a / b", {"a": "1", "b": "0"}, "division by zero", None, id="by-zero"),
        pytest.param("not a", {"a": "maybe"}, "neither true nor false", "a", id="no-truth"),
        pytest.param("time(a)", {"a": "soon"}, values.NO_ISO_TIME, "a", id="no-time"),
        pytest.param(
            "time(a, '%Y%m%d')", {"a": "20240230"}, "no time of the form YYYYMMDD", "a", id="no-day"
        ),
        pytest.param(
            "float4(a)", {"a": "1e39"}, "too large for a single-precision number", "a", id="float4"
        ),
        pytest.param("a + 1", {"a": local("2024-01-01")}, "a time, where a number is needed",
                     "a", id="time-as-number"),
        pytest.param("'x' if a > 0 else 'y'", {"a": "?"}, "no number", "a", id="condition"),
        pytest.param("a > 0 and b > 0", {"a": "?", "b": "1"}, "no number", "a", id="and"),
        pytest.param("(a > 0) is None", {"a": "?"}, "no number", "a", id="is-none-of-a-fault"),
        pytest.param("coalesce(number(a), 1)", {"a": "?"}, "no number", "a", id="coalesce"),
        pytest.param("time(a) < time('2025-01-01')", {"a": "2024-01-01T00:00Z"},
                     "a time with an offset compared with a local one", None, id="mixed-times"),
    ],
)  # fmt: skip
def test_fault(expression: str, row: dict[str, Any], reason: str, column: str | None) -> None:
    """What cannot be computed says why, and names the column where it has one."""
    fault = evaluate(expression, **row)
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.column) == (reason, column)


def test_a_fault_in_the_branch_not_taken_does_not_matter() -> None:
    """`n/a` can be recognised before it is read as a number."""
    assert evaluate("0 if a == 'n/a' else number(a)", a="n/a") == 0


def test_one_bad_row_does_not_spoil_the_others() -> None:
    """A batch with a missing value, a fault and good rows keeps each row's own result."""
    columns = Columns({"a": Vector(["1", None, "x", "4"]), "b": Vector([D(2)] * 4)}, 4)
    good, none, bad, last = parse("a * b").run(columns).rows()
    assert (good, none, last) == (D(2), None, D(8))
    assert isinstance(bad, Fault)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        pytest.param("__import__('os').system('true')", "is not a call of a function by name",
                     id="attribute-call"),
        pytest.param("open('x')", "is no function", id="builtin"),
        pytest.param("a.b", "is not part of the expression language", id="attribute"),
        pytest.param("a[0]", "is not part of the expression language", id="subscript"),
        pytest.param("[x for x in a]", "is not part of the expression language", id="loop"),
        pytest.param("lambda: 1", "is not part of the expression language", id="lambda"),
        pytest.param("f'{a}'", "is not part of the expression language", id="f-string"),
        pytest.param("a ** 9", "uses an operator other than + - * /", id="power"),
        pytest.param("a % 2", "uses an operator other than + - * /", id="modulo"),
        pytest.param("~a", "is not part of the expression language", id="invert"),
        pytest.param("1 < a < 2", "compares more than two things", id="chain"),
        pytest.param("a is b", "uses `is` with something other than None", id="is"),
        pytest.param("a in b", "needs a list of literals", id="in-column"),
        pytest.param("a in (1, 'x')", "must be literals of one kind", id="in-mixed"),
        pytest.param("a +", "not an expression", id="syntax"),
        pytest.param("Customer ID", "col('Its name')", id="blank-in-a-name"),
        pytest.param("", "an empty expression", id="empty"),
        pytest.param("'a' + 'b'", "texts are joined by concat()", id="text-sum"),
        pytest.param("time(a) * 2", "is a time, where a number is needed", id="time-times"),
        pytest.param("round(a, b)", "needs literals", id="literal-wanted"),
        pytest.param("round(a, 99)", "takes 0 to", id="too-many-places"),
        pytest.param("time(a, '%Q')", "does not know the directive %Q", id="directive"),
        pytest.param("time(a, '%d.%m.')", "needs a year", id="no-year"),
        pytest.param("left(a, 0)", "a whole number", id="length"),
        pytest.param("split(a, '', 1)", "needs a separator", id="separator"),
        pytest.param("split(a, ',', 0)", "counts its parts from 1", id="part"),
        pytest.param("upper()", "has 0 arguments", id="too-few"),
        pytest.param("upper(a, b)", "has 2 arguments", id="too-many"),
        pytest.param("upper(x=a)", "passes arguments in another way", id="keyword"),
        pytest.param("upper(*a)", "passes arguments in another way", id="starred"),
        pytest.param("col(a)", "must name one column in quotes", id="col"),
        pytest.param("1j", "is neither text nor number", id="complex"),
        pytest.param("0x1f", "is no decimal number", id="hexadecimal"),
        pytest.param("-" * 50 + "a", "nested more than 40 deep", id="deep"),
        pytest.param("a" * 3000, "longer than 2000 characters", id="long"),
    ],
)  # fmt: skip
def test_refused(expression: str, says: str) -> None:
    """Whatever is not of the language is refused before a row is read, with the reason."""
    with pytest.raises(ExpressionError) as caught:
        parse(expression)
    assert says in str(caught.value)


def test_numbers_may_have_other_separators() -> None:
    """A German export's 1.234,50 is 1234.50; its 1.5 is no number where dots group digits."""
    number = values.number_reader(",", ".")
    columns = Columns({"a": Vector(["1.234,50", "1234,5"])}, 2, number)
    assert parse("a").as_kind(ValueType.NUMBER)(columns).rows() == [D("1234.50"), D("1234.5")]
    strict = Columns({"a": Vector(["1.5"])}, 1, values.number_reader(",", None))
    assert isinstance(parse("a").as_kind(ValueType.NUMBER)(strict).rows()[0], Fault)


def test_columns_are_known_before_a_row_is_read() -> None:
    """So that a missing one is noticed at once."""
    assert parse("a * b if startswith(col('c d'), 'x') else 0").columns == {"a", "b", "c d"}


def test_every_function_is_documented() -> None:
    """`docs/import.md` lists the functions by these summaries."""
    assert all(function.summary for function in FUNCTIONS.values())
