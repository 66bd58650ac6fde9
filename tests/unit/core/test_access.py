"""Tokens are random, stored as digests, and mean what they say."""

import datetime as dt

import pytest

from shopx_core.domain.api_tokens import (
    Scope,
    Token,
    checked_name,
    digest,
    new_secret,
    parse_lifetime,
    parse_scopes,
)
from shopx_core.errors import InvalidInput

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def test_secrets_are_recognisable_and_different() -> None:
    """The prefix is what secret scanners look for; the rest is 256 random bits."""
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith("shx_") and len(secret) == 47 for secret in secrets)


def test_a_digest_is_of_a_whole_token() -> None:
    """32 bytes; the same for the same secret, and nothing for what is no token."""
    secret = new_secret()
    found = digest(secret)
    assert found is not None
    assert len(found) == 32
    assert found == digest(secret)


@pytest.mark.parametrize("text", ["", "shx_", "shx_" + "a" * 42, "Bearer x", "shx_" + "é" * 43])
def test_what_cannot_be_a_token_has_no_digest(text: str) -> None:
    """It is not even looked up."""
    assert digest(text) is None


@pytest.mark.parametrize(
    ("expires", "revoked", "active"),
    [
        (None, None, True),
        (NOW + HOUR, None, True),
        (NOW, None, False),
        (NOW - HOUR, None, False),
        (None, NOW - HOUR, False),
        (NOW + HOUR, NOW, False),
    ],
    ids=["for-ever", "not-yet", "just-now", "expired", "revoked", "both"],
)
def test_activity(expires: dt.datetime | None, revoked: dt.datetime | None, active: bool) -> None:
    """Expiry is exclusive; a revocation is for good."""
    token = Token(1, "x", frozenset({Scope.READ}), frozenset(), NOW - HOUR, expires, revoked)
    assert token.active(NOW) is active


def test_scopes_are_named() -> None:
    """Unknown ones are refused rather than dropped."""
    assert parse_scopes(["read", " ingest "]) == {Scope.READ, Scope.INGEST}
    with pytest.raises(InvalidInput, match="Unknown scope 'write'"):
        parse_scopes(["read", "write"])
    with pytest.raises(InvalidInput, match="needs a scope"):
        parse_scopes([])


@pytest.mark.parametrize(
    ("text", "span"),
    [("12h", dt.timedelta(hours=12)), ("90d", dt.timedelta(days=90)), ("4w", dt.timedelta(28))],
)
def test_lifetimes(text: str, span: dt.timedelta) -> None:
    """Hours, days, weeks."""
    assert parse_lifetime(text) == span


@pytest.mark.parametrize("text", ["", "0d", "-1d", "1", "d", "1.5d", "99999d", "1y"])
def test_bad_lifetimes_are_refused(text: str) -> None:
    """A token that never ends by mistake would be worse than an error."""
    with pytest.raises(InvalidInput, match="is not a lifetime"):
        parse_lifetime(text)


def test_names_are_short_and_there() -> None:
    """Lists and logs show them."""
    assert checked_name("  import job ") == "import job"
    for bad in ("", "  ", "x" * 101):
        with pytest.raises(InvalidInput, match="1 to 100"):
            checked_name(bad)
