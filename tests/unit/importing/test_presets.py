"""Each preset on a small export of ours: its totals are those worked out by hand."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.sniffing.draft import Answers, draft_mapping
from shopx_store.importing.sniffing.known_exports import presets
from shopx_store.importing.sniffing.preview import preview
from tests.support.importing import EXAMPLES

FILES = Path(__file__).parent / "exports"
DOLLARS = Answers(currency="USD")
EXPORTS: dict[str, tuple[str, Answers, tuple[str, ...]]] = {
    # The file's name, what is asked, and of the booked lines: how many, gross, discount, cost.
    "shopify-orders": ("orders_export_1.csv", Answers(), ("3", "59.81", "6", "0")),
    "shopify-refunds": ("transactions_export_1.csv", Answers(), ("1", "-20.01", "0", "0")),
    "woocommerce-items": ("orders.csv", Answers(), ("2", "23.5", "2", "0")),
    "woocommerce-packed": ("export.csv", Answers(), ("4", "23.4", "2", "0")),
    "stripe-balance": ("balance.csv", Answers(), ("2", "60", "0", "3.2")),
    "amazon-settlement": ("settlement.txt", DOLLARS, ("6", "14", "4", "1.5")),
    "square-items": ("items-2024.csv", DOLLARS, ("2", "1004.5", "0.5", "0")),
    "etsy-sold-items": ("EtsySoldOrderItems2024.csv", Answers(), ("3", "1059", "2.5", "0")),
    "saleor": ("orders.json", Answers(), ("3", "28.4", "2", "0")),
    "medusa": ("orders.json", Answers(), ("3", "28.4", "2", "0")),
    "magento": ("orders.json", Answers(), ("2", "26.9", "4", "0")),
    "lightspeed": ("sales.csv", DOLLARS, ("3", "20", "2", "0")),
    "odoo-invoices": ("invoices.csv", Answers(), ("3", "20", "2", "0")),
    "erpnext-invoices": ("invoices.csv", Answers(), ("3", "20", "2", "0")),
    "superstore": ("superstore.csv", DOLLARS, ("2", "271.96", "2", "226.5464")),
}


def export(name: str, folder: Path) -> Path:
    """A copy of an export, as the shop names it."""
    (kept,) = FILES.glob(f"{name}.*")
    return Path(shutil.copy(kept, folder / EXPORTS[name][0]))


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_and_adds_up(name: str, tmp_path: Path) -> None:
    _, answers, expected = EXPORTS[name]
    path = export(name, tmp_path)
    draft = draft_mapping(path, answers, "America/New_York")
    assert (draft.known, draft.questions) == (name, [])
    found = preview(parse_mapping(draft.text), path, 100)
    assert found.rejects == []
    sums = [
        sum((Decimal(row.get(field, "0")) for row in found.rows), Decimal(0)).normalize()
        for field in ("gross", "discount", "cost")
    ]
    assert (str(len(found.rows)), *(f"{value:f}" for value in sums)) == expected


def test_what_an_export_does_not_state_is_asked(tmp_path: Path) -> None:
    draft = draft_mapping(export("superstore", tmp_path), Answers(), "UTC")
    assert draft.questions == ["The export names no currency: --currency USD, for example."]


def test_every_preset_has_an_export_here_and_is_among_the_examples() -> None:
    assert presets().keys() == EXPORTS.keys()
    for name, mapping in presets().items():
        assert (EXAMPLES / f"{name}.yaml").read_text() == mapping.text
