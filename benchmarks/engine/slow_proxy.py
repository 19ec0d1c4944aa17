"""A proxy on this machine that forwards what is sent to a server after some milliseconds, as a network would.

python benchmarks/engine/slow_proxy.py PORT SERVER_PORT MILLISECONDS

It delays bytes on their way to the server, not back: so a request takes that much longer, however large its answer.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial

LOCAL = "127.0.0.1"


class Towards(asyncio.Protocol):
    """A connection of a client: what arrives is forwarded after the latency, in order."""

    def __init__(self, port: int, latency: float) -> None:
        self._port, self._latency = port, latency
        self._server: asyncio.Transport | None = None
        self._waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._client = transport
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        transport, _ = await self._loop.create_connection(partial(Back, self._client), LOCAL, self._port)
        self._server = transport
        for data in self._waiting:
            transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._loop.call_later(self._latency, self._forward, data)

    def _forward(self, data: bytes) -> None:
        if self._server is None:
            self._waiting.append(data)
        else:
            self._server.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._server:
            self._server.close()


class Back(asyncio.Protocol):
    """The connection to the server: what arrives is forwarded to the client at once."""

    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        self._client.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._client.close()


async def serve(port: int, server_port: int, milliseconds: float) -> None:
    """Forward connections until the process ends."""
    made = partial(Towards, server_port, milliseconds / 1e3)
    server = await asyncio.get_running_loop().create_server(made, LOCAL, port, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
