"""What the operator's tests of scaling share."""

from collections.abc import AsyncIterator

import pytest
from kubernetes.aio.client import ApiClient as GeneratedClient
from kubernetes.aio.client import Configuration

from shopx_operator.autoscaling import (
    autoscaler,
    autoscaler_loop,
    notifications,
    tuning_target,
)
from shopx_operator.runtime.client import ApiClient
from tests.support.apiserver import ApiServer
from tests.support.fake_scaling_cluster import TICK, FakeScalingCluster
from tests.support.pods import Pods


@pytest.fixture
async def cluster(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeScalingCluster]:
    monkeypatch.setattr(autoscaler_loop, "TICK_SECONDS", TICK)
    monkeypatch.setattr(autoscaler, "SCRAPE_SECONDS", TICK)
    monkeypatch.setattr(tuning_target, "SECRET_SECONDS", TICK)
    monkeypatch.setattr(notifications, "PUBLISH_SECONDS", TICK)
    server, pods = ApiServer(), Pods()
    await server.start()
    kubernetes = ApiClient(GeneratedClient(Configuration(host=server.url)))
    made = FakeScalingCluster(server, pods, kubernetes, valkey_url)
    yield made
    await kubernetes.close()
    await pods.stop()
    await server.stop()
