"""Who may do what: every mode, every kind of proof, with and without the response cache."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest

from shopx_api.asgi import App
from shopx_api.auth.tokens import REMEMBERED_SECONDS, TokenStore
from shopx_api.data.single_connection import SingleConnection
from shopx_api.server.app import create_app, create_inner_app
from shopx_core.domain.api_tokens import Scope, new_secret
from shopx_core.settings import Settings
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.postgres import Database

READ = "{ reporting { currency } }"
INTROSPECT = "{ __schema { queryType { name } } }"
WRITE = 'mutation { upsertProducts(products: [{ key: "p", name: "P" }]) { recorded } }'
TOKENS = "{ apiTokens { id name scopes isActive } }"

HOUR = dt.timedelta(hours=1)
NOW = dt.datetime.now(dt.UTC)

# What each proof of identity makes of a read and a write, by mode.
MODES: dict[str, dict[str, Any]] = {
    "development": {"mode": "development"},
    "token": {"mode": "token"},
    "public": {"mode": "token", "public": True},
    "proxy": {"mode": "proxy", "trusted_proxies": ["10.0.0.0/8"]},
}
EXPECTED = {
    #                 anonymous    read         ingest       admin        bad tokens   proxy user
    "development": ((200, 401), (200, 403), (403, 200), (403, 403), (401, 401), (200, 401)),
    "token": ((401, 401), (200, 403), (403, 200), (403, 403), (401, 401), (401, 401)),
    "public": ((200, 401), (200, 403), (403, 200), (403, 403), (401, 401), (200, 401)),
    "proxy": ((401, 401), (200, 403), (403, 200), (403, 403), (401, 401), (200, 403)),
}
PROOFS = ("anonymous", "read", "ingest", "admin", "bad", "proxy")


async def headers_for(proof: str, pool: asyncpg.Pool) -> dict[str, str]:
    """The headers that a proof of identity consists of."""
    if proof == "anonymous":
        return {}
    if proof == "proxy":
        return {"x-forwarded-user": "ann@example.com"}
    secret = new_secret() if proof == "bad" else await make_token(pool, Scope(proof))
    return {"authorization": f"Bearer {secret}"}


def status_of(response: Any) -> int:
    """The HTTP status, or that which a field's refusal would have as a request's."""
    body = response.json()
    codes = [error["extensions"]["code"] for error in body.get("errors", ())]
    if response.status_code == 200 and codes:
        return {"UNAUTHENTICATED": 401, "FORBIDDEN": 403}[codes[0]]
    return int(response.status_code)


@pytest.mark.parametrize("build", [create_app, create_inner_app], ids=["cached", "computed"])
@pytest.mark.parametrize("mode", MODES)
async def test_every_mode_with_every_proof(
    database: Database, pool: asyncpg.Pool, mode: str, build: Callable[[Settings], App]
) -> None:
    """One table of modes and proofs, for a read and for a write; refusals carry no data."""
    settings = settings_for(database.dsn, auth=MODES[mode])
    found = {}
    async with serving(build(settings), client="10.1.2.3") as api:
        for proof in PROOFS:
            api.headers = await headers_for(proof, pool)
            results = []
            for text in (READ, WRITE):
                response = await api.post(text)
                status = status_of(response)
                results.append(status)
                if status != 200:
                    assert not response.json().get("data")
                if response.status_code == 401:
                    assert response.headers["www-authenticate"].startswith("Bearer")
            found[proof] = tuple(results)
    assert found == dict(zip(PROOFS, EXPECTED[mode], strict=True))


@pytest.mark.parametrize(
    ("text", "allowed"),
    [(READ, False), (INTROSPECT, False), ("{ viewer { name } }", False), ("{", False)],
    ids=["data", "schema", "viewer", "syntax"],
)
async def test_a_closed_api_shows_strangers_nothing(
    database: Database, text: str, allowed: bool
) -> None:
    """Neither figures nor the schema, nor what was wrong with the request."""
    settings = settings_for(database.dsn, auth={"mode": "token"})
    async with serving(create_app(settings)) as api:
        error = await api.error(text)
        assert (error["extensions"]["code"] == "UNAUTHENTICATED") is not allowed


@pytest.mark.parametrize("build", [create_app, create_inner_app], ids=["cached", "computed"])
async def test_a_revoked_token_gets_nothing_on_any_path(
    database: Database, pool: asyncpg.Pool, build: Callable[[Settings], App]
) -> None:
    """Not even what is in the cache because of it: by POST, and by a persisted GET."""
    settings = settings_for(database.dsn, auth={"mode": "token"})
    async with serving(build(settings)) as api:
        admin = await make_token(pool, Scope.ADMIN, Scope.READ, name="admin")
        secret = await make_token(pool, Scope.READ, name="reader")
        api.headers = {"authorization": f"Bearer {secret}"}
        for _ in range(2):
            assert (await api.post(READ)).status_code == 200
            assert (await api.persisted(READ, with_text=True)).status_code == 200
        tokens = (await api.data(TOKENS, authorization=f"Bearer {admin}"))["apiTokens"]
        mine = next(token for token in tokens if token["name"] == "reader")
        assert mine["isActive"]
        revoke = "mutation($id: ID!) { revokeToken(id: $id) { isActive revokedAt } }"
        given = {"id": mine["id"]}
        gone = await api.data(revoke, given, authorization=f"Bearer {admin}")
        assert gone["revokeToken"]["isActive"] is False
        for response in (
            await api.post(READ),
            await api.persisted(READ),
            await api.post(READ, cache_control="no-cache"),
            await api.post(INTROSPECT),
        ):
            assert response.status_code == 401
            assert "data" not in response.json()
        again = await api.data(revoke, given, authorization=f"Bearer {admin}")
        assert again == gone


@pytest.fixture
def rows(database: Database) -> Iterator[SingleConnection]:
    """A connection for look-ups."""
    made = SingleConnection(database.dsn, timeout=30, application="test")
    yield made
    made.close()


async def test_a_revocation_elsewhere_is_noticed_within_a_second(
    pool: asyncpg.Pool, rows: SingleConnection
) -> None:
    """Another process, or the command line, revokes; this process remembered the token."""
    clock = [1000.0]
    store = TokenStore(rows, outage=120, clock=lambda: clock[0])
    secret = await make_token(pool, Scope.READ)
    assert await store.find(secret) is not None
    await pool.execute("update tokens set revoked_at = now()")
    assert await store.find(secret) is not None
    clock[0] += REMEMBERED_SECONDS
    assert await store.find(secret) is None


@pytest.mark.parametrize(
    "columns",
    [{"expires_at": NOW - HOUR}, {"revoked_at": NOW - HOUR}],
    ids=["expired", "revoked"],
)
@pytest.mark.parametrize("mode", MODES)
async def test_an_ended_token_is_refused_in_every_mode(
    database: Database, pool: asyncpg.Pool, mode: str, columns: dict[str, Any]
) -> None:
    """Also where no token is needed: its owner would not notice otherwise."""
    secret = await make_token(pool, Scope.READ, Scope.INGEST, **columns)
    async with serving(create_app(settings_for(database.dsn, auth=MODES[mode]))) as api:
        error = await api.error(READ, authorization=f"Bearer {secret}")
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_expires_while_it_is_remembered(
    pool: asyncpg.Pool, rows: SingleConnection
) -> None:
    """The clock is compared at every use, not only at the look-up."""
    store = TokenStore(rows, outage=120)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=300)
    secret = await make_token(pool, Scope.READ, expires_at=soon)
    assert await store.find(secret) is not None
    while dt.datetime.now(dt.UTC) < soon:
        found = await store.find(secret)
    assert await store.find(secret) is None
    assert found is None or found.expires_at == soon


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer"},
        {"authorization": "Bearer x"},
        {"authorization": "shx_" + "a" * 43},
        {"authorization": "Bearer shx_" + "a" * 42},
        {"authorization": "Bearer \xff"},
    ],
    ids=["empty", "short", "no-scheme", "cut", "binary"],
)
async def test_malformed_proof_is_refused(api: Api, headers: dict[str, str]) -> None:
    """A broken header is an error, not an anonymous caller."""
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    response = await api.http.post("/graphql", json={"query": READ}, headers=raw)
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("mode", "status"), [("development", 200), ("token", 401), ("public", 200), ("proxy", 200)]
)
@pytest.mark.parametrize("scheme", ["Basic dXNlcjpwYXNz", "Negotiate YII"])
async def test_credentials_for_a_proxy_are_ignored_where_no_token_is_needed(
    database: Database, mode: str, status: int, scheme: str
) -> None:
    """Such as those of nginx's `auth_basic`; where a token is needed, the caller learns so."""
    async with serving(create_app(settings_for(database.dsn, auth=MODES[mode]))) as api:
        response = await api.post(READ, authorization=scheme)
        assert response.status_code == (401 if mode == "proxy" else status)
    async with serving(
        create_app(settings_for(database.dsn, auth=MODES[mode])), client="10.1.2.3"
    ) as api:
        response = await api.post(READ, authorization=scheme, x_forwarded_user="ann")
        assert response.status_code == status


async def test_a_proxys_own_bearer_is_ignored_and_a_token_is_not(database: Database) -> None:
    """oauth2-proxy may add the user's id token; a token of this product is always checked."""
    async with serving(
        create_app(settings_for(database.dsn, auth=MODES["proxy"])), client="10.1.2.3"
    ) as api:
        jwt = await api.post(READ, authorization="Bearer eyJhbGciOi", x_forwarded_user="ann")
        assert jwt.status_code == 200
        wrong = f"Bearer {new_secret()}"
        refused = await api.post(READ, authorization=wrong, x_forwarded_user="ann")
        assert refused.status_code == 401


async def test_a_token_of_one_source_does_not_write_as_another(
    database: Database, pool: asyncpg.Pool
) -> None:
    """By no mutation that names a source; and it does not set what all sources share."""
    mutations = (
        'recordOrders(source: "b", orders: []) { recorded }',
        'refundOrder(source: "b", key: "k", idempotencyKey: "i") { status }',
        'cancelOrder(source: "b", key: "k") { status }',
        'upsertCategories(source: "b", categories: []) { recorded }',
        'upsertProducts(source: "b", products: []) { recorded }',
        'upsertCustomers(source: "b", customers: []) { recorded }',
        'upsertReps(source: "b", reps: []) { recorded }',
        "setRates(rates: []) { added }",
    )
    bound = await make_token(pool, Scope.INGEST, sources=["a", "c"])
    async with serving(create_inner_app(settings_for(database.dsn))) as api:
        api.headers = {"authorization": f"Bearer {bound}"}
        introspect = "{ __schema { mutationType { fields { name args { name } } } } }"
        schema = (await api.data(introspect, authorization=""))["__schema"]["mutationType"]
        sourced = {
            field["name"]
            for field in schema["fields"]
            if any(one["name"] == "source" for one in field["args"])
        }
        assert sourced <= {text.partition("(")[0] for text in mutations}
        for text in mutations:
            error = await api.error(f"mutation {{ {text} }}")
            assert error["extensions"]["code"] == "FORBIDDEN", text
        for source in ("a", "c"):
            product = 'products: [{ key: "p", name: "P" }]'
            text = f'mutation {{ upsertProducts(source: "{source}", {product}) {{ recorded }} }}'
            assert (await api.data(text))["upsertProducts"]["recorded"] == 1


async def test_two_proofs_are_one_too_many(database: Database, pool: asyncpg.Pool) -> None:
    """Which one counts would be a guess."""
    secret = await make_token(pool, Scope.READ)
    settings = settings_for(database.dsn, auth={"mode": "token"})
    async with serving(create_app(settings)) as api:
        response = await api.http.post(
            "/graphql",
            json={"query": READ},
            headers=[("authorization", f"Bearer {secret}"), ("authorization", "Bearer x")],
        )
        assert response.status_code == 401


@pytest.mark.parametrize(
    ("client", "status"),
    [("10.1.2.3", 200), ("::ffff:10.1.2.3", 200), ("192.0.2.1", 401), ("fe80::1", 401)],
)
async def test_a_proxy_is_believed_by_its_address(
    database: Database, client: str, status: int
) -> None:
    """Anyone else could write the header too."""
    settings = settings_for(database.dsn, auth=MODES["proxy"])
    async with serving(create_app(settings), client=client) as api:
        response = await api.post(READ, x_forwarded_user="ann")
        assert response.status_code == status


async def test_a_proxy_user_is_shown_without_tricks(database: Database) -> None:
    """Names come from outside: control characters would forge lines of a log."""
    settings = settings_for(database.dsn, auth=MODES["proxy"])
    async with serving(create_inner_app(settings), client="10.0.0.1") as api:
        data = await api.data(
            "{ viewer { name isAnonymous scopes authMode } }", x_forwarded_user="ann\x07 smith"
        )
        assert data["viewer"] == {
            "name": "ann smith",
            "isAnonymous": False,
            "scopes": ["READ"],
            "authMode": "PROXY",
        }


async def test_only_admins_see_tokens(writer: Api, pool: asyncpg.Pool) -> None:
    """And no response has a secret or a digest."""
    error = await writer.error(TOKENS)
    assert error["extensions"]["code"] == "FORBIDDEN"
    admin = await make_token(pool, Scope.ADMIN, Scope.READ, name="admin")
    response = await writer.post(TOKENS, authorization=f"Bearer {admin}")
    tokens = response.json()["data"]["apiTokens"]
    assert [token["name"] for token in tokens] == ["admin", "writer"]
    assert tokens[0]["scopes"] == ["READ", "ADMIN"]
    assert admin not in response.text


async def test_answers_are_not_shared_between_rights(
    database: Database, pool: asyncpg.Pool
) -> None:
    """A cached answer of a reader is not sent to a caller that may only write."""
    settings = settings_for(database.dsn, auth={"mode": "token"})
    reader: dict[str, Any] = {"authorization": f"Bearer {await make_token(pool, Scope.READ)}"}
    ingester: dict[str, Any] = {"authorization": f"Bearer {await make_token(pool, Scope.INGEST)}"}
    async with serving(create_app(settings)) as api:
        for _ in range(2):
            assert (await api.post(READ, **reader)).status_code == 200
            refused = await api.post(READ, **ingester)
            assert (refused.status_code, "data" in refused.json()) == (403, False)
