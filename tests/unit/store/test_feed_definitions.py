"""Which feeds can be kept: what a request may name, and what it may not."""

import datetime as dt
from typing import Any

import pytest

from shopx_core.domain.feeds import Definition, State, lag, retry_after, state_of
from shopx_core.errors import Conflict, InvalidInput
from shopx_store.feeds import statements
from shopx_store.importing.feed_sharing import expect_alone

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"address": "postgresql://ann:secret@db/erp"}, "holds credentials"),
        ({"address": "postgresql://db/erp?sslrootcert=/etc/passwd"}, "other options than sslmode"),
        ({"address": "mysql://db/erp?follow=changes"}, "other options than sslmode"),
        ({"address": "postgresql://db/erp?follow=all"}, "Use follow=changes"),
        ({"address": "postgresql://db/erp?publication=x"}, "Add follow=changes"),
        ({"address": "postgresql://db/e?follow=changes&publication=a'b"}, "no name of a publicat"),
        ({"address": "postgresql://db/e?follow=changes&follow=x"}, "option follow"),
        ({"address": "http://example.org/a.csv"}, "cannot be read from that address"),
        ({"address": "file:///etc/passwd"}, "cannot be read from that address"),
        ({"address": "folder:../a.csv"}, "leads out of the folder"),
        ({"address": "folder:/etc/passwd"}, "leads out of the folder"),
        ({"address": "webhook:ebay"}, "no shop that sends events"),
        ({"address": "webhook:stripe", "schedule": None}, "needs the secret that signs"),
        ({"address": "webhook:stripe", "credential": "x"}, "has a schedule, unless"),
        ({"schedule": None}, "has a schedule, unless"),
        ({"schedule": "60 * * * *"}, "no cron schedule"),
        ({"schedule": "* * * * FRI-MON"}, "no cron schedule"),
        ({"zone": "Mars/Base"}, "no IANA time zone"),
        ({"name": "../x"}, "no name of a feed"),
        ({"source": "A b"}, "no name of a source"),
        ({"credential": "../../etc/passwd"}, "no name of a credential"),
        ({"credential": ".."}, "no name of a credential"),
        ({"mapping": ""}, "A mapping has 1 to"),
    ],
)
def test_feeds_that_cannot_be_kept(given: dict[str, Any], message: str) -> None:
    right = {
        "name": "a", "address": "folder:*.csv", "source": "a", "mapping": "x",
        "schedule": "0 6 * * *",
    }  # fmt: skip
    assert statements.kept(Definition(**right)).name == "a"
    with pytest.raises(InvalidInput, match=message):
        statements.kept(Definition(**(right | given)))


def test_attempts_are_ever_further_apart_and_at_most_an_hour() -> None:
    minutes = [retry_after(failures).total_seconds() / 60 for failures in range(1, 9)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    assert retry_after(10**6) == dt.timedelta(hours=1)


def test_an_unknown_lag_is_unknown() -> None:
    before = NOW - dt.timedelta(minutes=5)
    assert lag(NOW, sends=False, succeeded_at=None, waiting_since=None) is None
    assert lag(NOW, sends=False, succeeded_at=before, waiting_since=None) == 300
    assert lag(NOW, sends=True, succeeded_at=before, waiting_since=None) == 0
    assert lag(NOW, sends=True, succeeded_at=None, waiting_since=before) == 300


def test_states() -> None:
    assert state_of(is_paused=False, is_open=True, failures=3) is State.RUNNING
    assert state_of(is_paused=True, is_open=False, failures=3) is State.PAUSED
    assert state_of(is_paused=False, is_open=False, failures=3) is State.FAILING
    assert state_of(is_paused=False, is_open=False, failures=0) is State.WAITING


_TABLE = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {{name: a, zone: UTC, currency: USD, mode: {mode}}}
inputs: {{sales: {{format: postgresql, table: sales}}}}
order: {{key: number, at: day}}
line: {{product: sku, quantity: 1, gross: amount}}
"""
_ADDS, _REPLACES, _TAKES_ALL = (_TABLE.format(mode=m) for m in ("append", "replace", "snapshot"))
_FOLLOWS = "postgresql://db/erp?follow=changes"


@pytest.mark.parametrize(
    ("one", "other", "is_allowed"),
    [
        ((_FOLLOWS, _ADDS), (_FOLLOWS, _ADDS), False),
        ((_FOLLOWS, _ADDS), ("folder:*.csv", "shopify-orders"), False),
        ((_FOLLOWS, _ADDS), ("webhook:shopify", "shop-events"), False),
        (("postgresql://db/erp", _TAKES_ALL), ("folder:*.csv", "shopify-orders"), False),
        (("postgresql://db/erp", _REPLACES), ("postgresql://db/crm", _ADDS), False),
        (("webhook:shopify", "shop-events"), ("webhook:woocommerce", "shop-events"), False),
        (("webhook:shopify", "shop-events"), ("folder:*.csv", "shopify-orders"), True),
        (("folder:o*.csv", "shopify-orders"), ("folder:r*.csv", "shopify-refunds"), True),
        (("postgresql://db/erp", "no mapping"), ("folder:*.csv", "shopify-orders"), True),
    ],
)
def test_feeds_of_one_source(
    one: tuple[str, str], other: tuple[str, str], is_allowed: bool
) -> None:
    """Neither may take back what the other one books."""
    for (address, mapping), kept in ((one, other), (other, one)):
        given = Definition(
            name="new", address=address, source="shop", mapping=mapping, schedule="0 6 * * *"
        )
        others = [{"name": "old", "address": kept[0], "mapping": kept[1]}]
        if is_allowed:
            expect_alone(given, others)
        else:
            with pytest.raises(Conflict, match="The feed 'old' books under the source 'shop'"):
                expect_alone(given, others)
