"""An as-of token says a snapshot that this installation knew, and no other."""

import datetime as dt

import pytest

from shopx_api.data.as_of import AsOfTokens, InvalidAsOf
from shopx_store.query.read_state import AsOf
from shopx_store.query.session import AsOfExpired

AT = dt.datetime(2026, 11, 23, 10, 0, 0, 123_456, tzinfo=dt.UTC)
SNAPSHOT = AsOf("765:780:766,770", AT)
TOKENS = AsOfTokens("postgresql://shopx:secret@db/shopx")


@pytest.mark.parametrize("snapshot", ["765:765:", "765:780:766,770"], ids=["idle", "busy"])
@pytest.mark.parametrize("late", [dt.timedelta(0), dt.timedelta(minutes=2)], ids=["now", "edge"])
def test_tokens_round_trip(snapshot: str, late: dt.timedelta) -> None:
    """To the microsecond, in every process that has the same database."""
    as_of = AsOf(snapshot, AT)
    elsewhere = AsOfTokens("postgresql://shopx:secret@db/shopx")
    assert elsewhere.decode(TOKENS.encode(as_of), AT + late) == as_of


def test_a_token_expires() -> None:
    """After two minutes the answer is a clear code, not an old figure."""
    with pytest.raises(AsOfExpired, match="more than two minutes old") as caught:
        TOKENS.decode(TOKENS.encode(SNAPSHOT), AT + dt.timedelta(minutes=2, seconds=1))
    assert caught.value.code == "AS_OF_EXPIRED"


def test_the_run_of_the_server_is_kept() -> None:
    """By which a replica proves that it has the snapshot."""
    named = AsOf(SNAPSHOT.snapshot, AT, "0000000A/1764460800.123456")
    assert TOKENS.decode(TOKENS.encode(named), AT) == named
    with pytest.raises(InvalidAsOf):
        TOKENS.decode(TOKENS.encode(AsOf(SNAPSHOT.snapshot, AT, "elsewhere")), AT)


def test_a_token_of_another_installation_is_refused() -> None:
    """Its snapshot means nothing here."""
    foreign = AsOfTokens("postgresql://shopx:other@db/shopx").encode(SNAPSHOT)
    with pytest.raises(InvalidAsOf, match="of another installation"):
        TOKENS.decode(foreign, AT)


def test_every_changed_character_is_noticed() -> None:
    """A snapshot cannot be forged."""
    token = TOKENS.encode(SNAPSHOT)
    for place, letter in enumerate(token):
        changed = token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidAsOf):
            TOKENS.decode(changed, AT)


@pytest.mark.parametrize("token", ["", "x", "é", "=", "A" * 5000, "\x00"], ids=lambda t: t[:5])
def test_anything_else_is_refused(token: str) -> None:
    """Also what is no base64, and what is absurdly long."""
    with pytest.raises(InvalidAsOf):
        TOKENS.decode(token, AT)
