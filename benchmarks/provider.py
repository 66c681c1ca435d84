"""A model provider that is as quick as Python allows: bare asyncio, in a process of its own.

`python -m benchmarks.provider` prints its URL, and ends when its standard input closes. Prompts
that ask for a colour are answered `delay` seconds after they arrive, all others at once with the
script.

The scripted provider of the tests can do much more, and takes several times as long for a request.
"""

import asyncio
import json
import re
import subprocess
import sys
from typing import Any, Self
from urllib.request import ProxyHandler, build_opener

__all__ = ["Provider"]

_QUESTION = b"Which colour"
_STRAGGLING = 10  # times the delay
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Provider:
    """The provider's process, for as long as a `with` block takes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.provider"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._open = build_opener(ProxyHandler({})).open

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def configure(self, **settings: Any) -> None:
        """Set `delay` (seconds), `stragglers` (their share) and `script`, as far as given."""
        self._control(settings)

    def most_in_flight(self) -> int:
        """Return the most questions that waited at once since this was asked last."""
        return int(self._control({})["most_in_flight"])

    def _control(self, settings: dict[str, Any]) -> dict[str, Any]:
        data = json.dumps({"settings": settings}).encode()
        with self._open(f"{self.url}/control", data, 10) as response:
            return dict(json.load(response))


class _State:
    def __init__(self) -> None:
        self.settings: dict[str, Any] = {"delay": 0.1, "stragglers": 0.0, "script": ""}
        self.asked = self.in_flight = self.most_in_flight = 0

    def delay(self) -> float:
        """The seconds that the next question waits; the stragglers are evenly spread."""
        self.asked += 1
        share: float = self.settings["stragglers"]
        straggles = int(self.asked * share) > int((self.asked - 1) * share)
        return float(self.settings["delay"]) * (_STRAGGLING if straggles else 1)

    def control(self, settings: dict[str, Any]) -> dict[str, Any]:
        figures = {"most_in_flight": self.most_in_flight}
        self.settings |= settings
        self.most_in_flight = self.in_flight
        return figures


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with one request after another, as clients with a pool of connections send them."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._received = b""
        self._waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._waits:
            self._waits.cancel()
            self._state.in_flight -= 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        length = _LENGTH.search(self._received, 0, end)
        size = end + int(length[1]) if length else end
        if len(self._received) >= size:
            body, self._received = self._received[end:size], self._received[size:]
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        state = self._state
        if _QUESTION in body:
            state.in_flight += 1
            state.most_in_flight = max(state.most_in_flight, state.in_flight)
            loop = asyncio.get_running_loop()
            self._waits = loop.call_later(state.delay(), self._send_colour)
        elif body.startswith(b'{"settings"'):
            self._send(json.dumps(state.control(json.loads(body)["settings"])).encode())
        else:
            self._send(_completion(state.settings["script"]))

    def _send_colour(self) -> None:
        self._waits = None
        self._state.in_flight -= 1
        self._transport.write(_BLUE)

    def _send(self, body: bytes) -> None:
        self._transport.write(_response(body))


def _completion(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11},
    }
    return json.dumps(completion).encode()


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


_BLUE = _response(_completion("blue"))


async def _serve() -> None:
    state = _State()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(state), "127.0.0.1", backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
