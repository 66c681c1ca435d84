"""The request that litellm would send, with a hole where the prompt goes.

litellm is asked for a completion in a task of its own, in whose context `httpx` keeps the request
and sends nothing. Every chat route of the providers in `LIGHT` ends in `httpx`'s `send`, public and
the same for all of them, where URL, headers and body are final; litellm's loggers see them before
the provider's client has added to them, with the credentials masked, and a handler passed as
`client` is another class on each route. `httpx` is changed for the time of a capture only, and
whatever else uses it meanwhile passes untouched.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rlm_magic.events import valid_text
from rlm_magic.models.lanes.replies import Reader, reader_of
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.spec import ModelSpec

if TYPE_CHECKING:
    import httpx

__all__ = ["Template", "take_template"]

_MARK = "rlm-magic-f3b1c5"
_PLAIN = f"{_MARK} prompt"
# litellm could treat texts differently: the request for this one must fit the template, too.
_ODD = f' \n"{_MARK}" \\u0041 {{x}} %s <|y|> é 😀 https://example.org/a.png\t\n '

# Those that the connection makes as they have to be.
_LEFT_OUT = {
    *("host", "connection", "keep-alive", "content-length", "transfer-encoding"),
    "accept-encoding",
}

_quote = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Template:
    """A request as `head` + the prompt as JSON + `tail`; `read` makes a reply of a parsed body."""

    url: str = field(repr=False)  # the URL and the headers hold credentials
    headers: Mapping[str, str] = field(repr=False)
    head: bytes
    tail: bytes
    read: Reader

    def body(self, prompt: str) -> bytes:
        """Return the body of the request for `prompt`."""
        try:
            quoted = _quote(prompt).encode()
        except UnicodeEncodeError:
            quoted = _quote(valid_text(prompt)).encode()
        return b"".join((self.head, quoted, self.tail))


async def take_template(spec: ModelSpec, options: Mapping[str, Any]) -> Template | None:
    """Return the template of litellm's requests; None where it can't be had, or would not fit."""
    plain, odd = await _capture(spec, options, _PLAIN), await _capture(spec, options, _ODD)
    if plain is None or odd is None:
        return None
    template = _cut(plain)
    if template is None or (template.url, template.headers) != (str(odd.url), _headers(odd)):
        return None
    return template if json.loads(template.body(_ODD)) == json.loads(odd.content) else None


def _cut(request: httpx.Request) -> Template | None:
    content, url, headers = request.content, str(request.url), _headers(request)
    hole = _quote(_PLAIN).encode()
    if content.count(_MARK.encode()) != 1 or content.count(hole) != 1 or request.url.userinfo:
        return None
    if request.method != "POST" or any(_MARK in text for text in (url, *headers.values())):
        return None
    head, _, tail = content.partition(hole)
    try:
        read = reader_of(request.url.path, headers, json.loads(content))
    except ValueError:
        return None
    return read and Template(url, headers, head, tail, read)


def _headers(request: httpx.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name not in _LEFT_OUT}


class _Caught(BaseException):
    """Ends litellm's call once its request is there; nothing takes it for a failure."""


class _Catch:
    """What a capture has caught; once it is over, requests of its context are sent again."""

    def __init__(self) -> None:
        self.request: httpx.Request | None = None
        self.over = False

    def take(self, request: httpx.Request) -> None:
        """Keep the request and raise; another one than that for the prompt finds no connection."""
        import httpx

        try:
            wanted = _MARK.encode() in request.content
        except httpx.RequestNotRead:
            wanted = False
        if not wanted:
            raise httpx.ConnectError("not sent: a request is being captured", request=request)
        self.request = request
        raise _Caught


_catching: contextvars.ContextVar[_Catch] = contextvars.ContextVar("_catching")


async def _capture(
    spec: ModelSpec, options: Mapping[str, Any], prompt: str
) -> httpx.Request | None:
    catch = _Catch()
    context = contextvars.copy_context()
    context.run(_catching.set, catch)
    call = load_litellm().acompletion(
        model=spec.name,
        messages=[{"role": "user", "content": prompt}],
        api_base=spec.api_base,
        api_key=spec.api_key,
        timeout=spec.timeout,
        **{**spec.params, **options, "num_retries": 0, "max_retries": 0},
    )
    with _intercepted():
        task = asyncio.get_running_loop().create_task(call, context=context)
        try:
            await task
        except (_Caught, Exception):
            return catch.request
        finally:
            task.cancel()
            catch.over = True
    return None  # litellm had an answer without a request


_captures = 0


@contextmanager
def _intercepted() -> Iterator[None]:
    """Let `httpx` look for a catch in the context before it sends."""
    import httpx

    global _captures
    if not _captures:
        _wrap(httpx)
    _captures += 1
    try:
        yield
    finally:
        _captures -= 1
        if not _captures:
            _unwrap(httpx)


_originals: dict[Any, tuple[Any, Any]] = {}


def _wrap(httpx_module: Any) -> None:
    send, send_async = httpx_module.Client.send, httpx_module.AsyncClient.send

    def look(request: httpx.Request) -> None:
        catch = _catching.get(None)
        if catch is not None and not catch.over:
            catch.take(request)

    def caught(self: httpx.Client, request: httpx.Request, **options: Any) -> Any:
        look(request)
        return send(self, request, **options)

    async def caught_async(self: httpx.AsyncClient, request: httpx.Request, **options: Any) -> Any:
        look(request)
        return await send_async(self, request, **options)

    for client, original, wrapper in (
        (httpx_module.Client, send, caught),
        (httpx_module.AsyncClient, send_async, caught_async),
    ):
        _originals[client] = (original, wrapper)
        client.send = wrapper


def _unwrap(httpx_module: Any) -> None:
    for client, (original, wrapper) in _originals.items():
        if client.send is wrapper:  # else somebody has wrapped it once more
            client.send = original
