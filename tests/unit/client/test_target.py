"""Where the client connects to, and that its token is shown to no one."""

import logging
from pathlib import Path

import httpx
import pytest

from shopx_client import AsyncClient, Client, ConfigurationError, ConnectionFailed, queries
from shopx_client.target import target

SECRET = "shx_very-secret"


def test_arguments_come_before_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("shx_file\n")
    names = {"SHOPX_URL": "https://a/sales/", "SHOPX_TOKEN_FILE": str(file)}
    found = target(None, None, None, allows_http=False, environment=names)
    assert (found.url, found.token) == ("https://a/sales/", "shx_file")
    names["SHOPX_TOKEN"] = "shx_variable"
    found = target("https://b/graphql", None, None, allows_http=False, environment=names)
    assert (found.url, found.token) == ("https://b/", "shx_variable")
    found = target(None, SECRET, None, allows_http=False, environment=names)
    assert found.token == SECRET


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "SHOPX_URL"),
        ("shop.example", "https://host/path"),
        ("ftp://shop.example", "https://host/path"),
        ("https://user:pass@shop.example", "pass a token as `token`"),
        ("https://shop.example/?token=x", "pass a token as `token`"),
        ("http://shop.example", "unencrypted to shop.example"),
    ],
)
def test_what_is_missing_or_unsafe_is_refused(url: str | None, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as told:
        target(url, SECRET, None, allows_http=False, environment={})
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_this_machine_needs_no_encryption(host: str) -> None:
    assert target(f"http://{host}", SECRET, None, allows_http=False, environment={}).token
    assert target("http://shop", SECRET, None, allows_http=True, environment={}).token


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    for file in (bad, tmp_path / "gone.pem"):
        with pytest.raises(ConfigurationError, match=file.name):
            Client("https://shop", SECRET, ca=file)
    environment = {"SHOPX_TOKEN_FILE": str(tmp_path / "gone")}
    with pytest.raises(ConfigurationError, match="gone"):
        target("https://shop", None, None, allows_http=False, environment=environment)


async def test_the_token_is_in_no_text(caplog: pytest.LogCaptureFixture) -> None:
    """Of the client, its requests, its log or its errors."""
    caplog.set_level(logging.DEBUG)
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.ReadError("gone", request=request)

    transport = httpx.MockTransport(answer)
    with (
        Client("https://shop", SECRET, transport=transport, patience=0) as client,
        pytest.raises(ConnectionFailed) as told,
    ):
        client.read(queries.viewer())
    async with AsyncClient("https://shop", SECRET, transport=transport, patience=0) as other:
        with pytest.raises(ConnectionFailed):
            await other.read(queries.viewer())
    assert [one.headers["authorization"] for one in seen] == [f"Bearer {SECRET}"] * 2
    texts = [repr(client), repr(other), repr(client._target), str(told.value), caplog.text]
    texts += [repr(seen[0]), repr(seen[0].headers), repr(client._http.auth)]
    assert not [text for text in texts if SECRET in text]


def test_a_redirect_is_not_followed() -> None:
    """Or the token would go elsewhere."""
    transport = httpx.MockTransport(
        lambda _: httpx.Response(302, headers={"location": "https://elsewhere/"})
    )
    with (
        Client("https://shop", SECRET, transport=transport) as client,
        pytest.raises(Exception, match="https://elsewhere/"),
    ):
        client.read(queries.viewer())
