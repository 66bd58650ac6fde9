"""A real cluster for the tests: brought up once by `make e2e`, a namespace for every test."""

import os
from collections.abc import Iterator

import pytest

from tests.support.kubectl import Kubectl, own_namespace
from tests.support.measured import measured, pytest_terminal_summary
from tests.support.traffic import Site

__all__ = ["measured", "pytest_terminal_summary"]
"""Used by pytest."""


@pytest.fixture(scope="session")
def cluster() -> Kubectl:
    """The cluster as a whole."""
    context = os.environ.get("SHOPX_E2E_CONTEXT")
    if not context:
        pytest.skip("needs a cluster with the operator on it: run `make e2e`")
    return Kubectl(context)


@pytest.fixture(scope="session")
def system(cluster: Kubectl) -> Kubectl:
    """The operator's namespace."""
    return cluster.within("shopx-system")


@pytest.fixture(scope="session")
def port() -> int:
    """Of this machine, where the ingress listens."""
    return int(os.environ["SHOPX_E2E_PORT"])


@pytest.fixture
def kubectl(cluster: Kubectl, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """Kubectl in a namespace of the test's own, which enforces restricted Pod Security."""
    yield from own_namespace(cluster, request.node.name)


@pytest.fixture(scope="module")
def shared(cluster: Kubectl, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """Kubectl in a namespace that the tests of one file share."""
    yield from own_namespace(cluster, request.node.name)


@pytest.fixture(scope="module")
def site(sales: Kubectl, port: int) -> Site:
    """The dashboard that a file calls `sales`, through the ingress."""
    found = sales.get("adash", "sales") or {}
    base = found["spec"]["ingress"].get("path", "")
    site = Site(f"{sales.namespace}.localhost", port, base=base)
    sales.until("the ingress serves it", lambda: site.request("GET", "/readyz").status == 200)
    return site
