"""Loads litellm the way a notebook can live with.

litellm takes over a second and 160 MB to import, so only the I/O thread does it, on first use or
ahead of it (`warm_up`).
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import warnings
from contextlib import suppress
from functools import cache
from typing import Any

from rlm_magic.models import offline
from rlm_magic.models.io_thread import io_thread

__all__ = ["load_litellm", "warm_up"]


_loading = threading.Lock()


@cache
def load_litellm() -> Any:
    """Import litellm without its start-up network call and without its reading of ./.env."""
    with _loading:  # `cache` lets several threads in
        return _load_once()


@cache
def _load_once() -> Any:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    before = list(warnings.filters)
    # Schemas are built on first use, with warnings that must not reach the person, nor become
    # errors where the person wants warnings to be; litellm silences them if it is imported now.
    warnings.filterwarnings("ignore", module=r"pydantic\.")
    import litellm

    litellm.ModelResponse()
    litellm.ModelResponseStream()
    for added in [entry for entry in warnings.filters if entry not in before]:
        with suppress(ValueError):  # another thread has just left a `catch_warnings`
            warnings.filters.remove(added)  # type: ignore[attr-defined]
    # A call that is cancelled while litellm prepares it leaves a coroutine behind.
    warnings.filterwarnings(
        "ignore", r"coroutine '\w+\.a?completion' was never awaited", RuntimeWarning
    )
    litellm.suppress_debug_info = True
    if "LITELLM_LOG" not in os.environ:
        # What fails in a call is told in its ModelError; litellm would print a traceback of it.
        logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    litellm.telemetry = False
    offline.register(litellm)
    atexit.register(_let_callbacks_end)
    return litellm


def _let_callbacks_end() -> None:
    """Let litellm's callbacks end on the I/O thread, before the process does.

    litellm's own exit hook, which runs after this, would run them a second time, on this thread.
    """
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    with suppress(Exception):
        io_thread().submit(GLOBAL_LOGGING_WORKER.flush()).result(timeout=1)


async def _load() -> None:
    load_litellm()


def warm_up() -> None:
    """Begin to load litellm on the I/O thread, and return at once."""
    io_thread().submit(_load())
