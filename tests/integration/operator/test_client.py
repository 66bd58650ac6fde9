"""The client of the API server, against one that is not ready yet."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from kubernetes.aio.client import ApiClient as GeneratedClient
from kubernetes.aio.client import Configuration

from shopx_core.errors import Unavailable
from shopx_core.resource.versions import DEPRECATED, VERSION
from shopx_operator.manifests.kinds import DASHBOARD
from shopx_operator.runtime.client import ApiClient, ApiError
from shopx_operator.runtime.served_version import until_served
from tests.support.apiserver import ApiServer


class _Client(ApiClient):
    """Notes its pauses instead of waiting."""

    def __init__(self, url: str) -> None:
        super().__init__(GeneratedClient(Configuration(host=url)), sleep=self._noted)
        self.pauses: list[float] = []

    async def _noted(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    made = ApiServer()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(server: ApiServer) -> AsyncIterator[_Client]:
    made = _Client(server.url)
    yield made
    await made.close()


async def test_a_read_is_sent_again_while_the_storage_is_initialized(
    server: ApiServer, client: _Client
) -> None:
    server.unready = 3
    assert await client.all_of(DASHBOARD, "shop") == []
    assert client.pauses == [1.0, 2.0, 4.0]


async def test_a_read_fails_with_the_api_servers_words_when_it_stays_unready(
    server: ApiServer, client: _Client
) -> None:
    server.unready = 100
    with pytest.raises(ApiError, match=r"storage is \(re\)initializing \(HTTP 429\)"):
        await client.all_of(DASHBOARD, "shop")


async def test_an_absent_object_is_not_asked_for_again(client: _Client) -> None:
    assert await client.get(DASHBOARD, "shop", "sales") is None
    assert client.pauses == []


@pytest.mark.parametrize("versions", [DEPRECATED, ()], ids=["an older one", "none"])
async def test_a_definition_that_lacks_the_version_is_named_with_the_remedy(
    server: ApiServer, client: _Client, versions: tuple[str, ...]
) -> None:
    server.versions = versions
    with pytest.raises(Unavailable, match=f"does not serve analytics.shopx.io/{VERSION}") as caught:
        await until_served(client, asyncio.Event(), pause=0.001)
    assert "kubectl apply --server-side" in (caught.value.hint or "")
    assert server.discoveries[VERSION] == 15


async def test_a_signal_ends_the_wait_for_the_version(server: ApiServer, client: _Client) -> None:
    server.versions = DEPRECATED
    stopping = asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, stopping.set)
    await asyncio.wait_for(until_served(client, stopping, pause=60), 30)
    assert server.discoveries[VERSION] == 1
