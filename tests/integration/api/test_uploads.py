"""Files arrive in parts, from callers who may write, up to limits; and continue after a break."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shopx_api.server.app import create_inner_app
from shopx_core.domain.api_tokens import Scope
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.postgres import Database
from tests.support.uploading import VERSION, announced, append, part_at, upload


@pytest.fixture
async def small(database: Database, pool: asyncpg.Pool) -> AsyncIterator[Api]:
    """An installation with room for three kilobytes, two in one file."""
    imports = {"max_bytes": 2048, "room": 3072}
    async with serving(create_inner_app(settings_for(database.dsn, imports=imports))) as api:
        token = await make_token(pool, Scope.READ, Scope.INGEST, name="shop")
        yield Api(api.http, {"authorization": f"Bearer {token}"})


async def _stored(pool: asyncpg.Pool) -> bytes:
    rows = await pool.fetch("select data from upload_chunks order by start")
    return b"".join(row["data"] for row in rows)


async def test_parts_add_up_to_the_file(small: Api, pool: asyncpg.Pool) -> None:
    content = bytes(range(256)) * 8
    await upload(small, content, part=700)
    assert await _stored(pool) == content


async def test_an_upload_continues_where_it_was_broken(small: Api, pool: asyncpg.Pool) -> None:
    """HEAD says how far it is; a part that begins elsewhere is refused and changes nothing."""
    made = await small.http.post("/uploads", headers=small.headers | announced(10))
    address = made.headers["location"]
    assert (await append(small, address, 0, b"01234")).headers["upload-offset"] == "5"
    again = await append(small, address, 0, b"01234")
    assert (again.status_code, again.json()["errors"][0]["extensions"]["code"]) == (409, "CONFLICT")
    assert (await append(small, address, 7, b"789")).status_code == 409
    head = await small.http.head(address, headers=small.headers | VERSION)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("5", "10")
    assert head.headers["cache-control"] == "no-store"
    assert (await append(small, address, 5, b"56789")).headers["upload-offset"] == "10"
    assert await _stored(pool) == b"0123456789"


async def test_more_than_was_announced_is_refused(small: Api) -> None:
    made = await small.http.post("/uploads", headers=small.headers | announced(4))
    assert (await append(small, made.headers["location"], 0, b"12345")).status_code == 413


async def test_files_are_bounded_one_by_one_and_together(small: Api) -> None:
    large = await small.http.post("/uploads", headers=small.headers | announced(2049, "big.csv"))
    assert large.status_code == 413
    assert "big.csv has 2,049 bytes, and at most 2,048" in large.json()["errors"][0]["message"]
    assert (await small.http.post("/uploads", headers=small.headers | announced(2048))).is_success
    full = await small.http.post("/uploads", headers=small.headers | announced(1025))
    assert full.status_code == 507
    assert (await small.http.post("/uploads", headers=small.headers | announced(1024))).is_success


async def test_a_file_can_be_taken_away(small: Api, pool: asyncpg.Pool) -> None:
    address = f"/uploads/{await upload(small, b'12345')}"
    assert (await small.http.delete(address, headers=small.headers | VERSION)).status_code == 204
    assert (await small.http.head(address, headers=small.headers | VERSION)).status_code == 404
    assert await pool.fetchval("select count(*) from upload_chunks") == 0


async def test_only_callers_who_may_write_upload(small: Api, pool: asyncpg.Pool) -> None:
    """Refused before the body is read; reading rights do not suffice."""
    reader = {"authorization": f"Bearer {await make_token(pool, Scope.READ)}"}
    for headers, status in (({}, 401), (reader, 403)):
        for path in ("/uploads", "/uploads/00000000-0000-0000-0000-000000000000"):
            method = "POST" if path == "/uploads" else "PATCH"
            sent = await small.http.request(
                method, path, headers=headers | announced(5) | part_at(0), content=b"12345"
            )
            assert sent.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"upload-length": "5"}, 412),
        (VERSION, 400),
        (VERSION | {"upload-length": "-1"}, 400),
        (VERSION | {"upload-length": "0"}, 400),
        (VERSION | {"upload-length": "5", "upload-metadata": "filename §"}, 400),
    ],
)
async def test_what_is_no_announcement_is_refused(
    small: Api, headers: dict[str, str], status: int
) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in (small.headers | headers).items()]
    assert (await small.http.post("/uploads", headers=encoded)).status_code == status


async def test_the_protocol_says_what_it_can(small: Api) -> None:
    told = await small.http.options("/uploads")
    assert told.status_code == 204
    assert told.headers["tus-version"] == "1.0.0"
    assert told.headers["tus-max-size"] == "2048"
    assert "termination" in told.headers["tus-extension"]
    assert (await small.http.get("/uploads", headers=small.headers)).status_code == 405


async def test_a_name_has_no_folders(small: Api, pool: asyncpg.Pool) -> None:
    for name in ("../../etc/passwd", "C:\\sales\\june.csv", "\x00\n", ".."):
        await small.http.post("/uploads", headers=small.headers | announced(5, name))
    names = await pool.fetch("select name from uploads order by created_at")
    assert [row["name"] for row in names] == ["passwd", "june.csv", "file", "file"]
