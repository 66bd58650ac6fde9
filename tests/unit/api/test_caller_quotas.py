"""Quotas of cost: who counts as one caller, what counts, and what a refusal says."""

import pytest

from shopx_api.auth.principal import Principal, PrincipalKind, anonymous
from shopx_api.graphql.quotas import Quotas, rate_limit_headers
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import RateLimited
from shopx_core.settings import ApiSettings

READER = frozenset({Scope.READ})
ANYBODY = anonymous(may_read=True)
FIRST = Principal(PrincipalKind.TOKEN, "a", READER, token_id=1)
SECOND = Principal(PrincipalKind.TOKEN, "a", READER, token_id=2)
ANN = Principal(PrincipalKind.PROXY, "ann", READER)
BOB = Principal(PrincipalKind.PROXY, "bob", READER)
HERE, THERE = ("192.0.2.1", 1), ("192.0.2.2", 1)
Caller = tuple[Principal, tuple[str, int]]


def quotas(**settings: object) -> Quotas:
    return Quotas(ApiSettings.model_validate({"quota": 600, "quota_window": 60} | settings))


def test_there_is_no_quota_by_default() -> None:
    free, bounded = Quotas(ApiSettings()), quotas()
    bounded.take(ANYBODY, HERE, 1000, 0.0)
    with pytest.raises(RateLimited):
        bounded.take(ANYBODY, HERE, 1000, 0.0)
    for _ in range(100):
        free.take(ANYBODY, HERE, 1000, 0.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((ANYBODY, HERE), (ANYBODY, THERE)),
        ((FIRST, HERE), (SECOND, HERE)),
        ((ANN, HERE), (BOB, HERE)),
        ((ANYBODY, HERE), (FIRST, HERE)),
        ((ANYBODY, ("2001:db8:1:2::1", 1)), (ANYBODY, ("2001:db8:1:3::1", 1))),
    ],
    ids=["address", "token", "user", "kind", "subscriber"],
)
def test_one_caller_does_not_use_up_what_another_has(one: Caller, other: Caller) -> None:
    held = quotas()
    held.take(*one, 600, 0.0)
    with pytest.raises(RateLimited):
        held.take(*one, 1, 0.0)
    held.take(*other, 600, 0.0)


def test_a_token_and_a_subscriber_have_one_quota_wherever_they_are() -> None:
    held = quotas()
    held.take(FIRST, HERE, 600, 0.0)
    with pytest.raises(RateLimited):
        held.take(FIRST, THERE, 1, 0.0)
    held.take(ANYBODY, ("2001:db8:1:2::1", 1), 600, 0.0)
    with pytest.raises(RateLimited):
        held.take(ANYBODY, ("2001:db8:1:2:ffff::1", 1), 1, 0.0)


def test_a_refusal_says_when_it_ends_and_that_is_true() -> None:
    held = quotas()
    held.take(ANYBODY, HERE, 590, 0.0)
    with pytest.raises(RateLimited) as refused:
        held.take(ANYBODY, HERE, 100, 0.0)
    assert rate_limit_headers(refused.value) == [
        (b"retry-after", b"9"),
        (b"ratelimit-policy", b'"cost";q=600;w=60'),
        (b"ratelimit", b'"cost";r=10;t=9'),
    ]
    held.take(ANYBODY, HERE, 100, 9.0)


def test_trusted_networks_are_not_counted() -> None:
    held = quotas(quota_exempt=["192.0.2.1/32"])
    for client in (HERE, ("::ffff:192.0.2.1", 1)):
        for _ in range(10):
            held.take(ANYBODY, client, 600, 0.0)
    held.take(ANYBODY, THERE, 600, 0.0)
    with pytest.raises(RateLimited):
        held.take(ANYBODY, THERE, 600, 0.0)
