"""A direct answer is what the application would answer: the same layers, the same identity."""

import asyncio
import datetime as dt
import io
import json
from typing import Any

import pytest

from shopx_api.asgi import Message, Prepared, Receive, Scope, Send
from shopx_api.auth.authenticator import Authenticator
from shopx_api.auth.principal import Principal
from shopx_api.auth.tokens import AHEAD_SECONDS, TokenStore
from shopx_api.server.app import outermost
from shopx_core.domain.api_tokens import digest, new_secret
from shopx_core.errors import ShopxError
from shopx_core.settings import Settings

NOW = dt.datetime.now(dt.UTC)
PROXY, STRANGER = "10.0.0.7", "192.0.2.1"
BEHIND = {"mode": "proxy", "trusted_proxies": ["10.0.0.0/8"]}
INGRESS = {"mode": "token", "public": True, "trusted_proxies": ["10.0.0.0/8"]}


class Tokens:
    """The table of tokens, with one in it; counts look-ups."""

    def __init__(self) -> None:
        self.secret = new_secret()
        self.revoked_at: dt.datetime | None = None
        self.looked_up = 0

    async def row(self, _statement: str, *arguments: object) -> Any:
        """See `auth.tokens.Rows`."""
        self.looked_up += 1
        if arguments[0] != digest(self.secret):
            return None
        return {
            "id": 1,
            "name": "till",
            "scopes": ["read"],
            "sources": None,
            "created_at": NOW,
            "expires_at": None,
            "revoked_at": self.revoked_at,
        }


class Named:
    """Answers with who asks, from where, and for what; directly where that takes no look-up."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    def directly(self, scope: Scope, _body: bytes) -> Prepared | None:
        """See `asgi.Directly`."""
        principal = self._authenticator.known(scope)
        if principal is None:
            return None
        return Prepared(200, b"", self._text(scope, principal), "hit-l0")

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            status, body = 200, self._text(scope, await self._authenticator.principal(scope))
        except ShopxError as error:
            status, body = 401, error.code.encode()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    @staticmethod
    def _text(scope: Scope, principal: Principal) -> bytes:
        seen = [scope["path"], scope["client"][0], principal.kind, principal.name, principal.email]
        return json.dumps([*seen, sorted(principal.scopes)]).encode()


class Front:
    """The layers of a unit around `Named`, asked in both ways."""

    def __init__(self, **settings: Any) -> None:
        made = Settings(database={"dsn": "postgresql://"}, **settings)
        self.now = 100.0
        self.rows = Tokens()
        self.tokens = TokenStore(self.rows, outage=60, clock=lambda: self.now)
        self.app = outermost(Named(Authenticator(made.auth, self.tokens)), made)

    async def asked(
        self, peer: str, *headers: tuple[str, str], path: str = "/graphql"
    ) -> tuple[bytes | None, tuple[int, bytes]]:
        """The direct answer, and status and answer of the application."""
        named = [(name.encode(), value.encode()) for name, value in headers]
        if not any(name == b"host" for name, _ in named):
            named.append((b"host", b"localhost"))

        def scope() -> Scope:
            return {
                "type": "http",
                "method": "POST",
                "path": path,
                "client": (peer, 1),
                "scheme": "http",
                "root_path": "",
                "query_string": b"",
                "headers": list(named),
            }

        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        direct = self.app.directly(scope(), b"")  # type: ignore[attr-defined]
        await self.app(scope(), receive, send)
        return (
            None if direct is None else direct.body,
            (sent[0]["status"], b"".join(one.get("body", b"") for one in sent)),
        )


@pytest.mark.parametrize(
    ("settings", "peer", "headers", "answer"),
    [
        ({"auth": {"mode": "development"}}, STRANGER, [], "anonymous"),
        ({"auth": {"mode": "development"}}, STRANGER, [("host", "evil.test")], None),
        ({"auth": BEHIND}, PROXY, [("x-forwarded-user", "ann")], "ann"),
        ({"auth": BEHIND}, PROXY, [("x-forwarded-user", "a"), ("x-forwarded-user", "b")], None),
        ({"auth": BEHIND}, STRANGER, [("x-forwarded-user", "ann")], "anonymous"),
        ({"auth": BEHIND}, STRANGER, [("x-forwarded-for", PROXY)], "anonymous"),
        (
            {"auth": BEHIND},
            PROXY,
            [("x-forwarded-for", f"{STRANGER}, {PROXY}"), ("x-forwarded-user", "ann")],
            "ann",
        ),
        ({"auth": INGRESS}, PROXY, [("x-forwarded-for", STRANGER)], "anonymous"),
        ({"auth": INGRESS}, PROXY, [("authorization", "Basic eDp5")], "anonymous"),
        ({"auth": {"mode": "token"}}, STRANGER, [("authorization", "Basic eDp5")], None),
        ({"auth": INGRESS}, PROXY, [("authorization", "Bearer shx_unknown")], None),
    ],
    ids=[
        "open",
        "another-host",
        "user-of-proxy",
        "two-users",
        "forged-user",
        "forged-address",
        "client-of-proxy",
        "ingress",
        "ingress-basic",
        "basic",
        "unknown-token",
    ],
)
async def test_the_caller_is_the_same_in_both_ways(
    settings: dict[str, Any], peer: str, headers: list[tuple[str, str]], answer: str | None
) -> None:
    """And so is the client's address."""
    direct, (status, body) = await Front(**settings).asked(peer, *headers)
    if answer is None:
        assert direct is None
        assert status in {400, 401}
    else:
        assert (direct, 200) == (body, status)
        assert json.loads(body)[3] == answer


async def test_a_forged_header_of_an_untrusted_peer_changes_nothing() -> None:
    front = Front(auth=BEHIND)
    plain = await front.asked(STRANGER)
    for name in ("user", "email", "groups", "for", "proto", "prefix"):
        assert await front.asked(STRANGER, (f"x-forwarded-{name}", PROXY)) == plain
    assert json.loads(plain[0] or b"")[1:4] == [STRANGER, "anonymous", "anonymous"]


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/analytics/graphql", "/graphql"),
        ("/graphql", "/graphql"),
        ("/analytics/analytics/graphql", "/analytics/graphql"),
        ("/analyticsx/graphql", "/analyticsx/graphql"),
    ],
)
async def test_a_base_path_is_removed_once(path: str, served: str) -> None:
    front = Front(auth=INGRESS, api={"base_path": "/analytics"})
    direct, (_, body) = await front.asked(PROXY, path=path)
    assert direct == body
    assert json.loads(body)[0] == served


async def test_a_token_in_use_takes_no_look_up_until_it_is_confirmed_again() -> None:
    front = Front(auth=INGRESS)
    bearer = ("authorization", f"Bearer {front.rows.secret}")
    direct, _ = await front.asked(PROXY, bearer)
    assert direct is None, "it was not looked up yet"
    for _ in range(3):
        direct, (_, body) = await front.asked(PROXY, bearer)
        assert direct == body
        assert json.loads(body)[2:4] == ["token", "till"]
    assert front.rows.looked_up == 1
    front.now += AHEAD_SECONDS
    assert (await front.asked(PROXY, bearer))[0] is None
    await asyncio.sleep(0)
    assert front.rows.looked_up == 2
    assert (await front.asked(PROXY, bearer))[0] is not None


async def test_a_revoked_token_gets_no_direct_answer() -> None:
    """From the moment that this unit knows it, and anywhere within the time of a confirmation."""
    front = Front(auth=INGRESS)
    bearer = ("authorization", f"Bearer {front.rows.secret}")
    await front.asked(PROXY, bearer)
    assert (await front.asked(PROXY, bearer))[0] is not None
    front.rows.revoked_at = NOW
    front.tokens.forget()
    assert await front.asked(PROXY, bearer) == (None, (401, b"UNAUTHENTICATED"))

    elsewhere = Front(auth=INGRESS)
    bearer = ("authorization", f"Bearer {elsewhere.rows.secret}")
    await elsewhere.asked(PROXY, bearer)
    elsewhere.rows.revoked_at = NOW
    elsewhere.now += AHEAD_SECONDS
    assert (await elsewhere.asked(PROXY, bearer))[0] is None
    await asyncio.sleep(0)
    assert await elsewhere.asked(PROXY, bearer) == (None, (401, b"UNAUTHENTICATED"))


async def test_a_browser_of_another_origin_needs_the_application() -> None:
    """Its headers are added there."""
    front = Front(auth=INGRESS, api={"allowed_origins": ["https://a.example"]})
    direct, (status, _) = await front.asked(PROXY, ("origin", "https://a.example"))
    assert (direct, status) == (None, 200)


async def test_the_log_names_the_client_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the path that it asked for, as for any other answer; one write for both."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    front = Front(auth=BEHIND, api={"base_path": "/analytics"})
    await front.asked(PROXY, ("x-forwarded-for", STRANGER), path="/analytics/graphql")
    assert written.getvalue() == ""
    await asyncio.sleep(0)
    direct, other = [json.loads(line) for line in written.getvalue().splitlines()]
    for line in (direct, other):
        assert (line["client"], line["path"]) == (STRANGER, "/analytics/graphql")
        assert line["bytes"] > 0
    assert direct["request_id"] != other["request_id"]
