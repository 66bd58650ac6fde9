"""An API instance as a proxy sees it: `python -m tests.support.upstream_stub PORT [DELAY]`.

It answers with what it received, after DELAY seconds; streams an event each 0.1 s where the client
accepts an event stream; and echoes what comes after an upgrade.
"""

import asyncio
import json
import sys
from typing import Final

EVENT_SECONDS: Final = 0.1


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return None
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return method, path, headers, body


async def _stream(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
    writer.write(b"transfer-encoding: chunked\r\n\r\n")
    number = 0
    while True:
        event = f"data: {number}\n\n".encode()
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        await writer.drain()
        number += 1
        await asyncio.sleep(EVENT_SECONDS)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n")
    writer.write(b"connection: Upgrade\r\n\r\n")
    while data := await reader.read(1024):
        writer.write(data)
        await writer.drain()


async def serve(port: int, delay: float) -> None:
    """Serve until killed."""
    served = 0

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        while (request := await _read(reader)) is not None:
            method, path, headers, body = request
            if "upgrade" in headers:
                await _echo(reader, writer)
                break
            if headers.get("accept") == "text/event-stream":
                await _stream(writer)
            await asyncio.sleep(delay)
            served += 1
            cache = "public, max-age=31536000, immutable" if "/assets/" in path else "no-store"
            told = {
                "port": port,
                "served": served,
                "method": method,
                "path": path,
                "headers": headers,
                "body": body.decode("latin-1")[:200],
            }
            text = json.dumps(told).encode()
            writer.write(
                f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: {cache}\r\n"
                f"vary: Accept-Encoding\r\ncontent-length: {len(text)}\r\n\r\n".encode()
                + text
            )
            await writer.drain()
        writer.close()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await connection(reader, writer)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
