"""A server that knows no protocol: it keeps every request as it came and gives one set answer.

`python tests/servers/recorder.py` prints its URL, and ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import web

# Started by its path, the script has to find its own package.
sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.servers.client import OPENER
from tests.servers.openai_server import end_with_stdin

__all__ = ["Recorded", "Recorder"]


@dataclass(frozen=True)
class Recorded:
    """A request; the names of its headers are in lower case, `client` is the port it came from."""

    client: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


class Recorder:
    """The tests' side: start it, set its answer, see what it received."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._process = process
        self.url = process.stdout.readline().decode().strip()

    @classmethod
    def start(cls) -> Self:
        command = [sys.executable, __file__]
        return cls(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=5)

    def answer(
        self, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer all requests with `body` (text as it is, else JSON); forget those received."""
        text = body if isinstance(body, str) else json.dumps(body)
        self._control(status=status, text=text, headers=dict(headers or {}))

    def requests(self) -> list[Recorded]:
        """What came since the answer was set."""
        return [Recorded(**request) for request in self._control()]

    def _control(self, **answer: Any) -> Any:
        request = urllib.request.Request(f"{self.url}/control", json.dumps(answer).encode())
        with OPENER.open(request, timeout=10) as response:
            return json.load(response)


async def serve() -> None:
    answer: dict[str, Any] = {}
    received: list[dict[str, Any]] = []

    async def control(http: web.Request) -> web.Response:
        if new := await http.json():
            answer.update(new)
            received.clear()
        return web.json_response(received)

    async def record(http: web.Request) -> web.Response:
        received.append(
            {
                "client": http.transport.get_extra_info("peername")[1] if http.transport else 0,
                "method": http.method,
                "path": http.rel_url.raw_path,
                "query": http.rel_url.raw_query_string,
                "headers": {name.lower(): value for name, value in http.headers.items()},
                "body": await http.text(),
            }
        )
        headers = {"Content-Type": "application/json"} | answer["headers"]
        return web.Response(status=answer["status"], text=answer["text"], headers=headers)

    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/control", control)
    app.router.add_route("*", "/{path:.*}", record)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    over = asyncio.Event()
    end_with_stdin(asyncio.get_running_loop(), over)
    await over.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
