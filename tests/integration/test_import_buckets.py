"""Sales in buckets of an S3 server: objects, folders of them, and what is said where it fails."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from shopx_core.errors import InvalidConfiguration, InvalidInput, Unavailable
from shopx_store.importing.readers import remote
from shopx_store.importing.readers.access import PERMITTED, Access, Credential
from shopx_store.importing.readers.bucket import Bucket
from tests.support.buckets import KEY, SECRET, Server, bucket_server
from tests.support.importing import ledger, run
from tests.support.postgres import Database

MAPPING = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: USD}
inputs: {sales: {format: delimited, files: "*.csv"}}
order: {key: order, at: date, customer: customer}
line: {key: order, product: product, quantity: quantity, gross: amount}
"""
HEAD = "order,date,customer,product,quantity,amount\n"
JANUARY = f"{HEAD}1,2026-01-31 10:00,C7,Pen,2,9.90\n"
FEBRUARY = f"{HEAD}2,2026-02-01 11:30,C8,Cup,1,5.50\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a folder of two months, and a text."""
    with bucket_server(tmp_path_factory.mktemp("s3")) as started:
        client = started.client
        client.create_bucket(Bucket="sales")
        for key, text in (
            ("2026/jan.csv", JANUARY),
            ("2026/feb & more.csv", FEBRUARY),
            ("2026/readme.txt", "of the shop"),
            ("2026/old/dec.csv", "not of this folder"),
        ):
            client.put_object(Bucket="sales", Key=key, Body=text.encode())
        yield started


@pytest.fixture
def reached(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with what lets it be read."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    monkeypatch.setenv(PERMITTED, "127.0.0.0/8,::1/128")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return server


def test_objects_are_imported(reached: Server, database: Database) -> None:
    """One by its key, and then all of the folder: what is known is not booked again."""
    one = run(database.dsn, MAPPING, "s3://sales/2026/jan.csv")
    assert one.published.changes.new == 1
    both = run(database.dsn, MAPPING, f"s3://sales/2026/*.csv?endpoint={reached.endpoint}")
    assert (both.rows, both.published.changes.new, both.published.changes.same) == (2, 1, 1)
    assert ledger(database.dsn)["net"] == Decimal("15.40")


def test_rejects_name_the_object(reached: Server, database: Database) -> None:
    reached.client.put_object(
        Bucket="sales", Key="bad/x.csv", Body=f"{HEAD}1,,C,Pen,1,2\n".encode()
    )
    with pytest.raises(InvalidInput, match=r"s3://sales/bad/x\.csv") as failed:
        run(database.dsn, MAPPING, "s3://sales/bad/*.csv")
    assert SECRET not in str(failed.value)


def test_many_objects_are_listed_by_pages(reached: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        reached.client.put_object(Bucket="sales", Key=f"many/{number:02}.csv", Body=b"x")
    signed = Bucket._signed

    def small(self: Bucket, operation: str, params: dict[str, object]) -> str:
        more = {"MaxKeys": 5} if operation == "list_objects_v2" else {}
        return signed(self, operation, params | more)  # type: ignore[arg-type]

    monkeypatch.setattr(Bucket, "_signed", small)
    items = Bucket("s3://sales/many/*", Access.from_env()).items()
    assert [item.name for item in items] == [f"{number:02}.csv" for number in range(12)]
    assert all(item.version for item in items)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("s3://sales/2026/*.xlsx", r"No object is .*\*\.xlsx; that folder has .*readme\.txt"),
        ("s3://sales/2026/jan", r"No object is s3://sales/2026/jan; "),
        ("s3://absent/jan.csv", "There is no bucket 'absent'"),
        ("s3://sales/*/jan.csv", "only the last part of a key may have a"),
        ("s3://sales", "is no address of a bucket"),
        ("s3://key:secret@sales/jan.csv", "is no address of a bucket"),
        ("s3://sales/jan.csv?endpoint=http://localhost:1", "no address of https"),
        ("s3://sales/jan.csv?endpoint=https://169.254.169.254", "is inside of this network"),
    ],
)
def test_what_is_said(reached: Server, source: str, message: str) -> None:
    assert reached.endpoint
    with pytest.raises(InvalidInput, match=message):
        Bucket(source, Access.from_env()).items()


def test_the_inside_is_refused(reached: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reached.endpoint
    monkeypatch.delenv(PERMITTED)
    with pytest.raises(InvalidInput, match="is inside of this network"):
        Bucket("s3://sales/2026/jan.csv", Access.from_env()).items()


def test_a_server_that_is_away(reached: Server) -> None:
    assert reached.endpoint
    with pytest.raises(Unavailable, match="cannot be fetched"):
        Bucket("s3://sales/a.csv?endpoint=https://localhost:1", Access.from_env()).items()


def test_a_limit_of_bytes(reached: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of all objects together."""
    assert reached.endpoint
    bucket = Bucket("s3://sales/2026/*.csv", Access.from_env())
    items = bucket.items()
    monkeypatch.setattr(remote, "MOST_BYTES", sum(item.size for item in items) - 1)
    with pytest.raises(InvalidInput, match="has more than"):
        bucket.fetch(items, tmp_path)


def test_wrong_keys_and_no_right(reached: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    if not reached.is_real:
        pytest.skip("the mock checks no keys")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(InvalidInput, match="the keys are not valid") as failed:
        Bucket("s3://sales/2026/jan.csv", Access.from_env()).items()
    assert "wrong" not in str(failed.value)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(InvalidConfiguration, match="without the other"):
        Access.from_env()
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InvalidInput, match="without keys, anyone may not read it"):
        Bucket("s3://sales/2026/jan.csv", Access.from_env()).items()


def test_a_wrong_region(reached: Server) -> None:
    if not reached.is_real:
        pytest.skip("the mock has no regions")
    with pytest.raises(InvalidInput, match="is not in the region eu-west-1"):
        Bucket("s3://sales/2026/jan.csv?region=eu-west-1", Access.from_env()).items()


def test_a_credential_is_for_its_source(tmp_path: Path) -> None:
    """Its secret is sent to no other server, and is in no message."""
    (tmp_path / "bucket").write_text("s3://sales/2026\nid:hush\n")
    (tmp_path / "signs").write_text("hush\n")
    credential = Credential.read(str(tmp_path), "bucket")
    assert credential.pair("bucket") == ("id", "hush")
    credential.expect_for("s3://sales/2026/*.csv?region=eu-west-1", "bucket")
    others = ("s3://sales2/2026/a.csv", "s3://sales/2026b/a.csv", "https://sales/2026/a.csv")
    for other in others:
        with pytest.raises(InvalidInput, match="is for s3://sales/2026") as failed:
            credential.expect_for(other, "bucket")
        assert "hush" not in str(failed.value)
    with pytest.raises(InvalidInput, match="does not say what it is for"):
        Credential.read(str(tmp_path), "signs").expect_for(others[0], "signs")
    with pytest.raises(InvalidConfiguration, match="cannot be read"):
        Credential.read(str(tmp_path), "absent")
    assert "hush" not in repr(credential)
