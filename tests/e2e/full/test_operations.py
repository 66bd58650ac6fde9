"""The commands of docs/operations.md, run as they stand there."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.dashboards import dashboard
from tests.support.documented import follow
from tests.support.kubectl import Kubectl, own_namespace
from tests.support.light import light
from tests.support.traffic import Site, visitors

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PAGE = "operations.md"
NAME = "sales"
FIRST, LAST = "2025-01-01", "2025-12-31"


@pytest.fixture(scope="module")
def other(cluster: Kubectl) -> Iterator[Kubectl]:
    """Another namespace, for a new dashboard of the same name."""
    yield from own_namespace(cluster, "test-operations-restored")


@pytest.fixture(scope="module")
def sales(shared: Kubectl, other: Kubectl) -> Kubectl:
    """A dashboard with some sales; an empty one comes up beside it."""
    for one in (shared, other):
        one.apply(dashboard(light(f"{one.namespace}.localhost"), NAME))
    shared.until_settled(NAME, seconds=240)
    seed = ("shopx", "seed", "--orders", "400", "--from", FIRST, "--to", LAST)
    shared("exec", f"deploy/{NAME}-fold", "--", *seed)
    return shared


def _site(kubectl: Kubectl, port: int, token: str = "") -> Site:
    site = Site(f"{kubectl.namespace}.localhost", port, token)
    kubectl.until("it is reached", lambda: site.request("GET", "/readyz").status == 200)
    return site


def test_the_first_token_is_where_the_page_says(sales: Kubectl, tmp_path: Path) -> None:
    token = follow(sales, PAGE, "token", tmp_path)
    assert token == sales.secret(f"{NAME}-token", "token")


def test_a_back_up_is_restored_into_a_new_dashboard(
    sales: Kubectl, other: Kubectl, port: int, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    """To the cent; the new dashboard's own token is good for it."""
    right = _site(sales, port).revenue(FIRST, LAST, fresh=True)
    began = time.monotonic()
    follow(sales, PAGE, "back-up", tmp_path)
    other.until_settled(NAME)
    assert _site(other, port).revenue(FIRST, LAST, fresh=True) != right
    follow(other, PAGE, "restore", tmp_path)
    other.until_settled(NAME)
    measured(f"back up, restore into a new dashboard: {time.monotonic() - began:.0f} s")
    site = _site(other, port, other.secret(f"{NAME}-token", "token"))
    assert site.revenue(FIRST, LAST, fresh=True) == right
    other("exec", f"deploy/{NAME}-fold", "--", "shopx", "verify")


@pytest.mark.timeout(480)
def test_a_rotated_database_password_is_followed(sales: Kubectl, port: int, tmp_path: Path) -> None:
    site = _site(sales, port)
    right = site.revenue(FIRST, LAST, fresh=True)
    before = sales.secret(f"{NAME}-database", "accepted-password")
    server = (sales.get("pod", f"{NAME}-database-0") or {})["metadata"]["uid"]

    def rotated() -> bool:
        return sales.secret(f"{NAME}-database", "accepted-password") != before

    def over() -> bool:
        return "previous-password" not in (sales.get("secret", f"{NAME}-database") or {})["data"]

    with visitors(site) as load:
        follow(sales, PAGE, "rotate-database", tmp_path)
        sales.until("another password is drawn", rotated, seconds=30)
        sales.until("the old one is no longer valid", over, seconds=300)
        sales.until_settled(NAME)
    assert load.failures == []
    assert (sales.get("pod", f"{NAME}-database-0") or {})["metadata"]["uid"] == server
    assert site.revenue(FIRST, LAST, fresh=True) == right


def test_a_rotated_token_is_registered(sales: Kubectl, tmp_path: Path) -> None:
    """And nothing restarts for it."""
    sales.until_settled(NAME)
    before, pods = sales.secret(f"{NAME}-token", "token"), _serving(sales)
    follow(sales, PAGE, "rotate-token", tmp_path)

    def rotated() -> bool:
        found = sales.get("secret", f"{NAME}-token") or {}
        return "token" in found["data"] and sales.secret(f"{NAME}-token", "token") != before

    sales.until("another token is drawn", rotated, seconds=30)

    def listed() -> bool:
        shown = sales("exec", f"deploy/{NAME}-api", "--", "shopx", "token", "list")
        return shown.count("operator") == 2 and shown.count("revoked") == 1

    sales.until("both are listed, and the old one is revoked", listed, seconds=60)
    sales.until_settled(NAME)
    assert _serving(sales) == pods


def _serving(kubectl: Kubectl) -> set[str]:
    """The pods that stay; a Job's do not."""
    found = kubectl.all_of("pods", f"app.kubernetes.io/instance={NAME}")
    return {
        pod["metadata"]["name"]
        for pod in found
        if pod["spec"]["restartPolicy"] == "Always" and not pod["metadata"].get("deletionTimestamp")
    }


def test_the_status_is_asked_as_the_page_says(sales: Kubectl, tmp_path: Path) -> None:
    sales.until_settled(NAME)
    assert follow(sales, PAGE, "why-not-migrated", tmp_path) == ""
    assert '"reason":"AsExpected"' in follow(sales, PAGE, "maintenance", tmp_path)
