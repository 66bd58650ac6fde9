"""Each preset on a small export of ours: it is recognised, and totals are those worked out by hand."""

from decimal import Decimal
from pathlib import Path

import pytest

from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.sniffing.draft import Answers, draft_mapping
from shopx_store.importing.sniffing.known_exports import presets
from shopx_store.importing.sniffing.preview import preview
from tests.support.importing import EXAMPLES

SHOPIFY = """\
Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Billing Country,Shipping Country,Cancelled at,Source
#1001,Ann@example.org,paid,2024-01-31 10:01:00 +0100,EUR,53.91,4.90,9.39,58.81,,0.00,2024-01-31 10:00:00 +0100,2,Pen,17.45,PEN,0.00,DE,DE,,web
#1001,Ann@example.org,,,,,,,,,,2024-01-31 10:00:00 +0100,1,"Cup, blue",20.01,CUP,1.00,,,,
#1002,bob@example.org,voided,,EUR,5.00,0.00,0.80,5.00,,0.00,2024-02-01 09:00:00 +0100,1,Pen,5.00,PEN,0.00,DE,,2024-02-01 09:05:00 +0100,web
"""  # noqa: E501 -- the header is one line
WOOCOMMERCE = """\
Order Number,Order Status,Order Date,Email (Billing),Country Code (Billing),Order Currency,SKU,Item Name,Quantity,Item Subtotal,Item Total
77,Completed,2024-01-31 10:00,ann@example.org,FR,EUR,PEN,Pen,2,20.00,18.00
77,Completed,2024-01-31 10:00,ann@example.org,FR,EUR,,Gift wrap,1,3.50,3.50
78,Failed,2024-01-31 11:00,bob@example.org,FR,EUR,PEN,Pen,1,10.00,10.00
"""
STRIPE = """\
balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description
txn_1,2024-01-31 10:00:00,2024-02-02 00:00:00,eur,100.00,3.20,96.80,charge,ch_1,Order 1
txn_2,2024-02-01 10:00:00,2024-02-03 00:00:00,eur,-40.00,0.00,-40.00,refund,re_1,Refund
txn_3,2024-02-02 10:00:00,2024-02-02 00:00:00,eur,-56.80,0.00,-56.80,payout,po_1,Payout
"""
SQUARE = """\
Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Payment ID,Event Type,Location,Customer ID
01/31/24,10:00:00,Eastern Time (US & Canada),Drinks,Coffee,2,Large,COF-L,,"$1,009.00",-$1.00,"$1,008.00",$80.64,T1,P1,Payment,Downtown,C1
02/01/24,09:30:00,Eastern Time (US & Canada),Drinks,Coffee,-1,Large,COF-L,,-$4.50,$0.50,-$4.00,-$0.32,T2,P2,Refund,Downtown,
"""  # noqa: E501 -- the header is one line
ETSY = """\
Sale Date,Item Name,Buyer,Quantity,Price,Coupon Code,Coupon Details,Discount Amount,Order Shipping,Currency,Transaction ID,Listing ID,Date Paid,Ship Country,Order ID,SKU
01/31/24,Hat,ann,2,12.50,SAVE,10%,2.50,4.00,GBP,900,55,01/31/24,Germany,3001,HAT
01/31/24,Scarf,ann,1,"1,030.00",,,0,0,GBP,901,56,01/31/24,Germany,3001,
"""
SUPERSTORE = """\
Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,Postal Code,Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit
1,CA-1,11/8/2016,11/11/2016,Second Class,CG-1,Ann,Consumer,United States,Henderson,Kentucky,42420,South,FUR-1,Furniture,Bookcases,Bookcase,261.96,2,0,41.9136
2,CA-1,11/8/2016,11/11/2016,Second Class,CG-1,Ann,Consumer,United States,Henderson,Kentucky,42420,South,OFF-1,Office Supplies,Labels,"Labels, white",8.00,2,0.2,1.5
"""

EXPORTS: dict[str, tuple[str, Answers, str, tuple[str, ...]]] = {
    # Name, text, what is asked, and of the booked lines: how many, gross, discount, cost.
    "shopify-orders": ("orders_export_1.csv", Answers(), SHOPIFY, ("2", "54.91", "1", "0")),
    "woocommerce-items": ("orders.csv", Answers(), WOOCOMMERCE, ("2", "23.5", "2", "0")),
    "stripe-balance": ("balance.csv", Answers(), STRIPE, ("2", "60", "0", "3.2")),
    "square-items": (
        "items-2024.csv", Answers(currency="USD"), SQUARE, ("2", "1004.5", "0.5", "0"),
    ),
    "etsy-sold-items": ("EtsySoldOrderItems2024.csv", Answers(), ETSY, ("2", "1055", "2.5", "0")),
    "superstore": (
        "superstore.csv", Answers(currency="USD"), SUPERSTORE, ("2", "271.96", "2", "226.5464"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_and_adds_up(name: str, tmp_path: Path) -> None:
    file_name, answers, text, expected = EXPORTS[name]
    path = tmp_path / file_name
    path.write_text(text)
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
    path = tmp_path / "superstore.csv"
    path.write_text(SUPERSTORE)
    draft = draft_mapping(path, Answers(), "UTC")
    assert draft.questions == ["The export names no currency: --currency USD, for example."]


def test_every_preset_has_an_export_here_and_is_among_the_examples() -> None:
    assert presets().keys() == EXPORTS.keys()
    for name, mapping in presets().items():
        assert (EXAMPLES / f"{name}.yaml").read_text() == mapping.text
