"""What the operator's tests of scaling share."""

from collections.abc import AsyncIterator

import pytest
from kubernetes.aio.client import ApiClient, Configuration

from shopx_operator.client import Kubernetes
from shopx_operator.scaling import driver as driving
from shopx_operator.scaling import one, telling
from tests.support.apiserver import ApiServer
from tests.support.pods import Pods
from tests.support.stage import TICK, Stage


@pytest.fixture
async def stage(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(driving, "TICK_SECONDS", TICK)
    monkeypatch.setattr(one, "SCRAPE_SECONDS", TICK)
    monkeypatch.setattr(one, "ASK_SECONDS", TICK)
    monkeypatch.setattr(telling, "TELL_SECONDS", TICK)
    server, pods = ApiServer(), Pods()
    await server.start()
    kubernetes = Kubernetes(ApiClient(Configuration(host=server.url)))
    made = Stage(server, pods, kubernetes, valkey_url)
    yield made
    await kubernetes.close()
    await pods.stop()
    await server.stop()
