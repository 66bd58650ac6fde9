"""Mapping files: what is wrong is said with its line and field."""

from pathlib import Path

import pytest

from shopx_core.errors import InvalidConfiguration
from shopx_store.importing.functions import FUNCTIONS
from shopx_store.importing.inputs import (
    DelimitedInput,
    FixedInput,
    ParquetInput,
    PostgresInput,
    WhitespaceInput,
)
from shopx_store.importing.mapping import (
    CategoryFields,
    Charge,
    CustomerFields,
    LineFields,
    OrderFields,
    ProductFields,
    RepFields,
    SourceSpec,
)
from shopx_store.importing.mapping_file import load_mapping, parse_mapping

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples/mappings").glob("*.yaml"))

GOOD = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source:
  name: shop
  zone: Europe/Berlin
  currency: EUR
inputs:
  sales:
    format: delimited
    files: sales.csv
order:
  key: order
  at: date
line:
  product: product
  quantity: 1
  gross: amount
"""


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_good(path: Path) -> None:
    """Every committed example can be used."""
    assert load_mapping(path).source.name


def test_a_small_mapping_is_enough() -> None:
    """The fields that have defaults may be left out; a number stands for itself."""
    mapping = parse_mapping(GOOD)
    assert mapping.line_input == mapping.order_input == "sales"
    assert mapping.line.quantity.columns == frozenset()
    assert list(mapping.entities()) == []


TWO_INPUTS = GOOD.replace(
    "    files: sales.csv\n",
    "    files: sales.csv\n  orders:\n    format: delimited\n    files: orders.csv\n",
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            GOOD.replace("  gross: amount", "  gross: amount *"),
            "m.yaml:17: line.gross: not an expression",
            id="expression",
        ),
        pytest.param(
            GOOD.replace("  gross: amount\n", ""),
            "m.yaml:14: line.gross: Field required",
            id="missing-field",
        ),
        pytest.param(
            GOOD + "  unit_price: price\n",
            "m.yaml:18: line.unit_price: Extra inputs are not permitted",
            id="unknown-field",
        ),
        pytest.param(
            GOOD.replace("Europe/Berlin", "Europe/Bonn"),
            "m.yaml:5: source.zone: is no IANA time zone",
            id="zone",
        ),
        pytest.param(
            GOOD.replace("EUR", "Euro"),
            "m.yaml:6: source.currency: String should match",
            id="currency",
        ),
        pytest.param(
            GOOD.replace("  currency: EUR\n", ""),
            "m.yaml:3: source.currency: needed, because order.currency is not given",
            id="no-currency",
        ),
        pytest.param(
            GOOD.replace("format: delimited", "format: excel"),
            "m.yaml:8: inputs.sales: Input tag 'excel'",
            id="format",
        ),
        pytest.param(
            GOOD.replace("    files: sales.csv", "    files: sales.csv\n    encoding: klingon"),
            "m.yaml:11: inputs.sales.encoding: is no encoding",
            id="encoding",
        ),
        pytest.param(
            GOOD.replace("    files: sales.csv", "    files: sales.csv\n    header: false"),
            "m.yaml:8: inputs.sales: names: needed",
            id="no-names",
        ),
        pytest.param(
            GOOD.replace("    files: sales.csv", "    files: sales.csv\n    thousands: '.'"),
            "m.yaml:8: inputs.sales: thousands: must differ from decimal",
            id="separators",
        ),
        pytest.param(
            GOOD.replace("    files: sales.csv", "    files: sales.csv\n    columns: {'a b': x}"),
            "m.yaml:11: inputs.sales.columns: 'a b' cannot be used in expressions",
            id="alias",
        ),
        pytest.param(
            GOOD.replace("  key: order\n", "  key: [order]\n"),
            "m.yaml:12: order.key: must be an expression",
            id="list-for-expression",
        ),
        pytest.param(
            TWO_INPUTS,
            "m.yaml:17: line.from: name one of the inputs (sales, orders)",
            id="from-needed",
        ),
        pytest.param(
            GOOD.replace("line:\n", "line:\n  from: salles\n"),
            "m.yaml:15: line.from: 'salles' is no input; there are sales",
            id="from-unknown",
        ),
        pytest.param(
            TWO_INPUTS.replace("line:\n", "line:\n  from: sales\n").replace(
                "order:\n", "order:\n  from: orders\n"
            ),
            "line.order, order.key: both are needed",
            id="join",
        ),
        pytest.param(
            GOOD.replace("line:\n", "line:\n  order: order\n"),
            "m.yaml:15: line.order: not used",
            id="join-with-itself",
        ),
        pytest.param(
            GOOD + "customers:\n  name: buyer\n",
            "m.yaml:18: customers.key: name the column",
            id="entity-without-key",
        ),
        pytest.param(
            GOOD + "line:\n  product: x\n", "m.yaml:18: no valid YAML: 'line'", id="twice"
        ),
        pytest.param("a: [", "m.yaml:1: no valid YAML", id="yaml"),
        pytest.param("kind: Pod", "m.yaml is no mapping", id="other-kind"),
        pytest.param("", "m.yaml is no mapping", id="empty"),
        pytest.param("[1]: 2", "a key must be text", id="odd-key"),
        pytest.param(
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{n}: &{n} [{', '.join(['*' + before] * 10)}]\n"
                for before, n in zip("abcde", "bcdef", strict=True)
            ),
            "too large",
            id="aliases-without-end",
        ),
        pytest.param("x: " + "y" * 1_000_001, "larger than", id="huge"),
        pytest.param(
            GOOD.replace("v1alpha1", "v2"), "m.yaml:1: apiVersion: Input should be", id="version"
        ),
    ],
)
def test_problems(text: str, says: str) -> None:
    """Each mistake has a message with line, field and reason."""
    with pytest.raises(InvalidConfiguration) as caught:
        parse_mapping(text, "m.yaml")
    assert says in caught.value.message


def test_every_problem_is_listed() -> None:
    """Two mistakes are two lines, so that both can be corrected at once."""
    text = GOOD.replace("EUR", "Euro").replace("  gross: amount", "  gross: open(x)")
    with pytest.raises(InvalidConfiguration) as caught:
        parse_mapping(text)
    assert len(caught.value.details["problems"]) == 2


def test_dates_and_words_of_yaml_stay_text() -> None:
    """`on` is a key, and a date a text: YAML's own readings would surprise."""
    text = GOOD.replace("  zone:", "  earliest: 2001-02-03\n  zone:")
    assert parse_mapping(text).source.earliest.isoformat() == "2001-02-03"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(None, "cannot be read: No such file", id="absent"),
        pytest.param(b"\xff\xfe\x00", "is not UTF-8 text (byte 0)", id="binary"),
    ],
)
def test_unreadable_files(tmp_path: Path, content: bytes | None, says: str) -> None:
    """A file that is absent or no text is said so."""
    path = tmp_path / "m.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidConfiguration) as caught:
        load_mapping(path)
    assert says in caught.value.message


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "m.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_mapping(path).source.name == "shop"


def test_the_guide_names_everything() -> None:
    """Every field of a mapping and every function is in the guide."""
    guide = (ROOT / "docs/import.md").read_text()
    sections = (OrderFields, LineFields, ProductFields, CategoryFields, CustomerFields, RepFields)
    names = {
        f"`{name.rstrip('_')}`" for model in (*sections, Charge) for name in model.model_fields
    }
    names |= {f"`{name}`" for name in SourceSpec.model_fields}
    inputs = (DelimitedInput, WhitespaceInput, FixedInput, ParquetInput, PostgresInput)
    names |= {f"`{name.rstrip('_')}`" for model in inputs for name in model.model_fields}
    names |= {f"`{name}(" for name in FUNCTIONS}
    assert sorted(name for name in names if name not in guide) == []
