"""A scripted model provider over real HTTP, on loopback only: OpenAI's chat completions, and
Anthropic's messages.

`python tests/servers/openai_server.py --port 0` prints one line of JSON with its URL, and ends when
the pipe on its standard input closes, so that a killed test run leaves nothing behind.

Requests of a root model (known by their system prompt) take their replies from a queue, the script;
all others (sub-calls) are answered by the first rule that matches, or by an echo. Both are set over
`/control/…`; `client.FakeOpenAI` is the convenient way to do so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import stat
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

# Started by its path, the script has to find its own package.
sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.servers.answering import answer
from tests.servers.scripting import Reply, Rule
from tests.servers.state import Settings, State

__all__ = ["application", "serve"]

STATE = web.AppKey("STATE", list[State])  # one item, which a reset replaces


async def chat_completions(http: web.Request) -> web.StreamResponse:
    return await answer(http, http.app[STATE][0], "openai")


async def messages(http: web.Request) -> web.StreamResponse:
    return await answer(http, http.app[STATE][0], "anthropic")


async def models(http: web.Request) -> web.Response:
    names = http.app[STATE][0].settings.models or ["scripted"]
    data = [{"id": name, "object": "model", "created": 1, "owned_by": "tests"} for name in names]
    return web.json_response({"object": "list", "data": data})


async def control(http: web.Request) -> web.Response:
    state = http.app[STATE][0]
    options = json.loads(await http.read() or b"{}")
    told: dict[str, Any] = {}
    try:
        match http.match_info["action"]:
            case "script":
                replies = [Reply.of(reply) for reply in options["replies"]]
                state.scripts[options.get("model") or ""].extend(replies)
            case "rule":
                state.rules.append(Rule(**options))
            case "configure":
                state.configure(Settings(**options))
            case "open":
                state.gates[options["gate"]].set()
            case "wait":
                reached = await state.wait(options["counts"], options["idle"], options["timeout"])
                told = {"reached": reached}
            case "requests":
                told = {"requests": [request.to_json() for request in state.requests]}
            case "charged":
                told = {"charged": state.charged}
            case "state":
                pass
            case "reset":
                http.app[STATE][0] = State()
                for task in filter(None, list(state.running.values())):
                    task.cancel()
            case action:
                raise ValueError(f"there is no control action {action!r}")
    except (TypeError, ValueError, KeyError, re.error) as problem:
        return web.json_response({"error": f"{type(problem).__name__}: {problem}"}, status=400)
    left = sum(map(len, state.scripts.values()))
    return web.json_response(told | {"counts": state.counts | {"script_left": left}})


def application() -> web.Application:
    app = web.Application(client_max_size=1 << 30)
    app[STATE] = [State()]
    app.router.add_post("/v1/chat/completions", chat_completions)
    app.router.add_post("/v1/messages", messages)
    app.router.add_get("/v1/models", models)
    app.router.add_post("/control/{action}", control)
    return app


async def serve(port: int) -> None:
    # With handler_cancellation a client that goes away is noticed at once.
    runner = web.AppRunner(
        application(), access_log=None, handler_cancellation=True, shutdown_timeout=0
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    host, bound = runner.addresses[0][:2]
    print(json.dumps({"url": f"http://{host}:{bound}", "pid": os.getpid()}), flush=True)
    over = asyncio.Event()
    end_with_stdin(asyncio.get_running_loop(), over)
    try:
        await over.wait()
    finally:
        await runner.cleanup()


def end_with_stdin(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Set `over` when the other end of the pipe on standard input goes away."""
    mode = os.fstat(0).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):

        def watch() -> None:
            while os.read(0, 4096):
                pass
            loop.call_soon_threadsafe(over.set)

        threading.Thread(target=watch, daemon=True).start()


def raise_file_limit() -> None:
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    port = parser.parse_args(arguments).port
    raise_file_limit()
    try:
        asyncio.run(serve(port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
