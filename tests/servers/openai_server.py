"""A scripted model provider: OpenAI's chat-completions protocol over real HTTP, on loopback only.

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
import socket
import stat
import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

# Started by its path, the script has to find its own package.
sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.servers.scripting import Reply, Request, Rule, State, text_of

__all__ = ["application", "serve"]


def usage_of(request: Request, reply: Reply) -> dict[str, Any]:
    """Token counts that depend on nothing but the texts: a quarter of their length."""
    overrides = dict(reply.usage or {})
    prompt = sum(max(1, len(text_of(message)) // 4) for message in request.messages)
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": max(1, len(reply.content) // 4),
        "prompt_tokens_details": {"cached_tokens": overrides.pop("cached_tokens", 0)},
    } | overrides
    return {"total_tokens": usage["prompt_tokens"] + usage["completion_tokens"]} | usage


def completion(request: Request, reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.content}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    answer = envelope(request, "chat.completion")
    answer["choices"] = [] if reply.fault == "empty_choices" else [choice]
    return answer if reply.usage is False else answer | {"usage": usage_of(request, reply)}


def chunks(request: Request, reply: Reply) -> Iterator[dict[str, Any]]:
    """A completion as the pieces of a stream."""
    base = envelope(request, "chat.completion.chunk")

    def chunk(delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        return base | {
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        }

    if reply.fault == "empty_choices":
        yield base | {"choices": []}
    else:
        yield chunk({"role": "assistant", "content": ""})
        for start in range(0, len(reply.content), reply.chunk):
            yield chunk({"content": reply.content[start : start + reply.chunk]})
        yield chunk({}, reply.finish_reason)
    options = request.body.get("stream_options") or {}
    if options.get("include_usage") and reply.usage is not False:
        yield base | {"choices": [], "usage": usage_of(request, reply)}


def envelope(request: Request, kind: str) -> dict[str, Any]:
    number = request.number + 1
    return {"id": f"chatcmpl-{number}", "object": kind, "created": number, "model": request.model}


def error(status: int, message: str) -> dict[str, Any]:
    """OpenAI's error object."""
    codes = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
    kind = "server_error" if status >= 500 else "invalid_request_error"
    message = message or f"The scripted server answers {status}."
    return {"error": {"message": message, "type": kind, "param": None, "code": codes.get(status)}}


STATE = web.AppKey("STATE", list[State])  # one item, which a reset replaces


async def chat_completions(http: web.Request) -> web.StreamResponse:
    state = http.app[STATE][0]
    request = state.receive(http.headers, json.loads(await http.read()))
    try:
        reply = state.refuse(request) or state.choose(request)
        await asyncio.sleep(reply.delay)
        if reply.fault in ("hang", "reset"):
            await vanish(http, state, request, reply)
        if request.body.get("stream") and reply.status == 200 and reply.body is None:
            return await stream(http, state, request, reply)
        await state.pass_gate(reply.hold)
        return await whole(http, state, request, reply)
    except (asyncio.CancelledError, ConnectionError):
        state.finish(request, aborted=True)
        raise


async def vanish(http: web.Request, state: State, request: Request, reply: Reply) -> None:
    """Never answer; for a reset, drop the connection first."""
    if reply.fault == "reset" and http.transport is not None:
        state.finish(request)
        # Without lingering the peer sees a reset, not an orderly end.
        connection = http.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        http.transport.abort()
    await asyncio.Event().wait()


async def whole(
    http: web.Request, state: State, request: Request, reply: Reply
) -> web.StreamResponse:
    body = reply.body
    if body is None:
        ok = reply.status < 400
        body = completion(request, reply) if ok else error(reply.status, reply.content)
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    headers = {"Content-Type": "application/json"} | reply.headers
    sent = raw[: len(raw) // 2] if reply.fault in ("malformed", "truncate_stream") else raw
    if reply.fault == "truncate_stream":
        response = web.StreamResponse(status=reply.status, headers=headers)
        response.content_length = len(raw)
        await response.prepare(http)
        await response.write(sent)
        hang_up(http)
        state.finish(request, reply.status)
        return response
    state.finish(request, reply.status)
    return web.Response(body=sent, status=reply.status, headers=headers)


async def stream(
    http: web.Request, state: State, request: Request, reply: Reply
) -> web.StreamResponse:
    events = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks(request, reply)]
    if reply.fault == "malformed":
        events = [f"{events[0][:-12]}\n\n"]
    if reply.fault == "truncate_stream":
        events = events[: 1 + len(events) // 2]
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"} | reply.headers
    )
    if not reply.hold_after:
        await state.pass_gate(reply.hold)
    await response.prepare(http)
    for sent, event in enumerate(events):
        # The first event only opens the stream: the n-th chunk of text is event n.
        if reply.hold_after and sent == reply.hold_after + 1:
            await state.pass_gate(reply.hold)
        await response.write(event.encode())
    # Before the last bytes: a client may hang up as soon as it has seen them.
    state.finish(request, reply.status)
    if reply.fault == "truncate_stream":
        hang_up(http)
    else:
        await response.write(b"data: [DONE]\n\n")
    return response


def hang_up(http: web.Request) -> None:
    if http.transport is not None:
        http.transport.close()


async def models(http: web.Request) -> web.Response:
    names = http.app[STATE][0].models or ["scripted"]
    data = [{"id": name, "object": "model", "created": 1, "owned_by": "tests"} for name in names]
    return web.json_response({"object": "list", "data": data})


async def control(http: web.Request) -> web.Response:
    state = http.app[STATE][0]
    options = json.loads(await http.read() or b"{}")
    answer: dict[str, Any] = {}
    try:
        match http.match_info["action"]:
            case "script":
                replies = [Reply.of(reply) for reply in options["replies"]]
                state.scripts[options.get("model") or ""].extend(replies)
            case "rule":
                state.rules.append(Rule(**options))
            case "configure":
                state.require_key = options.get("require_key")
                state.models = options.get("models")
            case "open":
                state.gates[options["gate"]].set()
            case "wait":
                reached = await state.wait(options["counts"], options["idle"], options["timeout"])
                answer = {"reached": reached}
            case "requests":
                answer = {"requests": [request.to_json() for request in state.requests]}
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
    return web.json_response(answer | {"counts": state.counts | {"script_left": left}})


def application() -> web.Application:
    app = web.Application(client_max_size=1 << 30)
    app[STATE] = [State()]
    app.router.add_post("/v1/chat/completions", chat_completions)
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
