"""The same batch by a client that only writes and reads: what the machine allows just now.

It speaks to the provider over as many connections as there may be calls in flight, parses nothing,
and knows no error.
"""

import asyncio
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

__all__ = ["floor"]


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.reply: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self.reply is not None:
            self.reply.set_result(data)

    async def ask(self, prompt: str) -> None:
        self.reply = asyncio.get_running_loop().create_future()
        body = f'{{"messages": [{{"role": "user", "content": "{prompt}"}}]}}'
        head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write((head + body).encode())
        await self.reply

    def close(self) -> None:
        self._transport.close()


def floor(url: str, calls: int, concurrency: int, batches: int) -> list[float]:
    """Return the seconds that each batch takes, once the connections are open."""
    return asyncio.run(_floor(url, calls, concurrency, batches))


async def _floor(url: str, calls: int, concurrency: int, batches: int) -> list[float]:
    host, port = urlsplit(url).netloc.split(":")
    loop = asyncio.get_running_loop()
    opened = [loop.create_connection(_Connection, host, int(port)) for _ in range(concurrency)]
    connections = [connection for _, connection in await asyncio.gather(*opened)]
    seconds = []
    for _ in range(batches):
        prompts = (f"Which colour is number {n}?" for n in range(calls))
        started = time.perf_counter()
        await asyncio.gather(*(_work(connection, prompts) for connection in connections))
        seconds.append(time.perf_counter() - started)
    for connection in connections:
        connection.close()
    return seconds


async def _work(connection: _Connection, prompts: Iterator[str]) -> None:
    for prompt in prompts:
        await connection.ask(prompt)
