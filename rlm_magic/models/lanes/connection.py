"""The one HTTP session of the I/O thread, which keeps its connections open between calls.

A process that was forked gets its own, on its own I/O thread; that of its parent is left as it is,
for the parent still uses the sockets.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from rlm_magic.models.io_thread import io_thread

if TYPE_CHECKING:
    from aiohttp import ClientSession

__all__ = ["session"]

_SECONDS_OF_DNS = 300

_session: ClientSession | None = None
_loop: asyncio.AbstractEventLoop | None = None


def session() -> ClientSession:
    """Return the session of the running loop, which must be that of the I/O thread."""
    global _session, _loop
    loop = asyncio.get_running_loop()
    if _session is None or _session.closed or _loop is not loop:
        _session, _loop = _new_session(), loop
    return _session


def _new_session() -> ClientSession:
    import aiohttp

    _clean_up()
    return aiohttp.ClientSession(
        connector=_connector_class()(limit=0, ttl_dns_cache=_SECONDS_OF_DNS),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # the caller's is the only one
    )


@cache
def _connector_class() -> Any:
    """A class made here, because aiohttp takes long to import."""
    import aiohttp

    class Connector(aiohttp.TCPConnector):
        """In a forked child it must not close what it holds: the parent's loop would lose it."""

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._process = os.getpid()

        def __del__(self, *modules: Any) -> None:
            if self._process == os.getpid():
                super().__del__(*modules)

    return Connector


@cache
def _clean_up() -> None:
    atexit.register(_close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget)


def _close() -> None:
    if _session is not None:
        with suppress(Exception):
            io_thread().submit(_session.close()).result(timeout=1)


def _forget() -> None:
    global _session
    if _session is not None:
        _session.detach()
        _session = None
