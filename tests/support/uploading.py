"""Uploading a file as a client of the tus protocol does, and waiting for a job about it."""

import asyncio
import base64
from typing import Any

import httpx

from tests.support.api import Api

VERSION = {"tus-resumable": "1.0.0"}
JOB = """
query($id: ID!) { importJob(id: $id) {
    kind state fileName step progress rows hasRejects rejects
    problem { code message hint messageText hintText }
    inspection { knownExport questions mapping rejected roles { field column }
        facts { label text } columns { name samples } rows { label text } rejects { row reason } }
    report { run source rowsRead rowsRejected lines { new changed takenBack known } notes
        totals { currency lines net }
        overview { first last orders customers products unusual lines { order gross currency } } }
    undo { run takenBack restored before }
} }
"""
INSPECT = """
mutation($upload: ID!, $answers: ImportAnswersInput) {
    inspectImport(upload: $upload, answers: $answers) { id state }
}
"""
START = """
mutation($upload: ID!, $mapping: String!, $options: ImportOptionsInput, $dry: Boolean! = false,
    $key: String) {
    startImport(upload: $upload, mapping: $mapping, options: $options, dryRun: $dry,
        idempotencyKey: $key) { id state }
}
"""
UNDO = "mutation($id: ID!) { undoImport(id: $id) { id state } }"


def announced(size: int, name: str = "sales.csv") -> dict[str, str]:
    """The headers that announce a file."""
    encoded = base64.b64encode(name.encode()).decode()
    return VERSION | {"upload-length": str(size), "upload-metadata": f"filename {encoded}"}


def part_at(start: int) -> dict[str, str]:
    """The headers of a part."""
    media = "application/offset+octet-stream"
    return VERSION | {"upload-offset": str(start), "content-type": media}


async def upload(api: Api, content: bytes, name: str = "sales.csv", part: int = 1 << 20) -> str:
    """Upload a file; returns its id."""
    made = await api.http.post("/uploads", headers=api.headers | announced(len(content), name))
    assert made.status_code == 201, made.text
    address = made.headers["location"]
    for start in range(0, len(content), part):
        sent = await append(api, address, start, content[start : start + part])
        assert sent.status_code == 204, sent.text
    return str(address).rsplit("/", 1)[1]


async def announce(api: Api) -> str | None:
    """Announce a file that never comes; returns its id, or `None` if the caller may not."""
    made = await api.http.post("/uploads", headers=api.headers | announced(5))
    return made.headers["location"].rsplit("/", 1)[1] if made.is_success else None


async def append(api: Api, address: str, start: int, part: bytes) -> httpx.Response:
    """Send a part."""
    return await api.http.patch(address, headers=api.headers | part_at(start), content=part)


async def finished(api: Api, job: str, seconds: float = 120) -> dict[str, Any]:
    """The job when it is done or failed."""
    async with asyncio.timeout(seconds):
        while True:
            found: dict[str, Any] = (await api.data(JOB, {"id": job}))["importJob"]
            if found["state"] in {"DONE", "FAILED"}:
                return found
            await asyncio.sleep(0.05)
