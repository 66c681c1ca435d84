"""One request of the scripted model provider, from its arrival to the last byte of the reply."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

from aiohttp import web

from tests.servers import anthropic_replies, openai_replies
from tests.servers.request import Dialect, Request
from tests.servers.scripting import Reply
from tests.servers.state import State

__all__ = ["answer"]

DIALECTS: dict[Dialect, Any] = {"openai": openai_replies, "anthropic": anthropic_replies}


async def answer(http: web.Request, state: State, dialect: Dialect) -> web.StreamResponse:
    request = state.receive(dialect, http.headers, json.loads(await http.read()))
    try:
        reply = await state.reply_to(request)
        request.delay = reply.delay
        if reply.delay:
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
    dialect, body = DIALECTS[request.dialect], reply.body
    if body is None and reply.status < 400:
        body = dialect.whole(request, reply)
    elif body is None:
        said = reply.content or f"The scripted server answers {reply.status}."
        body = dialect.error(reply.status, said)
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
    state.finish(request, reply.status, whole=reply.is_whole)
    return web.Response(body=sent, status=reply.status, headers=headers)


async def stream(
    http: web.Request, state: State, request: Request, reply: Reply
) -> web.StreamResponse:
    dialect = DIALECTS[request.dialect]
    events: list[str] = dialect.events(request, reply)
    if reply.fault == "malformed":
        events = [f"{events[0][:-12]}\n\n", events[-1]]
    if reply.fault == "truncate_stream":
        events = events[: len(events) // 2]
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"} | reply.headers
    )
    if not reply.hold_after:
        await state.pass_gate(reply.hold)
    await response.prepare(http)
    *others, last = events
    for sent, event in enumerate(others):
        if reply.hold_after and sent == reply.hold_after + dialect.OPENING:
            await state.pass_gate(reply.hold)
        await response.write(event.encode())
    # Before the last bytes: a client may hang up as soon as it has seen them.
    state.finish(request, reply.status, whole=reply.is_whole)
    await response.write(last.encode())
    if reply.fault == "truncate_stream":
        hang_up(http)
    return response


def hang_up(http: web.Request) -> None:
    if http.transport is not None:
        http.transport.close()
