"""Events that shop systems send: `POST /webhooks/FEED`.

The signature is checked over the body's bytes before anything of them is read. A valid event is
stored, and acknowledged after the commit; workers book it. An event that is known is acknowledged
again. A request for an unknown feed gets the answer of a wrong signature, after the same work.
"""

import asyncio
import hashlib
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from shopx_api.asgi import Receive, Scope, Send
from shopx_api.data.single_connection import SingleConnection
from shopx_api.server.file_requests import refused
from shopx_core import logging
from shopx_core.domain.webhooks import Shop, is_ping, is_signed, shop_of
from shopx_core.errors import InvalidInput, ShopxError, Unauthenticated, Unavailable
from shopx_core.settings import Settings

PATH: Final = "/webhooks/{feed}"
KNOWN_SECONDS: Final = 5.0
"""How long the feeds and their secrets are taken as known: forged requests ask the database for
nothing more."""

_NO_STORE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_FEEDS: Final = """
select coalesce(json_agg(json_build_array(id, name, address, credential)), '[]')::text as feeds
from feeds where schedule is null
"""
_STORE: Final = """
insert into feed_events (feed_id, digest, body) select id, $2, $3 from feeds where id = $1
on conflict (feed_id, digest) do nothing returning id
"""
_REFUSED: Final = """
update feeds set refused = refused + $2, refused_at = now() where id = $1 returning id
"""

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class _Sender:
    feed: int
    shop: Shop
    secret: str


class Webhooks:
    """Takes events of shop systems.

    Args:
        settings: Where the secrets are.
        database: A connection that delays neither reads nor writes.
    """

    def __init__(self, settings: Settings, database: SingleConnection) -> None:
        self._folder = settings.imports.credentials
        self._database = database
        self._senders: dict[str, _Sender] = {}
        self._known_until = 0.0
        # Requests that arrive meanwhile wait for one reading instead of asking themselves.
        self._learning = asyncio.Lock()
        # Nothing is signed with it: so an unknown feed takes as long as a known one.
        self._nobody = _Sender(0, Shop.SHOPIFY, secrets.token_hex())
        self._refused: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("webhook_postponed", reason=str(error) or type(error).__name__)
            away = Unavailable("The database does not answer.", hint="Send the event again.")
            response = _failure(away, 503)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method != "POST":
            wrong = _failure(InvalidInput("This address takes POST alone."), 405)
            wrong.headers["allow"] = "POST"
            return wrong
        # No longer than the server lets a body be.
        body = await request.body()
        if is_ping(body):
            return Response(status_code=200, headers=_NO_STORE)
        await self._learn()
        sender = self._senders.get(request.path_params["feed"], self._nobody)
        if not is_signed(sender.shop, sender.secret, request.headers, body, time.time()):
            self._refused[sender.feed] += 1
            return _failure(Unauthenticated("The event is not signed by a known shop."), 401)
        digest = hashlib.sha256(body).digest()
        row = await self._database.row(_STORE, sender.feed, digest, body)
        _log.info("event_received", feed=sender.feed, bytes=len(body), known=row is None)
        return Response(status_code=200, headers=_NO_STORE)

    async def _learn(self) -> None:
        """Read the feeds again, and note how many requests were refused, if it was long ago."""
        async with self._learning:
            if time.monotonic() >= self._known_until:
                await self._read_feeds()

    async def _read_feeds(self) -> None:
        row = await self._database.row(_FEEDS)
        self._known_until = time.monotonic() + KNOWN_SECONDS
        self._senders = {
            name: sender
            for number, name, address, credential in orjson.loads(row["feeds"] if row else "[]")
            if (sender := self._sender(number, address, credential)) is not None
        }
        refused, self._refused = self._refused, Counter()
        for feed, times in refused.items():
            if feed:
                await self._database.row(_REFUSED, feed, times)

    def _sender(self, feed: int, address: str, credential: str | None) -> _Sender | None:
        shop = shop_of(address)
        if shop is None or credential is None or self._folder is None:
            return None
        try:
            text = (Path(self._folder) / credential).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            _log.warning("webhook_secret_unreadable", feed=feed, reason=str(error))
            return None
        # A secret of two lines is for a source that is read.
        return _Sender(feed, shop, text) if text and "\n" not in text else None


def _failure(error: ShopxError, status: int) -> Response:
    response = refused(error, status)
    response.headers.update(_NO_STORE)
    return response
