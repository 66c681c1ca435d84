"""What tests of the lanes share: a model on a server of the tests, asked on either lane."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import pytest

from rlm_magic.errors import ModelError
from rlm_magic.models.io_thread import io_thread
from rlm_magic.models.lanes import full
from rlm_magic.models.lanes.light import LightLane
from rlm_magic.models.spec import ModelSpec, Reply
from tests.servers.client import FakeOpenAI
from tests.servers.recorder import Recorder

__all__ = ["FORMATS", "KEY", "by_full", "failure", "on_io", "opened", "spec_of"]

T = TypeVar("T")

KEY = "a-secret-key-0123456789"
FORMATS = ["openai/m", "groq/m", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]


def on_io(call: Coroutine[Any, Any, T]) -> T:
    return io_thread().submit(call).result(30)


def spec_of(model: str, server: Recorder | FakeOpenAI, **params: Any) -> ModelSpec:
    url = server.url if isinstance(server, FakeOpenAI) else f"{server.url}/v1"
    return ModelSpec(model, url, KEY, params=params)


def opened(spec: ModelSpec, options: Mapping[str, Any] | None = None) -> LightLane:
    lane = on_io(LightLane.open(spec, options or {}))
    assert lane is not None
    return lane


def by_full(
    spec: ModelSpec,
    prompt: str,
    options: Mapping[str, Any] | None = None,
    on_text: Callable[[str], None] | None = None,
) -> Reply:
    message = {"role": "user", "content": prompt}
    return on_io(full.complete(spec, [message], options or {}, on_text))


def failure(call: Callable[[], object]) -> ModelError:
    """The error that a call ends in."""
    with pytest.raises(ModelError) as raised:
        call()
    return raised.value
