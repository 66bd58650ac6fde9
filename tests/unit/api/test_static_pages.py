"""The built pages: right types, right caching, the smallest encoding, no way out of the folder."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from shopx_api.server.static_pages import StaticPages, accepted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Dashboard</title>")
    (tmp_path / "assets" / "app-abc.js").write_text("console.log(1)")
    (tmp_path / "assets" / "app-abc.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "app-abc.js.gz").write_bytes(b"gzip")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    return tmp_path


async def fetch(pages: StaticPages, path: str, method: str = "GET", **headers: str) -> Any:
    transport = httpx.ASGITransport(pages)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        request = client.build_request(method, path)
        request.headers.clear()
        request.headers.update({"host": "x"} | {k.replace("_", "-"): v for k, v in headers.items()})
        return await client.send(request)


async def test_assets_are_kept_for_ever(folder: Path) -> None:
    """Their names change with their content."""
    answer = await fetch(StaticPages(folder=folder), "/assets/app-abc.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.text == "console.log(1)"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/sales", "/products/abc?from=2026-01-01"])
async def test_every_page_is_the_page(folder: Path, path: str) -> None:
    """The address bar holds the page's state; the browser revalidates the page."""
    answer = await fetch(StaticPages(folder=folder), path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert "Dashboard" in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("header", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("br;q=0, gzip", "gzip", b"gzip"),
        ("identity", None, b"console.log(1)"),
    ],
)
async def test_what_was_compressed_is_sent_so(
    folder: Path, header: str, encoding: str | None, body: bytes
) -> None:
    """Nothing is compressed during a request."""
    transport = httpx.ASGITransport(StaticPages(folder=folder))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://x") as client,
        client.stream("GET", "/assets/app-abc.js", headers={"accept-encoding": header}) as answer,
    ):
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert (answer.headers.get("content-encoding"), raw) == (encoding, body)
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_an_unchanged_file_is_not_sent_again(folder: Path) -> None:
    """304, and no body."""
    pages = StaticPages(folder=folder)
    etag = (await fetch(pages, "/")).headers["etag"]
    answer = await fetch(pages, "/", if_none_match=etag)
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/", 200),
        ("POST", "/", 405),
        ("GET", "/assets/gone.js", 404),
        ("GET", "/../secret.txt", 200),
        ("GET", "/%2e%2e/secret.txt", 200),
    ],
)
async def test_nothing_else_is_served(folder: Path, method: str, path: str, status: int) -> None:
    """Only files of the build, only to be read; any other path is the page."""
    (folder.parent / "secret.txt").write_text("secret")
    answer = await fetch(StaticPages(folder=folder), path, method)
    assert answer.status_code == status
    assert "secret" not in answer.text


async def test_a_build_without_pages_says_so(tmp_path: Path) -> None:
    """An API alone is no mystery."""
    answer = await fetch(StaticPages(folder=tmp_path / "missing"), "/")
    assert answer.status_code == 404
    assert "make frontend" in answer.text


def test_encodings_are_chosen_by_size() -> None:
    """The best that is taken and there."""
    there = {"br": Path("x.br"), "gzip": Path("x.gz")}
    assert accepted("gzip, br, zstd", there) == "br"
    assert accepted("zstd, gzip;q=0.5", there) == "gzip"
    assert accepted("", there) is None
    assert accepted("*", there) is None


async def test_pages_below_a_path_name_their_files_below_it(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<meta name="base-path" content="/"><script src="/assets/app-abc.js"></script>'
    )
    (tmp_path / "index.html.br").write_bytes(b"of the root")
    pages = StaticPages("/analytics", tmp_path)
    answer = await fetch(pages, "/customers/17", **{"Accept-Encoding": "br"})
    assert answer.text == (
        '<meta name="base-path" content="/analytics/">'
        '<script src="/analytics/assets/app-abc.js"></script>'
    )
    assert "content-encoding" not in answer.headers
    assert (
        answer.headers["etag"] != (await fetch(StaticPages(folder=tmp_path), "/")).headers["etag"]
    )


async def test_the_page_knows_the_language_of_the_dashboard(tmp_path: Path) -> None:
    """Where the manifest names one."""
    page = '<meta name="default-language" content=""><script src="/assets/app-abc.js"></script>'
    (tmp_path / "index.html").write_text(page)
    answer = await fetch(StaticPages(folder=tmp_path, language="ja"), "/")
    assert answer.text == page.replace('content=""', 'content="ja"')
    assert (await fetch(StaticPages(folder=tmp_path), "/")).text == page
